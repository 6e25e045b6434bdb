"""Symmetries of what a circuit gives: strings that are equally likely whatever the parameters are.

An operator S that leaves the start alone, up to a phase, becomes G S G^-1 behind a gate G, and leaves the state there
alone. If it is the same for all numbers of every gate, and in the end takes basis states of the visible qubits to basis
states, x to m(x), whatever it does to the hidden ones, then p(m(x)) = p(x). Operators that are tried: a register read
as a whole number k, most significant bit first, is reflected about the basis state that it starts in; or nothing moves;
beside it Z on hidden qubits or on all qubits, which gates turn into flips. So reflections of a quantum walk
together with the qubit that gives its direction are found, and flips of all bits. What depends on inputs is looked at
with three sets of odd numbers, as `charges` does with one: an entry that is the same for all of them is, as a sum of
products of sines and cosines, always the same.

Valid in: circuits of unitary operations without conditions, of few qubits; of others nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import pauli_matrix
from qgl.ir.facts import is_unitary
from qgl.passes.charges.conserved import prepared
from qgl.passes.charges.description import names
from qgl.program.operations import Evolution, GateApplication, MatrixUnitary, Operation, PauliRotation
from qgl.program.program import Program
from qgl.record import record

MOST_WIRES, MOST_HIDDEN, MOST_OPERATIONS, MOST_OF_A_GATE = 7, 3, 2000, 5
_SETS = 3  # of odd numbers
_TOLERANCE = 1e-9
Matrix = NDArray[np.complex128]


@record(eq=False)
class Mirror:
    """p(image[x]) = p(x) for the index x of every visible string; `wording` says it."""

    image: NDArray[np.int64]
    wording: str


def mirrors(program: Program) -> tuple[Mirror, ...]:
    """Symmetries that are found, each once; none is no proof that there are none."""
    wires = (*program.visible, *(k for k in range(len(program.wires)) if k not in program.visible))
    hidden = len(wires) - len(program.visible)
    if len(wires) > MOST_WIRES or hidden > MOST_HIDDEN or len(program.operations) > MOST_OPERATIONS:
        return ()
    if not all(_is_simple(operation) for operation in program.operations):
        return ()
    place = {wire: k for k, wire in enumerate(wires)}
    bits, operations = prepared(program.operations, wires)
    gates = [([place[wire] for wire in each.wires], _matrices(each)) for each in operations]
    known: dict[bytes, Mirror] = {}
    for operator in _operators(program, [bits[wire] for wire in wires], hidden):
        image = _image(_carried(operator, gates), len(program.visible))
        if image is not None and (image != np.arange(len(image))).any():
            known.setdefault(image.tobytes(), Mirror(image, _wording(program, image)))
    return tuple(known.values())


def _is_simple(operation: Operation) -> bool:
    small = len(operation.targets) <= MOST_OF_A_GATE
    return is_unitary(operation) and not operation.condition and small


# ------------------------------------------------------------ operators that leave the start alone


def _operators(program: Program, bits: Sequence[int], hidden: int) -> Iterator[Matrix]:
    """Those that are tried, on all wires, visible ones first, which start as `bits`."""
    width = len(bits)
    signs = [_signs(width, (*(0,) * (width - hidden), *pattern)) for pattern in product((0, 1), repeat=hidden)]
    yield np.diag(_signs(width, (1,) * width))
    yield from (np.diag(sign) for sign in signs[1:])
    for places in _registers(program):
        start = int("".join(map(str, bits[places.start : places.stop])), 2)
        moved = _reflected(np.arange(2**width), width, places, 2 * start)
        for sign in signs:
            operator = np.zeros((2**width, 2**width), np.complex128)
            operator[moved, np.arange(2**width)] = sign
            yield operator


def _signs(width: int, pattern: Sequence[int]) -> Matrix:
    """The diagonal of Z on the wires of a pattern."""
    bits = np.arange(2**width)[:, None] >> np.arange(width - 1, -1, -1) & 1
    return np.asarray(1 - 2 * (bits @ np.asarray(pattern) % 2), np.complex128)


def _registers(program: Program) -> list[range]:
    """The places of each visible register of several qubits."""
    names = [program.wires[wire].register for wire in program.visible]
    firsts = {name: names.index(name) for name in dict.fromkeys(names)}
    return [range(first, first + names.count(name)) for name, first in firsts.items() if names.count(name) > 1]


def _reflected(index: NDArray[np.int64], width: int, places: range, total: int) -> NDArray[np.int64]:
    """Basis states whose bits at `places`, as a number k, have become total - k modulo 2^bits."""
    shift, size = width - places.stop, 2 ** len(places)
    number = index >> shift & (size - 1)
    moved: NDArray[np.int64] = index + (((total - number) % size - number) << shift)
    return moved


# ------------------------------------------------------------ gates


def _carried(operator: Matrix, gates: Sequence[tuple[list[int], list[Matrix]]]) -> Matrix | None:
    """The operator behind all gates; None where it depends on a number of one of them."""
    for wires, matrices in gates:
        behind = _turned(operator, wires, matrices[0])
        if any(np.abs(_turned(operator, wires, other) - behind).max() > _TOLERANCE for other in matrices[1:]):
            return None
        operator = behind
    return operator


def _turned(operator: Matrix, wires: Sequence[int], matrix: Matrix) -> Matrix:
    """G S G^-1."""
    return _applied(_applied(operator, wires, matrix).conj().T, wires, matrix).conj().T


def _applied(operator: Matrix, wires: Sequence[int], matrix: Matrix) -> Matrix:
    """G on the rows of an operator."""
    size, count = len(operator), len(wires)
    tensor = operator.reshape((2,) * (size.bit_length() - 1) + (size,))
    gate = matrix.reshape((2,) * (2 * count))
    moved = np.tensordot(gate, tensor, (range(count, 2 * count), wires))
    return np.asarray(np.moveaxis(moved, range(count), wires).reshape(size, size), np.complex128)


def _matrices(operation: Operation) -> list[Matrix]:
    """On all wires of an operation: one if it depends on no input, else one for each set of odd numbers."""
    sets = 1 if all(number.is_constant for number in operation.numbers) else _SETS
    return [_controlled(_own(operation, which), len(operation.control_wires)) for which in range(sets)]


def _own(operation: Operation, which: int) -> Matrix:
    """The matrix on the targets."""
    odd = np.random.default_rng(which).uniform(0.3, 2.8, len(operation.numbers))
    values = [n.constant if n.is_constant else float(x) for n, x in zip(operation.numbers, odd, strict=True)]
    match operation:
        case MatrixUnitary(matrix=matrix):
            return np.asarray(matrix, np.complex128)
        case PauliRotation(pauli_word=pauli_word):
            identity = np.eye(2 ** len(pauli_word))
            return np.asarray(np.cos(values[0]) * identity + 1j * np.sin(values[0]) * pauli_matrix(pauli_word))
        case Evolution(terms=terms):
            matrices = [pauli_matrix(pauli_word) for _, pauli_word in terms]
            energies, vectors = np.linalg.eigh(sum(c * w for c, w in zip(values[1:], matrices, strict=True)))
            return np.asarray((vectors * np.exp(-1j * values[0] * energies)) @ vectors.conj().T)
        case _:
            assert isinstance(operation, GateApplication)
            return np.asarray(operation.gate.matrix(np, *map(np.asarray, values)), np.complex128)


def _controlled(matrix: Matrix, controls: int) -> Matrix:
    whole = np.eye(len(matrix) << controls, dtype=np.complex128)
    whole[-len(matrix) :, -len(matrix) :] = matrix
    return whole


# ------------------------------------------------------------ what is seen


def _image(operator: Matrix | None, visible: int) -> NDArray[np.int64] | None:
    """Where an operator takes each visible string, whatever it does to the rest; None if it makes superpositions."""
    if operator is None:
        return None
    blocks = np.linalg.norm(operator.reshape(2**visible, -1, 2**visible, len(operator) >> visible), axis=(1, 3))
    joined = blocks > _TOLERANCE
    return np.argmax(joined, axis=0) if (joined.sum(axis=0) == 1).all() else None


def _wording(program: Program, image: NDArray[np.int64]) -> str:
    """A symmetry in words: flipped bits, a register that is reflected, or else one pair of strings."""
    width = len(program.visible)
    if (image == (np.arange(len(image)) ^ image[0])).all():
        flipped = [wire for k, wire in enumerate(program.visible) if image[0] >> (width - 1 - k) & 1]
        return f"a string is as likely as the one with all of {names(flipped, program.wires)} flipped"
    for places in _registers(program):
        shift, size = width - places.stop, 2 ** len(places)
        center = int(image[0] >> shift & (size - 1))
        if (image == _reflected(np.arange(len(image)), width, places, center)).all():
            name = program.wires[program.visible[places.start]].register
            return f"{name} = k is as likely as {name} = ({center or size} - k) modulo {size}"
    first = int(np.flatnonzero(image != np.arange(len(image)))[0])
    return f"strings are as likely as others, such as {first:0{width}b} as {int(image[first]):0{width}b}"
