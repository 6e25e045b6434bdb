"""The sources of data sets by name, and the data sets they give."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, strings
from qgl.check.environment import NONE
from qgl.data import numbers, parts
from qgl.data.digits import classes_of, digits
from qgl.data.distributions import Distribution, bars_and_stripes, cardinality, given_strings, parity, weighted
from qgl.data.ensembles import encoded, read_ensemble, states_near
from qgl.data.files import Limits, decode, read_bytes, resolve
from qgl.data.flipped import diffused, flipped
from qgl.data.integers import mixture
from qgl.data.many_body.ground_state import ground_state
from qgl.data.many_body.ground_states import ground_states
from qgl.data.many_body.thermal import gibbs_state
from qgl.data.npz_archive import read_npz, read_shots
from qgl.data.processes.through import through
from qgl.data.state_archive import distribution_of, read_state
from qgl.data.tables import labels as labels_of
from qgl.data.tables.csv_table import Table, read_csv
from qgl.data.tables.parquet import read_parquet
from qgl.data.tables.table import check_size, chosen_rows, code_width, encode, of_width, unused_codes
from qgl.data.weights import handed_out
from qgl.diagnostics.data import BadDataArgument
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import NoRows
from qgl.program import membership
from qgl.program.calls import data_sources as calls
from qgl.program.membership import Rule
from qgl.program.program import DataSet
from qgl.record import record

Ruled = TypeVar("Ruled", calls.BarsAndStripes, calls.Parity, calls.Cardinality)
_NOTHING = 1e-8  # amplitudes of a ground state below it are rounding


@record
class Files:
    """Where a source may read: inside of `root`, paths being relative to `base`."""

    root: Path
    base: Path
    limits: Limits

    def content(
        self, call: calls.TableCall | calls.State | calls.Ensemble | calls.Images | calls.PauliShots | calls.RunWeights
    ) -> bytes:
        """The bytes of the file that a call names."""
        real = resolve(self.root, self.base, call.path, call.span)
        return read_bytes(real, call.path, self.limits.data_bytes, call.span)


def load(name: str, call: calls.DataCall, files: Files, declared: Mapping[str, DataSet] = NONE) -> DataSet:
    """The data set `name` that a checked call of a data source gives; `declared` are those that it may be a part of.

    Raises:
        QglError: QGL06xx, at the call.
    """
    match call:
        case calls.CSV() | calls.Parquet() | calls.NPZ():
            return _from_table(name, call, _table_in(call, files), files, declared)
        case calls.BarsAndStripes():
            return replace(_ruled(name, call, bars_and_stripes, files.limits), picture=(call.rows, call.columns))
        case calls.Parity():
            return _ruled(name, call, parity, files.limits)
        case calls.Cardinality():
            return _ruled(name, call, cardinality, files.limits)
        case calls.Digits():
            return _digits(name, call, files.limits)
        case calls.Mixture():
            return replace(make(name, *mixture(call, files.limits)), integer=True)
        case calls.Weights():
            return replace(make(name, *weighted(call)), integer=True)
        case calls.Strings():
            return make(name, *given_strings(call))
        case calls.State() | calls.PauliShots():
            return _state(name, call, files) if isinstance(call, calls.State) else _shots(name, call, files)
        case calls.StatesNear() | calls.Ensemble() | calls.GroundStates() | calls.Through() | calls.Amplitudes():
            return _ensemble(name, *_elements(call, files, declared))
        case calls.GroundState() | calls.Gibbs():
            return _of_hamiltonian(name, call)
        case calls.Subset() | calls.Without() | calls.Beside() | calls.Flipped() | calls.Diffused():
            return _of_others(name, call, files, declared)
        case calls.Images() | calls.NumbersCall() | calls.Pairs() | calls.LabelsOf() | calls.RunWeights():
            return _of_rows(name, call, files, declared)
        case _:
            raise ValueError(f"no data source `{call.name}`")


def _of_others(
    name: str,
    call: calls.Subset | calls.Without | calls.Beside | calls.Flipped | calls.Diffused,
    files: Files,
    declared: Mapping[str, DataSet],
) -> DataSet:
    match call:
        case calls.Subset():
            return parts.subset(name, call, declared, files.limits)
        case calls.Without():
            return parts.without(name, call, declared)
        case calls.Beside():
            return parts.beside(name, call, declared, files.limits)
        case calls.Flipped():
            return flipped(name, call, declared[call.data], files.limits)
        case calls.Diffused():
            return diffused(name, call, declared[call.data], files.limits)


MOST_BITS_OF_A_CATEGORY = 10


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
    wording = [count, f"{plural(rows.shape[1], 'bit')} each"]
    if conditions is not None:
        wording.append(plural(conditions.shape[1], "condition column"))
    if remark:
        wording.append(remark)
    return DataSet(name, rows, weights, conditions, exact, digest.hexdigest(), "; ".join(wording))


def _digits(name: str, call: calls.Digits, limits: Limits) -> DataSet:
    picture = call.size, call.size
    if call.grey:
        made = numbers.make(name, numbers.grey_digits(call), limits, call.span, picture=picture)
    else:
        made = replace(make(name, digits(call)), picture=picture)
    return labels_of.labelled(made, *classes_of(call)) if call.labels else made


def _labels(name: str, call: calls.LabelsOf, data: DataSet) -> DataSet:
    """The labels of data as strings of one category.

    Raises:
        QglError: QGL0613, the data have none.
    """
    if data.labels is None or data.conditions is None:
        raise QglError([BadDataArgument(call.span, "labels", f"the rows of `{data.name}` have no labels")])
    classes = len(data.labels.names)
    bits = code_width(classes, "binary")
    weights = data.weights if data.exact else None
    made = make(name, strings(data.conditions[:, 0].astype(np.int64), bits), weights, remark=data.labels.wording)
    return replace(made, categories=((classes, bits),))


def _of_rows(
    name: str,
    call: calls.RunWeights | calls.Images | calls.NumbersCall | calls.Pairs | calls.LabelsOf,
    files: Files,
    declared: Mapping[str, DataSet],
) -> DataSet:
    match call:
        case calls.Images():
            rows, picture = numbers.images(files.content(call), call, files.limits)
            return numbers.make(name, rows, files.limits, call.span, picture=picture)
        case calls.RunWeights():
            array = handed_out(files.content(call), call)
            made = numbers.make(name, array.reshape(1, -1), files.limits, call.span)
            return replace(made, columns=tuple(map(str, array.shape)))
        case calls.LabelsOf(data=data):
            return _labels(name, call, declared[data])
        case calls.Levels(data=data):
            return _binned(name, call, declared[data], declared)
        case calls.Pairs():
            return numbers.pairs(name, call, declared)
        case _:
            return numbers.transformed(name, call, declared, files.limits)


def _binned(
    name: str, call: calls.Levels | calls.TableCall, data: DataSet, declared: Mapping[str, DataSet], remark: str = ""
) -> DataSet:
    """The bins of the numbers of `data`, in binary; columns of theirs, if not too large to be categories."""
    assert data.numbers is not None  # the checker has seen to it
    bits, step = numbers.binned(call, data.numbers, declared)
    made = make(name, bits, None, data.conditions, f"bins of {numbers.listed_bits(step)}{remark}")
    widths = step.bits.tolist()
    categories = tuple((1 << width, width) for width in widths) if max(widths) <= MOST_BITS_OF_A_CATEGORY else None
    digest = hashlib.sha256(made.sha256.encode() + step.edges.tobytes() + step.centres.tobytes()).hexdigest()
    undo = (*data.undo, step)
    return replace(made, categories=categories, undo=undo, columns=data.columns, labels=data.labels, sha256=digest)


def _table_in(call: calls.CSV | calls.Parquet | calls.NPZ, files: Files) -> Table:
    content = files.content(call)
    match call:
        case calls.CSV(path=path, span=span):
            return read_csv(decode(content, path, span), call, files.limits)
        case calls.Parquet():
            return read_parquet(content, call, files.limits)
        case calls.NPZ():
            return read_npz(content, call, files.limits)


def _from_table(
    name: str, call: calls.TableCall, table: Table, files: Files, declared: Mapping[str, DataSet]
) -> DataSet:
    if table.labels is None:
        return _of_table(name, call, table, files, declared)
    labels, classes = labels_of.numbered(table.labels, call, declared)
    classes = chosen_rows(call, classes)
    known = classes >= 0
    if table.conditions is not None:
        known &= ~np.isnan(chosen_rows(call, table.conditions)).any(axis=1)
    if not known.any():
        raise QglError([NoRows(call.span, f'"{call.path}"', "a value or label is missing in each of its rows")])
    data = labels_of.labelled(_of_table(name, call, table, files, declared, known), labels, classes[known])
    return replace(data, guessed="; ".join(filter(None, [data.guessed, labels_of.told(labels, call)])))


def _of_table(
    name: str,
    call: calls.TableCall,
    table: Table,
    files: Files,
    declared: Mapping[str, DataSet],
    known: NDArray[np.bool_] | None = None,
) -> DataSet:
    """The rows of a table, or those of them that are `known`, without their labels."""
    path = f'"{call.path}"'
    conditions = None if table.conditions is None else chosen_rows(call, table.conditions)
    if call.real:
        assert conditions is not None
        whole, remark = numbers.complete(conditions, call, known)
        count = whole.shape[1] - len(call.condition)
        beside = whole[:, count:].copy() if call.condition else None
        made = numbers.make(name, whole[:, :count].copy(), files.limits, call.span, conditions=beside)
        named = replace(made, columns=table.names[:count])
        if call.bits:
            return _binned(name, call, named, declared, f"; {remark}" if remark else "")
        return replace(named, description="; ".join(filter(None, [made.description, remark])))
    values = chosen_rows(call, table.values)
    if known is not None:
        values, conditions = values[known], None if conditions is None else conditions[known]
    check_size(path, len(values), table.layout.width, files.limits, call.span)
    rows = of_width(call, encode(values, table.layout), conditions is not None or known is not None)
    made = make(name, rows, None, conditions, _remark(call, table))
    headed = f"the first line of {path} is read as names of its columns (`header = false`: as a row)"
    made = replace(made, columns=table.names, categories=_categories(call, table))
    return replace(made, guessed=headed if table.headed else "")


def _categories(call: calls.TableCall, table: Table) -> tuple[tuple[int, int], ...] | None:
    """Of each column, where whole columns in binary code are what a row is."""
    layout = table.layout
    if layout.encoding != "binary" or call.width:
        return None
    return tuple((count, code_width(count, layout.encoding)) for count in layout.categories)


def _remark(call: calls.TableCall, table: Table) -> str:
    return "" if call.width else unused_codes(table.layout)


def _ruled(name: str, call: Ruled, source: Callable[[Ruled], Distribution], limits: Limits) -> DataSet:
    """The uniform distribution over a set that has a rule, listed where it is not too large."""
    rule = _rule(call)
    if rule.count * rule.width > limits.cells:
        return parts.unlisted(name, rule, repr(rule))
    return replace(make(name, *source(call)), rule=rule)


def rule_of(call: calls.DataCall, declared: Mapping[str, DataSet]) -> Rule | None:
    """The rule of what a call of a data source gives, if it has one."""
    match call:
        case calls.BarsAndStripes() | calls.Parity() | calls.Cardinality():
            return _rule(call)
        case calls.Without():
            return parts.rule_of(call, declared)
        case _:
            return None


def _rule(call: calls.RuledCall) -> Rule:
    match call:
        case calls.BarsAndStripes(rows, columns):
            return membership.BarsAndStripes(rows, columns)
        case calls.Parity(size, even):
            return membership.Parity(size, even)
        case calls.Cardinality(size, ones):
            return membership.Cardinality(size, ones)


def _state(name: str, call: calls.State, files: Files) -> DataSet:
    state = read_state(files.content(call), call, files.limits)
    rows, weights = distribution_of(state)
    data = make(name, rows, weights, remark="a vector" if state.ndim == 1 else "a density matrix")
    digest = hashlib.sha256(data.sha256.encode() + np.ascontiguousarray(state).tobytes())
    state.setflags(write=False)
    return replace(data, state=state, sha256=digest.hexdigest())


def _shots(name: str, call: calls.PauliShots, files: Files) -> DataSet:
    rows, bases = read_shots(files.content(call), call, files.limits)
    settings = plural(len(np.unique(bases, axis=0)), "setting")
    data = make(name, rows, remark=f"in Pauli bases, {settings} of all bits")
    bases.setflags(write=False)
    return replace(data, bases=bases, sha256=hashlib.sha256(data.sha256.encode() + bases.tobytes()).hexdigest())


def _elements(
    call: calls.EnsembleCall, files: Files, declared: Mapping[str, DataSet]
) -> tuple[NDArray[np.complex128], str]:
    """The elements of an ensemble, and a hash of how they are made where that is better than their own."""
    match call:
        case calls.StatesNear():
            return states_near(call, files.limits), ""
        case calls.Ensemble():
            return read_ensemble(files.content(call), call, files.limits), ""
        case calls.GroundStates():
            return ground_states(call, files.limits)
        case calls.Through():
            return through(call, declared, files.limits)
        case calls.Amplitudes():
            return encoded(call, declared[call.data], files.limits), ""


def _ensemble(name: str, states: NDArray[np.complex128], digest: str) -> DataSet:
    """Its strings and its state are those of the mean over the ensemble. The hash is that of how it is made, if given,
    since the last digits of what is simulated depend on the machine.
    """
    pure = states.ndim == 2
    mean = np.asarray(states.T @ states.conj() / len(states) if pure else states.mean(axis=0))
    rows, weights = distribution_of(mean)
    data = make(name, rows, weights, remark=f"the mean of an ensemble of {plural(len(states), 'state')}")
    digest = digest or hashlib.sha256(data.sha256.encode() + np.ascontiguousarray(states).tobytes()).hexdigest()
    for array in (mean, states):
        array.setflags(write=False)
    return replace(data, state=mean, states=states, sha256=digest)


def _of_hamiltonian(name: str, call: calls.GroundState | calls.Gibbs) -> DataSet:
    """The hash is over what the state means, since its last digits depend on the machine."""
    spins = call.hamiltonian
    meaning = (spins.width, sorted(spins.terms))
    if isinstance(call, calls.Gibbs):
        state, remark = gibbs_state(call), f"a thermal state at beta = {call.beta:g}"
        digest = repr(("gibbs", *meaning, call.beta))
    else:
        state, remark = ground_state(call), f"a ground state, read in {call.basis}"
        digest = repr(("ground state", *meaning, call.basis))
    rows, weights = distribution_of(np.where(np.abs(state) < _NOTHING, 0, state))
    state.setflags(write=False)
    data = make(name, rows, weights, remark=remark)
    return replace(data, state=state, sha256=hashlib.sha256(digest.encode()).hexdigest())
