"""The maximum mean discrepancy of two ensembles of quantum states, under a power of their overlap or superfidelity.

With k(rho, sigma) = Tr(rho sigma)^p, MMD^2 is the mean of k within the model, and within the data, less twice that
between them, all pairs counted, a state and itself too (a V-statistic). For p = 1 it is the squared Hilbert-Schmidt
distance of the mean states, and no more is seen of the ensembles; p = 2 sees their second moments. It is the squared
distance of the means of the p-fold tensor power of the states for any p, and superfidelity is an inner product too, of
(rho, sqrt(1 - Tr rho^2)). Where that is less work than all pairs it is computed so, whatever the number of data.

Source: B. Zhang et al., PRL 132, 100602, 2024, arXiv 2310.05866, where p = 1; of
superfidelity G. Kwun, B. Zhang and Q. Zhuang, PRA 111, 032610, 2025, arXiv 2411.17608.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.objectives.ensembles.comparison import EnsembleComparison, as_complex, as_real
from qgl.objectives.ensembles.similarity import (
    inverse_weights,
    root_linear_entropy,
    similarities,
    weights,
    with_equal_weights,
)
from qgl.objectives.model import Setting
from qgl.program.calls import objectives, reports
from qgl.program.calls.kernels import Fidelity, KernelCall

Array = jax.Array
_SMALL = 4096  # numbers of a moment that is never more work than pairs


class EnsembleDiscrepancy(EnsembleComparison):
    """MMD^2 of the model's ensemble and the data's."""

    name = "mmd"

    @classmethod
    def of(cls, call: objectives.MMD | reports.MMD, setting: Setting) -> EnsembleDiscrepancy:
        """Of a call whose kernel is one of states."""
        assert call.kernel is not None and call.data is not None  # the checker has seen to it
        states = setting.data[call.data].states
        assert states is not None  # the checker has seen to it
        return cls(call.kernel, setting.labels, states)

    @functools.cached_property
    def known(self) -> tuple[NDArray[np.float64], ...]:
        """Means of what the kernel is an inner product of; or the states, and the mean of the kernel within them."""
        if self._by_moments:
            powers = functools.reduce(_products, [self.states] * self._power)
            pure = self.states.ndim == 2
            mean = as_real(powers.T @ powers.conj() / len(powers) if pure else powers.mean(axis=0))
            if isinstance(self.kernel, Fidelity):
                return (mean,)
            purity = np.ones(1) if pure else np.sum(np.abs(self.states) ** 2, axis=(1, 2))
            return mean, np.asarray(np.mean(np.sqrt(np.maximum(1 - purity, 0))))
        data = with_equal_weights(self.states)
        with jax.ensure_compile_time_eval(), jax.enable_x64(True):
            within = jax.jit(functools.partial(_mean_kernel, kernel=self.kernel))(data, data)
        return as_real(data), np.asarray(within)

    def distance(self, model: Array) -> Array:
        """See `EnsembleComparison.distance`."""
        known = self._held(model.dtype)
        if self._by_moments:
            apart = moment(model, self._power) - as_complex(known[0])
            squared = jnp.sum(apart.real**2 + apart.imag**2)
            if isinstance(self.kernel, Fidelity):
                return squared
            return squared + (weights(model) @ root_linear_entropy(model) - known[1]) ** 2
        data, of_data = as_complex(known[0]), known[1]
        within, between = (_mean_kernel(model, other, self.kernel) for other in (model, data))
        return within - 2 * between + of_data

    @property
    def _power(self) -> int:
        return self.kernel.power if isinstance(self.kernel, Fidelity) else 1

    @property
    def _by_moments(self) -> bool:
        """Whether means of tensor powers are less work than all pairs."""
        size = self.states.shape[1]
        return int(size ** (2 * self._power)) <= max(_SMALL, size * len(self.states))


def moment(elements: Array, power: int) -> Array:
    """The mean of the tensor power of the normalised states of an ensemble, shape (d^power, d^power)."""
    factors = inverse_weights(elements) ** (power - 1)
    powers = functools.reduce(_products, [elements] * power)
    if elements.ndim == 2:
        return jnp.einsum("l,lx,ly->xy", factors.astype(powers.dtype), powers, powers.conj(), precision="highest")
    return jnp.tensordot(factors.astype(powers.dtype), powers, axes=1)


def _products(left: Any, right: Any) -> Any:
    """The tensor products of vectors, shape (count, d), or of matrices, shape (count, d, d), one by one."""
    sizes = [len(left), *(a * b for a, b in zip(left.shape[1:], right.shape[1:], strict=True))]
    if left.ndim == 2:
        return (left[:, :, None] * right[:, None, :]).reshape(sizes)
    return (left[:, :, None, :, None] * right[:, None, :, None, :]).reshape(sizes)


def _mean_kernel(left: Array, right: Array, kernel: KernelCall) -> Array:
    """The sum over pairs of weights times the kernel."""
    return weights(left) @ similarities(left, right, kernel) @ weights(right)
