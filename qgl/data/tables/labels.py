"""Columns of labels: the classes of rows, and the numbers that they are given."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping
from dataclasses import replace
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.data import BadDataArgument
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import BadCell, MissingValue, NoRows
from qgl.program.calls.data_sources import TableCall
from qgl.program.labels import LARGEST, Labels, in_order, key
from qgl.program.program import DataSet
from qgl.record import record

_LONGEST = 200  # characters of a label
MISSING = {"", "na", "n/a", "nan", "null"}  # but "none" may be a class


@record
class LabelCells:
    """The cells of a column of labels.

    place  the column as messages name it; `column`: its name, or "label"
    codes  which of `names` each row has, -1 where the label is missing
    names  the different cells in the order in which they came, and in which `rows` each came first
    """

    place: str
    column: str
    codes: NDArray[np.int64]
    names: tuple[str, ...]
    rows: tuple[int, ...]


class LabelReader:
    """Takes the cells of a column of labels one after the other: no copy of a large table is made."""

    def __init__(self, place: str, column: str, call: TableCall) -> None:
        self.place, self.column, self.call = place, column, call
        self._known: dict[str, int] = {}
        self._codes, self._rows, self._missing = array("h"), list[int](), list[int]()
        self._listed = {name.lower() for name in call.classes}

    def take(self, row: int, cell: str) -> None:
        """The label of the next row.

        Raises:
            QglError: QGL0613, there are more classes than a variable has categories, or it is too long.
        """
        name = cell.strip()
        if name in self._known:
            self._codes.append(self._known[name])
        elif name.lower() in MISSING and name.lower() not in self._listed:
            self._missing += [row] * (not self._missing)
            self._codes.append(-1)
        elif len(self._known) == LARGEST:
            fault = f"column {self.place} has more than {LARGEST:,} different labels, which are no classes"
            raise QglError([BadDataArgument(self.call.span, self.call.path, fault)])
        elif len(name) > _LONGEST:
            fault = f"the label of row {row} has {len(name):,} characters, and a label at most {_LONGEST}"
            raise QglError([BadDataArgument(self.call.span, self.call.path, fault)])
        else:
            self._codes.append(len(self._known))
            self._known[name] = len(self._known)
            self._rows.append(row)

    def cells(self) -> LabelCells:
        """What was taken.

        Raises:
            QglError: QGL0618, a label is missing.
        """
        codes = np.array(self._codes, np.int64)
        if self._missing and self.call.missing != "drop":
            more = int((codes < 0).sum()) - 1
            fault = MissingValue(self.call.span, self.call.path, self._missing[0], self.place, "no label", more)
            raise QglError([fault])
        return LabelCells(self.place, self.column, codes, tuple(self._known), tuple(self._rows))


def numbered(cells: LabelCells, call: TableCall, declared: Mapping[str, DataSet]) -> tuple[Labels, NDArray[np.int64]]:
    """The classes in the order of their numbers, and the number of the class of each row, -1 where it is missing.

    The order is that of the data `fit`, or of `classes`, or, of the labels themselves, that of `in_order`.

    Raises:
        QglError: QGL0605, a label is none of the classes; QGL0613, there is only one, or one is named twice.
    """
    fit = declared[call.fit].labels if call.fit is not None else None
    if fit is not None and call.classes:
        raise _fault(call, f"the classes are those of `{call.fit}`: leave out `classes`")
    wanted = fit.names if fit is not None else call.classes or in_order(set(cells.names))
    if not wanted:
        raise QglError([NoRows(call.span, f'"{call.path}"', "a label is missing in each of its rows")])
    numbers = Labels("", wanted).are_numbers
    known = {key(name, numbers): k for k, name in enumerate(wanted)}
    if len(known) < len(wanted):
        raise _fault(call, "`classes` names one of them twice")
    if len(known) < 2:
        raise _fault(call, f"all of its labels are {wanted[0]}, and a condition is one of two at least")
    places = [known.get(key(name, numbers), -1) for name in cells.names]
    if -1 in places:
        _none_of(cells, places.index(-1), wanted, places.count(-1), call)
    labels = Labels(cells.column, tuple(key(name, numbers) for name in wanted))
    return labels, np.array([*places, -1], np.int64)[cells.codes]


def _none_of(cells: LabelCells, k: int, wanted: tuple[str, ...], count: int, call: TableCall) -> NoReturn:
    expected = f"one of the labels {Labels('', wanted).listed}"
    cell = f"`{cells.names[k][:40]}`"
    raise QglError([BadCell(call.span, call.path, cells.rows[k], cells.place, expected, cell, count - 1)])


def labelled(data: DataSet, labels: Labels, numbers: NDArray[np.int64]) -> DataSet:
    """Rows with the numbers of their classes, shape (count,), before the conditions that they have."""
    assert (numbers >= 0).all()  # rows without a label were left out
    beside = [] if data.conditions is None else [data.conditions]
    conditions = np.column_stack([numbers.astype(np.float64), *beside])
    conditions.setflags(write=False)
    digest = hashlib.sha256(f"{data.sha256} {labels.names}".encode() + numbers.astype(np.int64).tobytes()).hexdigest()
    about = f"{data.description}; {plural(len(labels.names), 'label')}: {labels.wording}"
    return replace(data, conditions=conditions, labels=labels, sha256=digest, description=about)


def told(labels: Labels, call: TableCall) -> str:
    """How labels were numbered, where the program does not say it; else nothing."""
    if call.classes or call.fit is not None:
        return ""
    return f'the labels of "{call.path}" are numbered {labels.wording} (`classes = [...]`: in another order)'


def _fault(call: TableCall, fault: str) -> QglError:
    return QglError([BadDataArgument(call.span, call.path, fault)])
