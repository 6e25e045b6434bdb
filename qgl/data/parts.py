"""Parts of data sets: some strings of a distribution or rows of a table, drawn from a seed, and what is left without
them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import NoRows
from qgl.program.calls import data_sources
from qgl.program.calls.data_sources import PartCall, Subset
from qgl.program.membership import Listed, Rows, Rule, Without, count_text, draw_distinct
from qgl.program.program import DataSet

Declared = Mapping[str, DataSet]


def subset(name: str, call: Subset, declared: Declared, limits: Limits) -> DataSet:
    """Strings of a distribution or rule, or rows of a table, drawn without replacement, every set with the same chance.

    Of a distribution, the probabilities of the strings that are kept stand to each other as before.

    Raises:
        QglError: there are not so many (QGL0613), none is left (QGL0607), or they are too many to hold (QGL0610).
    """
    whole = declared[call.data]
    total = whole.rule.count if whole.rule is not None else len(whole.rows)
    number = _number(call, total, limits, whole.width)
    random = np.random.default_rng(call.seed)
    if whole.listed:
        kept = np.sort(random.permutation(len(whole.rows))[:number])
        return _of_rows(name, call, whole, kept)
    assert whole.rule is not None
    rows = draw_distinct(whole.rule, number, random)
    return _made(name, whole, rows, np.full(number, 1.0 / number), None)


def without(name: str, call: data_sources.Without, declared: Declared) -> DataSet:
    """What is left of a data set: of a distribution or rule, the other strings; of a table, each row as often as it is
    left.

    Raises:
        QglError: the part has something that the whole has not (QGL0613), or nothing is left (QGL0607).
    """
    whole, part = declared[call.data], declared[call.part]
    if whole.holds != part.holds or _content(whole).shape[1] != _content(part).shape[1]:
        fault = f"`{part.name}` has {_row(part)} per row, `{whole.name}` {_row(whole)}"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    if whole.listed:
        return _of_rows(name, call, whole, _left(call, whole, part))
    rule = rule_of(call, declared)
    if rule is None or not whole.rule or not whole.rule.contains(part.rows).all():
        raise QglError([_not_inside(call, whole, part)])
    return unlisted(name, rule, f"{whole.sha256} without {part.sha256}")


def beside(name: str, call: data_sources.Beside, declared: Declared, limits: Limits) -> DataSet:
    """The rows of two data sets side by side, with the conditions and labels of the first.

    Raises:
        QglError: their rows do not go together (QGL0613), or are too many to hold (QGL0610).
    """
    first, second = declared[call.first], declared[call.second]
    exact = next((data for data in (first, second) if data.exact), None)
    fault = ""
    if exact is not None:
        fault = f"`{exact.name}` is a distribution, whose strings go with no others"
    elif second.conditions is not None:
        fault = f"`{second.name}` has conditions; the first may have some"
    elif len(first.rows) != len(second.rows) or not np.allclose(first.weights, second.weights):
        fault = f"`{first.name}` has {plural(len(first.rows), 'row')}, `{second.name}` {len(second.rows)}"
    if fault:
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    rows = np.hstack([first.rows, second.rows])
    if rows.size > limits.cells:
        raise QglError([DataTooLarge(call.span, f"`{call.name}`", f"{rows.size:,} bits", f"{limits.cells:,} bits")])
    rows.setflags(write=False)
    both = None if first.categories is None or second.categories is None else (*first.categories, *second.categories)
    digest = hashlib.sha256(f"{first.sha256} beside {second.sha256}".encode()).hexdigest()
    about = f"{plural(len(rows), 'row')} of {first.name} beside {second.name}; {plural(rows.shape[1], 'bit')} each"
    made = replace(first, name=name, rows=rows, sha256=digest, description=about, categories=both)
    return replace(made, state=None, states=None, rule=None, picture=None, integer=False, undo=(), columns=())


def rule_of(call: data_sources.Without, declared: Declared) -> Rule | None:
    """The rule of what a `without` gives, if its whole is known by a rule alone."""
    whole, part = declared[call.data], declared[call.part]
    return None if whole.rule is None or whole.listed else Without(whole.rule, Listed.of(part.rows))


def unlisted(name: str, rule: Rule, identity: str) -> DataSet:
    """A data set that is known by its rule alone; `identity` is what its hash is of."""
    none = np.zeros((0, rule.width), np.uint8), np.zeros(0)
    for array in none:
        array.setflags(write=False)
    about = f"{count_text(rule.count)} strings, known by their rule; {plural(rule.width, 'bit')} each"
    return DataSet(name, *none, None, True, hashlib.sha256(identity.encode()).hexdigest(), about, rule=rule)


def _number(call: Subset, total: int, limits: Limits, width: int) -> int:
    """How many strings or rows of `total` a `subset` asks for."""
    fraction = call.fraction or 0.0  # where there is no `count`, there is one
    number = round(fraction * total) if call.count is None else call.count
    whole = call.data
    if number > total:
        fault = f"{count_text(number)} cannot be drawn of the {count_text(total)} that `{whole}` has"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    if number == 0:
        raise QglError([NoRows(call.span, "this subset", f"a fraction of {fraction:g} of {total} rounds to none")])
    if number * width > limits.cells:
        extent = f"{count_text(number)} strings of {plural(width, 'bit')}"
        raise QglError([DataTooLarge(call.span, f"`{call.name}`", extent, f"{limits.cells:,} bits")])
    return number


def _left(call: data_sources.Without, whole: DataSet, part: DataSet) -> NDArray[np.int64]:
    """Numbers of the rows of `whole` that are left, ascending."""
    if (whole.conditions is None) != (part.conditions is None):
        fault = f"of `{whole.name}` and `{part.name}`, one has conditions and the other has none"
        raise QglError([BadDataArgument(call.span, call.name, fault)])
    both = np.concatenate([_content(whole), _content(part)])
    if whole.numbers is None:
        _, _, place = distinct(both, np.zeros(len(both)))
    else:
        place = np.unique(both, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    if whole.conditions is not None and part.conditions is not None:
        joined = np.column_stack([place, np.concatenate([whole.conditions, part.conditions])])
        _, place = np.unique(joined, axis=0, return_inverse=True)
        place = place.reshape(-1).astype(np.int64)
    ours, theirs = place[: len(whole.rows)], place[len(whole.rows) :]
    kinds = int(place.max()) + 1
    have, gone = (np.bincount(each, minlength=kinds) for each in (ours, theirs))
    if whole.exact:
        have, gone = np.minimum(have, 1), np.minimum(gone, 1)
    if (gone > have).any():
        raise QglError([_not_inside(call, whole, part)])
    order = np.argsort(ours, kind="stable")  # of the rows that are alike, the first ones go
    first = np.searchsorted(ours[order], ours[order])
    nth = np.empty(len(ours), np.int64)
    nth[order] = np.arange(len(ours)) - first
    kept = np.flatnonzero(nth >= gone[ours])
    if not len(kept):
        raise QglError([NoRows(call.span, "what is left", f"`{part.name}` is all of `{whole.name}`")])
    return kept


def _content(data: DataSet) -> NDArray[Any]:
    """The rows of bits or numbers."""
    return data.rows if data.numbers is None else data.numbers


def _row(data: DataSet) -> str:
    return plural(_content(data).shape[1], "bit" if data.numbers is None else "number")


def _not_inside(call: data_sources.Without, whole: DataSet, part: DataSet) -> BadDataArgument:
    kind = "strings" if whole.exact else "rows"
    return BadDataArgument(call.span, call.name, f"`{part.name}` has {kind} that `{whole.name}` has not")


def _of_rows(name: str, call: PartCall, whole: DataSet, kept: NDArray[np.int64]) -> DataSet:
    weights = whole.weights[kept]
    conditions = None if whole.conditions is None else whole.conditions[kept]
    made = _made(name, whole, whole.rows[kept], weights / weights.sum(), conditions)
    if whole.numbers is None:
        return made
    numbers = whole.numbers[kept]
    numbers.setflags(write=False)
    digest = hashlib.sha256(made.sha256.encode() + numbers.tobytes()).hexdigest()
    return replace(made, numbers=numbers, sha256=digest)


def _made(
    name: str,
    whole: DataSet,
    rows: Rows,
    weights: NDArray[np.float64],
    conditions: NDArray[np.float64] | None,
) -> DataSet:
    digest = hashlib.sha256(f"{rows.shape}".encode())
    for part in (np.packbits(rows, axis=1), weights, conditions):
        digest.update(b"" if part is None else np.ascontiguousarray(part).tobytes())
    for array in (rows, weights, conditions):
        if array is not None:
            array.setflags(write=False)
    total = whole.rule.count if whole.rule is not None and not whole.listed else len(whole.rows)
    kind = "strings" if whole.exact else "rows"
    about = f"{len(rows):,} of the {count_text(total)} {kind} of {whole.name}; {_row(whole)} each"
    return replace(
        whole,
        name=name,
        rows=rows,
        weights=weights,
        conditions=conditions,
        sha256=digest.hexdigest(),
        description=about,
        state=None,
        rule=None,
    )
