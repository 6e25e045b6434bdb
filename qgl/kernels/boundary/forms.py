"""What a boundary contraction makes beforehand: products of the tensors of a column, of all columns at once.

Unlike columns have much in common: the first and the last ones of a chain, and all at the rim of a grid, are made
of the same gates. So parts of columns go by their form, which is how they are made, whatever column they are of; all
parts of a form are made in one contraction. What is compiled then grows with the forms, not with the columns that
differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import take
from qgl.plan.boundary.paths import Labels, Step

ROWS = -2  # the label of the columns

Rows = NDArray[np.int32]
_Piece = tuple[int, tuple[int, ...]]  # the form and the parts of what is wanted together


@dataclass(eq=False, slots=True)
class Form:
    """How parts are made.

    key    ("table", number, last), ("fixed", bytes, shape, last), or the numbers of the forms of two factors with their
           labels and those of the product
    last   whether columns are the last axis, not the first
    asked  parts that are wanted together, in this order, by who wants them
    """

    number: int
    key: tuple[Any, ...]
    last: bool
    asked: dict[tuple[int, ...], tuple[Part, ...]] = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """An operand in some columns; all have its form.

    rows     of tensors of a table: their rows, shape (columns,)
    fixed    of what is the same everywhere: the tensor
    factors  of a product: what it is made of
    """

    form: Form
    count: int
    rows: Rows | None = None
    fixed: NDArray[Any] | None = None
    factors: tuple[Part, ...] = ()


class Forms:
    """Parts of columns by their forms; `made` makes them all."""

    def __init__(self, tables: Sequence[jax.Array]) -> None:
        self._tables = tables
        self._forms: dict[tuple[Any, ...], Form] = {}

    def tensors(self, table: int, rows: Rows, last: bool) -> Part:
        """Tensors of a table, one for each column; `rows` has shape (columns,)."""
        return Part(self._form(("table", table, last), last), len(rows), rows=rows)

    def fixed(self, tensor: NDArray[Any], count: int, last: bool) -> Part:
        """One tensor, of any shape, in `count` columns."""
        key = ("fixed", tensor.tobytes(), tensor.shape, last)
        return Part(self._form(key, last), count, fixed=tensor)

    def product(self, left: Part, right: Part, step: Step) -> Part:
        """The contraction of two parts of the same columns, as `step` says."""
        names: dict[int, int] = {}
        labels = tuple(
            tuple(names.setdefault(label, len(names)) for label in part)
            for part in (step.left_labels, step.right_labels, step.out)
        )
        last = left.form.last
        form = self._form((left.form.number, right.form.number, *labels), last)
        return Part(form, left.count, factors=(left, right))

    def _form(self, key: tuple[Any, ...], last: bool) -> Form:
        return self._forms.setdefault(key, Form(len(self._forms), key, last))

    def made(self, parts: Sequence[Part]) -> list[jax.Array]:
        """The tensors of parts, shape (columns, ...) each.

        All parts of a form are one array, in which those that are wanted together lie side by side, so that it is cut
        into pieces by one `split`, whose gradient is one concatenation.
        """
        forms = list(self._forms.values())
        wanted: dict[int, list[Part]] = {}
        for part in parts:
            wanted.setdefault(part.form.number, []).append(part)
        for form in reversed(forms):
            if form.number in wanted:
                _ask(form, wanted[form.number])
            members = _members(form)
            for k in range(len(members[0].factors) if members else 0):
                _ask(members[0].factors[k].form, [part.factors[k] for part in members])
        pieces: dict[_Piece, jax.Array] = {}
        for form in forms:
            if form.asked:
                array = self._array(form, _members(form), pieces)
                sizes = [sum(part.count for part in asked) for asked in form.asked.values()]
                cut = _split(array, sizes, array.ndim - 1 if form.last else 0)
                pieces |= {(form.number, ids): piece for ids, piece in zip(form.asked, cut, strict=True)}
        held: dict[int, jax.Array] = {}
        for number, group in wanted.items():
            piece = pieces[number, _ids(group)]
            first = jnp.moveaxis(piece, -1, 0) if forms[number].last else piece
            held |= zip(map(id, group), _split(first, [part.count for part in group], 0), strict=True)
        return [held[id(part)] for part in parts]

    def _array(self, form: Form, members: Sequence[Part], pieces: dict[_Piece, jax.Array]) -> jax.Array:
        """All members of a form, one after the other along the axis of columns."""
        match form.key:
            case ("table", int(number), bool(last)):
                table, rows = self._tables[number], np.concatenate([part.rows for part in members])
                array = table if np.array_equal(rows, np.arange(len(table))) else take(table, rows)
            case ("fixed", *_, bool(last)):
                tensor = jnp.asarray(members[0].fixed, self._tables[0].dtype)
                array = jnp.broadcast_to(tensor, (sum(part.count for part in members), *tensor.shape))
            case (int(), int(), left, right, out):
                factors = [[part.factors[k] for part in members] for k in range(2)]
                operands = [pieces[parts[0].form.number, _ids(parts)] for parts in factors]
                labels = [(*some, ROWS) if form.last else (ROWS, *some) for some in (left, right, out)]
                return contract(operands[0], operands[1], labels[0], labels[1], labels[2])
            case _:
                raise AssertionError(form.key)
        return jnp.moveaxis(array, 0, -1) if last else array


def _members(form: Form) -> list[Part]:
    return [part for group in form.asked.values() for part in group]


def _ask(form: Form, parts: Sequence[Part]) -> None:
    form.asked.setdefault(_ids(parts), tuple(parts))


def _ids(parts: Sequence[Part]) -> tuple[int, ...]:
    return tuple(map(id, parts))


def _split(array: jax.Array, sizes: Sequence[int], axis: int) -> Sequence[jax.Array]:
    """Pieces of an array along an axis, of these sizes, which are all of it."""
    return [array] if len(sizes) == 1 else lax.split(array, tuple(sizes), axis)


def contract(left: jax.Array, right: jax.Array, left_labels: Labels, right_labels: Labels, out: Labels) -> jax.Array:
    """Two tensors summed over the labels that are not in `out`; axis k of each has label k of its labels.

    Shape: the dimensions of the labels in `out`, in their order.
    """
    shared = [label for label in left_labels if label in right_labels and label in out]
    if shared:
        return _product_sum(left, right, left_labels, right_labels, out)
    numbered = [[label + 2 for label in labels] for labels in (left_labels, right_labels, out)]  # none below 0
    result: jax.Array = jnp.einsum(left, numbered[0], right, numbered[1], numbered[2], precision="highest")
    return result


def _product_sum(
    left: jax.Array, right: jax.Array, left_labels: Labels, right_labels: Labels, out: Labels
) -> jax.Array:
    """The same as a product and a sum; the sum is over the first axes where columns are the last one."""
    summed = [label for label in dict.fromkeys((*left_labels, *right_labels)) if label not in out]
    first = bool(out) and out[-1] == ROWS
    axes = (*summed, *out) if first else (*out, *summed)

    def spread(tensor: jax.Array, labels: Labels) -> jax.Array:
        order = sorted(range(len(labels)), key=lambda axis: axes.index(labels[axis]))
        return jnp.expand_dims(tensor.transpose(order), [k for k, label in enumerate(axes) if label not in labels])

    product = spread(left, left_labels) * spread(right, right_labels)
    return product.sum(axis=tuple(axes.index(label) for label in summed))
