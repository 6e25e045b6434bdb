"""Categorical variables: registers of them, the qubits of one, and how data agree with them.

A variable of d categories stands in ceil(log2 d) qubits (at least one), its code in binary, most significant bit
first. Codes from d on stand for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.check.values.values import Group
from qgl.gates.codes import code_bits
from qgl.program.program import DataSet, Variable, Wire
from qgl.source import Span

LARGEST = 1024
Columns = tuple[tuple[int, int], ...]  # of each column its number of values, and the bits that it takes in binary code


def values_of(group: Group | None, qubits: int) -> int:
    """How many values a variable, or any group of qubits, can have."""
    return group.categories if group is not None and group.categories is not None else 1 << qubits


def register_of_variables(name: str, wires: Sequence[int], categories: int, span: Span) -> Group:
    """A register whose wires are those of variables of so many categories, one after the other."""
    width = code_bits(categories)
    members = tuple(
        Group(f"{name}[{k}]", tuple(wires[k * width : (k + 1) * width]), None, (), span, categories)
        for k in range(len(wires) // width)
    )
    return Group(name, tuple(wires), None, (), span, None, members)


def gathered(name: str, members: tuple[Group, ...], span: Span) -> Group:
    """Some variables of a register as one."""
    return Group(name, tuple(wire for member in members for wire in member.wires), None, (), span, None, members)


def visible_variables(groups: Sequence[Group], wires: Sequence[Wire], visible: Sequence[int]) -> tuple[Variable, ...]:
    """The visible variables of a program, in order."""
    position = {wire: place for place, wire in enumerate(visible)}
    variables = []
    for group in groups:
        for each in group.members or ((group,) if group.categories is not None else ()):
            if each.categories is not None and wires[each.wires[0]].kind == "visible":
                places = tuple(position[wire] for wire in each.wires)
                variables.append(Variable(each.name, each.categories, places, each.span))
    return tuple(variables)


def in_categories(rows: NDArray[np.uint8], variables: Sequence[Variable]) -> NDArray[np.integer[Any]]:
    """Rows of bits, shape (count, width), as rows of numbers: a column for each variable and for each bit of none."""
    if not variables:
        return rows
    starts = {variable.positions[0]: variable for variable in variables}
    inside = {place for variable in variables for place in variable.positions}
    columns = []
    for place in range(rows.shape[1]):
        if place in starts:
            columns.append(indices(rows[:, list(starts[place].positions)]).astype(np.uint16))
        elif place not in inside:
            columns.append(rows[:, place].astype(np.uint16))
    return np.stack(columns, axis=1)


def columns_of(variables: Sequence[Variable], data_sets: Iterable[DataSet], width: int) -> Columns | None:
    """The variables of the registers, and where there are none the columns of the data, or every bit by itself."""
    of_data = next((data.categories for data in data_sets if data.categories and data.width == width), None)
    if not variables:
        return of_data
    others = dict(zip(accumulate((bits for _, bits in of_data or ()), initial=0), of_data or (), strict=False))
    heads = {variable.positions[0]: variable for variable in variables}
    columns, position = [], 0
    while position < width:
        variable = heads.get(position)
        own = others.get(position, (2, 1)) if variable is None else (variable.categories, len(variable.positions))
        columns.append(own)
        position += columns[-1][1]
    return tuple(columns)


def disagreement(data: DataSet, variables: Sequence[Variable], width: int) -> tuple[str, Variable] | None:
    """Why the columns of a data set are not the variables of the registers, in words, and where; None if they are.

    Plain bits agree with any register of their width; columns of categories with variables of as many, or with qubits
    that belong to none.
    """
    if data.categories is None or data.width != width:
        return None
    at = {variable.positions[0]: variable for variable in variables}
    inside = {place: variable for variable in variables for place in variable.positions}
    start = 0
    for column, (count, bits) in enumerate(data.categories):
        variable = at.get(start)
        covered = [inside[place] for place in range(start, start + bits) if place in inside]
        if variable is not None and (variable.categories != count or len(variable.positions) != bits):
            return f"column {column} has {count} categories, and `{variable.name}` has {variable.categories}", variable
        if variable is None and covered:
            return f"column {column} begins in the middle of `{covered[0].name}`", covered[0]
        start += bits
    return None
