"""Which cones answer which queries: Pauli words and regions in pieces, pieces in classes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from math import inf

import numpy as np

from qgl.bits import ragged
from qgl.ir.circuit import Circuit
from qgl.plan.cones.classes import Classifier, ConeClass, WholeCircuitError
from qgl.plan.cones.factors import (
    Nearness,
    Piece,
    absorb,
    letters_of,
    only_bits,
    pauli_word_pieces,
    start_of,
    starts_of,
)
from qgl.plan.cones.kinds import Kinds
from qgl.plan.cones.wire_segments import Cone, WireSegments
from qgl.query import Expectation, Marginals, Query

WIDE = 8  # wires from which on cones are not told apart if they all are the whole circuit
RegionPiece = tuple[
    int, int, tuple[int, ...], tuple[int, ...]
]  # class, member, its qubits, where they are in the region


@dataclass(eq=False, slots=True)
class Reading:
    """What is asked of every member of a class, or of classes: Pauli words, and regions of the visible qubits,
    numbered.

    Pauli words are letters on the visible qubits; the last one is not the identity.
    """

    pauli_words: dict[tuple[int, ...], int] = field(default_factory=dict)
    regions: dict[tuple[int, ...], int] = field(default_factory=dict)

    def queries(self, one: ConeClass) -> tuple[Query, ...]:
        """What is asked of a member of a class, in the words of queries: an `Expectation`, `Marginals`, or both."""
        size = len(one.circuit.visible)
        queries: list[Query] = []
        if self.pauli_words:
            letters = ragged.table(self.pauli_words, 0, np.uint8, least=size)
            places = np.where(letters > 0, np.arange(size), -1)
            queries.append(Expectation.sparse(places.astype(np.int32), letters))
        if self.regions:
            queries.append(Marginals(tuple(self.regions), one.bits_only))
        return tuple(queries)

    def pauli_word(self, letters: Sequence[int]) -> int:
        """The number of a Pauli word, which is added if it is new."""
        last = max(k for k, letter in enumerate(letters) if letter)
        return self.pauli_words.setdefault(tuple(letters[: last + 1]), len(self.pauli_words))

    def region(self, places: tuple[int, ...]) -> int:
        """The number of a region, which is added if it is new."""
        return self.regions.setdefault(places, len(self.regions))

    def add(self, other: Reading) -> None:
        """Adds all that is read by `other`."""
        for letters in other.pauli_words:
            self.pauli_word(letters)
        for places in other.regions:
            self.region(places)


class Survey:
    """The classes of cones that answer some queries together, and what makes the answers of theirs.

    readings  what is asked of each class
    values    class, member and Pauli word of every piece of a Pauli word
    factors   for each `Expectation` the pieces of its Pauli words, shape (pauli_words, most pieces), padded with -1
    regions   for each `Marginals` the pieces of its regions

    Raises `TooManyClassesError` where the classes would have more than `limit` operations in all, and
    `WholeCircuitError` where the cones are no smaller than the circuit and may not be.
    """

    def __init__(
        self,
        circuit: Circuit,
        kinds: Kinds,
        segments: WireSegments,
        cone: Callable[[int], Cone],
        queries: tuple[Query, ...],
        limit: float = inf,
        may_be_whole: bool = True,
    ) -> None:
        self._cone = cone
        pauli_words = [query for query in queries if isinstance(query, Expectation)]
        marginals = [query for query in queries if isinstance(query, Marginals)]
        starts = set(chain(*(np.unique(starts_of(letters_of(query))).tolist() for query in pauli_words)))
        starts.update(start for query in marginals for region in query.regions for start in _starts(query, region))
        self._nearness = Nearness({start: cone(start) for start in sorted(starts - {-1})})
        pieces: dict[Piece, int] = {}
        self.factors = {
            query: pauli_word_pieces(query, self._nearness, lambda piece: pieces.setdefault(piece, len(pieces)))
            for query in pauli_words
        }
        split = {query: [self._pieces(query, region) for region in query.regions] for query in marginals}
        ends = [tuple(map(start_of, piece)) for piece in pieces]
        parts = [part for regions in split.values() for region in regions for part, _ in region]
        self._homes = absorb([*ends, *parts])
        homes = dict.fromkeys(self._homes.values())
        if not may_be_whole and self._are_whole(homes, circuit):
            raise WholeCircuitError(len(homes))
        self._classifier = Classifier(circuit, kinds, segments, limit)
        self._member = {home: self._classify(home) for home in homes}
        self.readings = [Reading() for _ in self.classes]
        self.values = [self._pauli_word(piece, end) for piece, end in zip(pieces, ends, strict=True)]
        self.regions = {
            query: [[(*self._region(part), places) for part, places in region] for region in regions]
            for query, regions in split.items()
        }

    @property
    def classes(self) -> list[ConeClass]:
        """The classes of all cones."""
        return self._classifier.classes

    def _pieces(self, query: Marginals, region: tuple[int, ...]) -> list[tuple[Piece, tuple[int, ...]]]:
        """The pieces of a region: their starts, ascending, and where these are in the region."""
        starts = _starts(query, region)
        order = sorted(range(len(starts)), key=starts.__getitem__)
        pieces = self._nearness.pieces([starts[k] for k in order])
        return [(tuple(starts[order[k]] for k in piece), tuple(order[k] for k in piece)) for piece in pieces]

    def _are_whole(self, homes: Iterable[Piece], circuit: Circuit) -> bool:
        """Whether what is read from each of several homes takes all wires of a wide circuit, and together more than
        twice its operations.
        """
        wires, operations = circuit.live_wires, 0
        if len(wires) < WIDE:
            return False
        for home in homes:
            read = self._read(home)
            if len({wire for k in read for wire in circuit.operations[k].wires}) < len(wires):
                return False
            operations += len(read)
        return operations >= 2 * len(circuit.operations)

    def _read(self, home: Piece) -> list[int]:
        """The operations that are read from some starts."""
        return sorted(set().union(*(self._cone(start).operations for start in home)))

    def _classify(self, home: Piece) -> tuple[int, int]:
        """Class and member of what is read from some starts."""
        return self._classifier.add([start >> 1 for start in home], only_bits(home), self._read(home))

    def _pauli_word(self, piece: Piece, ends: Piece) -> tuple[int, int, int]:
        """Class, member and Pauli word of a piece of a Pauli word."""
        home = self._homes[ends]
        number, member = self._member[home]
        letters = dict(zip(ends, piece, strict=True))
        return number, member, self.readings[number].pauli_word([letters.get(start, 0) & 3 for start in home])

    def _region(self, part: Piece) -> tuple[int, int, tuple[int, ...]]:
        """Class, member of it, and the visible qubits of the class that a piece of a region is."""
        home = self._homes[part]
        number, member = self._member[home]
        places = tuple(map(home.index, part))
        self.readings[number].region(places)
        return number, member, places


def _starts(query: Marginals, region: tuple[int, ...]) -> list[int]:
    return [2 * place + (not query.bits) for place in region]
