"""The tensors of a network as arrays; who wants one of them by itself gets a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.ragged import Ragged
from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool
from qgl.plan.network.bases import DIMENSION
from qgl.plan.network.sources import Table

Indices = NDArray[np.int32]


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """labels, one per axis; `row` of `tables[table]`.

    wires are the wires that it acts on; a tensor without any is one of logic.
    """

    labels: tuple[int, ...]
    table: int
    row: int
    wires: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Tensors(Sequence[Tensor]):
    """labels and wires of each, and the table and the row that it is; shapes (tensors, ...)."""

    labels: Ragged
    wires: Ragged
    tables: Indices
    rows: Indices

    def __len__(self) -> int:
        return len(self.tables)

    def __getitem__(self, number: Any) -> Any:
        """One tensor."""
        labels, wires = (tuple(each[number].tolist()) for each in (self.labels, self.wires))
        return Tensor(labels, int(self.tables[number]), int(self.rows[number]), wires)


@dataclass(frozen=True, eq=False)
class Network:
    """A tensor network. Labels are numbers.

    sizes     (labels,) the dimension of each
    open      the label of each visible wire at its end
    qubit_of  which visible wire, from 0, a wire of the circuit is
    """

    algebra: str
    sizes: NDArray[np.int64]
    tensors: Tensors
    open: tuple[int, ...]
    qubit_of: dict[int, int]
    tables: tuple[Table, ...]
    pool: Pool
    expressions: Expressions

    @property
    def dimension(self) -> int:
        """Of a leg."""
        return DIMENSION[self.algebra]
