"""A circuit whose every wire is read, as nodes: the smallest pieces that stand between two of its beginnings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_swap
from qgl.plan.network.table import Network, Tensor
from qgl.plan.network.tensors import SingleGates
from qgl.program.operations import LIFETIME, Operation


@dataclass(frozen=True, slots=True)
class Node:
    """Tensors of one operation, or of a run of operations on one wire, in order of time.

    wires     of the circuit
    before    nodes that have to come before it and after all others that have to: what is diagonal on all wires that
              it shares with another may change places with that one
    diagonal  it changes no probability of a string
    """

    tensors: tuple[int, ...]
    wires: tuple[int, ...]
    before: tuple[int, ...]
    diagonal: bool


@dataclass(frozen=True, eq=False)
class Nodes:
    """The network of a circuit, its nodes in order of time, and the tensor that starts each wire."""

    network: Network
    tensors: tuple[Tensor, ...]
    nodes: tuple[Node, ...]
    starts: dict[int, int]

    @cached_property
    def between(self) -> NDArray[np.int64]:
        """Labels within nodes that join tensors on single wires: node, wire, wire, shape (labels, 3)."""
        rows: list[tuple[int, int, int]] = []
        for k, node in enumerate(self.nodes):
            seen: dict[int, int] = {}  # of each label the wire of the tensor that had it first
            for tensor in (self.tensors[number] for number in node.tensors):
                inner = tensor.labels[: len(tensor.labels) - 2 * len(tensor.wires)]
                if len(tensor.wires) == 1:
                    wire = tensor.wires[0]
                    rows += [(k, seen[label], wire) for label in inner if label in seen]
                    seen.update((label, wire) for label in inner if label not in seen)
        return np.array(rows, np.int64).reshape(-1, 3)


def all_read(circuit: Circuit) -> Circuit:
    """A circuit of unitary gates with every wire that lives read out at the end, and without swaps.

    The bits of discarded and hidden wires are drawn like others and forgotten: the distribution of what is visible is
    the same. The wires that were visible come first, in their order.
    """
    place = list(range(len(circuit.wires)))
    operations = []
    for operation in circuit.operations:
        if isinstance(operation, LIFETIME):
            continue
        wires = tuple(place[wire] for wire in operation.wires)
        if is_swap(operation):
            one, other = operation.wires
            place[one], place[other] = place[other], place[one]
        else:
            operations.append(operation if wires == operation.wires else replace(operation, wires=wires))
    visible = tuple(place[wire] for wire in circuit.visible)
    others = sorted({wire for operation in operations for wire in operation.wires} - set(visible))
    return circuit.with_operations(operations, visible=(*visible, *others))


def nodes_of(circuit: Circuit) -> Nodes:
    """The nodes of a circuit as `all_read` makes it, and its network of amplitudes.

    Raises:
        UnsuitableError: a gate is too wide, or an evolution has Pauli words that do not commute.
    """
    builder = _NodeBuilder(circuit, "amplitude", bits_known=False)
    network = builder.network()
    starts = {wire: k for k, wire in enumerate(circuit.visible)}
    return Nodes(network, tuple(network.tensors), tuple(builder.nodes), starts)


class _NodeBuilder(SingleGates):
    """Adds operations to a network and keeps which tensors are of which.

    changed  of each wire the last node that is not diagonal on it
    held     of each wire the nodes behind that one
    waiting  of each wire the operations of the run that waits there
    """

    def network(self) -> Network:
        """The network of all operations, the starts of wires first."""
        self.nodes: list[Node] = []
        self.changed: dict[int, int] = {}
        self.held: dict[int, list[int]] = {}
        self.waiting: dict[int, list[Operation]] = {}
        for wire in self.circuit.visible:
            self.here(wire)
        for operation in self.circuit.operations:
            if len(operation.wires) == 1:
                self.operation(operation)
                self.waiting.setdefault(operation.wires[0], []).append(operation)
                continue
            for wire in operation.wires:
                self.flush(wire)
            first = len(self._drafts)
            self.operation(operation)
            for wire in operation.wires:
                self.here(wire)
            self.node(first, operation.wires, set(operation.wires) - diagonal_wires(operation))
        for wire in self.circuit.visible:
            self.flush(wire)
        return self.assembled(tuple(self.here(wire) for wire in self.circuit.visible))

    def flush(self, wire: int) -> None:
        """The run that waits on a wire is a node."""
        run, first = self.waiting.pop(wire, []), len(self._drafts)
        self.here(wire)
        if len(self._drafts) > first:
            self.node(first, (wire,), {wire for operation in run if not diagonal_wires(operation)})

    def node(self, first: int, wires: tuple[int, ...], changing: set[int]) -> None:
        """The tensors from `first` on are a node, which is not diagonal on the wires `changing`."""
        number = len(self.nodes)
        before: set[int] = set()
        for wire in wires:
            changed = [self.changed[wire]] if wire in self.changed else []
            before.update(self.held.pop(wire, []) or changed if wire in changing else changed)
            if wire in changing:
                self.changed[wire] = number
            else:
                self.held.setdefault(wire, []).append(number)
        tensors = tuple(range(first, len(self._drafts)))
        self.nodes.append(Node(tensors, wires, tuple(sorted(before)), not changing))
