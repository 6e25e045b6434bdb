"""Circuits that only make phases: diagonal between a first and a last layer of Hadamard gates.

Every wire starts in a basis state or in an even superposition. Then come diagonal operations, and x, y, cx and swap,
which permute basis states linearly over GF(2). Last, each visible wire may be rotated by a constant gate that has it
read along the equator of the Bloch sphere. In between the state is a sum over bits z of the superposed wires ("the
variables") of exp(i sum_j theta_j (-1)^(g_j.z)) |L z + c>, with sets g_j of variables. A Z word on visible
positions `a`, pulled back to the start, is a product of X on variables and of phases, so that with sets h_j of
positions and a number of quarter turns t of each position

    <Z_a> = mean over z in {0, 1}^n of cos(pi t.a / 2 + 2 sum over j with |h_j and a| odd of theta_j (-1)^(g_j.z)).

This is the formula of IQP circuits (Shepherd and Bremner 2009; in this form arXiv 2503.02934) with two additions. A
visible position read along Z, whose bit is the parity of z under g, has t = 1 and a generator on g with
h = {position} and theta = -pi/4: (-1)^x = i exp(-i pi (-1)^x / 2). A wire in a basis state that a Pauli word would flip
makes the mean 0, as a generator with theta = pi/4 on a variable of its own does; a wire that no gate joins to another
is one such generator with cos(2 theta) = <Z>.
"""

from __future__ import annotations

import cmath
import math
import operator
from dataclasses import dataclass, field
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real, real
from qgl.gates import GATES
from qgl.gates.algebra import PAULI
from qgl.gates.model import Channel, Gate
from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.ir.facts import is_constant, is_diagonal, is_swap
from qgl.passes.diagonal import terms
from qgl.program.operations import (
    LIFETIME,
    ChannelApplication,
    Evolution,
    GateApplication,
    MatrixUnitary,
    Operation,
    PauliRotation,
)
from qgl.program.rolled import patterns

CLOSE = 1e-9
_RY, _X = GATES["ry"], GATES["x"]
Positions = frozenset[int]
Matrix = NDArray[np.complex128]


@dataclass(frozen=True, slots=True)
class Generator:
    """One theta_j, in radians, of the module's formula, and its sets of variables and visible positions."""

    variables: frozenset[int]  # g, numbered from 0
    positions: Positions  # h, not empty
    angle: Real


@dataclass(frozen=True, eq=False)
class IqpForm:
    """The formula of a circuit: its generators, the number of variables, and quarter turns of each visible position."""

    generators: tuple[Generator, ...]
    variables: int
    quarter_turns: tuple[int, ...]


class NotIqpError(Exception):
    """The circuit is not of this kind; the message says why."""


def iqp_form(circuit: Circuit) -> IqpForm:
    """The formula of a circuit of unitary gates, `fresh` and `discard`.

    Raises:
        NotIqpError: it is not diagonal between two Hadamard layers.
    """
    reader = _Reader(len(circuit.wires))
    for operation in circuit.operations:
        if not isinstance(operation, LIFETIME):
            reader.step(operation)
    return reader.read_out(circuit.visible)


def may_be_iqp(circuit: Circuit) -> bool:
    """Whether the circuit may be of this kind: a quick look, at what takes an input and is neither diagonal nor a flip

    (`qgl.plan.pauli_flips`)."""
    visible = set(circuit.visible)

    def a_flip(operation: Operation) -> bool:
        match operation:
            case ChannelApplication():
                return _is_pauli_flip(operation.channel)
            case GateApplication():
                return operation.gate is _RY and operation.wires[0] not in visible
            case _:
                return False

    return all(
        isinstance(operation, LIFETIME) or is_constant(operation) or is_diagonal(operation) or a_flip(operation)
        for operation in patterns(circuit.operations)
    )


