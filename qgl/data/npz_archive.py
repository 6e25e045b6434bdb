"""Arrays in NumPy archives. Nothing is unpickled, and no more is unpacked than the limits allow."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from qgl.data.files import Limits
from qgl.data.tables.arrays import table_of
from qgl.data.tables.csv_table import Table
from qgl.data.tables.labels import LabelCells, LabelReader
from qgl.data.tables.table import Layout, check_bytes, check_columns, check_size, chosen_rows, lay_out
from qgl.diagnostics.model import QglError
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.tables import BadArchive, BadCell, NoRows
from qgl.program.calls.data_sources import NPZ, Ensemble, Images, PauliShots, State
from qgl.source import Span

_FORMAT: Any = np.lib.format  # which some versions of NumPy leave without types

_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,  # an encrypted member
    NotImplementedError,  # an unknown compression
    MemoryError,
    OverflowError,
)


def read_npz(content: bytes, call: NPZ, limits: Limits) -> Table:
    """The array that the call names, in an archive given as bytes.

    Raises:
        QglError: QGL0605, QGL0607 to QGL0610, QGL0613, QGL0618.
    """
    path, span = call.path, call.span
    return _table(read_array(content, call, lambda file: _check_header(file, path, limits, span)), call)


def read_shots(content: bytes, call: PauliShots, limits: Limits) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The bits of the shots that the call asks for, and their bases, both of shape (shots, qubits).

    Raises:
        QglError: QGL0605, QGL0607 to QGL0610, QGL0613.
    """
    path, span = call.path, call.span
    arrays = []
    for name, least, most, wanted in (("strings", 0, 1, "0 or 1"), ("bases", 1, 3, "1, 2 or 3, for X, Y or Z")):
        array = read_array(content, call, lambda file: _check_header(file, path, limits, span), name)
        bad = ~((array >= least) & (array <= most) & (array == np.floor(array)))
        if bad.any():
            row, column = (int(place) for place in np.argwhere(bad)[0])
            cell = f"`{array[row, column]}` of `{name}`"
            raise QglError([BadCell(span, path, row, str(column), wanted, cell, int(bad.sum()) - 1)])
        arrays.append(np.ascontiguousarray(array, np.uint8))
    rows, bases = arrays
    if rows.shape != bases.shape:
        fault = f"`strings` have the shape {rows.shape} and `bases` {bases.shape}, but each bit has a basis"
        raise QglError([BadArchive(span, path, fault)])
    return chosen_rows(call, rows), chosen_rows(call, bases)


def read_array(
    content: bytes,
    call: NPZ | State | Ensemble | Images | PauliShots,
    check: Callable[[IO[bytes]], tuple[int, ...]],
    name: str | None = None,
) -> NDArray[Any]:
    """The array that the call names, or that of a given `name`, once `check` has found its header harmless and said its
    shape.

    Raises:
        QglError: QGL0609, and what `check` raises.
    """
    path, span = call.path, call.span
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            wanted = call.array if name is None and not isinstance(call, PauliShots) else name
            member = _member(archive, wanted, path, span)
            with archive.open(member) as file:
                shape = check(file)
            with archive.open(member) as file:
                # the header is known to be harmless now; only the bytes that it speaks of are unpacked
                values: NDArray[Any] = _FORMAT.read_array(file, allow_pickle=False)
    except _DAMAGE as error:
        raise QglError([BadArchive(span, path, f"it is not a whole npz archive ({type(error).__name__})")]) from None
    if values.shape != shape:
        raise QglError([BadArchive(span, path, "the array is not of the shape that its header says")])
    return values


def header(file: IO[bytes], path: str, span: Span | None) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type of the array that a file says it has."""
    version = _FORMAT.read_magic(file)
    if version == (1, 0):
        shape, _, kind = _FORMAT.read_array_header_1_0(file)
    elif version == (2, 0):
        shape, _, kind = _FORMAT.read_array_header_2_0(file)
    else:
        raise QglError([BadArchive(span, path, f"format {version[0]}.{version[1]} of arrays is not read")])
    return tuple(int(extent) for extent in shape), kind


def _member(archive: zipfile.ZipFile, wanted: str | None, path: str, span: Span | None) -> str:
    names = [name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy")]
    listed = ", ".join(f'"{name}"' for name in names[:20]) or "no array"
    if wanted is None and len(names) == 1:
        return f"{names[0]}.npy"
    if wanted is None:
        fault = f"say which array with `array = ...`: it has {listed}"
    elif wanted in names:
        return f"{wanted}.npy"
    else:
        near = nearest(wanted, names)
        fault = f'it has no array "{wanted}"' + (f'; did you mean "{near}"?' if near else f"; it has {listed}")
    raise QglError([BadArchive(span, path, fault)])


def _check_header(file: IO[bytes], path: str, limits: Limits, span: Span | None) -> tuple[int, ...]:
    """The shape that an array says it has, if it is a table of numbers of bounded size."""
    shape, kind = header(file, path, span)
    if kind.hasobject or kind.kind not in "biuf":
        raise QglError([BadArchive(span, path, f"the array holds {kind}, not numbers")])
    if len(shape) != 2:
        raise QglError([BadArchive(span, path, f"the array has {len(shape)} axes; it must have two, (rows, columns)")])
    check_columns(f'"{path}"', shape[1], limits, span)
    check_size(f'"{path}"', shape[0], max(shape[1], 1), limits, span)
    check_bytes(f'"{path}"', shape[0] * shape[1] * kind.itemsize, limits, span)
    if 0 in shape:
        raise QglError([NoRows(span, f'"{path}"', f"the array has shape {shape}")])
    return shape


def _table(values: NDArray[Any], call: NPZ) -> Table:
    layout = lay_out(call, None, values.shape[1])
    labels = _labels(values, layout, call)
    return table_of(values, layout, call, [str(column) for column in range(values.shape[1])], labels)


def _labels(values: NDArray[Any], layout: Layout, call: NPZ) -> LabelCells | None:
    if layout.label is None:
        return None
    reader = LabelReader(str(layout.label), "label", call)
    for row, value in enumerate(values[:, layout.label].tolist()):
        reader.take(row, f"{value:.15g}")
    return reader.cells()
