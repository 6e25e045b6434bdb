"""Where a circuit's qubits might stand on a machine: a first layout for Qiskit's transpiler, which routes what is left.

The program says which qubits are neighbours. They are placed one after another, each beside those that it acts
with, on the machine's better pairs; a beam of the cheapest partial layouts is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from qgl.hardware.machines.figures import decay

_BEAM = 64  # partial layouts that are kept
_BRANCHES = 6  # places that are tried for the next qubit of each of them
_UNKNOWN = 0.01  # error of a pair where the machine tells none
_FAR = 24.0  # how much worse it is to be far apart; see `lattice_layout`

Floats = NDArray[np.float64]


def lattice_layout(circuit: Any, target: Any, positions: Mapping[int, float]) -> list[int] | None:
    """A qubit of the machine for each qubit of a `QuantumCircuit`; None if some cannot be reached from others.

    Args:
        circuit: not wider than the machine, of operations on any number of qubits.
        target: Qiskit's `Target`.
        positions: of some qubits, by number: where they stand on the program's lattice, counted in its order.

    The cost of two qubits h steps apart is (the errors on the way) x (24 - 23 / h) for each of their operations:
    that is the error of the gate between neighbours. A swap is three gates, takes time, and moves others out of
    place; the number was chosen by fitting lines, rings, grids and trees to a heavy-hexagon machine. The cost of a
    qubit is the error of its measurements, and what it loses while others are measured and reset.
    """
    acts, measured, stops = _acts(circuit)
    distance = _distances(target)
    readout, lost = _places(target, stops)
    beam: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]
    order = _order(acts, positions)
    for step, qubit in enumerate(order):
        new: list[tuple[float, tuple[int, ...]]] = []
        for cost, places in beam:
            costs = measured[qubit] * readout + lost
            for earlier, place in zip(order[:step], places, strict=True):
                if acts.has_edge(qubit, earlier):
                    costs = costs + acts[qubit][earlier]["gates"] * distance[:, place]
            costs[list(places)] = np.inf
            cheapest = np.argsort(costs, kind="stable")[: _BRANCHES if step else None]
            new += [(cost + float(costs[k]), (*places, int(k))) for k in cheapest if np.isfinite(costs[k])]
        beam = sorted(new)[: _BEAM if step else None]
    if not beam:
        return None
    layout = dict(zip(order, beam[0][1], strict=True))
    return [layout[k] for k in range(len(order))]


def _order(acts: nx.Graph, positions: Mapping[int, float]) -> list[int]:
    """Each qubit after those that it acts with most; among equals, by place on the lattice."""
    place = {}
    for qubit in acts:
        known = [positions[other] for other in acts[qubit] if other in positions]
        place[qubit] = positions.get(qubit, float(np.mean(known)) if known else float("inf"))
    left = set(acts)
    weight = dict.fromkeys(left, 0)
    order: list[int] = []
    while left:
        qubit = min(left, key=lambda k: (-min(weight[k], 1), place[k], k))
        left.remove(qubit)
        order.append(qubit)
        for other, facts in acts[qubit].items():
            weight[other] += facts["gates"]
    return order


def _acts(circuit: Any) -> tuple[nx.Graph, Counter[int], int]:
    """Which qubits act with which, the number of `gates` on each edge; measurements of each one; the most stops of any.

    A stop is a measurement or a reset. What is in branches counts too.
    """
    pairs: Counter[tuple[int, int]] = Counter()
    measured: Counter[int] = Counter()
    stops: Counter[int] = Counter()
    made_of: dict[tuple[str, int], list[tuple[int, int]]] = {}  # `mcphase` is on any number of qubits
    for operation, qubits in _operations(circuit, {qubit: k for k, qubit in enumerate(circuit.qubits)}):
        if operation.name == "measure":
            measured.update(qubits)
        if operation.name in ("measure", "reset"):
            stops.update(qubits)
        if len(qubits) > 1:
            key = operation.name, operation.num_qubits
            if key not in made_of:
                made_of[key] = _gates(operation)
            pairs.update((min(qubits[a], qubits[b]), max(qubits[a], qubits[b])) for a, b in made_of[key])
    acts: nx.Graph = nx.Graph()
    acts.add_nodes_from(range(circuit.num_qubits))
    acts.add_weighted_edges_from(((a, b, count) for (a, b), count in pairs.items()), weight="gates")
    return acts, measured, max(stops.values(), default=0)


def _gates(operation: Any) -> list[tuple[int, int]]:
    """The pairs of its own qubits on which a gate's definition has gates that machines have, such as `cx`."""
    if operation.num_qubits == 2 and (operation.name in ("cx", "cz", "ecr") or operation.definition is None):
        return [(0, 1)]
    if operation.definition is None:
        return [(a, b) for a in range(operation.num_qubits) for b in range(a)]
    numbers = {qubit: k for k, qubit in enumerate(operation.definition.qubits)}
    return [
        (numbers[inner.qubits[a]], numbers[inner.qubits[b]])
        for inner in operation.definition.data
        if len(inner.qubits) > 1
        for a, b in _gates(inner.operation)
    ]


def _operations(circuit: Any, numbers: Mapping[Any, int]) -> Iterator[tuple[Any, list[int]]]:
    for instruction in circuit.data:
        qubits = [numbers[qubit] for qubit in instruction.qubits]
        if instruction.operation.name == "if_else":
            for block in instruction.operation.blocks:
                yield from _operations(block, dict(zip(block.qubits, qubits, strict=True)))
        elif instruction.operation.name != "barrier":
            yield instruction.operation, qubits


def _distances(target: Any) -> Floats:
    """What an operation on each two qubits costs, shape (qubits, qubits)."""
    size = target.num_qubits
    coupling: nx.Graph = nx.Graph()
    coupling.add_nodes_from(range(size))
    for name in target.operation_names:
        for operands, known in (target[name] or {}).items():
            if operands and len(operands) == 2:
                told = _UNKNOWN if known is None or known.error is None else known.error
                error = max(told, 1e-6)
                if not coupling.has_edge(*operands) or error < coupling.edges[operands]["error"]:
                    coupling.add_edge(*operands, error=error)
    cost = np.full((size, size), np.inf)
    for one, (errors, paths) in nx.all_pairs_dijkstra(coupling, weight="error"):
        for other, error in errors.items():
            cost[one, other] = error * (_FAR - (_FAR - 1.0) / max(1, len(paths[other]) - 1))
    return cost


def _places(target: Any, stops: int) -> tuple[Floats, Floats]:
    """The readout error of each qubit, and what it loses while another one is measured or reset so many times."""
    table = target["measure"] if "measure" in target.operation_names else {}
    known = [table.get((qubit,)) for qubit in range(target.num_qubits)]
    times = [entry.duration for entry in known if entry is not None and entry.duration]
    wait = stops * float(np.mean(times)) if times else 0.0
    readout = [0.0 if entry is None or entry.error is None else entry.error for entry in known]
    return np.array(readout), np.array([1.0 - decay(wait, target, qubit) for qubit in range(target.num_qubits)])
