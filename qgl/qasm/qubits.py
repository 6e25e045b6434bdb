"""Which qubit of the text stands for which wire. A qubit whose wire has ended serves a later wire after a `reset`."""

from __future__ import annotations

from dataclasses import dataclass, field

from qgl.ir.circuit import Circuit


@dataclass
class WorkQubits:
    """Visible wires stand in `q` in order; the others take a free qubit at their first operation.

    A wire frees its qubit where it is discarded, or after its last operation: nothing reads it then.

    share  whether a qubit serves again
    most   so many qubits are opened before one serves again, and then it is the one that has been idle longest, so that
           the text stays shallow; None: the lowest free qubit serves, so that qubits are few
    """

    circuit: Circuit
    share: bool = True
    most: int | None = None
    of_wire: dict[int, int] = field(default_factory=dict)  # wire -> qubit, while it lives
    wires_on: list[list[int]] = field(default_factory=list)  # wires that each qubit has stood for, in order
    _free: dict[int, int] = field(default_factory=dict)  # free qubit -> when it became idle
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
        """Gives qubits to wires that have none yet; returns those of them that have to be reset first."""
        served_before = []
        for wire in wires:
            if wire in self._visible or wire in self.of_wire:
                continue
            if self._free and (self.most is None or len(self.wires_on) >= self.most):
                qubit = min(self._free if self.most is None else self._longest_idle())
                del self._free[qubit]
                served_before.append(qubit)
            else:
                qubit = len(self.wires_on)
                self.wires_on.append([])
            self.of_wire[wire] = qubit
            self.wires_on[qubit].append(wire)
        return served_before

    def leave(self, position: int, clock: dict[int, int]) -> None:
        """Frees the qubits of wires that end with the operation at `position`; `clock`: qubit -> when it is idle."""
        for wire in self.circuit.operations[position].wires:
            if self._last[wire] == position and wire in self.of_wire:
                qubit = self.of_wire.pop(wire)
                if self.share:
                    self._free[qubit] = clock.get(qubit, 0)

    def _longest_idle(self) -> list[int]:
        since = min(self._free.values())
        return [qubit for qubit, idle in self._free.items() if idle == since]
