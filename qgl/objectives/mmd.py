"""Squared maximum mean discrepancy from the distribution of all strings, exact or estimated.

In the Walsh basis every kernel of `qgl.objectives.kernel` is diagonal: with the spectrum m(w) and the transforms
P(w), Q(w) of the distributions of model and data, MMD^2 = sum_w m(w) (P(w) - Q(w))^2, a sum of terms that are not
negative. The difference is taken before the transform, so that small losses keep their digits in single precision.
Kernels of whole numbers are diagonal in the Fourier basis instead, those of several variables in a product of bases,
and all else is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.kernels.arrays import squared
from qgl.objectives.ensembles.discrepancy import EnsembleDiscrepancy
from qgl.objectives.kernel import AnyKernel, Kernel, kernel_of
from qgl.objectives.model import Objective, OfAllConditions, Setting
from qgl.objectives.pauli_words import drawn_pauli_words, fixed_pauli_words
from qgl.program.calls.objectives import MMD
from qgl.query import Probabilities, Query

Array = jax.Array


@dataclass(frozen=True, eq=False)
class MaximumMeanDiscrepancy(OfAllConditions):
    """MMD^2 of the model's distribution and the data's.

    pauli_words    None: all Pauli words; else that many, drawn at each evaluation from the spectrum as a distribution
    samples        None: the model's distribution itself; else an estimate from that many of its samples, drawn at each
             evaluation.
             Value and gradient are unbiased: a U-statistic, differentiated by likelihood ratios.
    """

    kernel: AnyKernel
    width: int
    strings: NDArray[np.int64] = field(repr=False)  # indices of the data's strings
    distribution: NDArray[np.float64] = field(repr=False)  # and their probabilities
    pauli_words: int | None
    samples: int | None

    name = "mmd"

    @property
    def stochastic(self) -> bool:
        return self.pauli_words is not None or self.samples is not None

    @property
    def queries(self) -> tuple[Query, ...]:
        return (Probabilities(),)

    def given(self, key: Array | None) -> Mapping[Query, Array]:
        return {}

    def loss(self, answers: Mapping[Query, Array], key: Array | None) -> Array:
        p = answers[Probabilities()]
        if self.stochastic and key is None:
            raise ValueError("a sampled mmd needs a key")
        pauli_words_key, samples_key = (None, None) if key is None else jax.random.split(key)
        spectrum = self._spectrum(p.dtype, pauli_words_key)
        if self.samples is None or samples_key is None:
            return jnp.sum(spectrum * squared(self.kernel.forward(self._minus_data(p))))
        return self._estimate(p, spectrum, samples_key, self.samples)

    def _spectrum(self, dtype: jnp.dtype[Any], key: Array | None) -> Array:
        if self.pauli_words is None or key is None or not isinstance(self.kernel, Kernel):
            return self.kernel.spectrum(self.width, dtype)
        drawn = self.kernel.draw_pauli_words(key, self.pauli_words, self.width)
        return jnp.zeros(2**self.width, dtype).at[drawn].add(self.kernel.total / self.pauli_words)

    def _minus_data(self, p: Array) -> Array:
        return p.at[jnp.asarray(self.strings)].add(-jnp.asarray(self.distribution, p.dtype))

    def _estimate(self, p: Array, spectrum: Array, key: Array, samples: int) -> Array:
        """The U-statistic of `samples` draws; its derivative is the likelihood-ratio gradient."""
        fixed = jax.lax.stop_gradient(p)
        from qgl.kernels.final_state import draw

        drawn = jnp.zeros_like(fixed).at[draw(fixed, key, samples)].add(1.0 / samples)
        of_drawn, of_difference = self.kernel.forward(drawn), self.kernel.forward(self._minus_data(drawn))
        itself = jnp.asarray(self.kernel.total, p.dtype)
        of_pairs = (itself - jnp.sum(spectrum * squared(of_drawn))) / (samples - 1)
        value = jnp.sum(spectrum * squared(of_difference)) - of_pairs
        # mean of k(x, .) over the other draws, for each string x that was drawn; the same over the data
        others = (samples * self.kernel.apply(of_drawn, spectrum) - itself) / (samples - 1)
        data = self.kernel.apply(of_drawn - of_difference, spectrum)
        log_p = jnp.log(jnp.where(drawn > 0, p, 1.0))
        surrogate = 2 * jnp.sum(drawn * (others - data) * log_p)
        return value + surrogate - jax.lax.stop_gradient(surrogate)


def mmd(call: MMD, setting: Setting) -> Objective:
    """The objective `mmd(data, kernel, pauli_words, samples, weight, reach)`.

    With `weight`, a fixed set of Pauli words; with `pauli_words` and `samples`, or with `pauli_words` at more than
    `EXACT_WIDTH` bits, expectations of Pauli words that are drawn (`qgl.objectives.pauli_words`). In all other cases,
    and with kernels of whole numbers, the distribution of all strings is held: it gives the discrepancy itself, and
    estimates from Pauli words alone or from samples of strings alone.
    """
    if call.kernel.of_states:
        return EnsembleDiscrepancy.of(call, setting)
    width, pauli_words, samples = setting.width, call.pauli_words, call.samples
    kernel = kernel_of(call.kernel)
    if call.weight is not None and isinstance(kernel, Kernel):
        return fixed_pauli_words(call.data, kernel, call.weight, call.reach, setting)
    if pauli_words is not None and isinstance(kernel, Kernel) and (samples is not None or width > EXACT_WIDTH):
        return drawn_pauli_words(call.data, kernel, pauli_words, samples, setting)
    return MaximumMeanDiscrepancy(kernel, width, *_distribution(call.data, setting), pauli_words, samples)


def _distribution(name: str, setting: Setting) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """The indices of the strings of a data set, each once, and their probabilities."""
    given = setting.data[name]
    rows, distribution, _ = distinct(given.rows, given.weights)
    return indices(rows), distribution
