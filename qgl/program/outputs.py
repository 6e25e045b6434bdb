"""Numbers that an element of a program's ensemble hands out: what is read of its state, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import prod
from typing import Any

from qgl.expression import Real
from qgl.record import record
from qgl.source import Span

PauliWord = tuple[tuple[int, str], ...]  # (position, letter) in order of positions, each position once


@record
class Output:
    """Numbers under one name, row by row; their atoms are inputs and what `Outputs` says is read."""

    name: str
    shape: tuple[int, ...]
    numbers: tuple[Real, ...]
    span: Span

    @property
    def size(self) -> int:
        return prod(self.shape)


@record
class Outputs:
    """All outputs of a program, in order of declaration.

    pauli_words  on visible and hidden positions, whose means are read: `Input(MEANS, k)` is that of the k-th
    regions      positions whose bits' joint distributions are read: `Input(CHANCES, k)` is the k-th of all
                 probabilities, one region after another, the first position of each most significant
    given        how many of the first positions of each region are given: the probabilities are conditional on them,
                 one distribution after another
    updates      what `again` sets `condition` inputs to, by their names
    again        how many times the model is asked when rows are generated
    """

    declared: tuple[Output, ...] = ()
    pauli_words: tuple[PauliWord, ...] = ()
    regions: tuple[tuple[int, ...], ...] = ()
    given: tuple[int, ...] = ()
    updates: tuple[Output, ...] = ()
    again: int = 1

    @property
    def size(self) -> int:
        """How many numbers an element hands out."""
        return sum(output.size for output in self.declared)

    @property
    def made(self) -> tuple[Output, ...]:
        """All that is made of what is read."""
        return (*self.declared, *self.updates)

    def with_numbers(self, other: Callable[[Real], Real]) -> Outputs:
        """The same with other numbers in the place of each."""
        declared, updates = (
            tuple(replace(each, numbers=tuple(map(other, each.numbers))) for each in outputs)
            for outputs in (self.declared, self.updates)
        )
        return replace(self, declared=declared, updates=updates)

    def named(self, rows: Any) -> dict[str, Any]:
        """The columns of rows, shape (rows, size), by name, each of shape (rows, *dimensions)."""
        found, at = {}, 0
        for output in self.declared:
            found[output.name] = rows[:, at : at + output.size].reshape(-1, *output.shape)
            at += output.size
        return found

    @property
    def chances(self) -> int:
        """How many probabilities are read."""
        return sum(1 << len(region) for region in self.regions)


NO_OUTPUTS = Outputs()
