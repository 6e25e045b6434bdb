"""Parquet files, by pyarrow. What a file says of itself is held against the limits before any of it is unpacked, and
only the columns that are asked for are read.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.data.files import Limits
from qgl.data.tables.arrays import table_of
from qgl.data.tables.csv_table import Table
from qgl.data.tables.labels import LabelReader
from qgl.data.tables.table import check_bytes, check_columns, check_size, lay_out
from qgl.diagnostics.model import QglError
from qgl.diagnostics.tables import BadArchive, NoRows, ParquetNotInstalled, WrongColumn
from qgl.program.calls.data_sources import Parquet

_AT_ONCE = 1 << 16  # rows
_TEXT = 64 << 20  # bytes of what a file says of itself


def read_parquet(content: bytes, call: Parquet, limits: Limits) -> Table:
    """The table in a Parquet file, given as bytes.

    Raises:
        QglError: QGL0605, QGL0607 to QGL0610, QGL0613, QGL0618, QGL0623, QGL0625.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise QglError([ParquetNotInstalled(call.span)]) from None
    try:
        return _read(partial(_opened, pq, content, limits), pa, call, limits)
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError) as error:
        raise _fault(call, f"it is no whole Parquet file ({type(error).__name__})") from None


def _opened(pq: Any, content: bytes, limits: Limits, texts: Sequence[str] = ()) -> Any:
    """The file, in which each of the `texts` of these columns is held once, however often it comes."""
    bounds = {"thrift_string_size_limit": _TEXT, "thrift_container_size_limit": limits.columns * 16}
    return pq.ParquetFile(io.BytesIO(content), read_dictionary=list(texts), **bounds)


def _read(opened: Callable[..., Any], pa: Any, call: Parquet, limits: Limits) -> Table:
    file = opened()
    what, schema, rows = f'"{call.path}"', file.schema_arrow, int(file.metadata.num_rows)
    names = list(schema.names)
    check_columns(what, len(names), limits, call.span)
    if len(set(names)) < len(names):
        raise _fault(call, "two of its columns have one name")
    if not rows or not names:
        raise QglError([NoRows(call.span, what, f"it has {rows:,} rows of {len(names):,} columns")])
    layout = lay_out(call, names, len(names))
    chosen = (*layout.columns, *layout.condition)
    shown = [f"{column} (`{names[column][:40]}`)" for column in chosen]
    for column, place in zip(chosen, shown, strict=True):
        _check_numbers(schema.field(column).type, place, pa, call)
    label = layout.label
    reader = None if label is None else _labels(schema.field(label).type, label, names[label], pa, call)
    wanted = [names[column] for column in chosen] + ([] if label is None else [names[label]])
    check_size(what, rows, len(wanted), limits, call.span)
    check_bytes(what, max(8 * rows * len(wanted), _unpacked(file, set(wanted))), limits, call.span)
    values = np.empty((rows, len(chosen)))
    total = 0
    texts = [] if label is None or not _is_text(schema.field(label).type, pa.types) else [names[label]]
    for batch in opened(texts=texts).iter_batches(_AT_ONCE, columns=wanted, use_threads=False):
        if total + batch.num_rows > rows:
            raise _fault(call, "it has more rows than it says")
        for k, column in enumerate(chosen):
            values[total : total + batch.num_rows, k] = _numbers(batch.column(names[column]), pa)
        if reader is not None and label is not None:
            _take(reader, batch.column(names[label]), total, pa)
        total += batch.num_rows
    if total < rows:
        raise _fault(call, "it has fewer rows than it says")
    count = len(layout.columns)
    here = replace(layout, columns=tuple(range(count)), condition=tuple(range(count, len(chosen))))
    told = layout.condition if call.real else layout.columns if label is not None else ()
    cells = None if reader is None else reader.cells()
    table = table_of(values, here, call, shown, cells, tuple(names[column] for column in told))
    return replace(table, layout=layout)


def _unpacked(file: Any, wanted: set[str]) -> int:
    """The bytes that the wanted columns say they have when they are unpacked."""
    total = 0
    for group in range(file.metadata.num_row_groups):
        parts = file.metadata.row_group(group)
        for column in range(parts.num_columns):
            part = parts.column(column)
            if part.path_in_schema.partition(".")[0] in wanted:
                total += max(0, int(part.total_uncompressed_size))
    return total


def _check_numbers(kind: Any, place: str, pa: Any, call: Parquet) -> None:
    """Refuses a column that holds no numbers or truth values.

    Raises:
        QglError: QGL0623.
    """
    types = pa.types
    if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
        raise QglError([WrongColumn(call.span, call.path, place, _named(kind, types), "numbers or truth values")])


def _labels(kind: Any, label: int, name: str, pa: Any, call: Parquet) -> LabelReader:
    """What takes the labels of a column of words, whole numbers or truth values.

    Raises:
        QglError: QGL0623.
    """
    types, place = pa.types, f"{label} (`{name[:40]}`)"
    held = kind.value_type if types.is_dictionary(kind) else kind
    if not (_is_text(held, types) or types.is_integer(held) or types.is_boolean(held)):
        wanted = "labels, words, whole numbers or truth values,"
        raise QglError([WrongColumn(call.span, call.path, place, _named(kind, types), wanted)])
    return LabelReader(place, name, call)


def _is_text(kind: Any, types: Any) -> bool:
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _named(kind: Any, types: Any) -> str:
    """A type of a column in words."""
    if types.is_temporal(kind):
        return f"dates or times ({kind})"
    if types.is_nested(kind):
        return f"lists or records ({str(kind)[:60]})"
    if types.is_null(kind):
        return "nothing"
    return f"{str(kind)[:60]}"


def _numbers(column: Any, pa: Any) -> NDArray[np.float64]:
    """The numbers of a column, NaN where one is missing."""
    numbers: NDArray[np.float64] = column.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    return numbers


def _take(reader: LabelReader, column: Any, first: int, pa: Any) -> None:
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = [_text(each) for each in coded.dictionary.to_pylist()]
    for row, code in enumerate(coded.indices.to_pylist(), start=first):
        reader.take(row, "" if code is None else texts[code])


def _text(label: object) -> str:
    return "" if label is None else str(label).lower() if isinstance(label, bool) else str(label)


def _fault(call: Parquet, why: str) -> QglError:
    return QglError([BadArchive(call.span, call.path, why)])
