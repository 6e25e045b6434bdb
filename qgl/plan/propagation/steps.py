"""A circuit as what Pauli words go through, from its end to its beginning.

In the Heisenberg picture a Pauli word W becomes E*(W). Four things happen to words:

    Rotation  exp(-i a P / 2): words that anticommute with P split, W -> cos(a) W + sin(a) i P W; others stay
    Clifford  a constant gate that takes every Pauli word to one, with a sign
    Start     wires that nothing acts on before
    Transfer  anything else on a few wires, by its Pauli transfer matrix T: E*(P_out) = sum over in of T[out, in] P_in

Sources: P. Rall et al., Simulation of qubit quantum circuits via Pauli propagation, Phys. Rev. A 99, 062337 (2019);
A. Angrisani et al., arXiv 2409.01706 (2024).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.gates import CHANNELS, GATES
from qgl.gates.algebra import pauli_matrix
from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.passes.diagonal import MAX_CONTROLS, terms
from qgl.plan.expressions import ExpressionBuilder, Expressions
from qgl.plan.matrix_pool import Pool, Recipe
from qgl.plan.network.bases import pauli_basis
from qgl.plan.network.sources import Table
from qgl.plan.network.tensors import UnsuitableError
from qgl.plan.network.values import Handle, ValueBuilder
from qgl.plan.state.density_matrix import superoperator
from qgl.plan.state.state_vector import controlled, in_parts, recipe_of, rotations
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    KrausChannel,
    NoisyChannel,
    Operation,
    PauliRotation,
    gate,
)

STARTS = 8  # wires that are looked at together once nothing acts on them any more
WIDEST = 4  # qubits of a transfer matrix, of 4^4 x 4^4 numbers
_EXACT = 1e-12


@dataclass(frozen=True, eq=False, slots=True)
class Rotation:
    """exp(-i a P / 2); `letters` of P on `wires`, 1 to 3 for X, Y, Z; `angle` is the number of a."""

    wires: tuple[int, ...]
    letters: tuple[int, ...]
    angle: int


@dataclass(frozen=True, eq=False, slots=True)
class Clifford:
    """The local word with digits k in the order IXYZ becomes `signs[k]` times that of `images[k]`; shapes (4^w,)."""

    wires: tuple[int, ...]
    images: NDArray[np.int64]
    signs: NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Transfer:
    """A matrix T of shape (4^w, 4^w): its `number`, in order of the program; or the constant matrix itself.

    joins: which entries are not zero for all numbers.
    """

    wires: tuple[int, ...]
    number: int
    constant: NDArray[np.float64] | None
    joins: NDArray[np.bool_]

    @property
    def is_unital(self) -> bool:
        """Whether no word becomes the identity on all of its wires."""
        return not self.joins[1:, 0].any()


@dataclass(frozen=True, eq=False, slots=True)
class Start:
    """Wires on which nothing acts before: they are in |0>, so that X and Y there have the mean 0, and Z is 1."""

    wires: tuple[int, ...]


Step = Rotation | Clifford | Transfer | Start


@dataclass(frozen=True, eq=False)
class Steps:
    """`steps` from the end of the circuit to its beginning, and how their numbers come from the inputs.

    angles  the outputs of `expressions` are the angles of rotations
    places  for each transfer matrix its table and row; `tables`, `pool` and `expressions_of_tables` make them, as those
            of a network in Pauli-transfer form
    typical transfer matrices at odd numbers, each of shape (4^w, 4^w)
    """

    steps: tuple[Step, ...]
    wires: int
    visible: tuple[int, ...]
    angles: Expressions
    rotations: int
    places: tuple[tuple[int, int], ...]
    typical: tuple[NDArray[np.float64], ...]
    tables: tuple[Table, ...]
    pool: Pool
    expressions: Expressions
    algebra: str = "pauli_transfer"

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Rows of each transfer matrix, shape (matrices,)."""
        return np.array([len(matrix) for matrix in self.typical], np.int64)


def steps_of(circuit: Circuit) -> Steps:
    """What Pauli words go through in a circuit after its passes: unitaries with controls, `fresh`, `discard`, channels.

    Raises:
        UnsuitableError: a gate is too wide, or an evolution has Pauli words that do not commute.
    """
    builder = _Builder(circuit)
    for operation in reversed(circuit.operations):
        builder.add(operation)
    return builder.finish()


