"""Text tables. A table of single digits is read in one piece; any other cell by cell, with the place of every fault."""

from __future__ import annotations

import csv
import itertools
import math
import re
from array import array
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.data.files import Limits
from qgl.data.tables.labels import LabelCells, LabelReader
from qgl.data.tables.table import Layout, check_columns, check_size, lay_out
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadCell, DateCell, MissingValue, NoRows, RaggedRow, UnreadableFile
from qgl.program.calls.data_sources import CSV
from qgl.record import record
from qgl.source import Span

_DELIMITERS = ",;\t "
_VALUES = {"true", "false", "yes", "no", "on", "off", "na", "n/a", "nan", "null", "nil", "none", "inf", "infinity"}
_MISSING = {"", "na", "n/a", "nan", "null", "nil", "none", "-", "?"}
_DATE = re.compile(r"(\d{4}([-/.])\d{1,2}\2\d{1,2}|\d{1,2}([-/.])\d{1,2}\3\d{2,4})(\D|$)", re.ASCII)
_LIKE_BITS = {"O", "o", "l", "I", "i"}


@record
class Table:
    """`values` of the generated columns, shape (rows, columns), and `conditions`, or None."""

    values: NDArray[np.integer]
    conditions: NDArray[np.float64] | None
    layout: Layout
    headed: bool = False  # whether a first line was taken for a header, though nothing says that it is one
    names: tuple[str, ...] = ()  # of the columns of real numbers or beside labels, where there is a header
    labels: LabelCells | None = None


def read_csv(text: str, call: CSV, limits: Limits) -> Table:
    """The table in `text`.

    The separator is what the first line has of comma, semicolon, tab, space, in this order. A first line of nothing
    but 0 and 1 has none of them between its columns. Cells may be quoted, and blank lines are left out. A header is
    a first line of different names, unless `header` says so; one of numbers and names is a row with a fault.

    Raises:
        QglError: QGL0603, QGL0605 to QGL0608, QGL0610, QGL0613, QGL0618, QGL0619; at the call, with row and
            column of the file.
    """
    path, span = call.path, call.span
    text = text.rstrip()
    first = next((line for line in _lines(text) if line.strip()), None)
    if first is None:
        raise QglError([NoRows(span, f'"{path}"', "it has no line")])
    rows = _rows(text, _delimiter(first), path, span)
    place, cells = next(rows)
    check_columns(f'"{path}"', len(cells), limits, span)
    header = call.header
    names = None
    if header or (header is None and _names_columns(cells)):
        names = [cell.strip() for cell in cells]
    layout, headed = lay_out(call, names, len(cells)), header is None and names is not None
    plain = not layout.condition and layout.label is None and set(layout.categories) == {2}
    block = _digits_block(text, names is not None) if plain else None
    if block is not None and block.shape[1] == len(cells) and block.max() < 2:
        check_size(f'"{path}"', len(block), len(cells), limits, span)
        return Table(block[:, layout.columns], None, layout, headed)
    if names is None:
        rows = itertools.chain([(place, cells)], rows)
    guessed = place if header is None and names is None else None
    table = _read_cells(rows, len(cells), names, layout, call, limits, guessed)
    wanted = layout.condition if call.real else layout.columns if layout.label is not None else ()
    return replace(table, headed=headed, names=tuple(names[column] for column in wanted) if names else ())


def _lines(text: str) -> Iterator[str]:
    """Lines with their ends, one after the other: no copy of a large file is made."""
    start = 0
    while start < len(text):
        end = text.find("\n", start) + 1 or len(text)
        yield text[start:end]
        start = end


def _delimiter(line: str) -> str:
    """The separator that a line shows; empty for none."""
    delimiter = next((mark for mark in _DELIMITERS if mark in line.strip()), "")
    return delimiter if delimiter or set(line.strip()) - {"0", "1"} or len(line.strip()) == 1 else "bits"


def _rows(text: str, delimiter: str, path: str, span: Span | None) -> Iterator[tuple[int, list[str]]]:
    """Line number, from 1, and cells of each line that is not blank."""
    if delimiter == "bits":
        for number, line in enumerate(_lines(text), start=1):
            if line.strip():
                yield number, list(line.strip())
        return
    if delimiter in " \t":
        for number, line in enumerate(_lines(text), start=1):
            if line.strip():
                yield number, line.split() if delimiter == " " else line.strip("\r\n").split("\t")
        return
    reader = csv.reader(_lines(text), delimiter=delimiter or ",", strict=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row) or len(row) > 1:
                yield reader.line_num, row
    except csv.Error as error:
        raise QglError(
            [UnreadableFile(span, path, f"line {reader.line_num} is not a row of a table: {error}")]
        ) from None


