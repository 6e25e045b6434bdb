"""Matrix product states by likelihood: p(x) = |psi(x)|^2 / sum |psi|^2 with psi(x) = A_1[x_1] A_2[x_2] ..., complex.

The start is the state of the square roots of the data's probabilities, cut by singular values, which is no good state
by itself: strings that it loses have probability zero. So some noise is added, the likelihood is maximised,
and the best of a few such starts is kept.
Source: Z. Han, J. Wang, H. Fan, L. Wang, P. Zhang, Unsupervised generative modeling using matrix product states, 2017,
arXiv 1709.01662.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy  # which loads its parts where they are first used
from numpy.typing import NDArray

Real = NDArray[np.float64]
Complex = NDArray[np.complex128]
Tensors = list[Complex]  # of each site, shape (left, 2, right)
STEPS = 400
_STARTS, _FEW = 4, 20_000  # starts where the data have at most so many bits; of more, one
_NOISE = 0.1  # of the root mean square of a tensor
_LEAST = 1e-300


def fitted(rows: NDArray[np.uint8], weights: Real, bond: int, steps: int = STEPS, starts: int | None = None) -> Tensors:
    """The tensors of a state with bonds of at most `bond`, in right-canonical form and of norm one.

    rows: different strings, shape (R, n); weights: their probabilities, shape (R,); steps: at most, of each start;
    starts: how many, as many as the size of the data allows by default.
    """
    start = roots_of(rows, weights, bond)
    shapes = [a.shape for a in start]

    def loss(flat: Real) -> tuple[float, Real]:
        value, gradients = likelihood(_split(flat, shapes), rows, weights)
        return value, _flat(gradients)

    optima = []
    for seed in range(starts or (_STARTS if rows.size <= _FEW else 1)):
        random = np.random.default_rng(seed)
        sizes = [_NOISE * np.sqrt(np.mean(np.abs(a) ** 2)) for a in start]
        noisy = [a + size * _noise(random, a.shape) for a, size in zip(start, sizes, strict=True)]
        options = {"maxiter": steps, "maxcor": 20}
        optima.append(scipy.optimize.minimize(loss, _flat(noisy), jac=True, method="L-BFGS-B", options=options))
    return right_canonical(_split(min(optima, key=lambda each: float(each.fun)).x, shapes))


def _noise(random: np.random.Generator, shape: tuple[int, ...]) -> Complex:
    return random.normal(size=shape) + 1j * random.normal(size=shape)


def roots_of(rows: NDArray[np.uint8], weights: Real, bond: int) -> Tensors:
    """The state of the square roots, cut to bonds of `bond` site by site from the left."""
    left, rest, tensors = np.sqrt(weights)[None] + 0j, rows, []
    for _ in range(rows.shape[1] - 1):
        suffixes, place = np.unique(rest[:, 1:], axis=0, return_inverse=True)
        spread = np.zeros((len(left), 2, len(suffixes)), np.complex128)
        spread[:, rest[:, 0], place.reshape(-1)] = left
        basis, values, right = np.linalg.svd(spread.reshape(-1, len(suffixes)), full_matrices=False)
        kept = max(1, min(bond, int(np.sum(values > 1e-12 * values[0]))))
        tensors.append(basis[:, :kept].reshape(len(left), 2, kept))
        left, rest = values[:kept, None] * right[:kept], suffixes
    last = np.zeros((len(left), 2, 1), np.complex128)
    last[:, rest[:, 0], 0] = left
    return [*tensors, last]


def likelihood(tensors: Tensors, rows: NDArray[np.uint8], weights: Real) -> tuple[float, Tensors]:
    """The mean negative log-likelihood in nats, and its derivatives by real and imaginary parts, as complex numbers."""
    lefts, rights, logs = _environments(tensors, rows)
    value, gradients = -2 * float(weights @ logs), []
    norms_left, norms_right, log_norm = _norms(tensors)
    for site, tensor in enumerate(tensors):
        left, right, bits = lefts[site], rights[site], rows[:, site]
        gradient = np.zeros_like(tensor)
        for bit in (0, 1):
            of = bits == bit
            some, other = left[of], right[of]
            amplitudes = np.einsum("rl,lk,rk->r", some, tensor[:, bit], other)
            amplitudes = np.where(np.abs(amplitudes) < _LEAST, _LEAST, amplitudes)
            gradient[:, bit] = -2 * np.einsum("rl,rk->lk", some * (weights[of] / amplitudes)[:, None], other).conj()
        around = np.einsum("ab,bsk,jk->asj", norms_left[site], tensor, norms_right[site])
        gradients.append(gradient + 2 * around / np.sum(around.conj() * tensor).real)
    return value + log_norm, gradients


def _environments(tensors: Tensors, rows: NDArray[np.uint8]) -> tuple[Tensors, Tensors, Real]:
    """Of each site what stands left and right of it for every row, up to a factor, shape (R, bond); and log |psi|."""
    count = len(rows)
    lefts: Tensors = [np.ones((count, 1), np.complex128)]
    logs: Real = np.zeros(count)
    for site, tensor in enumerate(tensors):
        after = np.einsum("rl,rlk->rk", lefts[-1], tensor[:, rows[:, site]].transpose(1, 0, 2))
        size = np.maximum(np.linalg.norm(after, axis=1), _LEAST)
        logs += np.log(size)
        lefts.append(after / size[:, None])
    rights: Tensors = [np.ones((count, 1), np.complex128)]
    for site in range(len(tensors) - 1, 0, -1):
        before = np.einsum("rlk,rk->rl", tensors[site][:, rows[:, site]].transpose(1, 0, 2), rights[-1])
        rights.append(before / np.maximum(np.linalg.norm(before, axis=1), _LEAST)[:, None])
    return lefts[:-1], rights[::-1], logs


def _norms(tensors: Tensors) -> tuple[Tensors, Tensors, float]:
    """The same of the sum of |psi|^2 over all strings, and its logarithm."""
    lefts: Tensors = [np.ones((1, 1), np.complex128)]
    total = 0.0
    for tensor in tensors:
        after = np.einsum("ab,asj,bsk->jk", lefts[-1], tensor.conj(), tensor)
        size = float(np.linalg.norm(after))
        total += np.log(size)
        lefts.append(after / size)
    rights: Tensors = [np.ones((1, 1), np.complex128)]
    for tensor in tensors[:0:-1]:
        before = np.einsum("asj,bsk,jk->ab", tensor.conj(), tensor, rights[-1])
        rights.append(before / np.linalg.norm(before))
    return lefts[:-1], rights[::-1], total


def right_canonical(tensors: Sequence[Complex]) -> Tensors:
    """The same state of norm one, whose tensors are isometries from the left: sum over s, k of A[l, s, k]* A[m, s, k]
    is 1 for l = m, else 0.
    """
    moved: Tensors = []
    carried: Complex = np.ones((1, 1), np.complex128)
    for tensor in reversed(tensors):
        whole = np.einsum("lsk,kj->lsj", tensor, carried)
        rows, triangle = np.linalg.qr(whole.reshape(len(whole), -1).conj().T)
        moved.append(rows.conj().T.reshape(-1, *whole.shape[1:]))
        carried = triangle.conj().T
    moved[-1] = moved[-1] * (carried / np.abs(carried))
    return moved[::-1]


def _flat(tensors: Tensors) -> Real:
    """Real parts, then imaginary ones."""
    flat = np.concatenate([a.ravel() for a in tensors])
    return np.concatenate([flat.real, flat.imag])


def _split(flat: Real, shapes: Sequence[tuple[int, ...]]) -> Tensors:
    real, imaginary = np.split(flat, 2)
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    parts = np.split(real + 1j * imaginary, ends)
    return [part.reshape(shape) for part, shape in zip(parts, shapes, strict=True)]
