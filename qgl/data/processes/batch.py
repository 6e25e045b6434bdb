"""A batch of states under operations, each element with its own numbers, outcomes and bits.

Elements are vectors while nothing makes them mixed, and density matrices else. The tensor has an axis of elements and
one for each qubit; of density matrices the rows of all qubits, and then their columns.

An outcome that is kept or required is drawn, for each element by its probabilities. The bit of any other measurement is
a qubit without coherence, so that what stands under a condition on it acts on a block of the density matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real
from qgl.gates import CHANNELS
from qgl.gates.algebra import pauli_matrix
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    NoisyChannel,
    Operation,
    PauliRotation,
    Reset,
    is_kept,
    is_required,
)

Values = Callable[
    [Real], NDArray[np.float64]
]  # of a number: shape () if it is the same for all elements, or (elements,)
Tensor = NDArray[np.complex128]
Key = tuple[str, int]  # a wire, or a bit that is not drawn
_ONES = slice(1, 2)


def is_drawn(operation: Operation) -> bool:
    """Whether it is a measurement whose outcome is drawn."""
    return is_kept(operation) or is_required(operation)


def keeps_pure(operations: Sequence[Operation]) -> bool:
    """Whether pure states stay so: nothing is noisy, and qubits that end have been measured, their outcome drawn."""
    last: dict[int, Operation] = {}
    for operation in operations:
        if isinstance(operation, NoisyChannel | Reset) or (
            isinstance(operation, Measurement) and not is_drawn(operation)
        ):
            return False
        if isinstance(operation, Discard) and not is_drawn(last[operation.wires[0]]):
            return False
        last.update(dict.fromkeys(operation.wires, operation))
    return True


class Batch:
    """The present states; `alive` are the elements whose required outcomes have come."""

    def __init__(self, states: Tensor, mixed: bool, rng: np.random.Generator, values: Values) -> None:
        """`states`: vectors, shape (elements, 2^n), or, if the batch is mixed, matrices (elements, 2^n, 2^n)."""
        self.elements = len(states)
        self.mixed = mixed
        self.rng = rng
        self.values = values
        qubits = states.shape[1].bit_length() - 1
        self.keys: list[Key] = [("wire", wire) for wire in range(qubits)]
        self.tensor = states.reshape(-1, *(2,) * (qubits * (1 + mixed)))
        self.bits: dict[int, NDArray[np.bool_]] = {}
        self.alive = np.ones(self.elements, dtype=np.bool_)

    def run(self, operations: Sequence[Operation]) -> None:
        for operation in operations:
            match operation:
                case Fresh():
                    self._add(("wire", operation.wires[0]))
                case Discard():
                    self._drop(("wire", operation.wires[0]))
                case Measurement() if is_drawn(operation):
                    self._draw(operation)
                case Measurement():
                    self._measure(operation)
                case _:
                    self._act(operation)

    def states(self) -> Tensor:
        """The states of the register, shape (alive elements, 2^n) or (alive elements, 2^n, 2^n)."""
        for key in [key for key in self.keys if key[0] == "bit"]:
            self._drop(key)
        size = 2 ** len(self.keys)
        return self.tensor[self.alive].reshape(-1, *(size,) * (1 + self.mixed))

    # ------------------------------------------------------------ axes

    def _axes(self, keys: Sequence[Key]) -> list[int]:
        return [1 + self.keys.index(key) for key in keys]

    def _add(self, key: Key) -> None:
        """A qubit in |0>, the last one."""
        size = 2 ** len(self.keys)
        shape = (self.elements, *(size, 2) * (1 + self.mixed))
        wider = np.zeros(shape, dtype=np.complex128)
        if self.mixed:
            wider[:, :, 0, :, 0] = self.tensor.reshape(-1, size, size)
        else:
            wider[:, :, 0] = self.tensor.reshape(-1, size)
        self.keys.append(key)
        self.tensor = wider.reshape(-1, *(2,) * (len(self.keys) * (1 + self.mixed)))

    def _drop(self, key: Key) -> None:
        """Traced out; of a pure state, where the qubit is in a known basis state, the amplitudes of the other are 0."""
        (row,) = self._axes([key])
        if self.mixed:
            self.tensor = np.trace(self.tensor, axis1=row, axis2=row + len(self.keys))
        else:
            self.tensor = self.tensor.sum(axis=row)
        self.keys.remove(key)

    # ------------------------------------------------------------ unitaries and channels

    def _act(self, operation: Operation) -> None:
        operators, controls = self._operators(operation), operation.control_wires

        def act(part: Tensor, chosen: NDArray[np.intp]) -> Tensor:
            picked = operators[chosen] if len(operators) > 1 else operators
            rows = self._axes([("wire", wire) for wire in operation.targets])
            above = self._axes([("wire", wire) for wire in controls])
            total = np.zeros_like(part)
            for k in range(picked.shape[1]):
                one = _applied(picked[:, k], part, rows, above)
                if self.mixed:
                    shift = len(self.keys)
                    columns, beside = [axis + shift for axis in rows], [axis + shift for axis in above]
                    one = _applied(picked[:, k].conj(), one, columns, beside)
                total += one
            return total

        self._under(operation, act)

    def _operators(self, operation: Operation) -> Tensor:
        """The Kraus operators, one for a unitary, shape (elements or 1, operators, 2^k, 2^k)."""
        numbers = np.broadcast_arrays(*(self.values(number) for number in operation.numbers))
        match operation:
            case GateApplication(gate=gate):
                kraus = gate.matrix(np, *numbers)[..., None, :, :]
            case PauliRotation(pauli_word=pauli_word):
                angle = numbers[0][..., None, None, None]
                kraus = np.cos(angle) * np.eye(2 ** len(pauli_word)) + 1j * np.sin(angle) * pauli_matrix(pauli_word)
            case Evolution(terms=terms):
                time, *coefficients = (number[..., None, None] for number in numbers)
                pauli_words = [pauli_matrix(pauli_word) for _, pauli_word in terms]
                kraus = _exponential(
                    time * sum(c * pauli_word for c, pauli_word in zip(coefficients, pauli_words, strict=True))
                )
                kraus = kraus[..., None, :, :]
            case MatrixUnitary(matrix=matrix):
                kraus = matrix[None]
            case ChannelApplication(channel=channel):
                kraus = channel.kraus(np, *numbers)
            case KrausChannel(operators=operators):
                kraus = operators
            case Reset():
                kraus = CHANNELS["reset"].kraus(np, np.float64(1.0))
            case _:
                raise AssertionError(operation.name)
        return np.asarray(kraus, dtype=np.complex128).reshape(-1, *kraus.shape[-3:])

    def _under(self, operation: Operation, act: Callable[[Tensor, NDArray[np.intp]], Tensor]) -> None:
        """`act` on the part of the tensor that the condition of the operation is about."""
        if not operation.condition:
            self.tensor = act(self.tensor, np.arange(self.elements))
            return
        chosen = np.ones(self.elements, dtype=np.bool_)
        place: list[slice] = [slice(None)] * self.tensor.ndim
        for bit, wanted in operation.condition:
            if bit in self.bits:
                chosen &= self.bits[bit] == wanted
            elif ("bit", bit) in self.keys:
                (axis,) = self._axes([("bit", bit)])
                for each in (axis, axis + len(self.keys)):
                    place[each] = slice(int(wanted), int(wanted) + 1)
            elif wanted:  # a bit that was never measured is 0
                return
        which = np.flatnonzero(chosen)
        part = self.tensor[which]
        part[tuple(place)] = act(part[tuple(place)], which)
        self.tensor[which] = part

    # ------------------------------------------------------------ measurements

    def _draw(self, operation: Measurement) -> None:
        """An outcome for each element; those in which a required one does not come are dead."""
        (axis,) = self._axes([("wire", operation.wires[0])])
        seen = [slice(None)] * self.tensor.ndim
        seen[axis] = _ONES
        if self.mixed:
            seen[axis + len(self.keys)] = _ONES
        ones, all_ = self._weights(self.tensor[tuple(seen)]), self._weights(self.tensor)
        outcome = self.rng.random(self.elements) * all_ < ones
        if operation.required is not None:
            self.alive &= outcome == operation.required
        if operation.bit is not None:
            self.bits[operation.bit] = outcome
        for value in (0, 1):
            at: list[Any] = [slice(None)] * self.tensor.ndim
            at[0], at[axis] = np.flatnonzero(outcome == value), slice(1 - value, 2 - value)
            self.tensor[tuple(at)] = 0
            if self.mixed:
                at[axis], at[axis + len(self.keys)] = slice(None), slice(1 - value, 2 - value)
                self.tensor[tuple(at)] = 0
        weights = np.where(outcome, ones, all_ - ones)
        scale = weights if self.mixed else np.sqrt(weights)
        self.tensor = self.tensor / scale.reshape(-1, *(1,) * (self.tensor.ndim - 1))

    def _weights(self, part: Tensor) -> NDArray[np.float64]:
        """Norms squared or traces of a part of each element."""
        flat = part.reshape(len(part), -1)
        if not self.mixed:
            return np.asarray(np.sum(flat.real**2 + flat.imag**2, axis=1))
        size = int(np.sqrt(flat.shape[1]))
        return np.asarray(np.einsum("sxx->s", flat.reshape(-1, size, size)).real)

    def _measure(self, operation: Measurement) -> None:
        """Coherence with the other outcome is lost, and the outcome is copied to the qubit of its bit."""
        key: Key | None = None if operation.bit is None else ("bit", operation.bit)
        if key is not None:
            self._add(key)
        wire: Key = ("wire", operation.wires[0])

        def act(part: Tensor, _: NDArray[np.intp]) -> Tensor:
            result = np.zeros_like(part)
            for value in (0, 1):
                at, to = [slice(None)] * part.ndim, [slice(None)] * part.ndim
                (row,) = self._axes([wire])
                for axis in (row, row + len(self.keys)):
                    at[axis] = to[axis] = slice(value, value + 1)
                if key is not None:
                    (bit,) = self._axes([key])
                    for axis in (bit, bit + len(self.keys)):
                        at[axis], to[axis] = slice(0, 1), slice(value, value + 1)
                result[tuple(to)] = part[tuple(at)]
            return result

        self._under(operation, act)


def _applied(operators: Tensor, part: Tensor, axes: Sequence[int], controls: Sequence[int]) -> Tensor:
    """The operators, shape (elements or 1, 2^k, 2^k), on these axes, where all controls are one."""
    if controls:
        result = part.copy()
        place: list[slice] = [slice(None)] * part.ndim
        for axis in controls:
            place[axis] = _ONES
        result[tuple(place)] = _applied(operators, part[tuple(place)], axes, ())
        return result
    last = range(part.ndim - len(axes), part.ndim)
    moved = np.moveaxis(part, axes, last)
    flat = moved.reshape(len(part), -1, operators.shape[-1])
    acted = flat @ operators.swapaxes(-1, -2)
    return np.moveaxis(acted.reshape(moved.shape), last, axes)


def _exponential(hermitian: Tensor) -> Tensor:
    """exp(-i H), shape (..., n, n)."""
    values, vectors = np.linalg.eigh(hermitian)
    return np.asarray((vectors * np.exp(-1j * values)[..., None, :]) @ vectors.conj().swapaxes(-1, -2))
