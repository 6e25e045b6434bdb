"""The length over which bits of data stop telling more of a bit than the bits in between do: the Markov length.

Source: S. Sang and T. Hsieh, Stability of mixed-state quantum phases via finite Markov length, 2024, arXiv 2404.07251,
where it is that of the quantum conditional mutual information; here it is of bits in a row.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.evaluate.distributions import Real
from qgl.evaluate.estimates import HOW, RESAMPLES, entropy, merged
from qgl.evaluate.row import Row
from qgl.program.calls.reports import MarkovLength
from qgl.program.program import DataSet

_RESOLUTION = 1e-12  # of the information of a distribution, in nats
_DEVIATIONS = 3.0  # by which an information of rows has to be above 0


def markov_length(call: MarkovLength, name: str, data: DataSet) -> Row:
    """xi of exp(-r / xi), by least squares through the logarithms of the informations at the `buffers` r, ascending, up
    to the first at which nothing is told from 0; no value where that leaves fewer than two, or nothing decays.
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
    told = values[:, 0] > np.maximum(_RESOLUTION, _DEVIATIONS * errors)
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
