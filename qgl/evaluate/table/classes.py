"""Reports class by class: of labelled data, a report is that of the model under each label on the rows that have it.

So every report of a distribution is one of a conditional model too, beside floors and baselines that know the label as
the model does. The row of all is the mean over labels, each as often as it is among the rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qgl.evaluate.row import Row
from qgl.objectives.model import Setting
from qgl.program.calls.reports import ReportCall
from qgl.program.labels import Labels
from qgl.program.program import DataSet

MOST = 64  # labels up to which each has a row of its own


@dataclass(frozen=True, eq=False)
class OfClass:
    """One class of labelled data.

    given      the label in words: `species = setosa`
    share      the part of the rows that have it
    setting    the data sets, only their rows of this class
    condition  what the model is given, shape (1,); None where it is given more with each row, which has it all
    """

    number: int
    given: str
    share: float
    setting: Setting
    condition: NDArray[np.float64] | None


def classes(data: DataSet, setting: Setting) -> tuple[OfClass, ...]:
    """The classes that the rows of labelled data have, in the order of their numbers."""
    assert data.labels is not None and data.conditions is not None
    alone = data.conditions.shape[1] == 1
    there = []
    for number in np.unique(data.conditions[:, 0]).astype(int).tolist():
        share = float(data.weights[data.conditions[:, 0] == number].sum())
        condition = np.array([float(number)]) if alone else None
        there.append(OfClass(number, data.labels.named(number), share, of_class(setting, number), condition))
    return tuple(there)


def of_class(setting: Setting, number: int) -> Setting:
    """The data sets with only their rows of a class; those without labels, or without such a row, as they are."""
    return replace(setting, data={name: rows_of_class(data, number) for name, data in setting.data.items()})


def rows_of_class(data: DataSet, number: int) -> DataSet:
    """The rows of a class of labelled data, which have no condition left, or all of them where there are more."""
    if data.labels is None or data.conditions is None:
        return data
    chosen = data.conditions[:, 0] == number
    if not chosen.any() or data.weights[chosen].sum() <= 0:
        return data
    conditions = None if data.conditions.shape[1] == 1 else data.conditions[chosen]
    weights = data.weights[chosen]
    return replace(
        data,
        rows=data.rows[chosen],
        weights=weights / weights.sum(),
        numbers=None if data.numbers is None else data.numbers[chosen],
        conditions=conditions,
        labels=Labels(data.labels.column, (data.labels.names[number],)),
    )


def labelled(call: ReportCall, setting: Setting) -> DataSet | None:
    """The labelled data that a report is of, if its rows are of several classes."""
    sets = (setting.data[name] for name in call.data_sets if name in setting.data)
    return next((data for data in sets if data.labels is not None and len(data.labels.names) > 1), None)


def by_class(data: DataSet, setting: Setting, rows_of: Callable[[OfClass], Sequence[Row]]) -> tuple[Row, ...]:
    """The rows of a report: of each that `rows_of` gives of every class the mean, and then each by itself."""
    there = classes(data, setting)
    each = [{row.name: row for row in rows_of(one)} for one in there]
    names = dict.fromkeys(name for rows in each for name in rows)
    return tuple(row for name in names for row in _together(name, there, [rows.get(name) for rows in each]))


def _together(name: str, there: Sequence[OfClass], rows: Sequence[Row | None]) -> Iterator[Row]:
    known = [(one, row) for one, row in zip(there, rows, strict=True) if row is not None]
    shares = [one.share for one, _ in known] if len(known) == len(there) else []
    yield _mean(shares, [row for _, row in known])
    if len(known) <= MOST:
        for one, row in known:
            yield replace(row, name=f"{name}, {one.given}", given=one.given)


def _mean(shares: Sequence[float], rows: Sequence[Row]) -> Row:
    """The mean of rows with these shares; without shares it is not known."""

    def mean(values: Sequence[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.dot(shares, known)) if shares and len(known) == len(shares) else None

    errors = [None if row.error is None else row.error**2 for row in rows]
    squares = [None if error is None else share * error for share, error in zip(shares, errors, strict=False)]
    error = mean(squares)
    counts = [row.impossible for row in rows if row.impossible is not None]
    return replace(
        rows[0],
        value=mean([row.value for row in rows]),
        error=None if error is None else error**0.5,
        floor=mean([row.floor for row in rows]),
        baselines=_means([row.baselines for row in rows], mean),
        uniform=mean([row.uniform for row in rows]),
        impossible=sum(counts) if counts else None,
        floor_is=next((row.floor_is for row in rows if row.floor is None), rows[0].floor_is),
        note="\n".join(dict.fromkeys(line for row in rows for line in row.note.splitlines())),
    )


def _means(
    each: Sequence[Mapping[str, float | None]], mean: Callable[[Sequence[float | None]], float | None]
) -> dict[str, float | None]:
    labels = dict.fromkeys(label for values in each for label in values)
    return {label: mean([values.get(label) for values in each]) for label in labels}
