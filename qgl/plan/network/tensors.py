"""A circuit as a tensor network: one tensor for each gate or part of a gate, a label for each leg that two share.

Two algebras. *amplitude*: complex, legs of dimension 2, for circuits all of whose wires are visible; contracted with a
bit on every open leg it is the amplitude of the string. *Pauli-transfer form*: real, legs of dimension 4 in the basis
of Pauli letters (I, X, Y, Z), for any circuit: rho = sum over Pauli words of r_P P / 2^n, the open legs carry r.

A gate that commutes with a Pauli letter on a wire is cut there: a fixed tensor of projectors stays on the wire, joined
by one label of dimension 2 (4 in Pauli-transfer form) to the rest of the gate. Several controls are joined by AND
tensors, the letters of a long Pauli word by XOR tensors. Swaps are nothing but other labels. Runs of gates on one wire
are one matrix.

Every label is on two tensors, but for the open legs in `Network.open`, one for each visible wire. The values are
made by `qgl.kernels.network.tensors.tensor_tables`: tensor t is row `t.row` of table `t.table`.
"""

from __future__ import annotations

import numpy as np

from qgl.bits.ragged import Ragged
from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_channel
from qgl.plan.expressions import NoLaneError
from qgl.plan.network.builder import Builder, UnsuitableError
from qgl.plan.network.lanes import LaneBuilder
from qgl.plan.network.sources import Source, Table
from qgl.plan.network.table import Network, Tensor, Tensors
from qgl.plan.network.values import ValueBuilder
from qgl.program.operations import LIFETIME, Discard
from qgl.program.rolled import patterns

__all__ = ["Network", "Source", "Table", "Tensor", "UnsuitableError", "network_of"]


def traced_wires(circuit: Circuit) -> bool:
    """Whether something is traced out, or a channel is left, so that only the Pauli-transfer form will do."""
    ended = set(circuit.live_wires) - set(circuit.visible)
    return bool(ended) or any(map(is_channel, patterns(circuit.operations)))


def network_of(circuit: Circuit, algebra: str, bits_known: bool = False) -> Network:
    """The network of a circuit after its passes: gates with controls, `fresh`, `discard`, unconditional channels.

    bits_known: only bits are read of it. A wire on which nothing but diagonal gates follows then has its bit already,
    and what is cut there is cut for two states, not for pairs of them.

    Raises:
        UnsuitableError: a gate is too wide, or an evolution has Pauli words that do not commute.
        ValueError: amplitudes of a circuit in which something is traced out.
    """
    if algebra == "amplitude" and traced_wires(circuit):
        raise ValueError("a circuit that traces something out has no amplitudes")
    if circuit.lanes is not None:
        try:
            return LaneBuilder(circuit, circuit.lanes, algebra, bits_known).network()
        except NoLaneError:
            pass
    return SingleGates(circuit, algebra, bits_known).network()


class SingleGates(Builder):
    """Goes through a circuit operation by operation."""

    def __init__(self, circuit: Circuit, algebra: str, bits_known: bool) -> None:
        super().__init__(circuit, algebra, ValueBuilder(algebra, [parameter.size for parameter in circuit.parameters]))
        self._changed = _last_changes(circuit) if bits_known else None
        self._last = _last_uses(circuit)
        self._position = 0

    def has_its_bit(self, wire: int) -> bool:
        """Whether only bits are read, and nothing but diagonal gates follows on the wire."""
        return self._changed is not None and self._changed.get(wire, -1) < self._position

    def ends_here(self, wire: int) -> bool:
        """Whether the wire is not visible, and the present operation is the last one on it."""
        return self._last.get(wire) == self._position

    def network(self) -> Network:
        """The network of all operations."""
        for position, operation in enumerate(self.circuit.operations):
            self._position = position
            if isinstance(operation, Discard):
                self.end(operation.wires[0])
            elif not isinstance(operation, LIFETIME):
                self.operation(operation)
        visible = set(self.circuit.visible)
        for wire in sorted({*self._now, *self._runs} - visible - self._ended):
            self.end(wire)
        return self.assembled(tuple(self.here(wire) for wire in self.circuit.visible))

    def assembled(self, ends: tuple[int, ...]) -> Network:
        """The network of what was added, whose open labels are `ends`."""
        tables, place, pool, expressions = self.values.build()
        placed = np.array([place(handle) for _, handle, _ in self._drafts], np.int32).reshape(-1, 2)
        labels, wires = (Ragged.of([draft[part] for draft in self._drafts]) for part in (0, 2))
        tensors = Tensors(labels, wires, placed[:, 0], placed[:, 1])
        qubit_of = {wire: k for k, wire in enumerate(self.circuit.visible)}
        return Network(
            self.algebra, np.array(self._sizes, np.int64), tensors, ends, qubit_of, tables, pool, expressions
        )


def _last_uses(circuit: Circuit) -> dict[int, int]:
    """Of each wire that is not visible the last operation on it."""
    uses = {
        wire: position
        for position, operation in enumerate(circuit.operations)
        if not isinstance(operation, LIFETIME)
        for wire in operation.wires
    }
    for wire in circuit.visible:
        uses.pop(wire, None)
    return uses


def _last_changes(circuit: Circuit) -> dict[int, int]:
    """Of each wire the last operation that is not diagonal on it."""
    changes: dict[int, int] = {}
    for position, operation in enumerate(circuit.operations):
        if not isinstance(operation, LIFETIME):
            diagonal = diagonal_wires(operation)
            changes.update((wire, position) for wire in operation.wires if wire not in diagonal)
    return changes
