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
        one, other = (slot.astype(np.int32) for slot in slots)
        a, there = before[0], before[1] != 0
        rest = before[1][there]  # many words have no partner before
        flags = np.packbits(np.stack([*kept, there, turn > 0]), axis=1)

        def undo(gradient: Reals, by: Numbers) -> Reals:
            kept_a, kept_b, there, plus = np.unpackbits(flags, axis=1, count=len(one)).astype(bool)
            b, small = np.zeros(len(one)), np.where(plus, 1.0, -1.0)
            b[there] = rest
            of_a, of_b = gradient[one] * kept_a, gradient[other] * kept_b
            by.angles[number] += cos * np.sum(small * (of_b * a - of_a * b)) - sin * np.sum(of_a * a + of_b * b)
            gradient[one], gradient[other] = cos * of_a + small * (sin * of_b), cos * of_b - small * (sin * of_a)
            gradient[0] = 0.0
            return gradient

        self._add(undo, one, other, a, rest, flags)

    def merged(self, members: Slots, first: Slots, turn: Signs, kept: Kept) -> None:
        """See `Witness`."""
        lengths = np.diff(np.append(first, len(members)))
        places, into = members.astype(np.int32), np.repeat(members[first].astype(np.int32), lengths)
        factors = (np.repeat(kept, lengths) * turn).astype(np.int8)

        def undo(gradient: Reals, by: Numbers) -> Reals:
            gradient[places] = factors * gradient[into]
            return gradient

        self._add(undo, places, into, factors)

    def transferred(self, step: Transfer, matrix: Reals, slots: Slots, signs: Signs, values: Reals, kept: Kept) -> None:
        """See `Witness`."""
        places, turn = slots.astype(np.int32), signs.astype(np.int8)
        before = None if step.constant is not None else values

        def undo(gradient: Reals, by: Numbers) -> Reals:
            of_result = gradient[places] * kept
            if before is not None:
                by.matrices[step.number][...] += before.T @ of_result
            gradient[places] = turn * (of_result @ matrix.T)
            gradient[0] = 0.0
            return gradient

        self._add(undo, places, turn, kept, *([] if before is None else [before]))

    def forgotten(self, slots: Slots) -> None:
        """See `Witness`."""
        places = slots.astype(np.int32)

        def undo(gradient: Reals, by: Numbers) -> Reals:
            gradient[places] = 0.0
            return gradient

        self._add(undo, places)

    def moved_together(self, kept: Slots, size: int) -> None:
        """See `Witness`."""
        places = kept.astype(np.int32)

        def undo(gradient: Reals, by: Numbers) -> Reals:
            whole = np.zeros(size)
            whole[places] = gradient[: len(places)]
            return whole

        self._add(undo, places)

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
