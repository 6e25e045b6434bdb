"""What conditional models do row by row: how often they give what goes with a condition."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices, strings
from qgl.check.declarations.categories import Columns
from qgl.evaluate.row import Row
from qgl.evaluate.table.columns import uniform_text
from qgl.program.program import DataSet
from qgl.query import LogProb, Probabilities, Success

_FEW = 6


def accuracy(name: str, data: DataSet, columns: Columns, answer: Callable[..., Any]) -> Row:
    """The weight of the rows whose string is the likeliest one under their condition, the first of equals counting.

    The strings of a few bits are asked for one by one, so that methods answer which hold no state of the hidden qubits.
    """
    right = 0.0
    few = data.width <= _FEW
    query = LogProb.of(strings(np.arange(2**data.width), data.width)) if few else Probabilities()
    for condition, chosen in in_groups(data.conditions, len(data.rows)):
        likeliest = int(np.argmax(np.asarray(answer(query, condition))))
        right += float(data.weights[chosen] @ (indices(data.rows[chosen]) == likeliest))
    return Row(name, right, uniform=1 / prod(size for size, _ in columns), uniform_is=uniform_text(columns))


def conditional_valid_rate(name: str, data: DataSet, columns: Columns, answer: Callable[..., Any]) -> Row:
    """The mean over conditions, with their weights, of the probability of the strings that the data have there."""
    rate = even = 0.0
    for condition, chosen in in_groups(data.conditions, len(data.rows)):
        rows, _, _ = distinct(data.rows[chosen], data.weights[chosen])
        weight = float(data.weights[chosen].sum())
        rate += weight * float(np.exp(np.asarray(answer(LogProb.of(rows), condition), np.float64)).sum())
        even += weight * len(rows) / prod(size for size, _ in columns)
    return Row(name, rate, uniform=even, uniform_is=uniform_text(columns))


def success(name: str, data: DataSet | None, answer: Callable[..., Any]) -> Row:
    """The probability of what is required; of a conditional model its mean over the rows of the data."""
    if data is None or data.conditions is None:
        return Row(name, float(answer(Success())))
    conditions, counts = np.unique(data.conditions, axis=0, return_counts=True)
    chances = [float(answer(Success(), condition)) for condition in conditions]
    return Row(name, float(np.average(chances, weights=counts)))


def in_groups(
    conditions: NDArray[np.float64] | None, rows: int
) -> Iterator[tuple[NDArray[np.float64] | None, NDArray[np.bool_]]]:
    """Every condition of so many rows once, with the rows that have it; without conditions, all rows."""
    if conditions is None:
        yield None, np.ones(rows, np.bool_)
        return
    for condition in np.unique(conditions, axis=0):
        yield condition, np.all(conditions == condition, axis=1)
