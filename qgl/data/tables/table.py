"""From a table of whole numbers to rows of bits: choosing columns, checking cells, encoding categories."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.size import amount
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.tables import MissingColumn, NoRows
from qgl.program.calls.data_sources import Columns, PauliShots, TableCall
from qgl.record import record
from qgl.source import Span


@record
class Layout:
    """Which columns of a table are generated, each with its number of `categories`, and which are given."""

    columns: tuple[int, ...]
    condition: tuple[int, ...]
    categories: tuple[int, ...]
    encoding: str  # "bits" | "binary" | "one_hot"
    drop: bool = False  # whether a row may have missing values
    label: int | None = None  # the column of labels

    @property
    def width(self) -> int:
        """Bits per row."""
        return sum(code_width(count, self.encoding) for count in self.categories)


def code_width(categories: int, encoding: str) -> int:
    """Bits that a column of `categories` values takes."""
    return categories if encoding == "one_hot" else max(1, (categories - 1).bit_length())


def lay_out(call: TableCall, names: Sequence[str] | None, count: int) -> Layout:
    """The layout that a `csv` or `npz` asks of a table of `count` columns with header `names`.

    Raises:
        QglError: a column is not there or stands twice, none is left, or the categories do not go with the columns.
    """
    path, span = call.path, call.span
    if call.label is None and call.classes:
        raise QglError([BadDataArgument(span, path, "`classes` are those of labels: name their column, `label = ...`")])
    condition = _places(call.condition, path, names, count, span)
    label = None if call.label is None else _places((call.label,), path, names, count, span)[0]
    beside = condition if label is None else (label, *condition)
    if call.columns is None:
        given_only = set(beside)
        columns = tuple(place for place in range(count) if place not in given_only)
    else:
        columns = _places(call.columns, path, names, count, span)
    repeated, times = Counter((*columns, *beside)).most_common(1)[0] if count else (0, 0)
    if times > 1:
        raise QglError([BadDataArgument(span, path, f"column {repeated} is named twice")])
    if call.real:
        if call.categories or call.width:
            fault = "real numbers have no categories and make no strings of a width"
            raise QglError([BadDataArgument(span, path, fault)])
        return Layout((), (*columns, *condition), (), "bits", call.missing == "drop", label)
    if call.bins != "quantile" or (label is None and (call.missing != "refuse" or call.fit is not None)):
        raise QglError([BadDataArgument(span, path, "`bins`, `fit` and `missing` are of real numbers: say `bits = 4`")])
    if not columns:
        raise QglError([NoRows(span, f'"{path}"', "no column is left to generate")])
    given = call.categories
    if len(given) > 1 and len(given) != len(columns):
        fault = f"{len(given)} numbers of categories for {plural(len(columns), 'column')}"
        raise QglError([BadDataArgument(span, path, fault)])
    categories = given if len(given) == len(columns) else (given or (2,)) * len(columns)
    return Layout(columns, condition, categories, call.encoding if given else "bits", call.missing == "drop", label)


def _places(wanted: Columns, path: str, names: Sequence[str] | None, count: int, span: Span | None) -> tuple[int, ...]:
    places = []
    for column in wanted:
        if isinstance(column, int) and column < count:
            places.append(column)
        elif isinstance(column, str) and names is not None and column in names:
            places.append(names.index(column))
        else:
            available = f"columns 0..{count - 1}"
            if isinstance(column, str):
                available = ", ".join(f"`{name}`" for name in names[:20]) if names else f"no header, {available}"
            near = nearest(column, names) if isinstance(column, str) and names else None
            raise QglError([MissingColumn(span, path, repr(column).replace("'", '"'), available, near)])
    return tuple(places)


def check_columns(what: str, columns: int, limits: Limits, span: Span | None) -> None:
    """Refuses a table of too many columns.

    Raises:
        QglError: QGL0610.
    """
    if columns > limits.columns:
        raise QglError([DataTooLarge(span, what, f"{columns:,} columns", f"{limits.columns:,}")])


def check_size(what: str, rows: int, width: int, limits: Limits, span: Span | None) -> None:
    """Refuses a data set of too many cells.

    Raises:
        QglError: QGL0610.
    """
    if rows * width > limits.cells:
        raise QglError(
            [DataTooLarge(span, what, f"{rows:,} rows of {plural(width, 'column')}", f"{limits.cells:,} cells")]
        )


def check_bytes(what: str, size: int, limits: Limits, span: Span | None) -> None:
    """Refuses a table that is small in its file and large when it is unpacked.

    Raises:
        QglError: QGL0610.
    """
    if size > limits.data_bytes:
        raise QglError([DataTooLarge(span, what, f"{amount(size)} when it is unpacked", amount(limits.data_bytes))])


def encode(values: NDArray[np.integer], layout: Layout) -> NDArray[np.uint8]:
    """Bits of categories, shape (rows, columns) -> (rows, width); a binary code has its highest bit first."""
    if all(count == 2 for count in layout.categories) and layout.encoding != "one_hot":
        return values.astype(np.uint8)
    pieces: list[NDArray[Any]] = []
    for place, count in enumerate(layout.categories):
        column = values[:, place : place + 1].astype(np.int64)
        width = code_width(count, layout.encoding)
        if layout.encoding == "one_hot":
            pieces.append(column == np.arange(width))
        else:
            pieces.append(strings(column[:, 0], width))
    bits: NDArray[np.uint8] = np.concatenate(pieces, axis=1).astype(np.uint8)
    return bits


def chosen_rows(call: TableCall | PauliShots, table: NDArray[Any]) -> NDArray[Any]:
    """The rows of a table that the argument `rows` asks for.

    Raises:
        QglError: QGL0613, there are not so many.
    """
    if call.rows is None:
        return table
    first, last = call.rows
    if last >= len(table):
        fault = f"rows {first}..{last} of a table of {plural(len(table), 'row')}, which are numbered from 0"
        raise QglError([BadDataArgument(call.span, call.path, fault)])
    return table[first : last + 1]


def of_width(call: TableCall, rows: NDArray[np.uint8], conditioned: bool) -> NDArray[np.uint8]:
    """Strings of as many bits as the argument `width` asks for, shape (count, width).

    The first bits of each row, or whole rows one after the other; rows that do not fill a string are left out.

    Raises:
        QglError: QGL0613, the rows have no multiple that is the width, are too few, or come with conditions.
    """
    width, bits = call.width, rows.shape[1]
    if width is None or width <= bits:
        return rows[:, :width]
    together = width // bits
    if width % bits:
        fault = f"strings of {width} bits are no whole number of rows of {plural(bits, 'bit')}"
    elif conditioned:
        fault = f"strings of {width} bits are {together} rows together, but each row has conditions of its own"
    elif together > len(rows):
        fault = f"strings of {width} bits are {together} rows together, but there are {len(rows)}"
    else:
        return rows[: len(rows) // together * together].reshape(-1, width)
    raise QglError([BadDataArgument(call.span, call.path, fault)])


def unused_codes(layout: Layout) -> str:
    """A remark on codes that stand for no category, empty if every code does."""
    spare = [
        (column, (1 << code_width(count, layout.encoding)) - count)
        for column, count in zip(layout.columns, layout.categories, strict=True)
    ]
    places = [f"{codes} of column {column}" for column, codes in spare if codes]
    if not places:
        return ""
    if layout.encoding == "one_hot":
        return "strings other than one-hot ones stand for no row"
    more = f" and of {len(places) - 4} more columns" if len(places) > 4 else ""
    return f"codes that stand for no category: {', '.join(places[:4])}{more}"
