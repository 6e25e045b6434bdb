"""Which qubit of the text stands for which wire. A qubit whose wire has ended serves a later wire after a `reset`."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

from qgl.ir.circuit import Circuit


@dataclass
class Places:
    """Visible wires stand in `q` in order; the others take the lowest free place of `w` at their first operation.

    A wire frees its place where it is discarded, or after its last operation: nothing reads it then.
    """

    circuit: Circuit
    reuse: bool = True
    held: dict[int, int] = field(default_factory=dict)  # wire -> place in w, while it lives
    tenants: list[list[int]] = field(default_factory=list)  # wires that stood in each place of w, in order
    _free: list[int] = field(default_factory=list)
    _last: dict[int, int] = field(default_factory=dict)
    _visible: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._visible = {wire: k for k, wire in enumerate(self.circuit.visible)}
        for k, operation in enumerate(self.circuit.operations):
            self._last.update(dict.fromkeys(operation.wires, k))

    def visible(self, wire: int) -> int | None:
        """Position in `q` of a visible wire."""
        return self._visible.get(wire)

    def enter(self, wires: tuple[int, ...]) -> list[int]:
        """Gives places to wires that have none yet; the places that have to be reset first."""
        used_before = []
        for wire in wires:
            if wire in self._visible or wire in self.held:
                continue
            if self._free:
                place = heapq.heappop(self._free)
                used_before.append(place)
            else:
                place = len(self.tenants)
                self.tenants.append([])
            self.held[wire] = place
            self.tenants[place].append(wire)
        return used_before

    def leave(self, position: int) -> None:
        """Frees the places of wires whose last operation is the one at `position`."""
        for wire in self.circuit.operations[position].wires:
            if self._last[wire] == position and wire in self.held:
                place = self.held.pop(wire)
                if self.reuse:
                    heapq.heappush(self._free, place)
