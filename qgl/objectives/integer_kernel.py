"""Kernels of bit strings read as whole numbers, functions of the difference x - y, and as rows of several of them.

The matrix k(x - y) is a block of a circulant one of twice the size, which the Fourier transform makes diagonal. With
the transforms P, Q of the distributions of model and data, padded with zeros, MMD^2 = sum_f s(f) |P(f) - Q(f)|^2.

A Gaussian of the distance of two rows of numbers is a product over the variables, and its matrix a tensor product
of small ones. These have orthonormal eigenvectors V and eigenvalues e >= 0, of each variance v their own:
MMD^2 = sum_v sum_f e_v(f) (V_v^T (p - q))(f)^2.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.kernels.arrays import barrier
from qgl.program.calls.kernels import Gaussian, KernelCall

Array = jax.Array
Real = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class VariableKernel:
    """weight * sum over `variances` v of exp(-|x - y|^2 / (2 v)), x and y being rows of numbers.

    bits  of each variable, the first bit of a number being the most significant one; they add up to all bits
    """

    variances: tuple[float, ...]
    weight: float
    bits: tuple[int, ...]

    @classmethod
    def of(cls, call: Gaussian) -> VariableKernel:
        """The kernel that `gaussian(..., of = variable)` names."""
        return cls(call.variances, call.weight, call.widths)

    @property
    def total(self) -> float:
        """k(x, x)."""
        return self.weight * len(self.variances)

    def spectrum(self, width: int, dtype: jnp.dtype[Any]) -> Array:
        """The eigenvalues, shape (variances, 2^width)."""
        each = [[_eigen(variance, bits)[0] for bits in self.bits] for variance in self.variances]
        values = [np.asarray(reduce(_product, factors)) for factors in each]
        spectrum: Array = barrier(jnp.asarray(np.stack(values), dtype))
        return self.weight * spectrum

    def forward(self, vector: Array) -> Array:
        """The transforms in which `spectrum` is diagonal: (2^n,) -> (variances, 2^n)."""
        return jnp.stack([self._turned(vector, variance, inverse=False) for variance in self.variances])

    def apply(self, transformed: Array, spectrum: Array) -> Array:
        """sum_y k(x, y) vector[y] from the transform of a vector, shape (2^n,)."""
        rows = zip(spectrum * transformed, self.variances, strict=True)
        return jnp.sum(jnp.stack([self._turned(row, variance, inverse=True) for row, variance in rows]), axis=0)

    def smoothed(self, vector: Real) -> Real:
        """sum_y k(x, y) vector[y] in double precision, shape (2^n,)."""
        total = np.zeros_like(vector)
        for variance in self.variances:
            product = vector
            for bits in self.bits:  # the axis that is taken comes last, so that after all of them they are in order
                product = product.reshape(1 << bits, -1).T @ _matrix(variance, bits)
            total += self.weight * product.reshape(-1)
        return total

    def between(self, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> Real:
        """k(x, y) for x in `left` and y in `right`, rows of bits, shape (left, right)."""
        ends = np.cumsum(self.bits)[:-1].tolist()
        pairs = zip(np.split(left, ends, axis=1), np.split(right, ends, axis=1), strict=True)
        squares = sum(np.subtract.outer(indices(a), indices(b)).astype(np.float64) ** 2 for a, b in pairs)
        each = [np.exp(-squares / (2 * variance)) for variance in self.variances]
        return np.asarray(self.weight * np.sum(each, axis=0))

    def _turned(self, vector: Array, variance: float, *, inverse: bool) -> Array:
        for bits in self.bits:
            vectors = _eigen(variance, bits)[1]
            turn = jnp.asarray(vectors.T if inverse else vectors, vector.dtype)
            vector = jnp.matmul(vector.reshape(1 << bits, -1).T, turn, precision="highest")
        return vector.reshape(-1)


def _product(left: Real, right: Real) -> Real:
    return np.asarray(np.multiply.outer(left, right).reshape(-1))


def _matrix(variance: float, bits: int) -> Real:
    """k(x, y) of one variable."""
    numbers = np.arange(1 << bits, dtype=np.float64)
    return np.asarray(np.exp(-(np.subtract.outer(numbers, numbers) ** 2) / (2 * variance)))


def _eigen(variance: float, bits: int) -> tuple[Real, Real]:
    """Eigenvalues, which rounding may have made negative, and eigenvectors of a matrix, one a column."""
    values, vectors = np.linalg.eigh(_matrix(variance, bits))
    return np.maximum(values, 0.0), vectors
