"""What boundary contraction takes. Constants were measured on two cores of a 2.6 GHz AMD EPYC (Zen 4), November
2026.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from qgl.plan.boundary.padded import bodies_of
from qgl.plan.boundary.paths import Path, path_of
from qgl.plan.boundary.windows import windows
from qgl.plan.model import Cost
from qgl.plan.network.columns import Columns
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.plan.network.sources import AngleSource
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Query, Samples, reads_only_bits

START_SECONDS = 10e-6  # of a call, value only
COLUMN_SECONDS = 0.6e-6  # of a column's step, value only
EARLY_SECONDS = 0.7e-6  # of a contraction for all columns of a class
BODY_SECONDS = 0.3e-6  # of a column that is compiled by itself, for its preparation
ENTRY_SECONDS = 9e-9  # of an entry of the tensors
ANGLE_ENTRY_SECONDS = 1e-9  # of one that is a sum of functions of angles times constants
FLOPS_PER_SECOND = 19e9  # in turns
EARLY_FLOPS_PER_SECOND = 6e9
DRAW_SECONDS = 40e-9  # of a random bit
GRADIENT = 4.0
COMPLEX = 4.0
HELD = 3.0  # times that an entry is held: itself, its parts, and what their gradients need
HELD_DRAWN = 2.0  # the same where nothing has a gradient
COMPILED_SECONDS = 0.9  # processor time of compiling anything at all
BODY_COMPILED_SECONDS = 0.16  # and of each time that a column is written out: forward, backward, as strings are checked
KEPT_OF_STRINGS = 1.25  # times that a boundary is held of those that are kept for the gradient of strings
KEPT_OF_PAULI_WORDS = 5.0  # the same of Pauli words, from both sides
KEPT_OF_DRAWN = 2.0  # of what is drawn, which has no gradient
KEPT = 1 << 30  # bytes of boundaries that are kept for the gradient; strings beyond are contracted in turn


def rows_at_once(columns: Columns, rows: int, bytes_each: int) -> int:
    """How many strings one boundary contraction takes, so that what is kept of it for the gradient stays within
    bounds.
    """
    each = (
        sum(column.count * path_of(column, 1, True).large for column in columns.classes) * KEPT_OF_STRINGS * bytes_each
    )
    batches = math.ceil(rows * each / KEPT)
    return math.ceil(rows / max(batches, 1))


def estimate(columns: Columns, query: Query, precision: str) -> Cost:
    """Value and gradient of the answer to one query; samples have no gradient."""
    real = columns.network.algebra == "pauli_transfer"
    number = (4 if precision == "single" else 8) * (1 if real else 2)
    entries, of_angles = _entries(columns)
    flops, memory = 0.0, (HELD_DRAWN if isinstance(query, Samples) else HELD) * number * (entries + of_angles)
    seconds = START_SECONDS + len(columns.kinds) * COLUMN_SECONDS + columns.bodies * BODY_SECONDS
    seconds += entries * ENTRY_SECONDS + of_angles * ANGLE_ENTRY_SECONDS
    slow = 1.0 if precision == "single" else 2.0
    batch, bodies = 1, 0
    given_strings = isinstance(query, LogProb | GivenStrings)
    times = _times_kept(query)
    for column_paths, rows in _contractions(columns, query):
        batch = max(batch, rows)
        bodies += _bodies(columns, column_paths, query)
        together = rows_at_once(columns, rows, number) / rows if given_strings else 1.0
        for column, path in zip(columns.classes, column_paths, strict=True):
            complexity = slow * column.count * (1 if real else COMPLEX)
            seconds += sum(step.early for step in path.steps) * EARLY_SECONDS
            seconds += complexity * (path.early_flops / EARLY_FLOPS_PER_SECOND + path.flops / FLOPS_PER_SECOND)
            flops += column.count * (path.early_flops + path.flops) * (1 if real else COMPLEX)
            kept = 1.0 if isinstance(query, Samples) else float(column.count)
            kept *= together
            memory += number * (4 * column.count * path.held_size + times * kept * path.large)
    count = len(columns.kinds)
    if isinstance(query, Samples):
        seconds += batch * count * DRAW_SECONDS
    else:
        seconds, flops = GRADIENT * seconds, GRADIENT * flops
    width = int(np.ceil(columns.bits.max()))
    bond = int(2 ** columns.bits.max())
    facts = (("columns", count), ("bond", bond), ("classes", len(columns.classes)), ("order", columns.order_name))
    compiled = COMPILED_SECONDS + BODY_COMPILED_SECONDS * bodies
    return Cost(seconds, int(memory), flops, width, facts=facts, compiled=compiled)


def _times_kept(query: Query) -> float:
    """How often a boundary is held."""
    match query:
        case LogProb() | GivenStrings() | GivenPauliWords():
            return KEPT_OF_STRINGS
        case Samples():
            return KEPT_OF_DRAWN
        case _:
            return KEPT_OF_PAULI_WORDS


def _bodies(columns: Columns, paths: list[Path], query: Query) -> int:
    """How often a column is written out in one boundary contraction, and in its gradient."""
    match query:
        case LogProb() | GivenStrings():
            return 4 * bodies_of(columns, paths)
        case GivenPauliWords():
            return 2 * bodies_of(columns, paths)
        case Samples():
            return columns.bodies
        case _:
            return 2 * columns.bodies


def _entries(columns: Columns) -> tuple[int, int]:
    """Entries of all tensors that are computed from the inputs: in general, and as functions of angles."""
    entries = of_angles = 0
    for table in columns.network.tables:
        size = math.prod(table.shape)
        entries += size * sum(map(len, table.runs))
        for source in table.sources:
            if isinstance(source, AngleSource):
                of_angles += size * source.rows
            else:
                entries += size * source.rows
    return entries, of_angles


def _contractions(columns: Columns, query: Query) -> Iterator[tuple[list[Path], int]]:
    """The paths of every boundary contraction that answers a query, and the rows of its boundary."""
    match query:
        case LogProb() | GivenStrings() | GivenPauliWords():
            rows = len(query.rows) if isinstance(query, LogProb) else query.count
            rows += isinstance(query, GivenPauliWords)  # the word without letters
            narrow = columns.network.algebra == "pauli_transfer"
            yield [path_of(column, rows, narrow) for column in columns.classes], rows
        case Samples(shots):
            narrow = columns.network.algebra == "pauli_transfer"
            rows = 1 if narrow else 4 * int(2 ** columns.bits.max())
            yield [path_of(column, rows, narrow, backward=True) for column in columns.classes], rows
            yield [path_of(column, shots, narrow, is_open=True) for column in columns.classes], shots
        case Expectation() | Marginals():
            pauli_words = pauli_words_of(query)
            narrow = reads_only_bits(pauli_words)
            yield [path_of(column, 1, narrow, backward=True) for column in columns.classes], 1
            rows = windows(pauli_words, columns.order).count + 1
            yield [path_of(column, rows, narrow) for column in columns.classes], rows
