"""Tables that come as arrays of numbers: their cells checked, some rows at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.data.tables.csv_table import Table
from qgl.data.tables.labels import LabelCells
from qgl.data.tables.table import Layout
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadCell, MissingValue
from qgl.program.calls.data_sources import TableCall

BLOCK = 1 << 20  # cells that are looked at together


def table_of(
    values: NDArray[Any],
    layout: Layout,
    call: TableCall,
    shown: Sequence[str],
    labels: LabelCells | None = None,
    names: tuple[str, ...] = (),
) -> Table:
    """The table of an array, shape (rows, columns); its labels, which stand beside it, and names as `Table` has them.

    Args:
        layout: which columns of `values` are generated and given.
        shown: each column of `values` as messages call it. Rows are counted from 0.

    Raises:
        QglError: QGL0605, QGL0618, a cell is not what its column holds.
    """
    generated = _categories(values, layout, call, shown)
    if not layout.condition:
        return Table(generated, None, layout, names=names, labels=labels)
    conditions = values[:, layout.condition].astype(np.float64)
    bad = ~np.isfinite(conditions) & ~(layout.drop & np.isnan(conditions))
    if bad.any():
        row, column = (int(place) for place in np.argwhere(bad)[0])
        place, value = shown[layout.condition[column]], f"`{conditions[row, column]}`"
        if call.real and np.isnan(conditions[row, column]):
            raise QglError([MissingValue(call.span, call.path, row, place, value, int(bad.sum()) - 1)])
        raise QglError([BadCell(call.span, call.path, row, place, "a number", value)])
    return Table(generated, conditions, layout, names=names, labels=labels)


def _categories(values: NDArray[Any], layout: Layout, call: TableCall, shown: Sequence[str]) -> NDArray[np.uint16]:
    """The generated columns as whole numbers, some rows at a time: no copy of a large table is made."""
    limits = np.asarray(layout.categories)
    codes = np.empty((len(values), len(layout.columns)), dtype=np.uint16)
    first, faults = None, 0
    block = max(1, BLOCK // max(1, len(layout.columns)))
    for start in range(0, len(values), block):
        rows = values[start : start + block, layout.columns]
        with np.errstate(invalid="ignore"):
            good = (rows >= 0) & (rows < limits) & (rows == np.floor(rows))
            codes[start : start + block] = np.where(good, rows, 0)
        if not good.all():
            faults += int((~good).sum())
            if first is None:
                row, column = (int(place) for place in np.argwhere(~good)[0])
                first = start + row, column
    if first is None:
        return codes
    row, column = first
    wanted = "0 or 1" if limits[column] == 2 else f"a whole number from 0 to {limits[column] - 1}"
    cell = f"`{values[row, layout.columns[column]]}`"
    raise QglError([BadCell(call.span, call.path, row, shown[layout.columns[column]], wanted, cell, faults - 1)])
