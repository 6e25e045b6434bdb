"""Operations that are kept rolled up: a loop over sites as one block with arrays, not an object for each gate.

A program of a hundred thousand sites has a million operations and a dozen statements. What is asked of a program while
it is checked, whether anything is measured, which wires are touched, how far gates reach, is asked of blocks; who needs
the operations one by one gets them when they are first asked for.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, SupportsIndex, overload

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Atom, Input, Real
from qgl.program.operations import GateApplication, Operation, Wires
from qgl.record import record

Ints = NDArray[np.int64]


@record(eq=False)
class Lane:
    """An operation that happens once in each round of a block, on other wires and of other inputs each time.

    pattern   an operation of this form, whose wires and elements say nothing; its numbers are sums of single inputs, no
              functions of them
    wires     shape (rounds, wires of the pattern)
    elements  of each input in its numbers, in order, the element; shape (rounds, inputs)
    apart     whether it is known that no wire is in two rounds
    """

    pattern: Operation
    wires: Ints
    elements: Ints
    apart: bool = False

    def unrolled(self) -> list[Operation]:
        """The operation of each round."""
        made, rows = _maker(self.pattern), map(tuple, self.wires.tolist())
        if not self.elements.shape[1]:
            return [made(wires, self.pattern.numbers) for wires in rows]
        return [made(*each) for each in zip(rows, zip(*self._numbers(), strict=True), strict=True)]

    def part(self, rows: Ints) -> Lane:
        """Some of the rounds."""
        return Lane(self.pattern, self.wires[rows], self.elements[rows], self.apart)

    @property
    def numbered(self) -> Operation:
        """The operation on wires 0, 1, ..., of inputs whose elements are the columns of the lane's."""
        wires = tuple(range(self.wires.shape[1]))
        return replace(self.pattern, wires=wires).with_numbers(by_columns(self.pattern.numbers))

    def become(self, other: Operation, rows: Ints | None = None) -> Lane:
        """The lane of another operation, on some wires and of some inputs of the numbered one; in some rounds."""
        wires, elements = (self.wires, self.elements) if rows is None else (self.wires[rows], self.elements[rows])
        return of_columns(other, wires, elements, self.apart)

    def _numbers(self) -> Iterator[list[Real]]:
        """Of each number of the pattern, those of all rounds."""
        place = 0
        for angle in self.pattern.numbers:
            known = [(coefficient, _input(atom).parameter) for coefficient, atom in angle.terms]
            columns = self.elements[:, place : place + len(known)]
            place += len(known)
            if len(known) == 1:
                ((coefficient, parameter),) = known
                constant, elements = angle.constant, columns[:, 0].tolist()
                yield [Real(constant, ((coefficient, Input(parameter, element)),)) for element in elements]
            else:
                yield [
                    Real(
                        angle.constant,
                        tuple((c, Input(p, element)) for (c, p), element in zip(known, row, strict=True)),
                    )
                    for row in columns.tolist()
                ]


def _maker(pattern: Operation) -> Callable[[Wires, tuple[Real, ...]], Operation]:
    """Makes an operation like the pattern on other wires and of other numbers; of a gate, as most are, directly."""
    if type(pattern) is GateApplication:
        span, gate, controls = pattern.span, pattern.gate, pattern.controls
        return lambda wires, numbers: GateApplication(wires, span, gate, numbers, controls=controls)
    return lambda wires, numbers: replace(pattern, wires=wires).with_numbers(numbers)


def by_columns(numbers: Sequence[Real]) -> tuple[Real, ...]:
    """Sums of inputs, each with the number of its column among the elements of all as its element."""
    columns = itertools.count()

    def own(number: Real) -> Real:
        terms = [(factor, Input(_input(atom).parameter, next(columns))) for factor, atom in number.terms]
        return Real(number.constant, tuple(terms))

    return tuple(map(own, numbers))


def of_columns(operation: Operation, wires: Ints, elements: Ints, apart: bool = False) -> Lane:
    """The lane of an operation whose wires are columns of `wires`, and whose inputs have columns as their elements."""
    columns = [_input(atom).element for number in operation.numbers for _, atom in number.terms]
    return Lane(operation, wires[:, list(operation.wires)], elements[:, columns], apart)


def is_plain(operation: Operation) -> bool:
    """Whether all of its numbers are sums of inputs, no functions of them."""
    return all(isinstance(atom, Input) for number in operation.numbers for _, atom in number.terms)


