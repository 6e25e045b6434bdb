"""Operations to the tables of a sector (`qgl.plan.sectors.tables`)."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits import ragged
from qgl.expression import Real, real
from qgl.passes.charges.transitions import Bits, Transition, amplitude, flip_groups, is_nothing, patterns, transitions
from qgl.passes.diagonal import DiagonalTerm, terms
from qgl.plan.expressions import ExpressionBuilder
from qgl.plan.matrix_pool import PoolBuilder
from qgl.plan.sectors.basis import Basis
from qgl.plan.sectors.tables import Evolutions, Group, Indices, Mixes, Phases, SectorTables, Signs
from qgl.plan.state.elements import SMALL
from qgl.plan.state.state_vector import controlled, recipe_of, rotations
from qgl.program.operations import LIFETIME, Evolution, Operation, PauliRotation

PHASE = ("phase",)
_ZERO, _ONE, _FIRST = 0, 1, 2  # entries of a mix


@dataclass(frozen=True, eq=False)
class _OffDiagonal:
    """One off-diagonal entry of an evolution; `coefficient` is one of its distinct expressions up to a sign."""

    gather: Indices
    sign: Signs
    coefficient: Real
    phase: complex


@dataclass(frozen=True, eq=False)
class _Structure:
    """What evolutions of one shape share: partners and signs of each off-diagonal entry, its number and phase, and the
    Z words.
    """

    gather: Indices
    sign: Signs
    number: tuple[int, ...]
    phase: tuple[complex, ...]
    pauli_words: Signs


@dataclass(frozen=True, eq=False)
class _Evolution:
    structure: int
    diagonal: list[int]
    off_diagonal: list[int]
    time: int


@dataclass
class _EvolutionGroup:
    real: bool
    structures: list[_Structure] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)
    rows: list[_Evolution] = field(default_factory=list)


@dataclass
class _MixGroup:
    elements: int = 0
    structures: list[tuple[Indices, Indices]] = field(default_factory=list)
    known: dict[Hashable, int] = field(default_factory=dict)
    rows: list[tuple[int, int]] = field(default_factory=list)  # structure, handle of the pool


@dataclass
class _DiagonalGroup:
    masks: dict[int, int] = field(default_factory=dict)
    rows: list[list[tuple[int, int]]] = field(default_factory=list)  # Pauli word, angle


class SectorLowerer:
    """Collects operations in order; `finish` makes the tables."""

    def __init__(self, basis: Basis, place_of: Mapping[int, int], expressions: ExpressionBuilder) -> None:
        self._basis, self._place_of, self._expressions = basis, place_of, expressions
        self._pool = PoolBuilder(expressions)
        self._evolutions: dict[Hashable, _EvolutionGroup] = {}
        self._mixes: dict[Hashable, _MixGroup] = {}
        self._phases = _DiagonalGroup()
        self._steps: list[tuple[Hashable, int]] = []
        self._cuts: list[int] = []
        self._run: list[DiagonalTerm] = []
        self._zero = expressions.row(real(0.0))

    def add(self, operation: Operation) -> None:
        """One unitary operation; `fresh` and `discard` are passed over."""
        if isinstance(operation, LIFETIME):
            return
        places = tuple(self._place_of[wire] for wire in operation.wires)
        diagonal = self._diagonal(operation, places)
        if diagonal is not None:
            self._run += diagonal
            return
        self._close()
        if isinstance(operation, Evolution):
            self._evolve(places, operation.terms, operation.time, operation.controls)
        elif isinstance(operation, PauliRotation) and len(places) > SMALL:
            self._evolve(places, ((real(1.0), operation.pauli_word),), -operation.angle, operation.controls)
        else:
            self._mix(operation, places)

    def cut(self) -> None:
        """What comes after is kept apart from what was before."""
        self._close()
        self._cuts.append(len(self._steps))

    # ------------------------------------------------------------ diagonal

    def _diagonal(self, operation: Operation, places: tuple[int, ...]) -> list[DiagonalTerm] | None:
        if not isinstance(operation, Evolution):
            phase_terms = terms(operation, places)
            return None if phase_terms is None else list(phase_terms)
        if any(letter in "XY" for _, pauli_word in operation.terms for letter in pauli_word):
            return None
        run: list[DiagonalTerm] = []
        for rotation, touched in rotations(operation, places) or ():
            phase_terms = terms(rotation, touched)
            if phase_terms is None:
                return None
            run += phase_terms
        return run

    def _close(self) -> None:
        """The run of diagonal operations so far becomes a step."""
        if not self._run:
            return
        angles: dict[int, Real] = {}
        for term in self._run:
            mask = int(self._basis.mask(term.wires))
            angles[mask] = angles.get(mask, real(0.0)) + term.angle
        self._run = []
        group = self._phases
        pauli_words = [group.masks.setdefault(mask, len(group.masks)) for mask in angles]
        rows = [self._expressions.row(angle) for angle in angles.values()]
        group.rows.append(list(zip(pauli_words, rows, strict=True)))
        self._steps.append((PHASE, len(group.rows) - 1))

    # ------------------------------------------------------------ evolutions

    def _evolve(
        self, places: tuple[int, ...], pauli_words: Sequence[tuple[Real, str]], time: Real, controls: int
    ) -> None:
        own, on = places[controls:], self._basis.mask(places[:controls])
        off_diagonals = [
            off_diagonal
            for flips, group in flip_groups(pauli_words).items()
            for off_diagonal in self._off_diagonals(own, flips, group, on)
        ]
        off_diagonals = [off_diagonal for off_diagonal in off_diagonals if off_diagonal.sign.any()]
        plain = [(c, pauli_word) for c, pauli_word in pauli_words if not any(letter in "XY" for letter in pauli_word)]
        distinct = {
            c: k for k, c in enumerate(dict.fromkeys(off_diagonal.coefficient for off_diagonal in off_diagonals))
        }
        masks = [
            self._basis.mask(own[k] for k, letter in enumerate(pauli_word) if letter == "Z") for _, pauli_word in plain
        ]
        is_real = all(off_diagonal.phase == 1 for off_diagonal in off_diagonals)
        key = ("evolve", _rounded(len(off_diagonals)), is_real)
        group = self._evolutions.setdefault(key, _EvolutionGroup(is_real))
        numbers = tuple(distinct[off_diagonal.coefficient] for off_diagonal in off_diagonals)
        phases = tuple(off_diagonal.phase for off_diagonal in off_diagonals)
        shape = (int(on), tuple(map(int, masks)), numbers, phases, _digest(off_diagonals))
        if shape not in group.known:
            group.known[shape] = len(group.structures)
            group.structures.append(self._structure(off_diagonals, numbers, masks, on))
        row = self._expressions.row
        off_diagonal = [row(c) for c in distinct]
        group.rows.append(_Evolution(group.known[shape], [row(c) for c, _ in plain], off_diagonal, row(time)))
        self._steps.append((key, len(group.rows) - 1))

    def _structure(
        self, off_diagonals: Sequence[_OffDiagonal], numbers: tuple[int, ...], masks: Sequence[np.uint64], on: np.uint64
    ) -> _Structure:
        size = self._basis.size
        inside = (self._basis.codes & on) == on
        pauli_words = [np.where(inside, self._basis.signs(mask), 0).astype(np.int8) for mask in masks]
        return _Structure(
            np.array([off_diagonal.gather for off_diagonal in off_diagonals], np.int32).reshape(-1, size),
            np.array([off_diagonal.sign for off_diagonal in off_diagonals], np.int8).reshape(-1, size),
            numbers,
            tuple(off_diagonal.phase for off_diagonal in off_diagonals),
            np.array(pauli_words, np.int8).reshape(-1, size),
        )

    def _off_diagonals(
        self, own: tuple[int, ...], flips: Bits, pauli_words: Sequence[tuple[Real, str]], on: np.uint64
    ) -> list[_OffDiagonal]:
        """Off-diagonal entries of the Pauli words that flip the same places: one for each different coefficient and Z
        words beside it.
        """
        basis, places = self._basis, tuple(own[k] for k in flips)
        flip = basis.mask(places)
        apart: dict[np.uint64, list[tuple[Real, str]]] = {}
        for coefficient, pauli_word in pauli_words:
            rest = basis.mask(own[k] for k, letter in enumerate(pauli_word) if letter == "Z")
            apart.setdefault(rest, []).append((coefficient, "".join(pauli_word[k] for k in flips)))
        local = basis.local(places)
        allowed = patterns(flips, pauli_words)
        signs: dict[tuple[Real, complex, np.uint64], Signs] = {}
        for before in allowed:
            to = int("".join(str(1 - bit) for bit in before), 2)
            rows = (local == to) & ((basis.codes & on) == on)
            for rest, own_pauli_words in apart.items():
                for part, phase in zip(amplitude(own_pauli_words, before), (1.0 + 0j, 1j), strict=True):
                    if is_nothing(part):
                        continue
                    coefficient, sign = _signed(part)
                    column = signs.setdefault((coefficient, phase, rest), np.zeros(basis.size, np.int8))
                    column[rows] = sign * basis.signs(rest)[rows]
        entries = []
        for (coefficient, phase, _), column in signs.items():
            gather = np.arange(basis.size, dtype=np.int32)
            chosen = np.flatnonzero(column)
            gather[chosen] = basis.find(basis.codes[chosen] ^ flip)
            entries.append(_OffDiagonal(gather, column, coefficient, phase))
        return entries

    # ------------------------------------------------------------ small matrices

    def _mix(self, operation: Operation, places: tuple[int, ...]) -> None:
        basis, count = self._basis, len(operation.control_wires)
        recipe, _ = recipe_of(operation, len(places) - count)
        inner = len(places) <= SMALL
        own = places if inner else places[count:]
        on = basis.mask(()) if inner else basis.mask(places[:count])
        if inner and count:
            recipe = controlled(recipe, count)
        skip = 0 if inner else count
        joined = {pair for change in transitions(operation) for pair in _on_all(operation.wires, change)}
        changes = [(before[skip:], after[skip:]) for before, after in joined]
        flips = sorted({_number(before) ^ _number(after) for before, after in changes})
        key = ("mix", _rounded(len(flips)))
        group = self._mixes.setdefault(key, _MixGroup())
        group.elements = max(group.elements, recipe.size**2)
        pairs = tuple(sorted((_number(before), _number(after)) for before, after in changes))
        shape = (own, int(on), pairs)
        if shape not in group.known:
            group.known[shape] = len(group.structures)
            group.structures.append(self._partners(own, on, flips, set(pairs)))
        group.rows.append((group.known[shape], self._pool.add(recipe)))
        self._steps.append((key, len(group.rows) - 1))

    def _partners(
        self, own: tuple[int, ...], on: np.uint64, flips: Sequence[int], pairs: set[tuple[int, int]]
    ) -> tuple[Indices, Indices]:
        """Partners and entries of the off-diagonal entries, one for each pattern of flipped places."""
        basis, side = self._basis, 2 ** len(own)
        local, inside = basis.local(own), (basis.codes & on) == on
        entry = [np.where(inside, _FIRST + local * side + local, _ONE)]
        gather = []
        for flip in flips:
            joined = np.array([(k ^ flip, k) in pairs for k in range(side)])[local] & inside
            mask = basis.mask(place for k, place in enumerate(own) if flip >> (len(own) - 1 - k) & 1)
            partner = basis.find(basis.codes ^ mask)
            there = joined & (partner >= 0)
            reverse = np.array([(k, k ^ flip) in pairs for k in range(side)])[local] & inside & (partner >= 0)
            gather.append(np.where(there | reverse, partner, np.arange(basis.size)))
            entry.append(np.where(there, _FIRST + local * side + (local ^ flip), _ZERO))
        return _int(gather).reshape(-1, basis.size), _int(entry)

    # ------------------------------------------------------------ the end

    def finish(self, start: int) -> SectorTables:
        """The tables; `start` is the number of the basis state at the start."""
        self._close()
        pool = self._pool.build()
        built: dict[Hashable, Group] = {key: self._evolved(group) for key, group in self._evolutions.items()}
        built |= {key: self._mixed(group) for key, group in self._mixes.items()}
        if self._phases.rows:
            built[PHASE] = self._phased(self._phases)
        number = {key: k for k, key in enumerate(built)}
        kind, row = _int([number[key] for key, _ in self._steps]), _int([row for _, row in self._steps])
        return SectorTables(
            self._basis.size, start, self._expressions.build(), pool, tuple(built.values()), kind, row, _int(self._cuts)
        )

    def _phased(self, group: _DiagonalGroup) -> Phases:
        size, none = self._basis.size, len(group.masks)
        signs = [self._basis.signs(np.uint64(mask)) for mask in group.masks]
        return Phases(
            np.stack([*signs, np.zeros(size, np.int8)]),
            ragged.table([[pauli_word for pauli_word, _ in run] for run in group.rows], none),
            ragged.table([[angle for _, angle in run] for run in group.rows], self._zero),
        )

    def _mixed(self, group: _MixGroup) -> Mixes:
        size = self._basis.size
        off_diagonals = max(len(gather) for gather, _ in group.structures)
        still = np.arange(size, dtype=np.int32)
        gather = [_filled(gather, off_diagonals, still) for gather, _ in group.structures]
        entry = [_filled(entry, 1 + off_diagonals, np.zeros(size, np.int32)) for _, entry in group.structures]
        at = _int([self._pool.offset(handle) for _, handle in group.rows])
        structure = _int([number for number, _ in group.rows])
        return Mixes(_stacked(gather), _stacked(entry), structure, at, group.elements)

    def _evolved(self, group: _EvolutionGroup) -> Evolutions:
        size, structures = self._basis.size, group.structures
        off_diagonals = max(len(s.gather) for s in structures)
        pauli_words = max(len(s.pauli_words) for s in structures)
        still, none = np.arange(size, dtype=np.int32), np.zeros(size, np.int8)
        return Evolutions(
            _stacked([_filled(s.gather, off_diagonals, still) for s in structures]),
            _stacked([_filled(s.sign, off_diagonals, none) for s in structures]),
            ragged.table([s.number for s in structures], 0, least=off_diagonals),
            ragged.table([s.phase for s in structures], 1.0, np.complex128, least=off_diagonals),
            group.real,
            _stacked([_filled(s.pauli_words, pauli_words, none) for s in structures]),
            _int([row.structure for row in group.rows]),
            ragged.table([row.diagonal for row in group.rows], self._zero),
            ragged.table([row.off_diagonal for row in group.rows], self._zero, least=1),
            _int([row.time for row in group.rows]),
        )


def _on_all(wires: Sequence[int], change: Transition) -> Iterator[tuple[Bits, Bits]]:
    """A transition as pairs of the bits of all `wires`: those that it does not name keep any value."""
    others = [wire for wire in wires if wire not in change.wires]
    for bits in product((0, 1), repeat=len(others)):
        still = dict(zip(others, bits, strict=True))
        before, after = (still | dict(zip(change.wires, own, strict=True)) for own in (change.before, change.after))
        yield tuple(before[wire] for wire in wires), tuple(after[wire] for wire in wires)


def _signed(number: Real) -> tuple[Real, int]:
    """A number up to its sign: the first of its coefficients is positive."""
    leading = number.terms[0][0] if number.terms else number.constant
    return (-number, -1) if leading < 0 else (number, 1)


def _rounded(count: int) -> int:
    """The least power of four that is no less: what has about as many off-diagonal entries is run, and compiled,
    alike.
    """
    return 1 << 2 * math.ceil(math.log(max(count, 1), 4))


def _number(bits: Iterable[int]) -> int:
    total = 0
    for bit in bits:
        total = 2 * total + bit
    return total


def _int(values: object) -> Indices:
    return np.array(values, dtype=np.int32)


def _digest(off_diagonals: Iterable[_OffDiagonal]) -> bytes:
    """The same for the same partners and signs."""
    digest = hashlib.blake2b()
    for off_diagonal in off_diagonals:
        digest.update(off_diagonal.gather.data)
        digest.update(off_diagonal.sign.data)
    return digest.digest()


def _stacked(tables: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """Tables of one shape as one; a single one, which may be large, is not copied."""
    return tables[0][None] if len(tables) == 1 else np.stack(tables)


def _filled(table: NDArray[Any], rows: int, filler: NDArray[Any]) -> NDArray[Any]:
    """The table with as many rows as `rows`."""
    return np.concatenate([table, np.repeat(filler[None], rows - len(table), axis=0)]) if len(table) < rows else table
