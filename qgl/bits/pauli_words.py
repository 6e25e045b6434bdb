"""Z words on few bits that are near each other, and their means over data. NumPy only.

A Pauli word is a row of the positions that it touches, ascending, padded with -1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.size import ValueTooLarge
from qgl.program.calls import objectives, reports
from qgl.program.program import Program

MOST_PAULI_WORDS = 1_000_000
_TOGETHER = 1 << 22

Positions = NDArray[np.int32]


def near_pauli_words(
    neighbourhood: Neighbourhood, weight: int, reach: int | None, most: int = MOST_PAULI_WORDS
) -> Positions | None:
    """All Pauli words of 1 to `weight` positions at distance `reach` or less from each other, shape (pauli_words,
    weight).

    reach: None for any distance. Shorter Pauli words come first. None where there are more than `most`.
    """
    width = neighbourhood.width
    if reach is None:
        if sum(comb(width, size) for size in range(1, weight + 1)) > most:
            return None
        later: list[NDArray[np.int64]] = [np.arange(position + 1, width) for position in range(width)]
    else:
        near = neighbourhood.near(reach)
        later = [others[others > position] for position, others in enumerate(near)]
    starts = np.concatenate([[0], np.cumsum([len(others) for others in later])])
    ends = np.concatenate(later).astype(np.int64) if width else np.zeros(0, np.int64)
    linked = np.repeat(np.arange(width), np.diff(starts)) * width + ends  # ascending
    levels = [np.arange(width, dtype=np.int64)[:, None]]
    for _ in range(weight - 1):
        grown = _grown(levels[-1], starts, ends, linked, most - sum(map(len, levels)))
        if grown is None:
            return None
        levels.append(grown)
    if sum(map(len, levels)) > most:
        return None
    padded = [np.pad(level, ((0, 0), (0, weight - level.shape[1])), constant_values=-1) for level in levels]
    return np.concatenate(padded).astype(np.int32)


def pauli_words_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether every `mmd` with a `weight` has a set of Pauli words that can be built; reports those that do not."""
    calls = [*(term.call for term in program.objective), *program.reports]
    fine = True
    for call in calls:
        if not isinstance(call, objectives.MMD | reports.MMD) or call.weight is None:
            continue
        weight, reach = call.weight, call.reach
        if near_pauli_words(Neighbourhood.of(program), weight, reach) is None:
            bits = "1 bit" if weight == 1 else f"at most {weight} bits"
            report(ValueTooLarge(call.span, f"the set of Z words of {bits}", f"{MOST_PAULI_WORDS:,} Z words"))
            fine = False
    return fine


def _grown(
    pauli_words: NDArray[np.int64],
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    linked: NDArray[np.int64],
    most: int,
) -> NDArray[np.int64] | None:
    """`pauli_words` with one more position after their last that is near all of theirs; None where they are over
    `most`.
    """
    width = len(starts) - 1
    options = np.diff(starts)[pauli_words[:, -1]]
    through = np.cumsum(options)
    rows: list[NDArray[np.int64]] = [np.zeros((0, pauli_words.shape[1] + 1), np.int64)]
    count = first = 0
    while first < len(pauli_words):
        before = through[first] - options[first]
        last = max(first + 1, int(np.searchsorted(through, before + _TOGETHER)))
        chosen = np.repeat(np.arange(first, last), options[first:last])
        offset = np.arange(len(chosen)) - (through[chosen] - options[chosen] - before)
        grown: NDArray[np.int64] = np.column_stack(
            [pauli_words[chosen], ends[starts[pauli_words[chosen, -1]] + offset]]
        )
        for column in range(pauli_words.shape[1] - 1):
            codes = grown[:, column] * width + grown[:, -1]
            at = np.minimum(np.searchsorted(linked, codes), len(linked) - 1)
            grown = grown[linked[at] == codes]
        rows.append(grown)
        count += len(grown)
        if count > most:
            return None
        first = last
    return np.concatenate(rows)


def data_means(rows: NDArray[np.uint8], weights: NDArray[np.float64], positions: Positions) -> NDArray[np.float64]:
    """The mean of (-1)^(ones of a row on the word) for each Pauli word on `positions`, over weighted rows. Shape
    (pauli_words,).
    """
    columns = np.packbits(np.ascontiguousarray(rows.T), axis=1)
    packed = np.pad(columns, ((0, 1), (0, -columns.shape[1] % 8))).view(np.uint64)  # the last row: of no position
    equal = bool(np.ptp(weights) <= 1e-12 * weights.max())
    means = np.empty(len(positions))
    step = max(1, _TOGETHER // (packed.shape[1] * (1 if equal else 64)))
    for first in range(0, len(positions), step):
        odd = np.bitwise_xor.reduce(packed[positions[first : first + step]], axis=1)
        if equal:
            means[first : first + step] = 1 - 2 * np.bitwise_count(odd).sum(axis=1) / len(rows)
        else:
            bits = np.unpackbits(odd.view(np.uint8), axis=1, count=len(rows))
            means[first : first + step] = weights.sum() - 2 * (bits.astype(np.float64) @ weights)
    return means
