"""The length over which correlations decay, from connected two-point functions <Z_a Z_b> - <Z_a> <Z_b>; and variables:
how each is distributed, and how they are correlated; and the length over which bits tell more of each other than the
bits in between do, the Markov length.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, pairwise

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices
from qgl.bits.neighbourhood import Neighbourhood
from qgl.check.declarations.categories import Columns
from qgl.evaluate.distributions import Real
from qgl.evaluate.estimates import HOW, RESAMPLES, entropy, merged
from qgl.evaluate.metrics import sample_moments
from qgl.evaluate.pairs import singles
from qgl.evaluate.row import Row
from qgl.evaluate.table.floors import Floor, known, mean_deviation, of_rows
from qgl.program.calls.reports import MarkovLength
from qgl.program.program import DataSet
from qgl.program.transforms import Binning

_RESOLUTION = 1e-6  # of connected functions in single precision
_LEAST = 1e-12  # of the information of a distribution, in nats
_DEVIATIONS = 3.0  # by which an information of rows has to be above 0


@dataclass(frozen=True, eq=False)
class Shells:
    """Pairs of bits by their distance.

    positions  of the moments that are needed, shape (pauli_words, 2): all <Z_a>, then <Z_a Z_b> of the pairs
    distances  of the pairs
    """

    width: int
    positions: NDArray[np.int32] = field(repr=False)
    distances: NDArray[np.int64] = field(repr=False)

    @classmethod
    def of(cls, neighbourhood: Neighbourhood, reach: int) -> Shells:
        pairs, distances = neighbourhood.pairs(reach)
        apart = distances > 0
        positions = np.concatenate([singles(neighbourhood.width), pairs[apart].astype(np.int32)])
        return cls(neighbourhood.width, positions, distances[apart])

    def length_in(self, data: DataSet) -> float | None:
        """The length in a data set."""
        moments = sample_moments(data.rows, data.weights, self.positions)
        return self.length(moments, np.inf if data.exact else len(data.rows))

    def length(self, moments: Real, samples: float = np.inf) -> float | None:
        """xi of a decay exp(-r / xi), fitted to the root mean squares of connected functions at distances 1, 2, ...

        Args:
            moments: values at `positions`.
            samples: the number of independent strings that they are frequencies in; infinite for exact ones.

        Returns:
            minus the inverse slope of the least-squares line through the logarithms, up to the first distance at which
            nothing is told from 0: at which the mean square, less the variance that sampling adds to it, is below
            three standard deviations of that. None where that leaves fewer than two distances, or nothing decays.
        """
        single, pair = moments[: self.width], moments[self.width :]
        a, b = (single[self.positions[self.width :, k]] for k in (0, 1))
        connected = pair - a * b
        # the mean of (Z_a - a)^2 (Z_b - b)^2, Z^2 being 1, less the square of that of (Z_a - a) (Z_b - b)
        variance = ((1 - a**2) * (1 - b**2) + 4 * a * b * connected - connected**2) / samples
        logs = []
        for distance in range(1, int(self.distances.max(initial=0)) + 1):
            chosen = self.distances == distance
            noise = float(variance[chosen].mean()) if chosen.any() else 0.0
            square = float((connected[chosen] ** 2).mean()) - noise if chosen.any() else 0.0
            if square <= max(_RESOLUTION**2, 3 * noise * (2 / max(chosen.sum(), 1)) ** 0.5):
                break
            logs.append(np.log(square) / 2)
        if len(logs) < 2:
            return None
        slope = float(np.polyfit(np.arange(1, len(logs) + 1), logs, 1)[0])
        return -1 / slope if slope < 0 else None


@dataclass(frozen=True, eq=False)
class OfColumns:
    """A number of the distribution of one variable, or of two.

    name       behind that of the report
    positions  the bits, the most significant one of a variable first
    ideal      the distribution of its bins in the data, of one variable; None of two
    centres    of the bins of two variables
    """

    name: str
    positions: tuple[int, ...]
    ideal: Real | None
    centres: tuple[Real, Real] | None = None

    @classmethod
    def all(cls, data: DataSet, columns: Columns) -> tuple[OfColumns, ...]:
        """Of each variable the distance from the data; of each two that are bins of numbers, the correlation."""
        starts = np.cumsum([0, *(width for _, width in columns)])
        places = [tuple(range(start, end)) for start, end in pairwise(starts.tolist())]
        names, centres = names_and_centres(data, len(columns))
        numbers = []
        for name, own in zip(names, places, strict=True):
            codes = indices(data.rows[:, own[0] : own[-1] + 1])
            ideal = np.bincount(codes, weights=data.weights, minlength=1 << len(own))
            numbers.append(cls(f", tv of {name}", own, ideal.astype(np.float64)))
        for a, b in combinations(range(len(centres)), 2):
            name = f", correlation of {names[a]} and {names[b]}"
            numbers.append(cls(name, (*places[a], *places[b]), None, (centres[a], centres[b])))
        return tuple(numbers)

    def of(self, p: Real) -> float:
        """The number, of the distribution of its bits, of any shape of so many entries."""
        if self.ideal is not None:
            return float(np.abs(p.reshape(-1) - self.ideal).sum()) / 2
        assert self.centres is not None
        x, y = self.centres
        joint = p.reshape(x.size, y.size) / p.sum()
        x, y = x - joint.sum(axis=1) @ x, y - joint.sum(axis=0) @ y
        spread = float((joint.sum(axis=1) @ x**2) * (joint.sum(axis=0) @ y**2))
        return float(x @ joint @ y) / spread**0.5 if spread > 0 else 0.0

    def in_strings(self, rows: NDArray[np.uint8], counts: Real) -> Real:
        """The number from strings and how often each came: (D, n), (D, K) -> (K,)."""
        codes = indices(rows[:, self.positions])
        each = [np.bincount(codes, weights=column, minlength=1 << len(self.positions)) for column in counts.T]
        return np.array([self.of(p / p.sum()) for p in each])

    def floor(self, data: DataSet, shots: int | None = None) -> Floor:
        """What a perfect model shows: of distances, those of so many draws; of correlations, that of the data."""
        if self.ideal is None:
            own = float(self.in_strings(data.rows, data.weights[:, None])[0])
            return Floor(own, f"floor of `{data.name}` in correlations: those of the data")
        counts = [each for each in (shots, None if data.exact else len(data.rows)) if each is not None]
        if not counts:
            return known(data, 0.0)
        together, ideal = round(1 / sum(1 / each for each in counts)), self.ideal
        return of_rows(data, lambda: float(mean_deviation(ideal, together).sum()) / 2)


def names_and_centres(data: DataSet, count: int) -> tuple[tuple[str, ...], list[Real]]:
    """The names of the columns of data, and, where they are bins of numbers, the centres of these."""
    step = data.undo[-1] if data.undo else None
    named = data.columns if len(data.undo) <= 1 and len(data.columns) == count else ()
    names = tuple(f"`{name}`" for name in named) or tuple(f"column {k}" for k in range(count))
    if not isinstance(step, Binning) or len(step.bits) != count:
        return names, []
    return names, np.split(step.centres, np.cumsum(1 << step.bits)[:-1])


def markov_length(call: MarkovLength, name: str, data: DataSet) -> Row:
    """xi of exp(-r / xi), by least squares through the logarithms of the informations at the `buffers` r, ascending, up
    to the first at which nothing is told from 0; no value where that leaves fewer than two, or nothing decays.

    Source: S. Sang and T. Hsieh, Stability of mixed-state quantum phases via finite Markov length, 2024, arXiv
    2404.07251, where it is that of the quantum information; here it is of bits in a row.
    """
    rows, weights, _ = distinct(data.rows, data.weights)
    counts, corrected = weights[:, None], False
    if not data.exact:
        count = len(data.rows)
        draws = np.random.default_rng(0).multinomial(count, weights / weights.sum(), RESAMPLES).T
        counts, corrected = np.column_stack([weights * count, draws]).astype(np.float64), True
    buffers = sorted(set(call.buffers))
    values = np.array([information(rows, counts, buffer, corrected) for buffer in buffers])
    errors = values[:, 1:].std(axis=1, ddof=1) if corrected else np.zeros(len(buffers))
    told = values[:, 0] > np.maximum(_LEAST, _DEVIATIONS * errors)
    used = len(buffers) if told.all() else int(np.argmin(told))
    lengths = np.array([_length(buffers[:used], column) for column in values[:used].T])
    shown = ", ".join(f"{value:.3g} at {buffer}" for buffer, value in zip(buffers, values[:, 0], strict=True))
    note = f"{name}: I in nats is {shown}" + (f"; {HOW.format(rows=len(data.rows))}" if corrected else "")
    if not np.isfinite(lengths[0]):
        return Row(name, None, note=f"{note}; no decay is told at two buffers or more")
    error = float(np.nanstd(lengths[1:], ddof=1)) if corrected and np.isfinite(lengths[1:]).sum() > 1 else None
    return Row(name, float(lengths[0]), error, note=note)


def information(rows: NDArray[np.uint8], counts: Real, buffer: int, corrected: bool) -> Real:
    """The mean over i of I(x_i : x_(i + buffer + 1) | the `buffer` bits between), for each column of counts."""
    width = rows.shape[1]
    total: Real = np.zeros(counts.shape[1])
    for first in range(width - buffer - 1):
        last = first + buffer + 1
        for sign, part in ((1, rows[:, first:last]), (1, rows[:, first + 1 : last + 1])):
            total += sign * entropy(*merged(part, counts), corrected)
        total -= entropy(*merged(rows[:, first : last + 1], counts), corrected)
        if buffer:
            total -= entropy(*merged(rows[:, first + 1 : last], counts), corrected)
    return total / (width - buffer - 1)


def _length(buffers: list[int], values: Real) -> float:
    if len(buffers) < 2 or (values <= 0).any():
        return np.nan
    slope = float(np.polyfit(buffers, np.log(values), 1)[0])
    return -1 / slope if slope < 0 else np.nan
