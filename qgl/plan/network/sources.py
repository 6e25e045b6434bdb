"""What makes the tensors of one shape: matrices of the pool, functions of angles, and products of runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qgl.plan.network.angles import GateKind
from qgl.plan.network.bases import Fixed
from qgl.plan.network.transfer import Cut, Places

Indices = NDArray[np.int32]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Source:
    """Matrices of the pool that become tensors in the same way.

    kind     "gate": a unitary, or its Pauli transfer matrix; "channel": the transfer matrix of a superoperator
    qubits   of the matrix
    cut      wires that are cut, with letters
    begins   wires that go in in zero, without a leg
    ends     wires that are traced out, without a leg
    offsets  (rows,) where the matrices lie in the pool
    """

    kind: str
    qubits: int
    cut: Cut
    begins: Places
    ends: Places
    offsets: Indices

    @property
    def rows(self) -> int:
        """How many tensors there are."""
        return len(self.offsets)


@dataclass(frozen=True, eq=False)
class AngleSource:
    """Tensors of gates of at most one angle, or of runs of such: sums over columns of functions of x times constants.

    The x of all such sources are the last of the expression outputs, for each source (angles, rows) of them.

    labels, outs  how many axes of a tensor are labels of cut wires, and how many after these are outs
    rows          how many tensors there are
    functions     of each angle places in `qgl.plan.network.angles.PRODUCTS`; the columns are all products of these
    first, last   (columns,) the rows from `first` to before `last` are those of gates that have the column
    constants     (columns, *shape)
    """

    labels: int
    outs: int
    rows: int
    functions: tuple[tuple[int, ...], ...]
    first: Indices
    last: Indices
    constants: Fixed


class Form(NamedTuple):
    """What tensors that are made in one way have in common: see `Source`. gate: the kind of those of an angle."""

    kind: str
    qubits: int
    cut: Cut
    begins: Places
    ends: Places
    gate: GateKind | None = None

    @property
    def axes(self) -> tuple[int, int]:
        """Labels of cut wires, and outs."""
        return len(self.cut), self.qubits - len(self.cut) - len(self.ends)


@dataclass(frozen=True, eq=False)
class Table:
    """Tensors of one shape: the fixed ones, shape (fixed, *shape), those of each source, then the products of runs.

    runs are arrays of shape (rows, length): rows of this table, the first matrix to act first.
    """

    shape: Shape
    fixed: Fixed
    sources: tuple[Source | AngleSource, ...]
    runs: tuple[Indices, ...]

    @property
    def rows(self) -> int:
        """How many tensors there are."""
        return len(self.fixed) + sum(source.rows for source in self.sources) + sum(map(len, self.runs))
