"""Boundary contraction: circuits of small bond along a line, contracted column by column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.plan.boundary.costs import estimate
from qgl.plan.circuit_variants import CircuitVariants
from qgl.plan.model import Cost, Prepared
from qgl.plan.network.columns import Columns, columns_of
from qgl.plan.network.tensors import Network, UnsuitableError, network_of, traced_wires
from qgl.query import Elements, GivenStrings, LogProb, Marginals, Probabilities, Query, Samples, State

WIDEST = 16  # log2 of the largest bond
MOST_BODIES = 64  # columns that are compiled one by one
MOST_TENSORS = 1_000  # of one column, each of which is a step that is compiled
LARGEST_REGION = 8
_OF_STRINGS = (LogProb, GivenStrings, Samples)
_BY_AMPLITUDES = (LogProb, GivenStrings, Samples)  # where nothing is traced out


@dataclass(frozen=True, eq=False)
class BoundaryProgram:
    """Columns in the algebras that the queries need; `grouped` for strings of variables, a column for each variable."""

    method: str
    amplitude: Columns | None
    pauli_transfer: Columns | None
    grouped: Columns | None = None

    def columns(self, query: Query) -> Columns:
        """What answers a query."""
        if isinstance(query, _OF_STRINGS) and self.grouped is not None:
            return self.grouped
        columns = (
            self.amplitude if isinstance(query, _BY_AMPLITUDES) and self.amplitude is not None else self.pauli_transfer
        )
        assert columns is not None
        return columns

    def sizes(self) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for columns in (self.amplitude, self.pauli_transfer, self.grouped):
            if columns is not None:
                name = columns.network.algebra
                sizes |= {
                    f"{name}_columns": len(columns.kinds),
                    f"{name}_classes": len(columns.classes),
                    f"{name}_bond": int(2 ** columns.bits.max()),
                    f"{name}_tensors": len(columns.network.tensors),
                }
        return sizes


class PreparedBoundary:
    """A circuit made ready; networks are built when a cost is first asked for."""

    def __init__(self, variants: CircuitVariants) -> None:
        self._variants = variants

    @cached_property
    def _traced(self) -> bool:
        return traced_wires(self._variants.mixed)

    @cached_property
    def _columns(self) -> dict[tuple[str, bool], Columns]:
        return {}

    @cached_property
    def _networks(self) -> dict[tuple[str, bool], Network]:
        return {}

    def columns(self, algebra: str, grouped: bool = False) -> Columns:
        """The columns of the circuit in an algebra, "amplitude" or "pauli_transfer".

        grouped: the qubits of a variable share a column.

        Raises:
            UnsuitableError: the circuit has no network.
        """
        circuit = self._variants.mixed
        groups = variables_of(circuit) if grouped else None
        key = (algebra, groups is not None)
        if key not in self._columns:
            if key not in self._networks:
                self._networks[key] = network_of(circuit, algebra, bits_known=groups is not None)
            sites = [circuit.wires[wire].site for wire in circuit.visible]
            numbers = [site[1] for site in sites if site is not None]
            lattice = numbers if len(numbers) == len(sites) == len(set(numbers)) else None
            self._columns[key] = columns_of(self._networks[key], lattice, groups)
        return self._columns[key]

    def _algebra(self, query: Query) -> str:
        return "amplitude" if isinstance(query, _BY_AMPLITUDES) and not self._traced else "pauli_transfer"

    def cost(self, query: Query, precision: str) -> Cost:
        if isinstance(query, Elements):
            return Cost.refused("boundary contraction answers for the whole ensemble, not for each of its states")
        if isinstance(query, Probabilities | State):
            return Cost.refused("boundary contraction finds probabilities of strings one by one, not all at once")
        if isinstance(query, Marginals) and max(map(len, query.regions)) > LARGEST_REGION:
            return Cost.refused(f"regions of more than {LARGEST_REGION} qubits have too many Pauli words")
        try:
            columns = self.columns(self._algebra(query), isinstance(query, _OF_STRINGS))
        except UnsuitableError as error:
            return Cost.refused(str(error))
        width = int(np.ceil(columns.bits.max()))
        if width > WIDEST:
            return Cost.refused(f"the bond is 2^{width} {self._place(columns)}", width)
        if columns.bodies > MOST_BODIES:
            return Cost.refused(f"{columns.bodies} columns differ; each would be compiled by itself", width)
        tensors = max(len(column.terms) for column in columns.classes)
        if tensors > MOST_TENSORS:
            return Cost.refused(f"a column of {tensors:,} tensors; {MOST_TENSORS:,} are the most", width)
        return estimate(columns, query, precision)

    def _place(self, columns: Columns) -> str:
        """Where the widest cut is, in words."""
        circuit, at = self._variants.mixed, columns.widest
        ends = (columns.order[columns.starts[at] - 1], columns.order[columns.starts[at]])
        left, right = (str(circuit.wires[circuit.visible[int(qubit)]]) for qubit in ends)
        return f"between {left} and {right}"

    def lower(self, queries: tuple[Query, ...], precision: str) -> BoundaryProgram:
        strings = [query for query in queries if isinstance(query, _OF_STRINGS)]
        variables = variables_of(self._variants.mixed) is not None
        algebras = {self._algebra(query) for query in queries if not (variables and query in strings)}
        parts = {name: self.columns(name) if name in algebras else None for name in ("amplitude", "pauli_transfer")}
        grouped = self.columns(self._algebra(strings[0]), True) if variables and strings else None
        return BoundaryProgram("boundary", parts["amplitude"], parts["pauli_transfer"], grouped)


def variables_of(circuit: Circuit) -> list[list[int]] | None:
    """The visible qubits by the variables that they belong to; None where no two belong to one."""
    groups: dict[tuple[str, int], list[int]] = {}
    for place, number in enumerate(circuit.visible):
        wire = circuit.wires[number]
        key = (wire.register, wire.position // wire.width) if wire.width > 1 else ("", -1 - place)
        groups.setdefault(key, []).append(place)
    return list(groups.values()) if len(groups) < len(circuit.visible) else None


class BoundaryContraction:
    """Contraction column by column along a line, exact, of cost linear in its length."""

    name = "boundary"

    def prepare(self, variants: CircuitVariants) -> Prepared:
        return PreparedBoundary(variants)
