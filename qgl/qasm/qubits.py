"""Which qubit of the text stands for which wire. A qubit whose wire has ended serves a later wire after a `reset`."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgl.ir.circuit import Circuit


@dataclass
class Places:
    """Visible wires stand in `q` in order; the others take a free place at their first operation.

    A wire frees its place where it is discarded, or after its last operation: nothing reads it then.

    share  whether a place serves again
    most   so many places are opened before one serves again, and then it is the one that has been idle longest, so that
           the text stays shallow; None: the lowest free place serves, so that places are few
    """

    circuit: Circuit
    share: bool = True
    most: int | None = None
    held: dict[int, int] = field(default_factory=dict)  # wire -> place, while it lives
    tenants: list[list[int]] = field(default_factory=list)  # wires that stood in each place, in order
    _free: dict[int, int] = field(default_factory=dict)  # free place -> when it became idle
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
        """Gives places to wires that have none yet; returns those of them that have to be reset first."""
        served_before = []
        for wire in wires:
            if wire in self._visible or wire in self.held:
                continue
            if self._free and (self.most is None or len(self.tenants) >= self.most):
                place = min(self._free if self.most is None else self._longest_idle())
                del self._free[place]
                served_before.append(place)
            else:
                place = len(self.tenants)
                self.tenants.append([])
            self.held[wire] = place
            self.tenants[place].append(wire)
        return served_before

    def leave(self, position: int, clock: dict[int, int]) -> None:
        """Frees the places of wires that end with the operation at `position`; `clock`: place -> when it is idle."""
        for wire in self.circuit.operations[position].wires:
            if self._last[wire] == position and wire in self.held:
                place = self.held.pop(wire)
                if self.share:
                    self._free[place] = clock.get(place, 0)

    def _longest_idle(self) -> list[int]:
        since = min(self._free.values())
        return [place for place, idle in self._free.items() if idle == since]
