"""The sources of data sets by name, and the data sets they give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.check.environment import NONE
from qgl.data import parts
from qgl.data.csv_table import Table, read_csv
from qgl.data.digits import digits
from qgl.data.distributions import Distribution, bars_and_stripes, cardinality, given_strings, parity
from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.data.ground_state import ground_state
from qgl.data.integers import mixture
from qgl.data.npz_archive import read_npz
from qgl.data.state_archive import distribution_of, read_state
from qgl.data.table import check_size, chosen_rows, code_width, encode, of_width, unused_codes
from qgl.diagnostics.data import plural
from qgl.program.membership import BarsAndStripes, Cardinality, Parity, Rule
from qgl.program.program import CallSpec, DataSet
from qgl.record import record

_NOTHING = 1e-8  # amplitudes of a ground state below it are rounding


@record
class Files:
    """Where a source may read: inside of `root`, paths being relative to `base`."""

    root: Path
    base: Path
    limits: Limits

    def content(self, call: CallSpec) -> bytes:
        """The bytes of the file that a call names."""
        path = call.arguments["path"]
        return read_bytes(resolve(self.root, self.base, path, call.span), path, self.limits.data_bytes, call.span)


def load(name: str, call: CallSpec, files: Files, declared: Mapping[str, DataSet] = NONE) -> DataSet:
    """The data set `name` that a checked call of a data source gives; `declared` are those that it may be a part of.

    Raises:
        QglError: QGL06xx, at the call.
    """
    if call.name in parts.PARTS:
        return parts.PARTS[call.name](name, call, declared, files.limits)
    return SOURCES[call.name](name, call, files)


def make(
    name: str,
    rows: NDArray[np.uint8],
    weights: NDArray[np.float64] | None = None,
    conditions: NDArray[np.float64] | None = None,
    remark: str = "",
) -> DataSet:
    """A data set of samples, or, with `weights`, of a distribution. The hash is over the numbers, not their file."""
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
    given = None if conditions is None else chosen_rows(call, conditions)
    return replace(make(name, rows, None, given, _remark(call, table)), categories=_categories(call, table))


def _categories(call: CallSpec, table: Table) -> tuple[tuple[int, int], ...] | None:
    """Of each column, where whole columns in binary code are what a row is."""
    layout = table.layout
    if layout.encoding != "binary" or call.arguments["width"]:
        return None
    return tuple((count, code_width(count, layout.encoding)) for count in layout.categories)


def _remark(call: CallSpec, table: Table) -> str:
    return "" if call.arguments["width"] else unused_codes(table.layout)


def _ruled(source: Callable[[CallSpec], Distribution]) -> Callable[[str, CallSpec, Files], DataSet]:
    """The uniform distribution over a set that has a rule, listed where it is not too large."""

    def load_distribution(name: str, call: CallSpec, files: Files) -> DataSet:
        rule = RULES[call.name](call)
        if rule.count * rule.width > files.limits.cells:
            return parts.unlisted(name, rule, repr(rule))
        return replace(make(name, *source(call)), rule=rule)

    return load_distribution


def rule_of(call: CallSpec, declared: Mapping[str, DataSet]) -> Rule | None:
    """The rule of what a call of a data source gives, if it has one."""
    return RULES[call.name](call) if call.name in RULES else parts.rule_of(call, declared)


def _given_strings(name: str, call: CallSpec, files: Files) -> DataSet:
    return make(name, *given_strings(call))


def _bars_and_stripes(name: str, call: CallSpec, files: Files) -> DataSet:
    shape = (call.arguments["rows"], call.arguments["columns"])
    return replace(_ruled(bars_and_stripes)(name, call, files), picture=shape)


def _mixture(name: str, call: CallSpec, files: Files) -> DataSet:
    return replace(make(name, *mixture(call, files.limits)), integer=True)


def _digits(name: str, call: CallSpec, files: Files) -> DataSet:
    return replace(make(name, digits(call)), picture=(call.arguments["size"], call.arguments["size"]))


def _state(name: str, call: CallSpec, files: Files) -> DataSet:
    state = read_state(files.content(call), call, files.limits)
    rows, weights = distribution_of(state)
    data = make(name, rows, weights, remark="a vector" if state.ndim == 1 else "a density matrix")
    digest = hashlib.sha256(data.sha256.encode() + np.ascontiguousarray(state).tobytes())
    state.setflags(write=False)
    return replace(data, state=state, sha256=digest.hexdigest())


def _ground_state(name: str, call: CallSpec, files: Files) -> DataSet:
    """The hash is over the Hamiltonian and the basis, since the last digits of a state depend on the machine."""
    state = ground_state(call)
    rows, weights = distribution_of(np.where(np.abs(state) < _NOTHING, 0, state))
    spins, basis = call.arguments["hamiltonian"], call.arguments["basis"]
    digest = hashlib.sha256(repr(("ground state", spins.width, sorted(spins.terms), basis)).encode())
    state.setflags(write=False)
    data = make(name, rows, weights, remark=f"a ground state, read in {basis}")
    return replace(data, state=state, sha256=digest.hexdigest())


RULES: Mapping[str, Callable[[CallSpec], Rule]] = {
    "bars_and_stripes": lambda call: BarsAndStripes(call.arguments["rows"], call.arguments["columns"]),
    "parity": lambda call: Parity(call.arguments["size"], call.arguments["even"]),
    "cardinality": lambda call: Cardinality(call.arguments["size"], call.arguments["ones"]),
}

SOURCES: dict[str, Callable[[str, CallSpec, Files], DataSet]] = {
    "csv": _csv,
    "npz": _npz,
    "bars_and_stripes": _bars_and_stripes,
    "parity": _ruled(parity),
    "cardinality": _ruled(cardinality),
    "digits": _digits,
    "mixture": _mixture,
    "strings": _given_strings,
    "state": _state,
    "ground_state": _ground_state,
}
