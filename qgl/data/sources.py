"""The sources of data sets by name, and the data sets they give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgl.check.law import distinct
from qgl.check.program import CallSpec, DataSet
from qgl.data.csv_table import Table, read_csv
from qgl.data.digits import digits
from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.data.laws import Law, bars_and_stripes, cardinality, given_strings, parity
from qgl.data.npz_archive import read_npz
from qgl.data.state_archive import law_of, read_state
from qgl.data.table import check_size, chosen_rows, encode, of_width, unused_codes
from qgl.diagnostics.data import plural


@dataclass(frozen=True, slots=True)
class Files:
    """Where a source may read: inside of `root`, paths being relative to `base`."""

    root: Path
    base: Path
    limits: Limits

    def content(self, call: CallSpec) -> bytes:
        """The bytes of the file that a call names."""
        path = call.arguments["path"]
        return read_bytes(resolve(self.root, self.base, path, call.span), path, self.limits.data_bytes, call.span)


def load(name: str, call: CallSpec, files: Files) -> DataSet:
    """The data set `name` that a checked call of a data source gives.

    Raises:
        QglError: QGL06xx, at the call.
    """
    return SOURCES[call.name](name, call, files)


def make(
    name: str,
    rows: NDArray[np.uint8],
    weights: NDArray[np.float64] | None = None,
    conditions: NDArray[np.float64] | None = None,
    remark: str = "",
) -> DataSet:
    """A data set of samples, or, with `weights`, of a law. The hash is over the numbers, not their file."""
    exact = weights is not None
    weights = np.full(len(rows), 1.0 / len(rows)) if weights is None else weights
    digest = hashlib.sha256(f"{rows.shape}".encode())
    for part in (np.packbits(rows, axis=1), weights, conditions):
        digest.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
    for part in (rows, weights, conditions):
        if part is not None:
            part.setflags(write=False)
    if exact:
        count = plural(len(rows), "string")
    else:
        count = f"{plural(len(rows), 'row')}, {len(distinct(rows, weights)[0])} distinct"
    words = [count, f"{plural(rows.shape[1], 'bit')} each"]
    if conditions is not None:
        words.append(plural(conditions.shape[1], "condition column"))
    if remark:
        words.append(remark)
    return DataSet(name, rows, weights, conditions, exact, digest.hexdigest(), "; ".join(words))


def _csv(name: str, call: CallSpec, files: Files) -> DataSet:
    path = call.arguments["path"]
    return _from_table(name, call, read_csv(decode(files.content(call), path, call.span), call, files.limits), files)


def _npz(name: str, call: CallSpec, files: Files) -> DataSet:
    return _from_table(name, call, read_npz(files.content(call), call, files.limits), files)


def _from_table(name: str, call: CallSpec, table: Table, files: Files) -> DataSet:
    path = f'"{call.arguments["path"]}"'
    values, conditions = chosen_rows(call, table.values), table.conditions
    check_size(path, len(values), table.layout.width, files.limits, call.span)
    rows = of_width(call, encode(values, table.layout), conditions is not None)
    return make(name, rows, None, None if conditions is None else chosen_rows(call, conditions), _remark(call, table))


def _remark(call: CallSpec, table: Table) -> str:
    return "" if call.arguments["width"] else unused_codes(table.layout)


def _exact(source: Callable[[CallSpec, Limits], Law]) -> Callable[[str, CallSpec, Files], DataSet]:
    def load_law(name: str, call: CallSpec, files: Files) -> DataSet:
        rows, weights = source(call, files.limits)
        return make(name, rows, weights)

    return load_law


def _bars_and_stripes(name: str, call: CallSpec, files: Files) -> DataSet:
    rows, weights = bars_and_stripes(call, files.limits)
    return replace(make(name, rows, weights), picture=(call.arguments["rows"], call.arguments["columns"]))


def _digits(name: str, call: CallSpec, files: Files) -> DataSet:
    return replace(make(name, digits(call)), picture=(call.arguments["size"], call.arguments["size"]))


def _state(name: str, call: CallSpec, files: Files) -> DataSet:
    state = read_state(files.content(call), call, files.limits)
    rows, weights = law_of(state)
    data = make(name, rows, weights, remark="a vector" if state.ndim == 1 else "a density matrix")
    digest = hashlib.sha256(data.sha256.encode() + np.ascontiguousarray(state).tobytes())
    state.setflags(write=False)
    return replace(data, state=state, sha256=digest.hexdigest())


SOURCES: dict[str, Callable[[str, CallSpec, Files], DataSet]] = {
    "csv": _csv,
    "npz": _npz,
    "bars_and_stripes": _bars_and_stripes,
    "parity": _exact(parity),
    "cardinality": _exact(cardinality),
    "digits": _digits,
    "strings": _exact(given_strings),
    "state": _state,
}