class _Builder:
    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        sizes = [parameter.size for parameter in circuit.parameters]
        self.angles = ExpressionBuilder(sizes)
        self.values = ValueBuilder("pauli_transfer", sizes)
        self.handles: list[Handle] = []
        self.typical: list[NDArray[np.float64]] = []
        self.steps: list[Step] = []
        self.starting: list[int] = []
        self.begun = _first_operations(circuit)
        self.position = len(circuit.operations)

    def add(self, operation: Operation) -> None:
        """The steps of one operation; each comes behind those of the operations after it."""
        self.position -= 1
        if isinstance(operation, Fresh | Discard):
            return
        if isinstance(operation, NoisyChannel):
            self.matrix(operation.wires, _channel(operation), "channel")
        else:
            for part in reversed(list(_parts(operation))):
                self.unitary(part)
        self.starting += self.begun.get(self.position, ())
        if len(self.starting) >= STARTS:
            self.steps.append(Start(tuple(self.starting)))
            self.starting = []

    def unitary(self, operation: Operation) -> None:
        """A Clifford gate, or else rotations, or else a small matrix."""
        turns, count = _as_rotations(operation), len(operation.wires)
        if count <= WIDEST and (turns is None or all(number.is_constant for number in operation.numbers)):
            recipe, _ = recipe_of(operation, len(operation.targets))
            if operation.control_wires:
                recipe = controlled(recipe, len(operation.control_wires))
            if turns is None:
                self.matrix(operation.wires, recipe, "gate")
                return
            numbers = _constants(recipe) or ()
            if (step := _clifford(operation.wires, _transfer_at(recipe, "gate", numbers))) is not None:
                self.steps.append(step)
                return
        if turns is None:
            raise UnsuitableError(f"a gate on {count} qubits is no product of few rotations about Pauli words")
        self.steps += [Rotation(wires, letters, self.angles.row(angle)) for wires, letters, angle in turns if wires]

    def matrix(self, wires: tuple[int, ...], recipe: Recipe, kind: str) -> None:
        """A matrix of the pool, or a constant one, which is computed here."""
        numbers = _constants(recipe)
        odd = [1 / (k + np.pi) for k in range(len(recipe.args))]  # at which no entry vanishes by chance
        matrix = _transfer_at(recipe, kind, odd if numbers is None else numbers)
        if numbers is None:
            self.typical.append(matrix)
            self.handles.append(self.values.matrix(recipe, kind, (), len(wires)))
            self.steps.append(Transfer(wires, len(self.handles) - 1, None, np.abs(matrix) > _EXACT))
        else:
            self.steps.append(_clifford(wires, matrix) or Transfer(wires, -1, matrix, np.abs(matrix) > _EXACT))

    def finish(self) -> Steps:
        tables, place, pool, expressions = self.values.build()
        circuit = self.circuit
        return Steps(
            tuple(self.steps),
            len(circuit.wires),
            circuit.visible,
            self.angles.build(),
            len(self.angles.numbers),
            tuple(place(handle) for handle in self.handles),
            tuple(self.typical),
            tables,
            pool,
            expressions,
        )


def _first_operations(circuit: Circuit) -> dict[int, tuple[int, ...]]:
    """The wires that each operation is the first to act on: before it they are in |0>."""
    first: dict[int, tuple[int, ...]] = {}
    for wire, positions in enumerate(circuit.on_wire):
        acting = (k for k in positions if not isinstance(circuit.operations[k], Fresh | Discard))
        position = next(acting, None)
        if position is not None:
            first[position] = (*first.get(position, ()), wire)
    return first


def _parts(operation: Operation) -> Iterator[Operation]:
    """An operation in pieces that are rotations or have a small matrix, in order of application."""
    if isinstance(operation, Evolution):
        turns = rotations(operation, operation.wires)
        yield from _as_generator(operation) if turns is None else (rotation for rotation, _ in turns)
        return
    yield from (unfold(part) for part, _ in in_parts(operation, operation.wires, WIDEST - 1))


def _as_generator(evolution: Evolution) -> Iterator[Operation]:
    """Evolution on a few qubits as one gate, and a phase on its controls for the identity among its words."""
    qubits, controls, span = len(evolution.targets), evolution.control_wires, evolution.span
    if qubits + len(controls) > WIDEST:
        raise UnsuitableError(
            f"an evolution under Pauli words that do not commute, on {qubits + len(controls)} qubits, has no small "
            "transfer matrix"
        )
    numbers = dict.fromkeys(map("".join, product("IXYZ", repeat=qubits)), Real(0.0))
    for coefficient, pauli_word in evolution.terms:
        numbers[pauli_word] += evolution.time * coefficient * 2.0**qubits
    phase = numbers.pop("I" * qubits) * -(0.5**qubits)
    yield gate(f"generator{qubits}", evolution.wires, span, tuple(numbers.values()), controls=len(controls))
    if controls:
        yield gate("p", controls, span, (phase,), controls=len(controls) - 1)


