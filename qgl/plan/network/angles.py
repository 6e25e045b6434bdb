"""Gates of at most one angle: their tensors are constant tensors times functions of the angle, summed.

The matrix of such a gate is A + B cos x + C sin x with constant A, B, C, where x is its angle or half of that; so are
its maps once its wires are cut. In Pauli-transfer form a gate is quadratic in these maps, hence in 1, cos x and sin x:
it is as exact as the product of the matrices, and as positive, for cos 2x is not taken for cos^2 x - sin^2 x.

Which numbers A, B, C are is found from the matrices of the gate at some angles, and held against those at others.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations_with_replacement
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.gates import GATES
from qgl.gates.algebra import pauli_matrix
from qgl.plan.matrix_pool import Recipe
from qgl.plan.network.transfer import Cut, Places, cut_tensors, pauli_transfer

WIDEST = 8  # rows of a matrix whose tensors are found here: what is larger comes once or twice in a circuit
PRODUCTS = tuple(combinations_with_replacement(range(3), 2))  # of two of 1, cos x, sin x: 1 1, 1 cos x, 1 sin x, ...
_AT = np.array([-5.1, -2.9, -1.3, 0.4, 1.7, 3.3, 6.1, 9.2])  # angles of no symmetry
_EXACT = 1e-13
_UNITS = 64.0  # numbers that are multiples of 1 / _UNITS to rounding are just these: above all, zeros are zeros


class GateKind(NamedTuple):
    """What the matrix of a gate is but for its angle: see `Recipe`."""

    kind: str
    name: str
    controls: int
    size: int
    angles: int


class AngleTensors(NamedTuple):
    """Tensors as sums over columns: for each angle a function of it, and a constant tensor for all of their products.

    scale      of a gate of one angle: x is that times the angle
    functions  of each angle which of `PRODUCTS`
    constants  (product of their numbers, *shape of a tensor): the function of the last angle changes first
    """

    scale: float
    functions: tuple[tuple[int, ...], ...]
    constants: NDArray[Any]

    @property
    def none_at_zero(self) -> bool:
        """Whether the matrix at the angle 0 is the identity, to the last bit."""
        if len(self.functions) != 1:
            return False
        present = [2 not in PRODUCTS[function] for function in self.functions[0]]  # the sine of 0 is 0
        return np.array_equal(self.constants[present].sum(axis=0), np.eye(self.constants.shape[-1]))


def gate_kind(recipe: Recipe) -> GateKind | None:
    """The kind of a gate of at most one angle whose tensors may be sums as above, else None."""
    if recipe.kind not in ("gate", "pauli") or recipe.conjugate or len(recipe.args) > 1 or recipe.size > WIDEST:
        return None
    return GateKind(recipe.kind, recipe.name, recipe.controls, recipe.size, len(recipe.args))


@cache
def angle_tensors(
    algebra: str, gate: GateKind, cut: Cut, begins: Places = (), ends: Places = ()
) -> AngleTensors | None:
    """The tensors of all gates of one kind, cut, begun and ended as in `qgl.plan.network.values.Source`.

    None if the gate's matrix is not such a sum.
    """
    terms = _matrix_terms(gate)
    if terms is None:
        return None
    scale, matrices = terms
    qubits = gate.size.bit_length() - 1
    maps = cut_tensors(np.einsum, matrices, qubits, cut, begins, ends)
    if algebra == "amplitude":
        tensors = np.concatenate([maps, np.zeros_like(maps)])  # the products of 1 with 1, cos x, sin x come first
    else:
        letters, outs = [letter for _, letter in cut], qubits - len(cut) - len(ends)

        def quadratic(tensors: NDArray[Any]) -> NDArray[Any]:
            return np.asarray(pauli_transfer(np.einsum, tensors, letters, outs, len(ends)))

        alone = quadratic(maps)
        pairs = [(maps[j] + maps[k])[None] for j, k in PRODUCTS]
        tensors = np.stack(
            [
                alone[j] if j == k else quadratic(both)[0] - alone[j] - alone[k]
                for (j, k), both in zip(PRODUCTS, pairs, strict=True)
            ]
        )
    tensors = _rounded(tensors)
    if algebra != "amplitude":
        constant, cosines, sines = (tensors[PRODUCTS.index((k, k))] for k in range(3))
        one = (cosines == sines) & (constant != 0)  # cos^2 x + sin^2 x, which is 1 beside what is constant
        tensors[0] = np.where(one, constant + cosines, constant)
        tensors[[PRODUCTS.index((1, 1)), PRODUCTS.index((2, 2))]] *= ~one
    present = np.flatnonzero(tensors.reshape(len(tensors), -1).any(axis=1))
    return AngleTensors(scale, (tuple(present.tolist()),) if gate.angles else (), tensors[present])


def composed(parts: Sequence[AngleTensors]) -> AngleTensors:
    """The product of matrices on one wire, the first to act first; its angles are those of all."""
    product = parts[0].constants
    for part in parts[1:]:
        product = np.einsum("yab,xbc->xyac", part.constants, product).reshape(-1, *product.shape[1:])
    return AngleTensors(1.0, tuple(functions for part in parts for functions in part.functions), _rounded(product))


@cache
def _matrix_terms(gate: GateKind) -> tuple[float, NDArray[np.complex128]] | None:
    """scale and A, B, C, shape (3, size, size), such that the matrix at x / scale is A + B cos x + C sin x."""
    matrices = _matrices(gate, _AT)
    for scale in (0.5, 1.0) if gate.angles else (1.0,):
        at = scale * _AT
        functions = np.stack([np.ones_like(at), np.cos(at), np.sin(at)], axis=1)
        flat = matrices.reshape(len(at), -1)
        terms = _rounded(np.linalg.lstsq(functions[:5], flat[:5])[0]) if gate.angles else _rounded(flat[:1])
        terms = np.pad(terms, ((0, 3 - len(terms)), (0, 0)))
        if np.abs(functions @ terms - flat).max() < _EXACT:
            return scale, terms.reshape(3, gate.size, gate.size)
    return None


def _matrices(gate: GateKind, angles: NDArray[np.float64]) -> NDArray[np.complex128]:
    """The matrices of gates at some angles, shape (angles, size, size)."""
    if gate.kind == "pauli":
        pauli = pauli_matrix(gate.name)
        x = angles[:, None, None]
        inner = np.cos(x) * np.eye(len(pauli)) + 1j * np.sin(x) * pauli
    else:
        inner = np.asarray(GATES[gate.name].matrix(np, *[angles] * gate.angles))
    rest = gate.size - inner.shape[-1]
    matrices = np.zeros((len(angles), gate.size, gate.size), np.complex128)
    matrices[:, :rest, :rest] = np.eye(rest)
    matrices[:, rest:, rest:] = inner
    return matrices


def _rounded(values: NDArray[Any]) -> NDArray[Any]:
    """`values` without the rounding of numbers that are simple."""
    parts = (values.real, values.imag) if np.iscomplexobj(values) else (values,)
    simple = [np.round(part * _UNITS) / _UNITS for part in parts]
    kept = [np.where(np.abs(part - near) < _EXACT, near, part) for part, near in zip(parts, simple, strict=True)]
    return np.asarray(kept[0] + 1j * kept[1] if len(kept) == 2 else kept[0])
