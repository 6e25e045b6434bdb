"""The maximum mean discrepancy of two ensembles of quantum states under a power of their overlap.

With k(rho, sigma) = Tr(rho sigma)^p, MMD^2 is the mean of k within the model, and within the data, less twice that
between them, all pairs counted, a state and itself too (a V-statistic). For p = 1 it is the squared Hilbert-Schmidt
distance of the mean states, and no more is seen of the ensembles; p = 2 sees their second moments.

Source: B. Zhang et al., PRL 132, 100602, 2024, arXiv 2310.05866, where p = 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.model import Deterministic, Setting
from qgl.program.calls import objectives, reports
from qgl.program.calls.kernels import Fidelity
from qgl.query import Elements, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class EnsembleDiscrepancy(Deterministic):
    """MMD^2 of the model's ensemble and the data's.

    power   of the overlap of two states
    labels  qubits whose outcomes the program keeps
    states  elements of the data, each as likely: amplitudes, shape (elements, 2^n), or density matrices, shape
            (elements, 2^n, 2^n)
    """

    power: int
    labels: int
    states: NDArray[np.complex128] = field(repr=False)

    name = "mmd"

    @classmethod
    def of(cls, call: objectives.MMD | reports.MMD, setting: Setting) -> EnsembleDiscrepancy:
        assert isinstance(call.kernel, Fidelity) and call.data is not None
        states = setting.data[call.data].states
        assert states is not None  # the checker has seen to it
        return cls(call.kernel.power, setting.labels, states)

    @property
    def query(self) -> Elements:
        return Elements(self.labels)

    @property
    def queries(self) -> tuple[Query, ...]:
        return (self.query,)

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        return self.distance(answers[self.query])

    def distance(self, model: Array) -> Array:
        """MMD^2 of elements as `qgl.query.Elements` gives them, which are not normalised, and of the data."""
        weight = 1 / len(self.states)
        data = jnp.asarray(self.states * (weight if self.states.ndim == 3 else np.sqrt(weight)), model.dtype)
        pairs = ((model, model), (model, data), (data, data))
        within, between, of_data = (_mean_kernel(left, right, self.power) for left, right in pairs)
        return within - 2 * between + of_data

    def measured(self, model: Array | NDArray[np.complexfloating]) -> float:
        """The same number of elements that are known, in double precision."""
        with jax.enable_x64(True):
            return float(self.distance(jnp.asarray(np.asarray(model, np.complex128))))


def _mean_kernel(left: Array, right: Array, power: int) -> Array:
    """The sum over pairs of weights times the kernel; elements carry their weights, as squared norms or traces."""
    overlaps = _overlaps(left, right)
    if power == 1:
        return jnp.sum(overlaps)
    weights = _weights(left)[:, None] * _weights(right)
    comes = weights > float(np.finfo(weights.dtype).tiny)  # what has no weight is no state, and counts for nothing
    shares = jnp.where(comes, overlaps / jnp.where(comes, weights, 1), 0)
    return jnp.sum(overlaps * shares ** (power - 1))


def _overlaps(left: Array, right: Array) -> Array:
    """Tr(rho sigma) of all pairs, shape (left, right); vectors are pure states, matrices are mixed ones."""
    if left.ndim == right.ndim == 2:
        products = left.conj() @ right.T
        return products.real**2 + products.imag**2
    if left.ndim == 2:
        return _overlaps(right, left).T
    if right.ndim == 2:
        return jnp.einsum("lxy,rx,ry->lr", left, right.conj(), right).real
    return jnp.einsum("lxy,ryx->lr", left, right).real


def _weights(elements: Array) -> Array:
    if elements.ndim == 2:
        return jnp.sum(elements.real**2 + elements.imag**2, axis=1)
    return jnp.einsum("lxx->l", elements).real
