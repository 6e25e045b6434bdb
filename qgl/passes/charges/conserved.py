"""What a circuit conserves: sums of bits with whole coefficients, and parities.

A charge is a vector q, a number for each wire, such that every operation commutes with sum_i q_i n_i, n_i being the
bit of wire i. An operation commutes with it exactly if q does not change along any of its transitions
(`qgl.passes.charges.transitions`): the charges are the null space of the differences of bits, over the rationals, and
the parities that over GF(2). Wires that never meet have charges of their own.

Valid in: any circuit, before passes or after. Nothing is changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm

from qgl.ir.facts import is_permutation, is_reset, is_unitary
from qgl.passes.charges.transitions import TooWideError, gathered, transitions
from qgl.program.operations import (
    LIFETIME,
    Discard,
    Evolution,
    Fresh,
    Measurement,
    Operation,
    PauliRotation,
    Reset,
)
from qgl.record import record

MOST_ROWS = 4_000  # equations that are solved after those of one and two wires
Equation = dict[int, int]  # wire: coefficient, none of them 0


@record
class Charge:
    """sum of weight * bit over `weights`, which keeps its `value`; modulo `modulus` where that is not 0.

    weights  pairs (wire, weight), ascending, none of the weights 0
    """

    weights: tuple[tuple[int, int], ...]
    value: int
    modulus: int = 0

    @property
    def wires(self) -> tuple[int, ...]:
        return tuple(wire for wire, _ in self.weights)

    @property
    def is_count(self) -> bool:
        """A number of ones."""
        return not self.modulus and all(weight == 1 for _, weight in self.weights)


@dataclass(frozen=True, eq=False)
class Conserved:
    """What is conserved, and where the circuit starts.

    wires       numbers of all wires that the circuit has
    start       the bit of each wire before the first of `operations`
    operations  the circuit without the gates that only make the start
    """

    wires: tuple[int, ...]
    start: dict[int, int]
    operations: tuple[Operation, ...]
    charges: tuple[Charge, ...]

    @cached_property
    def frozen(self) -> frozenset[int]:
        """Wires that keep the bit that they start with."""
        return frozenset(charge.weights[0][0] for charge in self.charges if len(charge.weights) == 1)


def conserved(operations: Iterable[Operation], wires: Iterable[int], parities: bool = True) -> Conserved:
    """The charges of operations in order, every wire starting in |0>."""
    wires, operations = tuple(wires), tuple(operations)
    if _all_turned(operations, len(wires)):
        return Conserved(wires, dict.fromkeys(wires, 0), operations, ())
    start, kept = prepared(operations, wires)
    kept = gathered(kept)
    equations = _equations(kept)
    free = _solve(equations, wires, 0)
    charges = [_with_value(vector, start, 0) for vector in free]
    if parities:
        known = [{wire: 1 for wire, weight in vector.items() if weight % 2} for vector in free]
        odd = _independent(_solve(equations, wires, 2), known)
        charges += [_with_value(vector, start, 2) for vector in odd]
    return Conserved(wires, start, tuple(kept), tuple(charges))


def _with_value(vector: Equation, start: dict[int, int], modulus: int) -> Charge:
    value = sum(weight * start[wire] for wire, weight in vector.items())
    return Charge(tuple(sorted(vector.items())), value % modulus if modulus else value, modulus)


# ------------------------------------------------------------ the start


def _all_turned(operations: Iterable[Operation], count: int) -> bool:
    """Whether a gate on it alone puts each of the wires into a superposition, so that no charge can have any: most
    circuits are known by that from their first layer.
    """
    turned: set[int] = set()
    for operation in operations:
        if len(operation.wires) > 1 or isinstance(operation, Fresh | Discard | Measurement | Reset):
            continue
        rotates = isinstance(operation, PauliRotation) or (is_unitary(operation) and not is_permutation(operation))
        if rotates and transitions(operation):
            turned.update(operation.wires)
            if len(turned) == count:
                return True
    return False


def prepared(operations: Iterable[Operation], wires: tuple[int, ...]) -> tuple[dict[int, int], list[Operation]]:
    """Bits of the start, and the operations that do more than to make it."""
    start = dict.fromkeys(wires, 0)
    touched: set[int] = set()
    kept: list[Operation] = []
    for operation in operations:
        if isinstance(operation, LIFETIME):
            kept.append(operation)
            continue
        after = None if touched.intersection(operation.wires) else _image(operation, start)
        if after is None:
            touched.update(operation.wires)
            kept.append(operation)
        else:
            start.update(zip(operation.wires, after, strict=True))
    return start, kept


def _image(operation: Operation, start: dict[int, int]) -> tuple[int, ...] | None:
    """The bits that an operation makes of those at the start, up to a phase; None where it makes a superposition."""
    bits = tuple(start[wire] for wire in operation.wires)
    if operation.condition or isinstance(operation, Measurement | Evolution | PauliRotation):
        return None
    if is_reset(operation):
        return (0,)
    if not is_unitary(operation) or not is_permutation(operation):
        return None
    if not all(start[wire] for wire in operation.control_wires):
        return bits
    moved = (change.after for change in transitions(operation) if change.before == bits)
    return next(moved, bits)


# ------------------------------------------------------------ equations


def _equations(operations: Iterable[Operation]) -> list[Equation]:
    """What charges must obey: the differences of bits along all transitions, each once."""
    equations: dict[tuple[tuple[int, int], ...], None] = {}
    for operation in operations:
        try:
            changes = transitions(operation)
        except TooWideError:
            equations.update(dict.fromkeys(((wire, 1),) for wire in operation.wires))
            continue
        for change in changes:
            difference = [
                (wire, after - before)
                for wire, before, after in zip(change.wires, change.before, change.after, strict=True)
                if after != before
            ]
            difference.sort()
            if difference[0][1] < 0:
                difference = [(wire, -step) for wire, step in difference]
            equations[tuple(difference)] = None
    return [dict(row) for row in equations]


def _solve(equations: Sequence[Equation], wires: Sequence[int], modulus: int) -> list[Equation]:
    """A basis of the vectors q with sum q_i row_i = 0 (modulo 2 if `modulus` is 2) for all equations.

    Equations of one and two wires, which are nearly all, join wires to classes first.
    """
    classes = _Classes(wires, modulus)
    longer = []
    for row in equations:
        odd = {wire: step for wire, step in row.items() if not modulus or step % modulus}
        if len(odd) == 1:
            classes.kill(*odd)
        elif len(odd) == 2:
            (one, a), (other, b) = odd.items()
            classes.join(one, other, -1 if a == b else 1)
        elif odd:
            longer.append(odd)
    members = classes.members()
    reduced = []
    for row in longer:
        sums: Equation = {}
        for wire, step in row.items():
            root, sign = classes.find(wire)
            if root in members:
                sums[root] = sums.get(root, 0) + sign * step
        sums = {root: step % modulus if modulus else step for root, step in sums.items()}
        reduced.append({root: step for root, step in sums.items() if step})
    return [
        {wire: weight * sign for root, weight in vector.items() for wire, sign in members[root]}
        for vector in _null_space(reduced, list(members), modulus)
    ]


class _Classes:
    """Wires whose weights are equal up to a sign."""

    def __init__(self, wires: Iterable[int], modulus: int) -> None:
        self._parent: dict[int, tuple[int, int]] = {wire: (wire, 1) for wire in wires}
        self._dead: set[int] = set()
        self._modulus = modulus

    def find(self, wire: int) -> tuple[int, int]:
        """The representative of a wire and the sign of the wire's weight in terms of it."""
        path = []
        while self._parent[wire][0] != wire:
            path.append(wire)
            wire = self._parent[wire][0]
        sign = 1
        for step in reversed(path):
            sign *= self._parent[step][1]
            self._parent[step] = (wire, sign)
        return wire, sign

    def kill(self, wire: int) -> None:
        """The weight of a wire is 0."""
        self._dead.add(self.find(wire)[0])

    def join(self, one: int, other: int, sign: int) -> None:
        """The weight of `one` is `sign` times that of `other`."""
        (first, a), (second, b) = self.find(one), self.find(other)
        sign = 1 if self._modulus else a * b * sign
        if first == second:
            if sign < 0:
                self._dead.add(first)
            return
        self._parent[first] = (second, sign)
        if first in self._dead:
            self._dead.add(second)

    def members(self) -> dict[int, list[tuple[int, int]]]:
        """Wires and signs of each class whose weight may be other than 0; the first wire's sign is 1."""
        classes: dict[int, list[tuple[int, int]]] = {}
        for wire in sorted(self._parent):
            root, sign = self.find(wire)
            if root not in self._dead:
                classes.setdefault(root, []).append((wire, sign))
        return classes


