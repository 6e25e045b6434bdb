"""Sweeps: circuits of small bond along a line, contracted column by column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from qgl.plan.columns import Columns, columns_of
from qgl.plan.model import Cost, Prepared
from qgl.plan.network import UnsuitableError, network_of, traced_wires
from qgl.plan.subject import Subject
from qgl.plan.sweep_paths import path_of
from qgl.query import GivenStrings, LogProb, Query

WIDEST = 16  # log2 of the largest bond
MOST_BODIES = 64  # columns that are compiled one by one
COLUMN_SECONDS = 6e-6  # of a column's turn, value only
EARLY_SECONDS = 10e-6  # of a contraction for all columns of a class
BODY_SECONDS = 50e-6  # of a column that is compiled by itself, for its preparation
FLOPS_PER_SECOND = 6e9  # in products as small as these
GRADIENT = 4.0
COMPLEX = 4.0


@dataclass(frozen=True, eq=False)
class SweepProgram:
    """Columns in the algebras that the queries need."""

    method: str
    amplitude: Columns | None
    doubled: Columns | None

    def sizes(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for columns in (self.amplitude, self.doubled):
            if columns is not None:
                found |= {
                    f"{columns.network.algebra}_columns": len(columns.kinds),
                    f"{columns.network.algebra}_classes": len(columns.classes),
                    f"{columns.network.algebra}_bond": int(2 ** columns.bits.max()),
                    f"{columns.network.algebra}_tensors": len(columns.network.tensors),
                }
        return found


def batch_of(query: Query) -> int:
    """Rows that a query sweeps at once."""
    match query:
        case LogProb():
            return len(query.rows)
        case GivenStrings(count):
            return count
    raise TypeError(f"sweeps do not answer {type(query).__name__}")


class PreparedSweep:
    """A circuit made ready; networks are built when a cost is first asked for."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject

    @cached_property
    def _traced(self) -> bool:
        return traced_wires(self._subject.mixed)

    @cached_property
    def _columns(self) -> dict[str, Columns]:
        return {}

    def columns(self, algebra: str) -> Columns:
        """Raises:
        UnsuitableError: the circuit has no network.
        """
        if algebra not in self._columns:
            circuit = self._subject.mixed
            sites = [circuit.wires[wire].site for wire in circuit.visible]
            numbers = [site[1] for site in sites if site is not None]
            lattice = numbers if len(numbers) == len(sites) == len(set(numbers)) else None
            self._columns[algebra] = columns_of(network_of(circuit, algebra), lattice)
        return self._columns[algebra]

    def _algebra(self, query: Query) -> str:
        return "doubled" if self._traced or not isinstance(query, LogProb | GivenStrings) else "amplitude"

    def cost(self, query: Query, precision: str) -> Cost:
        if not isinstance(query, LogProb | GivenStrings):
            return Cost.refused(f"sweeps do not answer {type(query).__name__}")
        try:
            columns = self.columns(self._algebra(query))
        except UnsuitableError as error:
            return Cost.refused(str(error))
        width = int(np.ceil(columns.bits.max()))
        if width > WIDEST:
            return Cost.refused(f"the bond is 2^{width} {self._place(columns)}", width)
        if columns.bodies > MOST_BODIES:
            return Cost.refused(f"{columns.bodies} columns differ; each would be compiled by itself", width)
        return self._cost(columns, batch_of(query), precision)

    def _cost(self, columns: Columns, batch: int, precision: str) -> Cost:
        real = columns.network.algebra == "doubled"
        number = (4 if precision == "single" else 8) * (1 if real else 2)
        flops = memory = early = 0.0
        for column in columns.classes:
            path = path_of(column, batch, narrow=real)
            early += sum(step.early for step in path.steps)
            flops += column.count * (path.early_flops + path.flops) * (1 if real else COMPLEX)
            memory += column.count * number * (4 * path.held_size + 2 * path.large)
        count = len(columns.kinds)
        slow = 1.0 if precision == "single" else 2.0
        seconds = GRADIENT * (
            count * COLUMN_SECONDS
            + columns.bodies * BODY_SECONDS
            + early * EARLY_SECONDS
            + slow * flops / FLOPS_PER_SECOND
        )
        bond = int(2 ** columns.bits.max())
        facts = (("columns", count), ("bond", bond), ("classes", len(columns.classes)), ("order", columns.order_name))
        return Cost(seconds, int(memory), GRADIENT * flops, int(np.ceil(columns.bits.max())), facts=facts)

    def _place(self, columns: Columns) -> str:
        """Where the widest cut is, in words."""
        circuit, at = self._subject.mixed, columns.widest
        left, right = (str(circuit.wires[circuit.visible[int(columns.order[c])]]) for c in (at - 1, at))
        return f"between {left} and {right}"

    def lower(self, queries: tuple[Query, ...], precision: str) -> SweepProgram:
        algebras = {self._algebra(query) for query in queries}
        parts = {name: self.columns(name) if name in algebras else None for name in ("amplitude", "doubled")}
        return SweepProgram("sweep", parts["amplitude"], parts["doubled"])


class Sweep:
    """Contraction column by column along a line, exact, of cost linear in its length."""

    name = "sweep"

    def prepare(self, subject: Subject) -> Prepared:
        return PreparedSweep(subject)
