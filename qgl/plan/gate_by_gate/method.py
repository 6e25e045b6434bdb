"""Gate-by-gate sampling as a method.

S. Bravyi, D. Gosset, Y. Liu, How to simulate quantum measurement without computing marginals, Phys. Rev. Lett. 128,
220503 (2022): a gate changes nothing about the distribution of the bits of the qubits that it does not act on. So from
a string of the circuit's beginning comes one of the beginning with a gate more, by forgetting the bits of its qubits
and drawing them from their distribution given the others, which amplitudes tell. No marginal is needed, whose boundary
would be squared.

Here whole sweeps of gates along a line are taken so. Qubits of gates of the sweep are open while these act, as in a
state, and are drawn as soon as they are closed; gates of earlier sweeps are contracted column by column. What lies
right of a place is contracted once in each sweep. Environments of channels, and what is discarded, are qubits like
others, whose bits are forgotten.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.gate_by_gate.nodes import Nodes, all_read, nodes_of
from qgl.plan.gate_by_gate.orders import orders, sites_of
from qgl.plan.gate_by_gate.sweeps import sweeps_of
from qgl.plan.gate_by_gate.walk import TooWideError, Walk, walk_of
from qgl.plan.model import Cost, Prepared
from qgl.plan.network.builder import UnsuitableError
from qgl.plan.network.table import Network
from qgl.query import Query, Samples

WIDEST = 26  # axes of a boundary
MOST_OPERATIONS = 20_000
LAGS = (math.inf, 0, 2, 6, 16)  # places
TOGETHER = 1 << 19  # entries of the boundaries of all shots that go side by side
COPIES = 2.5  # of a boundary, while a step is taken
STEP_SECONDS = 20e-6
ENTRY_SECONDS = {"single": 0.9e-9, "double": 2e-9}
NUMBER_BYTES = {"single": 8, "double": 16}


@dataclass(frozen=True, eq=False)
class Design:
    """The steps along the best line, as it was found."""

    walk: Walk
    sweeps: int
    order: str

    def together(self, shots: int) -> int:
        """Shots that go side by side."""
        return min(shots, max(1, TOGETHER >> self.walk.work.axes_of_shot))

    def precision(self, asked: str) -> str:
        """Of the numbers: double wherever there are environments, as most of what is summed with these cancels."""
        return "double" if self.walk.work.held else asked


@dataclass(frozen=True, eq=False)
class GateByGateProgram:
    """The network of amplitudes, the steps, the wires that are read out, shape (n,), and the number of all wires.

    precision  of the numbers on the host
    """

    method: str
    network: Network
    design: Design
    visible: NDArray[np.int32]
    wires: int
    precision: str

    def sizes(self) -> dict[str, int]:
        walk = self.design.walk
        return {"steps": len([*walk.steps]), "axes": walk.work.axes, "tensors": len(self.network.tensors)}


class PreparedGateByGate:
    """A circuit made ready; lines are tried when a cost is first asked for."""

    def __init__(self, name: str, variants: CircuitVariants) -> None:
        self._name, self._variants = name, variants

    @cached_property
    def _circuit(self) -> Circuit:
        return all_read(self._variants.pure)

    @cached_property
    def _nodes(self) -> Nodes:
        return nodes_of(self._circuit)

    @cached_property
    def _design(self) -> Design | str:
        """The line and the sweeps of least time, or why there are none."""
        count = len(self._variants.circuit.operations)  # a circuit so large is not even gone through
        if count > MOST_OPERATIONS:
            return f"{count:,} operations to sweep over; {MOST_OPERATIONS:,} are the most"
        circuit = self._circuit
        try:
            nodes = self._nodes
        except UnsuitableError as error:
            return str(error)
        best: Design | None = None
        tried: list[list[int]] = []
        for name, order in orders(circuit, sites_of(circuit)):
            if order in tried:
                continue
            tried.append(order)
            for lag in LAGS:
                limit = math.inf if best is None else 0.9 * best.walk.work.weight
                best = _tried(nodes, name, order, lag, limit) or best
        return best or f"gates cross every line of its qubits so that boundaries have more than {WIDEST} axes"

    def cost(self, query: Query, precision: str) -> Cost:
        """Of all shots; there is no gradient."""
        if not isinstance(query, Samples):
            return Cost.refused("answers samples only")
        design = self._design
        if isinstance(design, str):
            return Cost.refused(design)
        work, together = design.walk.work, design.together(query.shots)
        steps = len([*design.walk.steps]) * math.ceil(query.shots / together)
        entries = work.once + query.shots * work.entries
        largest = max(2.0**work.axes, together * 2.0**work.axes_of_shot)
        numbers = work.kept + together * work.held + COPIES * largest
        inner = design.precision(precision)
        memory = int(NUMBER_BYTES[inner] * numbers + 8 * query.shots * len(self._circuit.visible))
        facts = (("sweeps", design.sweeps), ("axes", work.axes), ("together", together), ("order", design.order))
        seconds = steps * STEP_SECONDS + entries * ENTRY_SECONDS[inner]
        return Cost(seconds, memory, 8 * entries, work.axes, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> GateByGateProgram:
        """One program for any number of shots."""
        design, circuit = self._design, self._circuit
        assert isinstance(design, Design)
        visible = np.array(circuit.visible[: self._variants.width], np.int32)
        return GateByGateProgram(
            self._name, self._nodes.network, design, visible, len(circuit.wires), design.precision(precision)
        )


def _tried(nodes: Nodes, name: str, order: list[int], lag: float, limit: float) -> Design | None:
    """The design of a line and a lag; None where its boundaries are too wide or have more entries than `limit`."""
    rank = [0] * (max(order) + 1)
    for place, wire in enumerate(order):
        rank[wire] = place
    sweeps = sweeps_of(nodes, rank, lag)
    try:
        return Design(walk_of(nodes, sweeps, order, WIDEST, limit), len(sweeps.acting), name)
    except TooWideError:
        return None


class GateByGate:
    """Strings drawn gate by gate, from amplitudes: of wide circuits, chains with channels, independent parts."""

    name = "gate by gate"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedGateByGate(self.name, variants)