@lru_cache
def _is_pauli_flip(channel: Channel) -> bool:
    """Whether a channel makes Pauli gates act by chance: its fresh qubits are rotated, and then control them."""
    numbers = SimpleNamespace(asin=math.asin, sqrt=math.sqrt, ratio=operator.truediv)
    steps = channel.dilation(numbers, *[0.1] * len(channel.parameters))
    return all(
        qubits[0] >= channel.qubits and (len(qubits) == 1 if name == "ry" else name in ("cx", "cy", "cz"))
        for name, qubits, _ in steps
    )


@dataclass
class _Wire:
    """What is known of one wire on the way.

    stage   "start": only `matrix` acted on |0>. "inside": its bit is the parity of z under `form`, and the other one if
            `flipped`. "end": `matrix` acted after that.
    flips   the variables that an X on it, pulled back to the start, flips; negative: -1 - w for a basis state of wire w
    """

    stage: str
    matrix: Matrix
    form: frozenset[int]
    flips: frozenset[int]
    flipped: bool = False


@dataclass
class _Reader:
    count: int
    wires: list[_Wire] = field(default_factory=list)
    angles: dict[frozenset[int], Real] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wires = [_Wire("start", PAULI["I"], frozenset(), frozenset((-1 - k,))) for k in range(self.count)]

    def step(self, operation: Operation) -> None:
        matrix = single_matrix(operation)
        if matrix is not None:
            self.apply_matrix(operation.wires[0], matrix)
            return
        for wire in operation.wires:
            self.begin(wire)
            if self.wires[wire].stage == "end":
                raise NotIqpError(f"{operation.name} acts after a last layer of Hadamard gates")
        plain = unfold(operation)
        if is_swap(plain):
            one, other = plain.wires
            self.wires[one], self.wires[other] = self.wires[other], self.wires[one]
        elif isinstance(plain, GateApplication) and plain.gate is _X and plain.controls == 1:
            self.add(*plain.wires)
        else:
            self.phase(operation)

    def apply_matrix(self, wire: int, matrix: Matrix) -> None:
        """A constant gate on one wire."""
        state = self.wires[wire]
        ends = state.stage == "inside" and min(abs(matrix[0, 0]), abs(matrix[0, 1])) > CLOSE
        if state.stage != "inside" or ends:
            state.matrix = matrix @ (PAULI["I"] if ends else state.matrix)
            state.stage = "end" if ends else state.stage
            return
        flips = abs(matrix[0, 0]) < CLOSE
        ratio = matrix[1, 0] / matrix[0, 1] if flips else matrix[0, 0] / matrix[1, 1]
        self.rotate((wire,), real(cmath.phase(ratio) / 2))
        state.flipped ^= flips

    def begin(self, wire: int) -> None:
        """The wire is past its first gates, whatever they were."""
        state = self.wires[wire]
        if state.stage != "start":
            return
        zero, one = state.matrix[:, 0]
        state.stage = "inside"
        if min(abs(zero), abs(one)) < CLOSE:
            state.flipped = abs(zero) < CLOSE
        elif abs(abs(zero) - abs(one)) < CLOSE:
            state.form = state.flips = frozenset((wire,))
            self.rotate((wire,), real(-cmath.phase(one / zero) / 2))
        else:
            raise NotIqpError("a qubit starts in neither a basis state nor an even superposition")

    def add(self, control: int, target: int) -> None:
        """cx"""
        one, other = self.wires[control], self.wires[target]
        other.form ^= one.form
        other.flipped ^= one.flipped
        one.flips ^= other.flips

    def phase(self, operation: Operation) -> None:
        """A diagonal operation."""
        parts = _rotations(operation) if isinstance(operation, Evolution) else [operation]
        for part in parts:
            phase_terms = terms(part, part.wires)
            if phase_terms is None:
                raise NotIqpError(f"{operation.name} is not diagonal")
            for term in phase_terms:
                self.rotate(term.wires, term.angle)

    def rotate(self, wires: tuple[int, ...], angle: Real) -> None:
        """exp(i angle Z) of the Z word on `wires`, which are inside."""
        states = [self.wires[wire] for wire in wires]
        form = frozenset[int]()
        for state in states:
            form ^= state.form
        signed = -angle if sum(state.flipped for state in states) % 2 else angle
        before = self.angles.get(form)
        self.angles[form] = signed if before is None else before + signed

    def read_out(self, visible: tuple[int, ...]) -> IqpForm:
        quarter_turns = [0] * len(visible)
        read: list[tuple[int, frozenset[int], float]] = []  # position, variables and angle of further generators
        seen: dict[int, set[int]] = {}  # variable: positions that flip it
        for position, wire in enumerate(visible):
            state = self.wires[wire]
            axis = PAULI["Z"] if state.stage == "inside" else state.matrix.conj().T @ PAULI["Z"] @ state.matrix
            if state.stage == "start":
                mean = min(1.0, max(-1.0, axis[0, 0].real))
                read.append((position, frozenset((wire,)), math.acos(mean) / 2))
            elif abs(axis[0, 1]) < CLOSE:
                read.append((position, state.form, -math.pi / 4))
                quarter_turns[position] = (1 + 2 * (state.flipped ^ bool(axis[0, 0].real < 0))) % 4
            elif abs(axis[0, 0]) < CLOSE:
                self.rotate((wire,), real(cmath.phase(axis[1, 0]) / 2))
                for variable in state.flips:
                    seen.setdefault(variable, set()).add(position)
            else:
                raise NotIqpError("a qubit is read out along neither Z nor the equator")
        return self.formula(seen, read, quarter_turns)

    def formula(
        self, seen: dict[int, set[int]], read: list[tuple[int, frozenset[int], float]], quarter_turns: list[int]
    ) -> IqpForm:
        angles: dict[tuple[frozenset[int], Positions], Real] = {}
        for form, angle in self.angles.items():
            positions = set[int]()
            for variable in form:
                positions ^= seen.get(variable, set())
            angles[form, frozenset(positions)] = angle
        for position, form, constant in read:
            key = form, frozenset((position,))
            angles[key] = angles.get(key, real(0.0)) + constant
        for variable, positions in seen.items():
            if variable < 0:
                angles[frozenset((variable,)), frozenset(positions)] = real(math.pi / 4)
        kept = [(form, h, angle) for (form, h), angle in angles.items() if h and not _nothing(angle)]
        number = {variable: k for k, variable in enumerate(sorted({v for form, _, _ in kept for v in form}))}
        generators = [Generator(frozenset(number[v] for v in form), h, angle) for form, h, angle in kept]
        return IqpForm(tuple(generators), len(number), tuple(quarter_turns))


