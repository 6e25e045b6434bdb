"""The maximum mean discrepancy of two ensembles of quantum states, under a power of their overlap or superfidelity.

With k(rho, sigma) = Tr(rho sigma)^p, MMD^2 is the mean of k within the model, and within the data, less twice that
between them, all pairs counted, a state and itself too (a V-statistic). For p = 1 it is the squared Hilbert-Schmidt
distance of the mean states, and no more is seen of the ensembles; p = 2 sees their second moments.

Source: B. Zhang et al., PRL 132, 100602, 2024, arXiv 2310.05866, where p = 1; of
superfidelity G. Kwun, B. Zhang and Q. Zhuang, PRA 111, 032610, 2025, arXiv 2411.17608.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.ensembles.similarity import similarities, weights, with_equal_weights
from qgl.objectives.model import Deterministic, Setting
from qgl.program.calls import objectives, reports
from qgl.program.calls.kernels import KernelCall
from qgl.query import Elements, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class EnsembleDiscrepancy(Deterministic):
    """MMD^2 of the model's ensemble and the data's.

    kernel  of two states
    labels  qubits whose outcomes the program keeps
    states  the data, each as likely: amplitudes, shape (states, 2^n), or density matrices, shape (states, 2^n, 2^n)
    """

    kernel: KernelCall
    labels: int
    states: NDArray[np.complex128] = field(repr=False)

    name = "mmd"

    @classmethod
    def of(cls, call: objectives.MMD | reports.MMD, setting: Setting) -> EnsembleDiscrepancy:
        assert call.kernel is not None and call.data is not None  # the checker has seen to it
        states = setting.data[call.data].states
        assert states is not None  # the checker has seen to it
        return cls(call.kernel, setting.labels, states)

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
        data = jnp.asarray(with_equal_weights(self.states), model.dtype)
        pairs = ((model, model), (model, data), (data, data))
        within, between, of_data = (_mean_kernel(left, right, self.kernel) for left, right in pairs)
        return within - 2 * between + of_data

    def measured(self, model: Array | NDArray[np.complexfloating]) -> float:
        """The same number of elements that are known, in double precision."""
        with jax.enable_x64(True):
            return float(self.distance(jnp.asarray(np.asarray(model, np.complex128))))


def _mean_kernel(left: Array, right: Array, kernel: KernelCall) -> Array:
    """The sum over pairs of weights times the kernel."""
    return weights(left) @ similarities(left, right, kernel) @ weights(right)
