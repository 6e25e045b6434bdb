"""Squared maximum mean discrepancy by Pauli words: sum_w m(w) (<Z_w> - <Z_w of the data>)^2 over a set of Pauli words.

The set is the one that `weight` and `reach` give, or Pauli words drawn from the kernel's spectrum m, the same in all
reports.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.bits.pauli_words import data_means
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.evaluate.distributions import Positions, Real
from qgl.objectives.kernel import Kernel
from qgl.objectives.model import Setting
from qgl.objectives.pauli_words import fixed_pauli_words
from qgl.program.calls.reports import MMD
from qgl.program.program import DataSet

_DRAWN = 1000  # Pauli words, where the program does not say how many


@dataclass(frozen=True, eq=False)
class PauliWordSet:
    """Pauli words with their weights and their means in the data, shape (pauli_words,).

    rows  of drawn Pauli words, as rows of 0 and 1; None for a fixed set, of which nothing is left to chance
    """

    positions: Positions = field(repr=False)
    weights: Real = field(repr=False)
    means: Real = field(repr=False)
    rows: NDArray[np.uint8] | None = field(repr=False)
    samples: int | None

    @classmethod
    def of(cls, call: MMD, setting: Setting) -> PauliWordSet | None:
        """That of a report `mmd`; None where all Pauli words are taken together, through the distribution of all
        strings.
        """
        assert call.data is not None and call.kernel is not None  # the checker has seen to it
        if call.kernel.of_integers:
            return None
        data, kernel = setting.data[call.data], Kernel.of(call.kernel)
        if call.weight is not None:
            fixed = fixed_pauli_words(data.name, kernel, call.weight, call.reach, setting)
            return cls(fixed.query.positions, fixed.weights, fixed.means, None, None)
        if setting.width <= EXACT_WIDTH:
            return None
        count = call.pauli_words or _DRAWN
        rows = np.asarray(kernel.draw_rows(jax.random.key(0, impl="threefry2x32"), count, setting.width))
        positions = _positions(rows)
        means = data_means(data.rows, data.weights, positions)
        return cls(positions, np.full(count, kernel.total / count), means, rows, call.samples)

    def distance(self, values: Real, squares: Real | None = None) -> tuple[float, float | None]:
        """The discrepancy of <Z_w> from the data's, and the standard error of Pauli words that were drawn.

        squares: mean squares of the draws that `values` are means of; None where these are exact.
        """
        terms = (values - self.means) ** 2
        if squares is not None and self.samples is not None:
            terms -= (squares - values**2) / (self.samples - 1)
        error = None if self.rows is None else float(len(terms) ** 0.5 * (self.weights * terms).std(ddof=1))
        return float(self.weights @ terms), error

    def by_chance(self, data: DataSet) -> float:
        """The expected discrepancy of a distribution from as many of its samples as the data are."""
        count = len(data.rows)
        return 0.0 if data.exact or count < 2 else float(self.weights @ (1 - self.means**2)) / (count - 1)


def _positions(rows: NDArray[np.uint8]) -> Positions:
    """The positions of the ones of each row, ascending, padded with -1."""
    counts = rows.sum(axis=1, dtype=np.int64)
    positions = np.full((len(rows), max(1, int(counts.max(initial=0)))), -1, np.int32)
    positions[np.arange(positions.shape[1]) < counts[:, None]] = np.nonzero(rows)[1]
    return positions
