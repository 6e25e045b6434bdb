"""Which basis states an operation joins: its off-diagonal elements that are not zero for every value of the inputs.

Coefficients are compared as expressions: those of XX and YY that are the same number, whatever it is, cancel in
|00> -> |11>.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real, real
from qgl.gates import GATES
from qgl.gates.algebra import commute
from qgl.gates.model import Channel, Gate
from qgl.ir.facts import is_reset
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
)
from qgl.record import record

MOST_FLIPPED = 10  # wires that a Pauli word may flip: all patterns of their bits are looked at
_TOLERANCE = 1e-12
_ROTATIONS = {GATES["rxx"]: "XX", GATES["ryy"]: "YY", GATES["rzz"]: "ZZ"}

Bits = tuple[int, ...]
PauliTerm = tuple[Real, str]


class TooWideError(Exception):
    """A Pauli word flips more wires than are looked at."""


@record
class Transition:
    """The bits `before` of `wires` may become `after`, whatever the others are."""

    wires: tuple[int, ...]
    before: Bits
    after: Bits


def transitions(operation: Operation) -> tuple[Transition, ...]:
    """All transitions of an operation with `before` other than `after`; what is measured or forgotten makes none.

    Raises:
        TooWideError: a Pauli word flips more than `MOST_FLIPPED` wires.
    """
    if isinstance(operation, Fresh | Discard | Measurement):
        return ()
    controls, own = operation.control_wires, operation.targets
    if isinstance(operation, PauliRotation | Evolution):
        terms = operation.terms if isinstance(operation, Evolution) else ((real(1.0), operation.pauli_word),)
        joined = [
            (tuple(own[k] for k in flips), before, tuple(1 - bit for bit in before))
            for flips, group in flip_groups(terms).items()
            for before in patterns(flips, group)
        ]
    else:
        joined = [(own, before, after) for before, after in _elements(operation)]
    ones = (1,) * len(controls)
    return tuple(Transition(controls + wires, ones + before, ones + after) for wires, before, after in joined)


# ------------------------------------------------------------ Pauli words


def flip_groups(terms: Iterable[PauliTerm]) -> dict[Bits, list[PauliTerm]]:
    """Pauli words with X or Y, by the places where they have them."""
    groups: dict[Bits, list[PauliTerm]] = {}
    for coefficient, pauli_word in terms:
        flips = tuple(k for k, letter in enumerate(pauli_word) if letter in "XY")
        if flips:
            groups.setdefault(flips, []).append((coefficient, pauli_word))
    return groups


def patterns(flips: Bits, terms: Sequence[PauliTerm]) -> list[Bits]:
    """The bits at `flips` that a sum of Pauli words takes to others; all of the Pauli words flip just these places.

    Pauli words with Z on other places are looked at apart: signs of different places cannot cancel for all basis
    states.

    Raises:
        TooWideError: too many places.
    """
    if len(flips) > MOST_FLIPPED:
        raise TooWideError
    if len(terms) == 1:
        nothing = is_nothing(terms[0][0])
        return [] if nothing else list(product((0, 1), repeat=len(flips)))
    apart: dict[str, list[PauliTerm]] = {}
    for coefficient, pauli_word in terms:
        rest = "".join(letter for k, letter in enumerate(pauli_word) if k not in flips)
        apart.setdefault(rest, []).append((coefficient, "".join(pauli_word[k] for k in flips)))
    return [
        before
        for before in product((0, 1), repeat=len(flips))
        if any(not (is_nothing(re) and is_nothing(im)) for re, im in (amplitude(w, before) for w in apart.values()))
    ]


def amplitude(terms: Iterable[PauliTerm], before: Bits) -> tuple[Real, Real]:
    """Real and imaginary part of <flipped before| sum of Pauli words |before>, for Pauli words of X and Y alone."""
    parts = [real(0.0), real(0.0)]
    for coefficient, pauli_word in terms:
        quarters = 0  # powers of i: Y|0> = i|1>, Y|1> = -i|0>
        for letter, bit in zip(pauli_word, before, strict=True):
            quarters += (3 if bit else 1) if letter == "Y" else 0
        parts[quarters % 2] += -coefficient if quarters % 4 >= 2 else coefficient
    return parts[0], parts[1]


def is_nothing(number: Real) -> bool:
    """Whether a number is 0 for every value of the inputs, up to rounding."""
    return abs(number.constant) < _TOLERANCE and all(abs(factor) < _TOLERANCE for factor, _ in number.terms)


# ------------------------------------------------------------ matrices


def _elements(operation: Operation) -> tuple[tuple[Bits, Bits], ...]:
    match operation:
        case MatrixUnitary():
            return _changes(operation.matrix[None])
        case KrausChannel():
            return _changes(operation.operators)
        case GateApplication():
            return _of_record(operation.gate, _constants(operation.angles))
        case ChannelApplication():
            return _of_record(operation.channel, _constants(operation.strengths))
        case _:
            assert is_reset(operation)
            return (((1,), (0,)),)


def _constants(numbers: Sequence[Real]) -> tuple[float, ...] | None:
    return tuple(number.constant for number in numbers) if all(n.is_constant for n in numbers) else None


@cache
def _of_record(record: Gate | Channel, numbers: tuple[float, ...] | None) -> tuple[tuple[Bits, Bits], ...]:
    """Of a gate or channel, with odd numbers where they depend on inputs."""
    values = [1 / (k + np.pi) for k in range(len(record.parameters))] if numbers is None else numbers
    arrays = [np.asarray(value) for value in values]
    matrices = record.matrix(np, *arrays)[None] if isinstance(record, Gate) else record.kraus(np, *arrays)
    return _changes(np.asarray(matrices))


def _changes(matrices: NDArray[np.complex128]) -> tuple[tuple[Bits, Bits], ...]:
    """Pairs of different basis states that some of the matrices, shape (count, 2^k, 2^k), join."""
    qubits = int(matrices.shape[-1]).bit_length() - 1
    rows, columns = np.nonzero((np.abs(matrices) > _TOLERANCE).any(axis=0))
    return tuple(
        (_bits(column, qubits), _bits(row, qubits))
        for row, column in zip(rows.tolist(), columns.tolist(), strict=True)
        if row != column
    )


def _bits(index: int, qubits: int) -> Bits:
    return tuple(index >> (qubits - 1 - k) & 1 for k in range(qubits))


# ------------------------------------------------------------ rotations that conserve together


def gathered(operations: Iterable[Operation]) -> list[Operation]:
    """Rotations that follow each other on the same wires and commute, as one `evolve` where that joins fewer states.

    rxx(a) and ryy(a) on a pair conserve the number of ones together, and neither does alone.
    """
    groups: list[list[Operation]] = []
    last: dict[int, int] = {}  # wire: number of the last group on it
    for operation in operations:
        on = {last.get(wire, -1) for wire in operation.wires}
        at = on.pop() if len(on) == 1 else -1
        if at >= 0 and _fits(groups[at], operation):
            groups[at].append(operation)
            continue
        last.update(dict.fromkeys(operation.wires, len(groups)))
        groups.append([operation])
    return [operation for group in groups for operation in _joined(group)]


def _fits(group: Sequence[Operation], operation: Operation) -> bool:
    wires, pauli_word = group[0].wires, _rotation(operation)
    if pauli_word is None or set(operation.wires) != set(wires):
        return False
    terms = [_rotation(other) for other in group]
    return all(
        other is not None and commute(_spelled(other[1], wires), _spelled(pauli_word[1], wires)) for other in terms
    )


def _spelled(letters: dict[int, str], wires: tuple[int, ...]) -> str:
    return "".join(letters[wire] for wire in wires)


def _rotation(operation: Operation) -> tuple[Real, dict[int, str]] | None:
    """Angle and letters of exp(-i angle P) on several wires, without controls or condition; None: no such thing."""
    if operation.control_wires or operation.condition or len(operation.wires) < 2:
        return None
    match operation:
        case PauliRotation():
            return -operation.angle, dict(zip(operation.wires, operation.pauli_word, strict=True))
        case GateApplication() if operation.gate in _ROTATIONS:
            return operation.angles[0] * 0.5, dict(zip(operation.wires, _ROTATIONS[operation.gate], strict=True))
        case _:
            return None


def _joined(group: Sequence[Operation]) -> Sequence[Operation]:
    if len(group) == 1:
        return group
    wires = group[0].wires
    rotations = [rotation for operation in group if (rotation := _rotation(operation)) is not None]
    terms = tuple((angle, _spelled(letters, wires)) for angle, letters in rotations)
    whole = Evolution(wires, group[0].span, real(1.0), terms)
    try:
        fewer = len(_sorted((whole,))) < len(_sorted(group))
    except TooWideError:
        return group
    return (whole,) if fewer else group


def _sorted(operations: Iterable[Operation]) -> set[tuple[tuple[int, int, int], ...]]:
    """Transitions as sets of (wire, before, after), whatever the order of wires."""
    return {
        tuple(sorted(zip(change.wires, change.before, change.after, strict=True)))
        for operation in operations
        for change in transitions(operation)
    }
