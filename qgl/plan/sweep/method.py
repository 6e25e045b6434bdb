"""Truncated sweeps as a method: where `approximate sweep(bond = ...)` allows them and no exact method answers.

J. Napp, R. La Placa, A. Dalzell, F. Brandao, A. Harrow, Efficient classical simulation of random shallow 2D quantum
circuits, Phys. Rev. X 12, 021021 (2022): qubits of a grid are measured column by column, and only those that gates have
reached which the present column depends on are held, as a matrix product state along the column. Where measuring leaves
little entanglement a small bond is enough, whatever the number of columns.

Each truncation that drops the weight w of a normalised state changes it by the trace distance sqrt(w), and all that
follows is exact. So strings are drawn from a distribution whose total variation distance from the true one is at most
the mean over strings of the sum of all sqrt(w). Of a likelihood there is no such bound.
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
from qgl.plan.model import Cost, Prepared
from qgl.plan.network.builder import UnsuitableError
from qgl.plan.network.table import Network
from qgl.plan.sweep.steps import Step, lines_and_chains, steps_of
from qgl.plan.sweep.work import Work, work_of
from qgl.query import GivenStrings, LogProb, Query, Samples

MOST_OPERATIONS = 20_000
WIDEST_GATE = 6  # qubits
TOGETHER = 1 << 22  # numbers of the chains of all strings that go side by side
STEP_SECONDS = 100e-6
ENTRY_SECONDS = 75e-9  # of a matrix that is decomposed
FLOPS_PER_SECOND = 12e9
NUMBER_BYTES = 16  # double precision, whatever is asked: decompositions are of it alone
COPIES = 2  # of a chain, while a gate acts


@dataclass(frozen=True, eq=False)
class Design:
    """The steps along the best line and chain that were found."""

    steps: list[Step]
    work: Work
    order: str

    def together(self, strings: int) -> int:
        """Strings that go side by side."""
        return min(strings, max(1, int(TOGETHER / self.work.entries)))


@dataclass(frozen=True, eq=False)
class TruncatedProgram:
    """The network of amplitudes with its nodes, the steps, and the wires that are read out, shape (n,).

    bond       the largest one of the chain
    tolerance  of what is cut off on the way of a string; None: nothing smaller than `bond` allows is
    wires      the number of all wires
    """

    method: str
    nodes: Nodes
    design: Design
    visible: NDArray[np.int32]
    wires: int
    bond: int
    tolerance: float | None = None

    @property
    def network(self) -> Network:
        """The tensors that depend on inputs."""
        return self.nodes.network

    def sizes(self) -> dict[str, int]:
        return {"steps": len(self.design.steps), "bond": self.bond, "tensors": len(self.network.tensors)}


class PreparedTruncated:
    """A circuit made ready; lines are tried when a cost is first asked for."""

    def __init__(self, name: str, variants: CircuitVariants, bond: int, tolerance: float | None = None) -> None:
        self._name, self._variants, self._bond, self._tolerance = name, variants, bond, tolerance

    @cached_property
    def _circuit(self) -> Circuit:
        return all_read(self._variants.pure)

    @cached_property
    def _nodes(self) -> Nodes:
        return nodes_of(self._circuit)

    @cached_property
    def _design(self) -> Design | str:
        """The steps of the narrowest chain, or why there are none."""
        count = len(self._variants.circuit.operations)
        if count > MOST_OPERATIONS:
            return f"{count:,} operations to sweep over; {MOST_OPERATIONS:,} are the most"
        try:
            nodes = self._nodes
        except UnsuitableError as error:
            return str(error)
        widest = max((len(node.wires) for node in nodes.nodes), default=0)
        if widest > WIDEST_GATE:
            return f"a gate on {widest} qubits; {WIDEST_GATE} are the most"
        designs = []
        for name, line, chain in lines_and_chains(nodes, orders(self._circuit, sites_of(self._circuit))):
            steps = steps_of(nodes, line, chain)
            designs.append(Design(steps, work_of(nodes, steps, self._bond, self._tolerance), name))
        return min(designs, key=lambda design: (design.work.exact, design.work.flops))

    def cost(self, query: Query, precision: str) -> Cost:
        """Of all strings; there is no gradient."""
        if not isinstance(query, Samples | LogProb | GivenStrings):
            return Cost.refused("answers samples and likelihoods of strings only")
        circuit = self._circuit
        if not isinstance(query, Samples) and len(circuit.visible) > self._variants.width:
            return Cost.refused(
                "qubits that are not read are drawn and forgotten: there are samples, but no likelihoods"
            )
        design = self._design
        if isinstance(design, str):
            return Cost.refused(design)
        strings = _count(query)
        work, together = design.work, design.together(strings)
        flops = strings * work.flops
        seconds = len(design.steps) * STEP_SECONDS * math.ceil(strings / together)
        seconds += strings * work.touched * ENTRY_SECONDS + flops / FLOPS_PER_SECOND
        memory = int(NUMBER_BYTES * COPIES * together * work.entries + 8 * strings * len(circuit.visible))
        facts = (
            ("bond", self._bond),
            ("exact bond", f"2^{work.exact:.3g}"),
            ("together", together),
            ("order", design.order),
        )
        return Cost(seconds, memory, flops, self._variants.width, facts=facts)

    def lower(self, queries: tuple[Query, ...], precision: str) -> TruncatedProgram:
        """One program for any strings."""
        design, circuit = self._design, self._circuit
        assert isinstance(design, Design)
        visible = np.array(circuit.visible[: self._variants.width], np.int32)
        return TruncatedProgram(
            self._name, self._nodes, design, visible, len(circuit.wires), self._bond, self._tolerance
        )


def _count(query: Samples | LogProb | GivenStrings) -> int:
    """How many strings a query is about."""
    match query:
        case Samples(shots):
            return shots
        case GivenStrings(count):
            return count
        case LogProb():
            return len(query.rows)


@dataclass(frozen=True)
class TruncatedSweep:
    """Strings and their likelihoods along a line, by a chain of open qubits of at most so large a bond."""

    bond: int
    tolerance: float | None = None
    name: str = "sweep"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedTruncated(self.name, variants, self.bond, self.tolerance)
