"""Elements to tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from qgl.expression import real
from qgl.passes.diagonal import DiagonalTerm, find_runs
from qgl.passes.fusion import Item, fuse, merge_single
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.matrix_pool import PoolBuilder
from qgl.plan.state.elements import (
    Action,
    Diagonal,
    Evolve,
    PauliExponential,
    Small,
    Start,
    StochasticReset,
    axes_of,
    bases_of,
)
from qgl.plan.state.layout import Layouts, by_next_use, pad_window
from qgl.plan.state.products import ProductBuilder
from qgl.plan.state.tables import (
    BLOCK,
    DIAGONAL,
    EVOLVE,
    MASKED,
    PAULI,
    RESET,
    DiagonalTable,
    EvolveTable,
    Indices,
    PauliWords,
    PauliWordTable,
    StartTable,
    Steps,
    Tables,
)

Part = list[Small] | Action  # a block of small elements, or what is a step by itself
Letters = tuple[int, int, int]
T = TypeVar("T")


def lower(
    parts: Sequence[Part],
    axes: int,
    arity: int,
    width: int,
    expressions: ExpressionBuilder,
    unitary: bool,
    starts: Sequence[Start] = (),
) -> Tables:
    """Tables of arranged `parts` on a state of `axes` bits, some of which begin in `starts`, the others in zero.

    arity is at least the axes of any small element, width that of the blocks.
    """
    pool = PoolBuilder(expressions)
    *windows, first = by_next_use([_window(part, axes, width) for part in parts], axes)
    steps = _Stepper(first, width, expressions, ProductBuilder(arity, width, pool))
    for part, window in zip(parts, windows, strict=True):
        steps.add(part, window)
    tables = tuple(
        StartTable(start.axes, _int([expressions.row(each) for each in start.numbers]).reshape(-1, 2), start.conjugate)
        for start in starts
    )
    built = pool.build()
    pauli_words, diagonals, evolutions, program = steps.finish()
    return Tables(
        axes,
        unitary,
        expressions.build(),
        built,
        steps.products.finish(),
        pauli_words,
        diagonals,
        evolutions,
        program,
        tables,
    )


def _window(part: Part, axes: int, width: int) -> tuple[int, ...]:
    """The axes that a block takes, filled up to its width; none of what is no block."""
    if isinstance(part, list):
        return pad_window(sorted({axis for small in part for axis in small.axes}), axes, width)
    return pad_window(part.axes, axes, width) if isinstance(part, Small) else ()


def widest_small(elements: Sequence[Action], axes: int) -> int:
    """The most axes that a small element has, but at least 2 where there are so many."""
    return max([min(2, axes), *(len(e.axes) for e in elements if isinstance(e, Small))])


def block_width(axes: int) -> int:
    """The width of blocks that measured best for a state of so many bits."""
    if axes < 8:
        return min(axes, 3)
    return 4 if axes < 14 else 5


def arrange(elements: Sequence[Action], axes: int, width: int) -> list[Part]:
    """Elements gathered into blocks; diagonal runs that pay are joined to one element."""
    joined: list[Action] = list(elements)
    items = [_item(element, k) for k, element in enumerate(joined)]
    diagonal = [_phases(element) is not None for element in joined]
    if any(diagonal):
        ordered: list[Item] = []
        for pays, run in find_runs(items, diagonal, axes, width):
            if not pays:
                ordered += run
                continue
            terms = tuple(term for item in run for term in _phases(joined[item.members[0]]) or ())
            touched = tuple(sorted({axis for item in run for axis in item.wires}))
            joined.append(Diagonal(touched, terms))
            ordered.append(_item(joined[-1], len(joined) - 1))
        items = ordered
    parts: list[Part] = []
    for block in fuse(merge_single(items), axes, width):
        first = joined[block.items[0].members[0]]
        if block.items[0].alone:
            parts.append(first)
        else:
            members = (joined[k] for item in block.items for k in item.members)
            parts.append([small for small in members if isinstance(small, Small)])
    return parts


def _item(element: Action, number: int) -> Item:
    alone = not isinstance(element, Small) or bool(element.controls)
    return Item(axes_of(element), bases_of(element), (number,), alone)


def _phases(element: Action) -> tuple[DiagonalTerm, ...] | None:
    return element.phases if isinstance(element, Small | PauliExponential) else None


class _Stepper:
    """Turns parts into steps, following the layout of the state."""

    def __init__(
        self, first: Sequence[int], width: int, expressions: ExpressionBuilder, products: ProductBuilder
    ) -> None:
        self.products = products
        self._width, self._expressions = width, expressions
        self._layout = Layouts(first)
        self._rows: list[tuple[int, int, int, int]] = []  # kind, row, move, mask
        self._resets = 0
        self._pauli_words: list[tuple[Letters, int, int]] = []  # letters, controls, angle
        self._diagonals: list[list[tuple[int, int]]] = []
        self._evolutions: list[tuple[list[tuple[Letters, int]], list[tuple[Letters, int]], int, int]] = []

    def add(self, part: Part, window: tuple[int, ...]) -> None:
        """A part; of a block also the axes that it takes."""
        match part:
            case list():
                self._block(part, (), window)
            case Small():
                self._block([part], part.controls, window)
            case PauliExponential():
                letters = self._letters(part.axes, part.pauli_word)
                self._pauli_words.append((letters, self._mask(part.controls), self._expressions.row(part.angle)))
                self._step(PAULI, len(self._pauli_words) - 1)
            case Diagonal():
                terms = [(self._mask(t.wires), self._expressions.row(t.angle)) for t in part.terms]
                self._diagonals.append(terms)
                self._step(DIAGONAL, len(self._diagonals) - 1)
            case Evolve():
                self._evolve(part)
            case StochasticReset():
                self._step(RESET, self._resets, self._mask((part.axis,)))
                self._resets += 1

    def _evolve(self, part: Evolve) -> None:
        terms = [
            (self._letters(part.axes, pauli_word), self._expressions.row(coefficient))
            for coefficient, pauli_word in part.terms
        ]
        plain = [term for term in terms if not term[0][0]]
        other = [term for term in terms if term[0][0]]
        self._evolutions.append((plain, other, self._expressions.row(part.time), self._mask(part.controls)))
        self._step(EVOLVE, len(self._evolutions) - 1)

    def _block(self, smalls: list[Small], controls: tuple[int, ...], window: tuple[int, ...]) -> None:
        order = self._layout.placed(window)
        for row in self.products.add(order, smalls):
            move = self._layout.bring(order)
            self._layout.rotate(self._width)
            self._rows.append((MASKED if controls else BLOCK, row, move, self._mask(controls)))

    def _step(self, kind: int, row: int, mask: int = 0) -> None:
        self._rows.append((kind, row, 0, mask))

    def _mask(self, axes: Sequence[int]) -> int:
        return sum(1 << self._layout.bit(axis) for axis in axes)

    def _letters(self, axes: Sequence[int], pauli_word: str) -> Letters:
        pairs = list(zip(axes, pauli_word, strict=True))
        x = self._mask([axis for axis, letter in pairs if letter in "XY"])
        z = self._mask([axis for axis, letter in pairs if letter in "YZ"])
        return x, z, pauli_word.count("Y")

    def finish(self) -> tuple[PauliWordTable, DiagonalTable, EvolveTable, Steps]:
        zero = self._expressions.row(real(0.0))
        layout = self._layout
        pauli_words = PauliWordTable(
            _pauli_words([letters for letters, _, _ in self._pauli_words]),
            _int([controls for _, controls, _ in self._pauli_words]),
            _int([angle for _, _, angle in self._pauli_words]),
        )
        runs = _pad(self._diagonals, (0, zero))
        evolutions = self._evolve_table(zero)
        diagonals = DiagonalTable(
            _int([[z for z, _ in run] for run in runs]), _int([[angle for _, angle in run] for run in runs])
        )
        columns = _int(self._rows).reshape(-1, 4).T
        steps = Steps(columns[0], columns[1], columns[2], columns[3], layout.moves, layout.first, layout.final())
        return pauli_words, diagonals, evolutions, steps

    def _evolve_table(self, zero: int) -> EvolveTable:
        plain = _pad([terms for terms, _, _, _ in self._evolutions], ((0, 0, 0), zero))
        other = _pad([terms for _, terms, _, _ in self._evolutions], ((0, 0, 0), zero))
        shape = (len(other), len(other[0]) if other else 0)
        masks = _pauli_words([letters for terms in other for letters, _ in terms])
        return EvolveTable(
            _int([[letters[1] for letters, _ in terms] for terms in plain]),
            PauliWords(masks.x.reshape(shape), masks.z.reshape(shape), masks.ys.reshape(shape)),
            _int([[row for _, row in (*terms, *more)] for terms, more in zip(plain, other, strict=True)]),
            _int([time for _, _, time, _ in self._evolutions]),
            _int([controls for _, _, _, controls in self._evolutions]),
        )


def _int(values: object) -> Indices:
    return np.array(values, dtype=np.int32)


def _pauli_words(letters: Sequence[Letters]) -> PauliWords:
    columns = _int(letters).reshape(-1, 3).T
    return PauliWords(columns[0], columns[1], columns[2])


def _pad(rows: Sequence[Sequence[T]], padding: T) -> list[list[T]]:
    length = max((len(row) for row in rows), default=0)
    return [[*row, *[padding] * (length - len(row))] for row in rows]
