"""A circuit whose every wire is read, as nodes: the smallest pieces that stand between two of its beginnings."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, replace

from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires, is_swap
from qgl.plan.network.tensors import Network
from qgl.program.operations import LIFETIME


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
    """The nodes of a network in order of time, and the tensor that starts each wire."""

    nodes: tuple[Node, ...]
    starts: dict[int, int]


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


def nodes_of(circuit: Circuit, network: Network) -> Nodes:
    """The nodes of the network of amplitudes of a circuit as `all_read` makes it."""
    starts: dict[int, int] = {}
    at: dict[int, list[int]] = {}  # of each wire the positions of what acts on it, ascending
    members: dict[int, list[int]] = {}
    for number, tensor in enumerate(network.tensors):
        if len(tensor.labels) == 1:
            starts[tensor.wires[0]] = number
            continue
        members.setdefault(tensor.position, []).append(number)
        for wire in tensor.wires:
            at.setdefault(wire, []).append(tensor.position)
    changing = _changing(circuit, at)
    nodes: list[Node] = []
    changed: dict[int, int] = {}  # of each wire, the last node that is not diagonal on it
    held: dict[int, list[int]] = {}  # and the diagonal ones behind it
    for position in sorted(members):
        tensors = tuple(members[position])
        wires = tuple(dict.fromkeys(wire for number in tensors for wire in network.tensors[number].wires))
        before: set[int] = set()
        for wire in wires:
            if (position, wire) in changing:
                before.update(held.pop(wire, []) or ([changed[wire]] if wire in changed else []))
                changed[wire] = len(nodes)
            else:
                before.update([changed[wire]] if wire in changed else [])
                held.setdefault(wire, []).append(len(nodes))
        diagonal = all((position, wire) not in changing for wire in wires)
        nodes.append(Node(tensors, wires, tuple(sorted(before)), diagonal))
    return Nodes(tuple(nodes), starts)


def _changing(circuit: Circuit, at: dict[int, list[int]]) -> set[tuple[int, int]]:
    """Positions of nodes and wires on which they are not diagonal.

    What an operation does to a wire alone may have joined the run there, which stands at the last of its operations.
    """
    places: set[tuple[int, int]] = set()
    for k, operation in enumerate(circuit.operations):
        for wire in set(operation.wires) - diagonal_wires(operation):
            own = at.get(wire, ())
            place = bisect_left(own, k)
            places.update((position, wire) for position in own[place : place + 1])
    return places
