"""What is written down of a propagation while it runs: a tape, from which the gradient is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.pauli_sum import Reals, Slots
from qgl.plan.propagation.steps import Transfer

Kept = NDArray[np.bool_]
Signs = NDArray[np.float64]


class Witness(Protocol):
    """Hears of everything that changes coefficients, in order. Slot 0 holds 0 and stands for words that are not there.

    Arrays that come with a call are not changed afterwards.
    """

    def rotated(
        self, angle: tuple[int, float], slots: tuple[Slots, Slots], turn: Signs, before: tuple[Reals, Reals], kept: Kept
    ) -> None:
        """Pairs (a, b) in two rows of slots became (cos a - turn sin b, cos b + turn sin a), all of shape (pairs,).

        angle: its number, and itself.
        kept: which of the results were, shape (2, pairs).
        """
        ...

    def merged(self, members: Slots, first: Slots, turn: Signs, kept: Kept) -> None:
        """The first of each class of slots became the sum of `turn` times what they hold.

        members, turn: shape (members,); a class begins at each place in `first`, shape (classes,).
        kept: which sums were, shape (classes,).
        """
        ...

    def transferred(self, step: Transfer, matrix: Reals, slots: Slots, signs: Signs, values: Reals, kept: Kept) -> None:
        """Groups of words, shape (groups, 4^w), became `values @ matrix`; these are `signs` times what slots held."""
        ...

    def forgotten(self, slots: Slots) -> None:
        """Words were dropped, shape (dropped,)."""
        ...

    def moved_together(self, kept: Slots, size: int) -> None:
        """What was in slots `kept` of `size`, shape (kept,), is now in the first ones."""
        ...

    def ended(self, slots: Slots, owners: Slots, signs: Signs, size: int) -> None:
        """The mean of each owner is the sum of what its slots, of `size`, hold, times their signs; shape (slots,)."""
        ...


HEADER = 128  # bytes of an array without its numbers

Undo = Callable[[Reals, Numbers], Reals]
"""From the gradient by the coefficients after a step to that by those before it; adds to that by its numbers."""


class Tape:
    """What undoes each step, for the gradient of the truncated sum: words that were dropped have no part in it.

    nbytes: of the arrays that are held.
    """

    def __init__(self) -> None:
        self._undo: list[Undo] = []
        self.nbytes = 0

    def back(self, flowing: Reals, by: Numbers) -> Reals:
        """The gradient by the coefficients at the beginning from that at the end, shape (slots,).

        Adds to the gradient by numbers.
        """
        while self._undo:
            flowing = self._undo.pop()(flowing, by)
        return flowing

    def rotated(
        self, angle: tuple[int, float], slots: tuple[Slots, Slots], turn: Signs, before: tuple[Reals, Reals], kept: Kept
    ) -> None:
        """See `Witness`."""
        number, value = angle
        cos, sin = np.cos(value), np.sin(value)
        (one, other), (a, b), small = (slot.astype(np.int32) for slot in slots), before, turn.astype(np.int8)

        def undo(gradient: Reals, by: Numbers) -> Reals:
            of_a, of_b = gradient[one] * kept[0], gradient[other] * kept[1]
            by.angles[number] += cos * np.sum(small * (of_b * a - of_a * b)) - sin * np.sum(of_a * a + of_b * b)
            gradient[one], gradient[other] = cos * of_a + small * (sin * of_b), cos * of_b - small * (sin * of_a)
            gradient[0] = 0.0
            return gradient

        self._add(undo, one, other, small, a, b, kept)

    def merged(self, members: Slots, first: Slots, turn: Signs, kept: Kept) -> None:
        """See `Witness`."""
        lengths = np.diff(np.append(first, len(members)))
        into, factors = np.repeat(members[first], lengths), np.repeat(kept, lengths) * turn

        def undo(gradient: Reals, by: Numbers) -> Reals:
            gradient[members] = factors * gradient[into]
            return gradient

        self._add(undo, members, into, factors)

    def transferred(self, step: Transfer, matrix: Reals, slots: Slots, signs: Signs, values: Reals, kept: Kept) -> None:
        """See `Witness`."""

        def undo(gradient: Reals, by: Numbers) -> Reals:
            of_result = gradient[slots] * kept
            if step.constant is None:
                by.matrices[step.number][...] += values.T @ of_result
            gradient[slots] = signs * (of_result @ matrix.T)
            gradient[0] = 0.0
            return gradient

        self._add(undo, slots, signs, values, kept)

    def forgotten(self, slots: Slots) -> None:
        """See `Witness`."""

        def undo(gradient: Reals, by: Numbers) -> Reals:
            gradient[slots] = 0.0
            return gradient

        self._add(undo, slots)

    def moved_together(self, kept: Slots, size: int) -> None:
        """See `Witness`."""

        def undo(gradient: Reals, by: Numbers) -> Reals:
            whole = np.zeros(size)
            whole[kept] = gradient[: len(kept)]
            return whole

        self._add(undo, kept)

    def ended(self, slots: Slots, owners: Slots, signs: Signs, size: int) -> None:
        """See `Witness`."""

        def undo(cotangent: Reals, by: Numbers) -> Reals:
            gradient = np.zeros(size)
            gradient[slots] = signs * cotangent[owners]
            return gradient

        self._add(undo, slots, owners, signs)

    def _add(self, undo: Undo, *arrays: NDArray[Any]) -> None:
        self._undo.append(undo)
        self.nbytes += sum(array.nbytes + HEADER for array in arrays)
