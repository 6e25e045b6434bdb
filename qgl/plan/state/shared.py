"""Which blocks of a program are the same for many vectors of inputs, and the tables that make some of the blocks.

A mixture, or a model with conditions, runs one circuit for many inputs, most of which are the same: all trained
parameters. The blocks that depend on no other input are made once for all of them; making a block of a hundred gates
costs far more than applying it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from qgl.plan.expressions import Affine, Expressions
from qgl.plan.matrix_pool import Pool
from qgl.plan.state.tables import Indices, Products, Tables

Mask = NDArray[np.bool_]


def varying_blocks(tables: Tables, varies: Mask) -> Mask:
    """Whether each block depends on an input that `varies`, shape (blocks,), of shape (inputs,)."""
    entries = _varying_entries(tables.pool, varying_numbers(tables.expressions, varies))
    units = np.asarray(entries[tables.products.units].any(axis=(0, 2, 3)))
    return np.asarray(units[tables.products.members].any(axis=0))


def varying_numbers(expressions: Expressions, varies: Mask) -> Mask:
    """Whether each number depends on an input that `varies`, shape (outputs,), of shape (inputs,)."""
    values = np.concatenate([[False], varies])
    for calls in expressions.calls:
        results = np.any([_varying_rows(argument, values) for argument in calls.arguments], axis=0)
        values = np.concatenate([values, results])
    return _varying_rows(expressions.outputs, values)


def _varying_rows(rows: Affine, values: Mask) -> Mask:
    varying: Mask = (rows.coefficient != 0) & values[rows.index]
    np.logical_or.at(varying, rows.extra_row, values[rows.extra_index])
    return varying


def _varying_entries(pool: Pool, numbers: Mask) -> Mask:
    """Whether each entry of the pool, conjugates included, depends on numbers that vary."""
    parts: list[Mask] = [np.zeros(len(pool.constants), np.bool_)]
    parts += [np.repeat(numbers[group.angles].any(axis=1), group.size**2) for group in pool.groups]
    entries = np.concatenate(parts)
    return np.tile(entries, 2) if pool.conjugates else entries


def only(pool: Pool, products: Products, blocks: Indices) -> tuple[Pool, Products]:
    """The tables that make the blocks of these numbers, shape (chosen,), and no others, in this order."""
    used, members = np.unique(np.append(products.members[:, blocks].ravel(), 0), return_inverse=True)
    units = products.units[:, used]
    smaller, places = _only_entries(pool, units)
    return smaller, replace(
        products,
        units=places[units],
        members=members[:-1].reshape(-1, len(blocks)).astype(np.int32),
        moves=products.moves[:, blocks],
        inverse=products.inverse[:, blocks],
        finish=products.finish[blocks],
        unfinish=products.unfinish[blocks],
    )


def _only_entries(pool: Pool, units: Indices) -> tuple[Pool, Indices]:
    """The matrices that `units` are made of and the constants, and where the entries of the pool are among theirs."""
    needed = np.zeros(pool.size, np.bool_)
    needed[units % pool.size] = True
    places, at, groups = np.zeros(pool.size, np.int32), len(pool.constants), []
    places[:at] = np.arange(at)
    new = at
    for group in pool.groups:
        size = group.size**2
        rows = np.flatnonzero(needed[at : at + group.count * size].reshape(-1, size).any(axis=1))
        stretch = np.arange(size, dtype=np.int32)
        places[(at + rows[:, None] * size + stretch).ravel()] = new + np.arange(len(rows) * size)
        at, new = at + group.count * size, new + len(rows) * size
        if len(rows):
            pauli_words = None if group.pauli_words is None else group.pauli_words[rows]
            groups.append(replace(group, angles=group.angles[rows], pauli_words=pauli_words))
    both = np.concatenate([places, places + np.int32(new)]) if pool.conjugates else places
    return Pool(pool.constants, tuple(groups), pool.conjugates), both