def _input(atom: Atom) -> Input:
    assert isinstance(atom, Input)
    return atom


@record(eq=False)
class Block:
    """A loop: in each round every lane has its turn, in order. All lanes have as many rounds."""

    lanes: tuple[Lane, ...]

    @property
    def rounds(self) -> int:
        return len(self.lanes[0].wires)

    def __len__(self) -> int:
        return self.rounds * len(self.lanes)

    def unrolled(self) -> Iterator[Operation]:
        """All operations in order."""
        lanes = [lane.unrolled() for lane in self.lanes]
        return (operation for turn in zip(*lanes, strict=True) for operation in turn)


Piece = Operation | Block


class Operations(Sequence[Operation]):
    """Operations in order, some of them in blocks. To whoever goes through them they are a tuple.

    pieces    as they were noted
    unrolled  one by one, made when they are first asked for and kept
    """

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self.pieces: tuple[Piece, ...] = tuple(pieces)
        blocks = [place for place, piece in enumerate(self.pieces) if isinstance(piece, Block)]
        self._single = blocks[0] if blocks else len(self.pieces)  # operations before the first block
        self._length = sum(len(piece) if isinstance(piece, Block) else 1 for piece in self.pieces)

    @cached_property
    def unrolled(self) -> tuple[Operation, ...]:
        made: list[Operation] = []
        for piece in self.pieces:
            if isinstance(piece, Block):
                made += piece.unrolled()
            else:
                made.append(piece)
        return tuple(made)

    @property
    def rolled(self) -> bool:
        """Whether there are blocks."""
        return self._single < len(self.pieces)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Operation]:
        return iter(self.unrolled)

    @overload
    def __getitem__(self, place: SupportsIndex) -> Operation: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Operation]: ...
    def __getitem__(self, place: Any) -> Any:
        """An operation; or a part, which stays rolled up where it is cut before the first block or not at all."""
        if isinstance(place, slice):
            first, last, step = place.indices(len(self))
            if step == 1 and first <= self._single and last == len(self):
                return Operations(self.pieces[first:])
            if step == 1 and last <= self._single:
                return Operations(self.pieces[first:last])
        return self.unrolled[place]

    def __eq__(self, other: object) -> bool:
        return tuple(other) == self.unrolled if isinstance(other, Operations | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.unrolled)

    def __repr__(self) -> str:
        return f"Operations of {len(self.pieces):,} pieces, {len(self):,} in all"


def pieces_of(operations: Sequence[Operation]) -> Sequence[Piece]:
    """The operations, in blocks as far as they are rolled up."""
    return operations.pieces if isinstance(operations, Operations) else operations


def patterns(operations: Sequence[Operation]) -> Iterator[Operation]:
    """In order every operation that stands for itself, and of each block one that stands for all of a lane.

    For questions that neither wires nor elements of parameters answer: of which kind it is, where it is written.
    """
    for piece in pieces_of(operations):
        if isinstance(piece, Block):
            yield from (lane.pattern for lane in piece.lanes)
        else:
            yield piece


def wires_in_order(operations: Sequence[Operation]) -> Iterator[Wires]:
    """The wires of each operation."""
    for piece in pieces_of(operations):
        if not isinstance(piece, Block):
            yield piece.wires
        elif len(piece.lanes) == 1:
            yield from map(tuple, piece.lanes[0].wires.tolist())
        else:
            lanes = [lane.wires.tolist() for lane in piece.lanes]
            yield from (tuple(wires) for turn in zip(*lanes, strict=True) for wires in turn)


def touched(operations: Sequence[Operation]) -> set[int]:
    """The wires that something happens to."""
    wires: set[int] = set()
    for piece in pieces_of(operations):
        if isinstance(piece, Block):
            for lane in piece.lanes:
                wires.update(np.unique(lane.wires).tolist())
        else:
            wires.update(piece.wires)
    return wires


def counts(operations: Sequence[Operation]) -> tuple[int, int]:
    """How many blocks there are, and how many operations are in them."""
    lengths = [len(piece) for piece in pieces_of(operations) if isinstance(piece, Block)]
    return len(lengths), sum(lengths)


def first_alone(operations: Sequence[Operation]) -> Operation | None:
    """The first operation that is in no block."""
    return next((piece for piece in pieces_of(operations) if not isinstance(piece, Block)), None)