def _null_space(rows: Sequence[Equation], columns: Sequence[int], modulus: int) -> list[Equation]:
    """A basis in whole numbers, by elimination; beyond `MOST_ROWS` equations the columns they have are given up."""
    rows = [row for row in rows if row]
    if len(rows) > MOST_ROWS:
        given_up = {column for row in rows for column in row}
        return [{column: 1} for column in columns if column not in given_up]
    pivots: dict[int, dict[int, Fraction]] = {}  # column: the row that it leads, which is 1 there
    for row in rows:
        left = _reduced({column: Fraction(step) for column, step in row.items()}, pivots, modulus)
        if not left:
            continue
        lead = min(left)
        scaled = {column: _mod(step / left[lead], modulus) for column, step in left.items()}
        pivots[lead] = scaled
        for column, other in list(pivots.items()):
            if column != lead and lead in other:
                pivots[column] = _minus(other, other[lead], scaled, modulus)
    basis = []
    for column in columns:
        if column not in pivots:
            vector = {column: Fraction(1)}
            vector |= {lead: _mod(-row[column], modulus) for lead, row in pivots.items() if column in row}
            basis.append(_whole(vector))
    return basis


def _reduced(row: dict[int, Fraction], pivots: dict[int, dict[int, Fraction]], modulus: int) -> dict[int, Fraction]:
    for column in sorted(row):
        if column in pivots and column in row:
            row = _minus(row, row[column], pivots[column], modulus)
    return row