def _nothing(angle: Real) -> bool:
    return angle.is_constant and angle.constant == 0


def _rotations(evolution: Evolution) -> list[Operation]:
    """A diagonal evolution as a product of rotations."""
    if not is_diagonal(evolution):
        raise NotIqpError("evolve is not diagonal")
    rotations: list[Operation] = []
    for coefficient, pauli_word in evolution.terms:
        own = tuple(wire for wire, letter in zip(evolution.targets, pauli_word, strict=True) if letter == "Z")
        wires, angle = (*evolution.control_wires, *own), -(evolution.time * coefficient)
        rotations.append(PauliRotation(wires, evolution.span, angle, "Z" * len(own), controls=evolution.controls))
    return rotations


def single_matrix(operation: Operation) -> Matrix | None:
    """The matrix of a constant gate on one qubit, shape (2, 2); None for any other operation."""
    if len(operation.wires) > 1 or operation.control_wires or not is_constant(operation):
        return None
    match operation:
        case MatrixUnitary():
            return operation.matrix
        case PauliRotation():
            return _rotation(operation.pauli_word, operation.angle.constant)
        case GateApplication():
            return _gate(operation.gate, tuple(angle.constant for angle in operation.angles))
        case _:
            return None


@lru_cache(maxsize=4096)
def _gate(gate: Gate, angles: tuple[float, ...]) -> Matrix:
    return np.asarray(gate.matrix(np, *(np.asarray(angle) for angle in angles)), np.complex128)


@lru_cache(maxsize=4096)
def _rotation(pauli_word: str, angle: float) -> Matrix:
    return np.asarray(math.cos(angle) * PAULI["I"] + 1j * math.sin(angle) * PAULI[pauli_word], np.complex128)