def _as_rotations(operation: Operation) -> list[tuple[tuple[int, ...], tuple[int, ...], Real]] | None:
    """Commuting rotations whose product is the operation up to a phase: (wires, letters, a) of each; None if it is not.

    Under c controls exp(-i a P / 2) is a product of 2^c rotations, about P times Z on some of the controls.
    """
    match operation:
        case PauliRotation(pauli_word=pauli_word, angle=angle):
            angle = angle * -2.0
        case GateApplication(gate=record) if record.generator is not None:
            pauli_word, angle = record.generator, operation.numbers[0]
        case _:
            phases = terms(operation, operation.wires)
            return None if phases is None else [(t.wires, (3,) * len(t.wires), t.angle * -2.0) for t in phases]
    controls = operation.control_wires
    if len(controls) > MAX_CONTROLS:
        return None
    own = tuple("IXYZ".index(letter) for letter in pauli_word)
    share = angle * 0.5 ** len(controls)
    return [
        ((*chosen, *operation.targets), ((3,) * size + own), share * (-1.0) ** size)
        for size in range(len(controls) + 1)
        for chosen in combinations(controls, size)
    ]


def _channel(operation: NoisyChannel) -> Recipe:
    if isinstance(operation, KrausChannel):
        matrix = superoperator(operation.operators)
        return Recipe("constant", "", len(matrix), constant=matrix)
    assert isinstance(operation, ChannelApplication)
    return Recipe("channel", operation.channel.name, 4**operation.channel.qubits, operation.strengths)


def _constants(recipe: Recipe) -> tuple[float, ...] | None:
    """The numbers of a recipe; None where they depend on inputs."""
    constant = all(number.is_constant for number in recipe.args)
    return tuple(number.constant for number in recipe.args) if constant else None


def _clifford(wires: tuple[int, ...], matrix: NDArray[np.float64]) -> Clifford | None:
    """A transfer matrix as a Clifford gate; None if it is none."""
    rows = np.arange(len(matrix))
    images = np.abs(matrix).argmax(axis=1)
    signs = np.sign(matrix[rows, images])
    nearest = np.zeros_like(matrix)
    nearest[rows, images] = signs
    fits = len(set(images.tolist())) == len(matrix) and np.allclose(matrix, nearest, atol=_EXACT)
    return Clifford(wires, images, signs) if fits else None


def _transfer_at(recipe: Recipe, kind: str, numbers: Sequence[float]) -> NDArray[np.float64]:
    """The Pauli transfer matrix of a recipe with these numbers, shape (4^w, 4^w)."""
    arguments = [np.asarray(number) for number in numbers]
    matrix: NDArray[np.complex128] | None = recipe.constant
    if kind == "channel":
        if matrix is None:
            matrix = superoperator(CHANNELS[recipe.name].kraus(np, *arguments))
        qubits = (len(matrix).bit_length() - 1) // 2
        flat = pauli_basis(qubits).reshape(4**qubits, -1)
        return _keeping_the_trace(np.asarray((flat.conj() @ matrix @ flat.T).real / 2**qubits))
    if matrix is None:
        matrix = _under_controls(_matrix(recipe, arguments), recipe.size)
    qubits = len(matrix).bit_length() - 1
    basis = pauli_basis(qubits)
    moved = matrix @ basis @ matrix.conj().T
    return _keeping_the_trace(np.asarray(np.einsum("aij,bji->ab", basis, moved).real / 2**qubits))


def _under_controls(inner: NDArray[np.complex128], size: int) -> NDArray[np.complex128]:
    matrix = np.eye(size, dtype=np.complex128)
    matrix[size - len(inner) :, size - len(inner) :] = inner
    return matrix


def _keeping_the_trace(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """The identity stays the identity, as it does under all channels; under an isometry, where its new qubits are in
    zero, as the checker has seen to.
    """
    matrix[0], matrix[0, 0] = 0.0, 1.0
    return matrix


def _matrix(recipe: Recipe, arguments: Sequence[NDArray[np.float64]]) -> NDArray[np.complex128]:
    """The matrix of a gate or rotation without its controls."""
    if recipe.kind == "pauli":
        pauli = pauli_matrix(recipe.name)
        return np.asarray(np.cos(arguments[0]) * np.eye(len(pauli)) + 1j * np.sin(arguments[0]) * pauli)
    record = GATES[recipe.name]
    if record.of_vector is not None:
        return np.asarray(record.of_vector(np, np.array(arguments)))
    return np.asarray(record.matrix(np, *arguments), np.complex128)