def _minus(row: dict[int, Fraction], factor: Fraction, other: dict[int, Fraction], modulus: int) -> dict[int, Fraction]:
    left = dict(row)
    for column, step in other.items():
        left[column] = _mod(left.get(column, Fraction(0)) - factor * step, modulus)
    return {column: step for column, step in left.items() if step}


def _mod(number: Fraction, modulus: int) -> Fraction:
    return number % modulus if modulus else number


def _whole(vector: dict[int, Fraction]) -> Equation:
    """The vector times the least number that makes it whole; its first weight is positive."""
    scale = lcm(*(number.denominator for number in vector.values()))
    whole = {column: int(number * scale) for column, number in vector.items()}
    divisor = gcd(*whole.values()) * (1 if whole[min(whole)] > 0 else -1)
    return {column: number // divisor for column, number in whole.items()}


def _independent(vectors: Sequence[Equation], known: Sequence[Equation]) -> list[Equation]:
    """Those of `vectors` that are no sum modulo 2 of `known` ones and of those before."""
    pivots: dict[int, frozenset[int]] = {}

    def left_of(vector: Equation) -> frozenset[int]:
        rest = frozenset(vector)
        while rest and min(rest) in pivots:
            rest ^= pivots[min(rest)]
        return rest

    for vector in known:
        rest = left_of(vector)
        if rest:
            pivots[min(rest)] = rest
    independent = []
    for vector in vectors:
        rest = left_of(vector)
        if rest:
            pivots[min(rest)] = rest
            independent.append(vector)
    return independent
