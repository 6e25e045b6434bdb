"""Which basis states charges leave open: how many, and which strings of the visible wires."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from qgl.passes.charges.conserved import Charge, Conserved

MOST_WIRES = 2_000  # of a group of charges that are counted
MOST_VALUES = 200_000  # values of charges that are told apart in a count
Values = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Group:
    """Charges that have wires in common with each other and with no other charge."""

    charges: tuple[Charge, ...]

    @cached_property
    def wires(self) -> tuple[int, ...]:
        return tuple(sorted({wire for charge in self.charges for wire in charge.wires}))

    @property
    def value(self) -> Values:
        return tuple(charge.value for charge in self.charges)

    def values(self, wires: Iterable[int]) -> dict[Values, int] | None:
        """How many strings of bits of some wires have each value of the charges; None: too many values."""
        values: dict[Values, int] = {(0,) * len(self.charges): 1}
        weights = [dict(charge.weights) for charge in self.charges]
        wires = tuple(wires)
        if len(wires) > MOST_WIRES:
            return None
        for wire in wires:
            step = tuple(of.get(wire, 0) for of in weights)
            after = dict(values)
            for value, count in values.items():
                moved = self.reduced(a + b for a, b in zip(value, step, strict=True))
                after[moved] = after.get(moved, 0) + count
            if len(after) > MOST_VALUES:
                return None
            values = after
        return values

    def reduced(self, value: Iterable[int]) -> Values:
        pairs = zip(value, self.charges, strict=True)
        return tuple(number % charge.modulus if charge.modulus else number for number, charge in pairs)

    def left(self, taken: Values) -> Values:
        """What the other wires must have where some have `taken`."""
        return self.reduced(whole - part for whole, part in zip(self.value, taken, strict=True))


@dataclass(frozen=True, eq=False)
class Reach:
    """What a circuit can reach from where it starts, as far as its charges tell; `visible` are wires."""

    conserved: Conserved
    visible: tuple[int, ...]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        of: dict[int, set[int]] = {}
        for number, charge in enumerate(self.conserved.charges):
            joined = {number}.union(*(of.get(wire, set()) for wire in charge.wires))
            for member in joined:
                for wire in self.conserved.charges[member].wires:
                    of[wire] = joined
        numbers = sorted({tuple(sorted(group)) for group in of.values()})
        return tuple(Group(tuple(self.conserved.charges[k] for k in group)) for group in numbers)

    @cached_property
    def states(self) -> int | None:
        """Basis states that have the values of the start, of 2^wires; None: not counted."""
        counts = []
        for group in self.groups:
            values = group.values(group.wires)
            if values is None:
                return None
            counts.append(values[group.value])
        free = len(self.conserved.wires) - sum(len(group.wires) for group in self.groups)
        return prod(counts) << free

    @cached_property
    def strings(self) -> int | None:
        """Visible strings that can be generated, at most, of 2^visible; None: not counted."""
        counts = []
        for group in self.groups:
            allowed = self._allowed(group)
            if allowed is None:
                return None
            counts.append(sum(allowed.values()))
        charged = {wire for group in self.groups for wire in group.wires}
        return prod(counts) << sum(wire not in charged for wire in self.visible)

    @cached_property
    def _seen(self) -> frozenset[int]:
        return frozenset(self.visible)

    def _allowed(self, group: Group) -> dict[Values, int] | None:
        """The values of a group that the visible wires may have, and how many of their strings have each."""
        seen = self._seen
        inside = group.values(wire for wire in group.wires if wire in seen)
        outside = group.values(wire for wire in group.wires if wire not in seen)
        if inside is None or outside is None:
            return None
        return {value: count for value, count in inside.items() if group.left(value) in outside}

    def possible(self, rows: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Whether charges allow each of the visible strings `rows`, shape (count, visible)."""
        place = {wire: k for k, wire in enumerate(self.visible)}
        open_ = np.ones(len(rows), dtype=np.bool_)
        for group in self.groups:
            inside = [wire for wire in group.wires if wire in place]
            allowed = self._allowed(group) if inside else None
            if allowed is None:
                continue
            weights = np.array([[dict(c.weights).get(wire, 0) for wire in inside] for c in group.charges], np.int64)
            values = rows[:, [place[wire] for wire in inside]].astype(np.int64) @ weights.T
            moduli = np.array([charge.modulus for charge in group.charges])
            values = np.where(moduli > 0, values % np.maximum(moduli, 1), values)
            distinct, number = np.unique(values, axis=0, return_inverse=True)
            fine = np.array([tuple(value) in allowed for value in distinct.tolist()], dtype=np.bool_)
            open_ &= fine[number.reshape(-1)]
        return open_

    def seen_values(self, charge: Charge) -> Sequence[int]:
        """The values that the visible part of a charge may have, ascending; none where it is on no visible wire."""
        group = Group((charge,))
        if not self._seen.intersection(charge.wires):
            return ()
        return sorted(value for (value,) in self._allowed(group) or {})
