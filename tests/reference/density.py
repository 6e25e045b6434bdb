"""The judge: the density matrix of a program or circuit, one operation after another, the slow and obvious way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import ascii_letters

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input, Real
from qgl.ir.circuit import Circuit
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Evolution,
    Fresh,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
    Reset,
)
from qgl.program.program import Parameter, Program
from tests.reference.expressions import value_of
from tests.reference.matrices import Matrix, controlled, exponential, gate_matrix, kraus_operators, pauli_matrix

Outcomes = tuple[tuple[int, bool], ...]  # measured bits and their values, sorted by bit; kept ones are -1, -2, ...

ZERO = np.array([1.0 + 0j, 0])
PROJECTORS = [np.diag([1.0 + 0j, 0]), np.diag([0, 1.0 + 0j])]


@dataclass
class Branch:
    """An unnormalised state of `wires`, first one most significant: a vector while it is pure, else a density matrix.

    The tensor has an axis per wire, and of a density matrix another: rows of all wires, then columns of all wires.
    """

    wires: list[int]
    tensor: NDArray[np.complex128]  # shape (2,) * k or (2,) * 2k
    pure: bool = False

    def mixed(self) -> NDArray[np.complex128]:
        """The density matrix as a tensor, shape (2,) * 2k."""
        return np.multiply.outer(self.tensor, self.tensor.conj()) if self.pure else self.tensor

    def add(self, wire: int) -> None:
        k = len(self.wires)
        self.wires.append(wire)
        if self.pure:
            self.tensor = np.multiply.outer(self.tensor, ZERO)
        else:
            tensor = np.multiply.outer(self.tensor, np.outer(ZERO, ZERO))  # rows, columns, row, column
            self.tensor = np.moveaxis(tensor, 2 * k, k)

    def drop(self, wire: int) -> None:
        at, k = self.wires.index(wire), len(self.wires)
        self.tensor, self.pure = np.trace(self.mixed(), axis1=at, axis2=at + k), False
        self.wires.remove(wire)

    def apply(self, operators: Sequence[Matrix], wires: Sequence[int]) -> Branch:
        """Sum over the operators K of K rho K^dagger; a pure state stays so under one operator."""
        rows = [self.wires.index(wire) for wire in wires]
        columns = [row + len(self.wires) for row in rows]
        each = np.reshape(operators, (len(operators), *(2,) * (2 * len(wires))))
        if self.pure and len(operators) == 1:
            return Branch(list(self.wires), _act(each, self.tensor[np.newaxis], rows)[0], pure=True)
        rho = self.mixed()
        left = _act(each, np.broadcast_to(rho, (len(operators), *rho.shape)), rows)
        return Branch(list(self.wires), _act(each.conj(), left, columns).sum(axis=0))

    def matrix(self, wires: Sequence[int]) -> Matrix:
        """The reduced density matrix of `wires`, in their order."""
        branch = Branch(list(self.wires), self.tensor, self.pure)
        for wire in self.wires:
            if wire not in wires:
                branch.drop(wire)
        order = [branch.wires.index(wire) for wire in wires]
        rho = branch.mixed().transpose(order + [at + len(wires) for at in order])
        return rho.reshape(2 ** len(wires), 2 ** len(wires))


def _act(
    operators: NDArray[np.complex128], tensors: NDArray[np.complex128], axes: Sequence[int]
) -> NDArray[np.complex128]:
    """Each operator on these axes of its tensor; the first axis counts the operators."""
    old, new = ascii_letters[: tensors.ndim], ascii_letters[tensors.ndim :][: len(axes)]
    inputs = "".join(old[axis + 1] for axis in axes)
    result = old.translate(str.maketrans(inputs, new))
    return np.asarray(np.einsum(f"{old[0]}{new}{inputs},{old}->{result}", operators, tensors))


def lookup(parameters: Sequence[Parameter], inputs: NDArray[np.float64]) -> Callable[[Input], float]:
    """The value of an input in the flat vector of all of them."""
    starts = np.cumsum([0, *(parameter.size for parameter in parameters)])
    return lambda atom: float(inputs[starts[atom.parameter] + atom.element])


def operators_of(operation: Operation, value: Callable[[Real], float]) -> list[Matrix]:
    """The Kraus operators of an operation that is neither fresh, discard nor measure; one for a unitary."""
    match operation:
        case PauliRotation():
            matrix = exponential(pauli_matrix(operation.pauli_word), -value(operation.angle))
        case Evolution():
            pauli_words = [value(coefficient) * pauli_matrix(pauli_word) for coefficient, pauli_word in operation.terms]
            matrix = exponential(np.sum(pauli_words, axis=0), value(operation.time))
        case MatrixUnitary():
            matrix = operation.matrix
        case KrausChannel():
            return list(operation.operators)
        case Reset():
            return kraus_operators("reset", [1.0])
        case ChannelApplication():
            return kraus_operators(operation.name, [value(number) for number in operation.strengths])
        case _:
            matrix = gate_matrix(operation.name, [value(number) for number in operation.numbers])
    return [controlled(matrix, len(operation.control_wires))]


def _step(branches: dict[Outcomes, Branch], operation: Operation, value: Callable[[Real], float]) -> None:
    for outcomes, branch in list(branches.items()):
        known = dict(outcomes)
        for wire in operation.wires:
            if wire not in branch.wires:
                branch.add(wire)
        if isinstance(operation, Fresh):
            continue
        if isinstance(operation, Discard):
            branch.drop(operation.wires[0])
            continue
        if not all(known.get(bit, False) == wanted for bit, wanted in operation.condition):
            continue
        if not isinstance(operation, Measurement):
            branches[outcomes] = branch.apply(operators_of(operation, value), operation.wires)
        elif operation.required is not None:
            branches[outcomes] = branch.apply([PROJECTORS[operation.required]], operation.wires)
        elif operation.bit is None and not operation.label:
            branches[outcomes] = branch.apply(PROJECTORS, operation.wires)
        else:
            del branches[outcomes]
            kept = -1 - sum(bit < 0 for bit in known)
            for outcome, projector in enumerate(PROJECTORS):
                if operation.bit is not None:
                    known[operation.bit] = bool(outcome)
                if operation.label:
                    known[kept] = bool(outcome)
                branches[tuple(sorted(known.items()))] = branch.apply([projector], operation.wires)


def elements(
    circuit: Program | Circuit, inputs: NDArray[np.float64] | Sequence[float] = ()
) -> dict[tuple[bool, ...], Matrix]:
    """The state of the visible register for the values of the kept outcomes, traces adding up to the success."""
    atoms = lookup(circuit.parameters, np.asarray(inputs, dtype=np.float64))
    branches: dict[Outcomes, Branch] = {(): Branch([], np.ones((), dtype=np.complex128), pure=True)}
    for operation in circuit.operations:
        _step(branches, operation, lambda number: value_of(number, atoms))
    found: dict[tuple[bool, ...], Matrix] = {}
    for outcomes, branch in branches.items():
        for wire in circuit.visible:
            if wire not in branch.wires:
                branch.add(wire)
        label = tuple(value for bit, value in reversed(outcomes) if bit < 0)
        found[label] = found.get(label, 0) + branch.matrix(circuit.visible)
    return found


def density_matrix(circuit: Program | Circuit, inputs: NDArray[np.float64] | Sequence[float] = ()) -> Matrix:
    """The density matrix of the visible register, shape (2^n, 2^n), of trace 1.

    `inputs` are the constrained values of all parameters, row-major, one parameter after another.
    """
    total = np.sum(list(elements(circuit, inputs).values()), axis=0)
    required = any(isinstance(o, Measurement) and o.required is not None for o in circuit.operations)
    return np.asarray(total / np.trace(total) if required else total)


def probabilities(
    circuit: Program | Circuit, inputs: NDArray[np.float64] | Sequence[float] = ()
) -> NDArray[np.float64]:
    """p(x) of all visible strings, shape (2^n,)."""
    return np.real(np.diagonal(density_matrix(circuit, inputs))).copy()


def gradient(
    function: Callable[[NDArray[np.float64]], NDArray[np.float64] | float],
    inputs: NDArray[np.float64],
    step: float = 1e-5,
) -> NDArray[np.float64]:
    """Central differences, shape (*function value, inputs); error about step squared."""
    columns = []
    for k in range(len(inputs)):
        shift = np.zeros_like(inputs)
        shift[k] = step
        columns.append((np.asarray(function(inputs + shift)) - np.asarray(function(inputs - shift))) / (2 * step))
    return np.stack(columns, axis=-1) if columns else np.zeros((*np.shape(function(inputs)), 0))
