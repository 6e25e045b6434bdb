"""Exact distributions of circuits with measurements, resets and branches: a mixture of pure states, with what was
measured.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.complex128]
Bit = Hashable


@dataclass
class Mixture:
    """Unnormalised pure states, one a row, whose sum of projectors is the state; with the bits that go with each.

    Wires come in zero when they are first named, and a measured one comes in again when it is next named. The mixture
    is kept as small as the bits allow: rows that are more than a state has dimensions are replaced by fewer with the
    same sum.

    rows   shape (states, 2, ..., 2), one axis for each of `wires`
    bits   shape (states,) each; a bit that is not there is zero
    known  shape (states,) each; the value of a measured wire that is not among `wires`
    """

    wires: list[int] = field(default_factory=list)
    rows: Matrix = field(default_factory=lambda: np.ones(1, dtype=np.complex128))
    bits: dict[Bit, NDArray[np.uint8]] = field(default_factory=dict)
    known: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    @classmethod
    def of_columns(cls, width: int) -> Mixture:
        """All basis states one after the other; see `columns`."""
        size = 2**width
        return cls(list(range(width)), np.eye(size, dtype=np.complex128).reshape(size, *(2,) * width))

    def columns(self) -> Matrix:
        """The unitary that has acted since `of_columns`, wire 0 most significant."""
        return self.rows.transpose([0, *(1 + wire for wire in np.argsort(self.wires))]).reshape(len(self.rows), -1).T

    def need(self, wires: Sequence[int]) -> None:
        for wire in wires:
            if wire not in self.wires:
                self._add(wire, self.known.pop(wire, np.zeros(len(self.rows), dtype=np.uint8)))

    def gate(self, matrix: Matrix, wires: Sequence[int]) -> None:
        """First wire most significant."""
        self.need(wires)
        k, axes = len(wires), [1 + self.wires.index(wire) for wire in wires]
        small = np.asarray(matrix, dtype=np.complex128).reshape((2,) * (2 * k))
        acted = np.tensordot(small, self.rows, axes=(range(k, 2 * k), axes)).astype(np.complex128, copy=False)
        self.rows = np.moveaxis(acted, range(k), axes)

    def measure(self, wire: int, bit: Bit | None) -> None:
        outcomes = self.drop(wire)
        if bit is not None:
            self.bits[bit] = outcomes
        self.known[wire] = outcomes
        self._fold()

    def reset(self, wire: int) -> None:
        self.drop(wire)  # it comes in again, in zero, when it is next named
        self._fold()

    def drop(self, wire: int) -> NDArray[np.uint8]:
        """Measures a wire and takes it away; the outcomes."""
        self.need([wire])
        moved = np.moveaxis(self.rows, 1 + self.wires.index(wire), 0)
        self.wires.remove(wire)
        outcomes = np.repeat(np.arange(2, dtype=np.uint8), len(self.rows))
        self.rows = moved.reshape(-1, *moved.shape[2:])
        self.bits = {bit: np.concatenate([values, values]) for bit, values in self.bits.items()}
        self.known = {other: np.concatenate([values, values]) for other, values in self.known.items()}
        kept = np.sum(np.abs(self.rows.reshape(len(self.rows), -1)) ** 2, axis=1) > 1e-26
        self._take(kept)
        return np.asarray(outcomes[kept])

    def apart(self, chosen: NDArray[np.bool_]) -> tuple[Mixture, Mixture]:
        """The rows that are chosen, and the others."""
        both = []
        for which in (chosen, ~chosen):
            part = Mixture(list(self.wires), self.rows, dict(self.bits), dict(self.known))
            part._take(which)
            both.append(part)
        return both[0], both[1]

    def join(self, other: Mixture) -> None:
        """Takes in rows of another mixture."""
        self.need([*self.known, *other.known, *other.wires])
        other.need(self.wires)
        axes = [0, *(1 + other.wires.index(wire) for wire in self.wires)]
        for bit in self.bits.keys() | other.bits.keys():
            self.bits[bit] = np.concatenate([self.bit(bit), other.bit(bit)])
        self.rows = np.concatenate([self.rows, other.rows.transpose(axes)])

    def take_over(self, other: Mixture) -> None:
        self.wires, self.rows, self.bits, self.known = other.wires, other.rows, other.bits, other.known

    def bit(self, bit: Bit) -> NDArray[np.uint8]:
        return self.bits.get(bit, np.zeros(len(self.rows), dtype=np.uint8))

    def distribution(self, bits: Sequence[Bit]) -> NDArray[np.float64]:
        """Of some bits, the first one most significant."""
        index: NDArray[np.integer[Any]] = np.zeros(len(self.rows), dtype=np.int64)
        for bit in bits:
            index = 2 * index + self.bit(bit)
        weights = np.sum(np.abs(self.rows.reshape(len(self.rows), -1)) ** 2, axis=1)
        return np.bincount(index, weights, minlength=2 ** len(bits)).astype(np.float64, copy=False)

    def _add(self, wire: int, values: NDArray[np.uint8]) -> None:
        one_hot = np.eye(2, dtype=np.complex128)[values].reshape(len(values), *(1,) * len(self.wires), 2)
        self.rows = self.rows[..., None] * one_hot
        self.wires.append(wire)

    def _take(self, which: NDArray[np.bool_]) -> None:
        self.rows = self.rows[which]
        self.bits = {bit: values[which] for bit, values in self.bits.items()}
        self.known = {wire: values[which] for wire, values in self.known.items()}

    def _fold(self) -> None:
        """Fewer rows with the same sum of projectors, where a group of the same bits has more rows than dimensions."""
        size = 2 ** len(self.wires)
        if len(self.rows) <= size:
            return
        told = [*self.bits.values(), *self.known.values(), np.zeros(len(self.rows), dtype=np.uint8)]
        _, group, counts = np.unique(np.stack(told, axis=1), axis=0, return_inverse=True, return_counts=True)
        group = group.ravel()
        single = counts[group] <= size
        rows, where = [self.rows[single].reshape(-1, size)], [np.flatnonzero(single)]
        for k in np.flatnonzero(counts > size):
            members = np.flatnonzero(group == k)
            rows.append(np.linalg.qr(self.rows[members].reshape(-1, size), mode="r"))
            where.append(np.full(len(rows[-1]), members[0]))
        chosen = np.concatenate(where)
        self.bits = {bit: values[chosen] for bit, values in self.bits.items()}
        self.known = {wire: values[chosen] for wire, values in self.known.items()}
        self.rows = np.concatenate(rows).reshape(-1, *(2,) * len(self.wires))
