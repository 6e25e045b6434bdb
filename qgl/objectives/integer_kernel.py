"""Kernels of bit strings read as whole numbers: functions of the difference x - y.

The matrix k(x - y) is a block of a circulant one of twice the size, which the Fourier transform makes diagonal. With
the transforms P, Q of the distributions of model and data, padded with zeros, MMD^2 = sum_f s(f) |P(f) - Q(f)|^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.kernels.arrays import barrier
from qgl.program.calls.kernels import KernelCall

Array = jax.Array


@dataclass(frozen=True, slots=True)
class IntegerKernel:
    """weight * sum over `variances` v of exp(-(x - y)^2 / (2 v)), the first bit being the most significant one."""

    variances: tuple[float, ...]
    weight: float

    @classmethod
    def of(cls, call: KernelCall) -> IntegerKernel:
        """The kernel that `gaussian(..., of = integer)` names."""
        return cls(call.variances, call.weight)

    @property
    def total(self) -> float:
        """k(x, x)."""
        return self.weight * len(self.variances)

    def at(self, differences: NDArray[np.float64]) -> NDArray[np.float64]:
        """k at each of `differences`, of any shape."""
        each = (np.exp(-(differences**2) / (2 * variance)) for variance in self.variances)
        return self.weight * sum(each, np.zeros_like(differences))

    def spectrum(self, width: int, dtype: jnp.dtype[Any]) -> Array:
        """s(f) of the frequencies that a real transform keeps, shape (2^width + 1,), each counted as it should."""
        size = 2**width
        weights: NDArray[np.float64] = self._transform(size) / (2 * size)
        weights[1:-1] *= 2  # the frequencies -f, which are not kept
        spectrum: Array = barrier(jnp.asarray(weights, dtype))
        return spectrum

    def forward(self, vector: Array) -> Array:
        """The transform in which `spectrum` is diagonal: (2^width,) -> (2^width + 1,), complex."""
        transformed: Array = jnp.fft.rfft(vector, 2 * vector.shape[0])
        return transformed

    def apply(self, transformed: Array, spectrum: Array) -> Array:
        """sum_y k(x, y) vector[y] from the transform of a vector, shape (2^width,)."""
        size = transformed.shape[0] - 1
        each = jnp.full(size + 1, size, spectrum.dtype).at[jnp.array([0, size])].set(2 * size)
        smooth: Array = jnp.fft.irfft(each * spectrum * transformed, 2 * size)[:size]
        return smooth

    def smoothed(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """sum_y k(x, y) vector[y] in double precision, shape (2^width,)."""
        size = len(vector)
        smoothed: NDArray[np.float64] = np.fft.irfft(self._transform(size) * np.fft.rfft(vector, 2 * size), 2 * size)
        return smoothed[:size]

    def between(self, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float64]:
        """k(x, y) for x in `left` and y in `right`, rows of bits, shape (left, right)."""
        return self.at(np.subtract.outer(indices(left), indices(right)).astype(np.float64))

    def _transform(self, size: int) -> NDArray[np.float64]:
        """That of the first row of the circulant matrix, which is real since the row is even."""
        places = np.arange(2 * size, dtype=np.float64)
        row = self.at(np.minimum(places, 2 * size - places))
        return np.asarray(np.fft.rfft(row).real, np.float64)
