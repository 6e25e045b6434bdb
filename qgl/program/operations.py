"""Operations: what can happen to wires. A closed set of classes, so that a misspelling is a fault of types.

    Unitary       GateApplication, PauliRotation, Evolution, MatrixUnitary: some wires may be controls
    NoisyChannel  ChannelApplication, KrausChannel
    Fresh, Discard, Reset, Measurement

Every operation may stand under a condition: measured bits and the values that they must have for it to happen.
What depends on the inputs of the model is in `numbers`, whatever the class, and `with_numbers` puts others there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field, replace

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input, Real
from qgl.gates import CHANNELS, GATES
from qgl.gates.model import Channel, Gate
from qgl.record import record
from qgl.source import Span

Wires = tuple[int, ...]
Condition = tuple[tuple[int, bool], ...]


@record
class Operation:
    """One thing that happens to `wires`. `condition` lists measured bits and the values they must have."""

    wires: Wires
    span: Span
    condition: Condition = field(default=(), kw_only=True)

    @property
    def name(self) -> str:
        """What a person would call it; of a gate or named channel its name in the language."""
        raise NotImplementedError(type(self).__name__)

    @property
    def numbers(self) -> tuple[Real, ...]:
        """The real numbers that say what it does: angles, strengths, a time and coefficients."""
        return ()

    def with_numbers(self, numbers: Sequence[Real]) -> Operation:
        """The same with other `numbers`, as many as it has."""
        assert not numbers
        return self

    @property
    def control_wires(self) -> Wires:
        return ()

    @property
    def targets(self) -> Wires:
        """The wires that are not controls."""
        return self.wires


@record
class Unitary(Operation):
    """A unitary on `targets`, which are the wires after the first `controls`, if those are all one."""

    controls: int = field(default=0, kw_only=True)

    @property
    def control_wires(self) -> Wires:
        return self.wires[: self.controls]

    @property
    def targets(self) -> Wires:
        return self.wires[self.controls :]


@record
class GateApplication(Unitary):
    """A gate of `qgl.gates` with its angles."""

    gate: Gate
    angles: tuple[Real, ...] = ()

    @property
    def name(self) -> str:
        return self.gate.name

    @property
    def numbers(self) -> tuple[Real, ...]:
        return self.angles

    def with_numbers(self, numbers: Sequence[Real]) -> GateApplication:
        return replace(self, angles=tuple(numbers))


@record
class PauliRotation(Unitary):
    """exp(i * angle * P), P the Pauli word with `pauli_word[k]` of "XYZ" on target k."""

    angle: Real
    pauli_word: str

    @property
    def name(self) -> str:
        return "pauli"

    @property
    def numbers(self) -> tuple[Real, ...]:
        return (self.angle,)

    def with_numbers(self, numbers: Sequence[Real]) -> PauliRotation:
        (angle,) = numbers
        return replace(self, angle=angle)


@record
class Evolution(Unitary):
    """exp(-i * time * H), H the sum over `terms` of coefficient * Pauli word, Pauli words of "IXYZ", a letter a target.

    trotter: (order, steps) of the product formula on hardware; None where it is exact only.
    """

    time: Real
    terms: tuple[tuple[Real, str], ...]
    trotter: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        return "evolve"

    @property
    def numbers(self) -> tuple[Real, ...]:
        return (self.time, *(coefficient for coefficient, _ in self.terms))

    def with_numbers(self, numbers: Sequence[Real]) -> Evolution:
        time, *coefficients = numbers
        terms = tuple((new, pauli_word) for new, (_, pauli_word) in zip(coefficients, self.terms, strict=True))
        return replace(self, time=time, terms=terms)


@record(eq=False)
class MatrixUnitary(Unitary):
    """A constant matrix, shape (2^k, 2^k) for k targets, the first target most significant."""

    matrix: NDArray[np.complex128]

    @property
    def name(self) -> str:
        return "unitary"


@record
class NoisyChannel(Operation):
    """A channel that need not be unitary."""


@record
class ChannelApplication(NoisyChannel):
    """A named channel of `qgl.gates` with its strengths."""

    channel: Channel
    strengths: tuple[Real, ...]

    @property
    def name(self) -> str:
        return self.channel.name

    @property
    def numbers(self) -> tuple[Real, ...]:
        return self.strengths

    def with_numbers(self, numbers: Sequence[Real]) -> ChannelApplication:
        return replace(self, strengths=tuple(numbers))


@record(eq=False)
class KrausChannel(NoisyChannel):
    """Constant Kraus operators, shape (count, 2^k, 2^k), first wire most significant."""

    operators: NDArray[np.complex128]

    @property
    def name(self) -> str:
        return "kraus"


@record
class Fresh(Operation):
    """The wire comes into being in |0>."""

    @property
    def name(self) -> str:
        return "fresh"


@record
class Discard(Operation):
    """The wire is traced out and ends."""

    @property
    def name(self) -> str:
        return "discard"


@record
class Reset(Operation):
    """The wire is put to |0>, whatever it was. With a probability it is the named channel `reset`."""

    @property
    def name(self) -> str:
        return "reset"


@record
class Measurement(Operation):
    """The wire is measured in the computational basis.

    bit: number of the bit that later conditions read; None where none does
    label: name of the outcome if it is kept: it labels the states that come with it; else ""
    drawn: whether one value of a kept outcome is drawn, where nothing that is trained stands before it
    required: the outcome that makes the ensemble, all others being thrown away (`postselect`); None where any will do
    """

    bit: int | None = None
    label: str = ""
    required: bool | None = None
    drawn: bool = False

    @property
    def name(self) -> str:
        return "measure" if self.required is None else "postselect"


def is_kept(operation: Operation) -> bool:
    """Whether it is a measurement whose outcome labels what comes with it."""
    return isinstance(operation, Measurement) and bool(operation.label)


def is_required(operation: Operation) -> bool:
    """Whether it is a measurement of which all runs with another outcome are thrown away."""
    return isinstance(operation, Measurement) and operation.required is not None


def may_be_drawn(operation: Operation) -> bool:
    """Whether one value of its outcome is drawn where nothing that is trained stands before it."""
    return isinstance(operation, Measurement) and operation.drawn


LIFETIME = (Fresh, Discard)
"""When wires are allocated and released: not of what is computed."""


def inputs_of(operation: Operation) -> set[Input]:
    """The elements of parameters that the operation depends on."""
    return inputs_in(operation.numbers)


def inputs_in(numbers: Sequence[Real]) -> set[Input]:
    """The elements of parameters that numbers depend on."""
    inputs: set[Input] = set()
    pending: list[Real] = [*numbers]
    while pending:
        for _, atom in pending.pop().terms:
            if isinstance(atom, Input):
                inputs.add(atom)
            else:
                pending.extend(atom.arguments)
    return inputs


def applied(name: str, wires: Wires, span: Span, numbers: Sequence[Real] = ()) -> Operation:
    """A gate or named channel by its name in the language; `reset` without a probability is certain."""
    if name in GATES:
        return GateApplication(wires, span, GATES[name], tuple(numbers))
    if name == "reset" and not numbers:
        return Reset(wires, span)
    return ChannelApplication(wires, span, CHANNELS[name], tuple(numbers))


def gate(
    name: str, wires: Wires, span: Span, angles: Sequence[Real] = (), controls: int = 0, condition: Condition = ()
) -> GateApplication:
    """The gate of that name on `wires`, the first `controls` of them being controls beyond those of the gate."""
    return GateApplication(wires, span, GATES[name], tuple(angles), controls=controls, condition=condition)