def _names_columns(cells: list[str]) -> bool:
    """Whether a first line is a header: names that differ, each of which begins with a letter or is left empty.

    Anything else is as likely a row with slips of the pen, which are told rather than left out: a number among the
    names, one name in several columns, a word that stands for a value, letters in the place of 0 and 1.
    """
    names = [cell.strip() for cell in cells if cell.strip()]
    if not names or len(set(names)) < len(names) or any(name.lower() in _VALUES for name in names):
        return False
    return all(name[0].isalpha() or name[0] == "_" for name in names) and not all(name in _LIKE_BITS for name in names)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _digits_block(text: str, header: bool) -> NDArray[np.uint8] | None:
    """All cells at once if every cell is one digit and all lines are equal in length; otherwise None."""
    text = text.replace("\r\n", "\n").strip("\n") + "\n"
    if header:
        text = text.partition("\n")[2]
    end = text.find("\n")
    if end < 1 or not text.isascii():
        return None
    if text[:end].strip(" 0123456789") != "":  # a separator other than the space: spaces say nothing
        text = text.replace(" ", "")
        end = text.find("\n")
    grid = np.frombuffer(text.encode(), dtype=np.uint8)
    width = end + 1
    if grid.size % width or width % 2:
        return None
    grid = grid.reshape(-1, width)
    separators, digits = grid[:, 1:-1:2], grid[:, 0:-1:2]
    regular = (
        np.all(grid[:, -1] == ord("\n"))
        and (separators.size == 0 or (separators[0, 0] in b",;\t " and np.all(separators == separators[0, 0])))
        and np.all((digits >= ord("0")) & (digits <= ord("9")))
    )
    return digits - np.uint8(ord("0")) if regular else None


def _read_cells(
    rows: Iterator[tuple[int, list[str]]],
    count: int,
    names: list[str] | None,
    layout: Layout,
    call: CSV,
    limits: Limits,
    guessed: int | None,
) -> Table:
    """`guessed`: the number of a first line that was taken for a row, though nothing says that it is one."""
    path, span, label = call.path, call.span, layout.label
    labels = None if label is None else LabelReader(_column(label, names), names[label] if names else "label", call)
    width = len(layout.columns) + len(layout.condition) + (label is not None)
    values, conditions, faults, total = array("H"), array("d"), 0, 0
    fault: BadCell | MissingValue | DateCell | None = None
    known: list[dict[str, int | None]] = [{} for _ in layout.columns]
    for number, cells in rows:
        if len(cells) != count:
            raise QglError([RaggedRow(span, f'"{path}"', number, len(cells), count)])
        total += 1
        check_size(f'"{path}"', total, width, limits, span)
        if labels is not None and label is not None:
            labels.take(number, cells[label])
        for cache, column, categories in zip(known, layout.columns, layout.categories, strict=True):
            cell = cells[column]
            if cell not in cache:
                if len(cache) > 100_000:  # a column of nothing but faults
                    cache.clear()
                cache[cell] = category(cell, categories)
            value = cache[cell]
            if value is None:
                faults += 1
                wanted = "0 or 1" if categories == 2 else f"a whole number from 0 to {categories - 1}"
                fault = fault or BadCell(span, path, number, _column(column, names), wanted, _quoted(cell))
            else:
                values.append(value)
        for column in layout.condition:
            given = _finite(cells[column])
            if given is None and layout.drop and _is_missing(cells[column]):
                given = math.nan
            if given is None:
                faults += 1
                fault = fault or _no_number(span, path, number, _column(column, names), cells[column], layout)
            else:
                conditions.append(given)
    if isinstance(fault, MissingValue):
        raise QglError([replace(fault, more=faults - 1)])
    if isinstance(fault, DateCell):
        raise QglError([fault])
    if fault is not None:
        slip = fault.row == guessed and not _is_number(fault.found.strip("`"))
        raise QglError([BadCell(span, path, fault.row, fault.column, fault.wanted, fault.found, faults - 1, slip)])
    if not total:
        raise QglError([NoRows(span, f'"{path}"', "it has a header and no row")])
    given_rows = np.frombuffer(conditions, dtype=np.float64).reshape(total, -1) if layout.condition else None
    generated = np.frombuffer(values, dtype=np.uint16).reshape(total, -1)
    return Table(generated, given_rows, layout, labels=None if labels is None else labels.cells())


def category(cell: str, categories: int) -> int | None:
    """The category that a cell names, or None."""
    value = _finite(cell)
    return int(value) if value is not None and value == int(value) and 0 <= value < categories else None


def _finite(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _no_number(
    span: Span | None, path: str, row: int, column: str, cell: str, layout: Layout
) -> BadCell | MissingValue | DateCell:
    """What is wrong with a cell of numbers: it has none, of a table of real numbers; it is a date; or anything else."""
    if _is_missing(cell) and not layout.columns:
        return MissingValue(span, path, row, column, _quoted(cell))
    if _DATE.match(cell.strip()):
        return DateCell(span, path, row, column, _quoted(cell))
    return BadCell(span, path, row, column, "a number", _quoted(cell))


def _is_missing(cell: str) -> bool:
    return cell.strip().lower() in _MISSING


def _column(column: int, names: list[str] | None) -> str:
    return f"{column} (`{names[column]}`)" if names else str(column)


def _quoted(cell: str) -> str:
    return f"`{cell.strip()[:40]}`" if cell.strip() else "nothing"
