"""Kernels of bit strings by their Walsh spectrum.

On bits all our kernels are mixtures of a^H, H being the Hamming distance and a = exp(-1 / (2 variance)):

    a^H(x, y) = sum_w m(w) (-1)^(w.x + w.y),  m(w) = r^|w| (1 - r)^(n - |w|),  r = (1 - a) / 2,

so that the spectrum m is the distribution of Z words w with independent bits of probability r.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import barrier, take
from qgl.kernels.pauli_words import walsh
from qgl.kernels.random_bits import random_bits, subkeys
from qgl.objectives.integer_kernel import IntegerKernel, VariableKernel
from qgl.program.calls.kernels import Gaussian, KernelCall

Array = jax.Array


@dataclass(frozen=True, slots=True)
class Kernel:
    """sum over `rates` r of weight * a^H with a = 1 - 2 r."""

    rates: tuple[float, ...]
    weight: float

    @classmethod
    def of(cls, call: KernelCall) -> Kernel:
        """The kernel that `gaussian(...)` or `hamming(...)` names."""
        rates = tuple(float(-np.expm1(-0.5 / variance) / 2) for variance in call.variances)
        return cls(rates, call.weight)

    @property
    def total(self) -> float:
        """k(x, x), the sum of the spectrum."""
        return self.weight * len(self.rates)

    def spectrum(self, width: int, dtype: jnp.dtype[Any]) -> Array:
        """m(w) for all Pauli words of `width` bits, shape (2^width,); its sum is `total`."""
        high, low = width // 2, width - width // 2
        factors = [np.stack([_pauli_words_distribution(rate, bits) for rate in self.rates]) for bits in (high, low)]
        # the barrier keeps XLA from working out a table of 2^width numbers at compile time
        left, right = barrier(tuple(jnp.asarray(factor, dtype) for factor in factors))
        return (self.weight * jnp.einsum("rh,rl->hl", left, right, precision="highest")).reshape(-1)

    def forward(self, vector: Array) -> Array:
        """The transform of a vector in which `spectrum` is diagonal, shape (2^width,) both."""
        return walsh(vector)

    def apply(self, transformed: Array, spectrum: Array) -> Array:
        """sum_y k(x, y) vector[y] from the transform of a vector, shape (2^width,)."""
        return walsh(spectrum * transformed)

    def smoothed(self, vector: NDArray[np.float64]) -> NDArray[np.float64]:
        """sum_y k(x, y) vector[y] in double precision, shape (2^n,): a^H is the tensor product of [[1, a], [a, 1]]."""
        total = np.zeros_like(vector)
        for rate in self.rates:
            product = vector
            for bit in range(vector.size.bit_length() - 1):
                halves = product.reshape(-1, 2, 2**bit)
                product = (halves + (1 - 2 * rate) * halves[:, ::-1]).reshape(-1)
            total += self.weight * product
        return total

    def between(self, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.float64]:
        """k(x, y) for x in `left` and y in `right`, rows of bits, shape (left, right)."""
        width = left.shape[1]
        agreement = (1.0 - 2.0 * left) @ (1.0 - 2.0 * right).T
        distance = np.rint((width - agreement) / 2).astype(np.int64)
        powers = np.power.outer(1 - 2 * np.array(self.rates), np.arange(width + 1))
        values: NDArray[np.float64] = self.weight * powers.sum(axis=0)[distance]
        return values

    def over(self, sizes: NDArray[np.int64], width: int) -> NDArray[np.float64]:
        """The spectrum at Pauli words of so many ones, `sizes`, among `width` bits, of the same shape, scaled so that
        its sum over them is `total`.
        """
        rates = np.maximum(np.array(self.rates), np.finfo(np.float64).tiny)[:, None]
        logs = sizes * np.log(rates) + (width - sizes) * np.log1p(-rates)  # of Pauli words, whose m would be too small
        relative = np.exp(logs - logs.max()).sum(axis=0)
        scaled: NDArray[np.float64] = relative * (self.total / relative.sum())
        return scaled

    def draw_rows(self, key: Array, count: int, width: int) -> Array:
        """`count` Pauli words drawn from spectrum / total, as rows of 0 and 1, shape (count, width), uint8."""
        least = np.array([rate * 2.0**32 for rate in self.rates]).astype(np.uint32)  # of bits that are 0
        if len(least) == 1:
            below: Any = least[0]
        else:
            which, key = subkeys(key, 2)
            chosen = lax.rem(random_bits(which, (count,)), np.uint32(len(least)))
            below = lax.broadcast_in_dim(take(jnp.asarray(least), chosen), (count, width), (0,))
        return lax.convert_element_type(lax.lt(random_bits(key, (count, width)), below), jnp.uint8)

    def mean_ones(self, width: int) -> float:
        """How many ones a Pauli word that is drawn has on average."""
        return width * sum(self.rates) / len(self.rates)

    def draw_pauli_words(self, key: Array, count: int, width: int) -> Array:
        """Indices of `count` Pauli words drawn from spectrum / total, shape (count,); at most 31 bits."""
        ones = self.draw_rows(key, count, width).astype(jnp.int32)
        return ones @ jnp.asarray([1 << place for place in range(width - 1, -1, -1)], jnp.int32)


def kernel_of(call: KernelCall) -> AnyKernel:
    """The kernel that a call names, on bits, on whole numbers or on rows of these."""
    if isinstance(call, Gaussian) and call.of == "variable":
        return VariableKernel.of(call)
    return IntegerKernel.of(call) if call.of_integers else Kernel.of(call)


AnyKernel = Kernel | IntegerKernel | VariableKernel


def _pauli_words_distribution(rate: float, bits: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    distribution = np.ones(1)
    for _ in range(bits):
        distribution = np.kron(distribution, np.array([1.0 - rate, rate]))
    return distribution
