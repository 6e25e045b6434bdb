"""Pauli words in a circuit of lanes as copies of few: the small circuit of those few, and which copies each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distinct import distinct_rows
from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.plan.cones.copies.pattern import Links, Pattern, matched, walked
from qgl.plan.cones.copies.pieces import homes_of, joined
from qgl.plan.cones.factors import letters_of, starts_of
from qgl.plan.cones.wire_segments import ALL, BITS
from qgl.program.operations import Operation
from qgl.program.program import Distribution, Parameter, Wire
from qgl.query import Expectation, Query

Ints = NDArray[np.int64]

FEWEST = 64  # Pauli words that are worth it
MOST = 64  # patterns
PATIENCE = 8  # patterns after which half of the words must be copies


@dataclass(frozen=True, eq=False)
class Representatives:
    """Pieces of the Pauli words of a circuit of lanes as copies of few.

    circuit        the cones of the few by themselves, each on wires and with inputs of its own
    query          what is read of the few, Pauli words that are one piece each
    inputs         of each cone of the few the inputs of its copies, shape (copies, inputs), and `firsts` the first
                   input that it has in `circuit`
    of_pauli_word  for every query that was asked, of each piece of each word, which of the words of `query` it is, and
                   of which copy; shape (pauli_words, pieces, 2), padded with -1
    """

    circuit: Circuit
    query: Expectation
    inputs: tuple[Ints, ...]
    firsts: Ints
    of_pauli_word: dict[Expectation, Ints]


def representatives(circuit: Circuit, queries: Sequence[Query]) -> Representatives | None:
    """The words of some queries as copies of few; None where they are other queries, or the circuit is irregular."""
    pauli_words = [query for query in queries if isinstance(query, Expectation)]
    if circuit.lanes is None or len(pauli_words) < len(queries) or any(each.rows for each in circuit.parameters):
        return None
    widest = max(query.weight for query in pauli_words)
    tables = [letters_of(query) for query in pauli_words]
    padded = np.concatenate([np.pad(t, ((0, 0), (0, widest - t.shape[1])), constant_values=-1) for t in tables])
    first, number = distinct_rows(padded)
    if len(first) < FEWEST:
        return None
    links, visible = Links.of(circuit, circuit.lanes), np.array(circuit.visible)
    together = copies_of(links, visible, _starts(padded[first]))
    pieces = None if together is None else _pieces(links, visible, together, padded[first])
    if together is None or pieces is None:
        return None
    homes = homes_of(_starts(pieces.letters))
    run, home = np.unique(homes, return_inverse=True)
    whole = pieces.whole[run]
    if len(run) == len(homes) and (whole >= 0).all():  # every word is one piece that is run: known already
        cones: _Copies | None = _Copies(together.patterns, together.inputs, together.place[whole])
    else:
        cones = copies_of(links, visible, _starts(pieces.letters[run]))
    if cones is None:
        return None
    read, readings = _readings(cones, pieces.letters, pieces.letters[run[home]], home)
    made, query = _put_together(circuit, links, cones, readings)
    of_piece = np.stack([read, cones.place[home, 1]], axis=1)
    of_distinct = np.where(pieces.of_pauli_word[:, :, None] < 0, -1, of_piece[pieces.of_pauli_word])
    parts = np.split(of_distinct[number], np.cumsum([len(table) for table in tables])[:-1])
    firsts = np.cumsum([0, *(each.shape[1] for each in cones.inputs)])
    return Representatives(made, query, tuple(cones.inputs), firsts, dict(zip(pauli_words, parts, strict=True)))


def _starts(letters: Ints) -> Ints:
    """Starts of cones as in `qgl.plan.cones.factors`, shape (pauli_words, weight), padded with -1."""
    return starts_of(letters)


@dataclass(frozen=True, eq=False)
class _Copies:
    """Cones as copies of few patterns.

    inputs  of each pattern the inputs of its copies
    place   of each cone the pattern and which of its copies it is, shape (cones, 2); -1 where nothing is read
    """

    patterns: list[Pattern]
    inputs: list[Ints]
    place: Ints


def copies_of(links: Links, visible: Ints, starts: Ints) -> _Copies | None:
    """The cones of some starts, shape (cones, starts), padded with -1; None where they are copies of too many."""
    made = _Copies([], [], np.full((len(starts), 2), -1))
    left = np.flatnonzero((starts >= 0).any(axis=1))
    while len(left):
        kinds = np.where(starts[left] < 0, -1, starts[left] & 1)
        alike = left[(kinds == kinds[0]).all(axis=1)]
        ends = np.flatnonzero(kinds[0] >= 0)
        wires = visible[starts[alike][:, ends] >> 1]
        pattern = walked(links, wires[0].tolist(), [ALL if kind else BITS for kind in kinds[0][ends].tolist()])
        if pattern is None or len(made.patterns) == MOST:
            return None
        copies = matched(links, pattern, wires)
        own = alike[copies.rows]
        made.place[own, 0], made.place[own, 1] = len(made.patterns), np.arange(len(own))
        made.patterns.append(pattern)
        made.inputs.append(copies.inputs)
        left = np.setdiff1d(left, own, assume_unique=True)
        if len(made.patterns) == PATIENCE and 2 * len(left) > len(starts):
            return None
    return made


@dataclass(frozen=True, eq=False)
class _Pieces:
    """letters of each distinct piece, shape (pieces, weight); of each word its pieces, padded with -1; and of each
    piece a word that is this piece alone, or -1.
    """

    letters: Ints
    of_pauli_word: Ints
    whole: Ints


def _pieces(links: Links, visible: Ints, cones: _Copies, letters: Ints) -> _Pieces | None:
    """The independent pieces of words, which for all copies of a pattern are the same letters."""
    rows, owners = [], []
    for number, pattern in enumerate(cones.patterns):
        own = np.flatnonzero(cones.place[:, 0] == number)
        starts = _starts(letters[own[:1]])[0][: len(pattern.wires)]
        parts = joined(links, pattern.wires, [ALL if start & 1 else BITS for start in starts.tolist()])
        if parts is None:
            return None
        for column, part in enumerate(parts):
            table = np.full((len(own), letters.shape[1]), -1)
            table[:, : len(part)] = letters[own][:, part]
            rows.append(table)
            owners.append(np.stack([own, np.full(len(own), column)], axis=1))
    first, number_of = distinct_rows(np.concatenate(rows))
    at = np.concatenate(owners)
    of_pauli_word = np.full((len(letters), int(at[:, 1].max(initial=0)) + 1), -1)
    of_pauli_word[at[:, 0], at[:, 1]] = number_of
    lone = (of_pauli_word[at[first, 0]] >= 0).sum(axis=1) == 1
    return _Pieces(np.concatenate(rows)[first], of_pauli_word, np.where(lone, at[first, 0], -1))


def _readings(cones: _Copies, pieces: Ints, homes: Ints, home: Ints) -> tuple[Ints, Ints]:
    """What is read of the few: pattern and letters of each, shape (readings, 1 + weight); which of these pieces are."""
    same = (pieces[:, None, :] >> 2 == homes[:, :, None] >> 2) & (pieces[:, None, :] >= 0) & (homes[:, :, None] >= 0)
    letters = np.where(same, pieces[:, None, :] & 3, 0).max(axis=2)
    rows = np.concatenate([cones.place[home, :1], letters], axis=1)
    first, number = distinct_rows(rows)
    return number, rows[first]


def _put_together(circuit: Circuit, links: Links, copies: _Copies, readings: Ints) -> tuple[Circuit, Expectation]:
    """The cones of all patterns as one circuit, and what is read of each."""
    wires, visible, firsts = list[Wire](), list[int](), list[int]()
    operations: list[Operation] = []
    inputs = 0
    for pattern in copies.patterns:
        wire_of: dict[int, int] = {}
        input_of: dict[int, int] = {}
        for wire in pattern.wires:
            wire_of[wire] = len(wires) + len(wire_of)
        firsts.append(len(visible))
        visible += wire_of.values()
        for gate, kept in zip(reversed(pattern.gates), reversed(pattern.kept), strict=True):
            if kept:
                operations.append(_alone(links, gate, wire_of, len(wires), input_of, inputs))
        wires += [_wire(circuit.wires[wire], wire in pattern.wires) for wire in wire_of]
        inputs += len(input_of)
    span = circuit.wires[0].span
    slots = Parameter("param", "slot", (inputs,), "real", Distribution("constant", (0.0,)), None, span)
    made = Circuit(tuple(wires), tuple(visible), tuple(operations), 0, (slots,))
    letters = readings[:, 1:]
    places = np.array(firsts, np.int64)[readings[:, :1]] + np.arange(letters.shape[1])
    positions = np.where(letters > 0, places, -1)
    order = np.argsort(letters == 0, axis=1, kind="stable")  # a table begins with what is touched
    positions, letters = (np.take_along_axis(each, order, axis=1) for each in (positions, letters))
    return made, Expectation.sparse(positions.astype(np.int32), letters.astype(np.uint8))


def _wire(wire: Wire, read: bool) -> Wire:
    return replace(wire, kind="visible" if read else "hidden", site=None)


def _alone(
    links: Links, gate: int, wire_of: dict[int, int], wires: int, input_of: dict[int, int], inputs: int
) -> Operation:
    """A gate on wires and of inputs that are numbered from `wires` and `inputs` on as they first appear."""
    lane = links.lane_of(gate)
    row = gate - int(links.starts[lane])
    own = iter(links.inputs[lane][row].tolist())

    def number(angle: Real) -> Real:
        terms = [(f, Input(0, inputs + input_of.setdefault(next(own), len(input_of)))) for f, _ in angle.terms]
        return Real(angle.constant, tuple(terms))

    pattern = links.lanes[lane].pattern
    on = tuple(wire_of.setdefault(wire, wires + len(wire_of)) for wire in links.wires_of(gate))
    return replace(pattern, wires=on).with_numbers([number(each) for each in pattern.numbers])
