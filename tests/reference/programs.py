"""Small programs: built by hand, drawn from a seed, or drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from qgl.expression import Input, Real, apply, real
from qgl.gates import CHANNELS, GATES
from qgl.program.calls.optimizers import Adam
from qgl.program.operations import (
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
    Reset,
    applied,
)
from qgl.program.program import Distribution, Parameter, Program, TrainSettings, Wire
from qgl.source import Source, Span
from tests.reference.matrices import Matrix

HERE = Span(Source("test.qgl", "made by a test"), 0, 4)
Condition = tuple[tuple[int, bool], ...]


def op(gate: str, *wires: int, args: Sequence[Real | float] = (), **fields: Any) -> Operation:
    """An operation with plain numbers allowed as arguments."""
    span, numbers = fields.pop("span", HERE), tuple(real(arg) for arg in args)
    match gate:
        case "pauli":
            return PauliRotation(wires, span, numbers[0], fields.pop("pauli_word"), **fields)
        case "evolve":
            return Evolution(wires, span, numbers[0], fields.pop("terms"), **fields)
        case "unitary":
            return MatrixUnitary(wires, span, fields.pop("matrices")[0], **fields)
        case "kraus":
            return KrausChannel(wires, span, fields.pop("matrices"), **fields)
        case "fresh" | "discard":
            return {"fresh": Fresh, "discard": Discard}[gate](wires, span, **fields)
        case "measure":
            return Measurement(wires, span, **fields)
    return replace(applied(gate, wires, span, numbers), **fields)


def bit_of(operation: Operation) -> int | None:
    """The bit that an operation writes, if any."""
    return operation.bit if isinstance(operation, Measurement) else None


def parameter(
    name: str, *shape: int, constraint: str = "angle", kind: str = "param", draws: int | None = None
) -> Parameter:
    """A parameter whose distribution suits its constraint."""
    distribution = {"probability": (0.0, 1.0), "angle": (-np.pi, np.pi), "real": (-2.0, 2.0)}[constraint]
    return Parameter(kind, name, shape, constraint, Distribution("uniform", distribution), draws, HERE)


def program_of(n_visible: int, n_hidden: int, *operations: Operation, parameters: Sequence[Parameter] = ()) -> Program:
    """A program from its operations; wires past the visible and hidden ones are fresh.

    A fresh wire that `operations` do not bring into being with `fresh` is an error of the test.
    """
    known = n_visible + n_hidden
    count = max([known - 1, *(wire for operation in operations for wire in operation.wires)]) + 1
    born = {operation.wires[0] for operation in operations if isinstance(operation, Fresh)}
    assert born == set(range(known, count)), "every wire past the declared ones needs its `fresh`"
    wires = tuple(
        Wire("visible", "v", k, None, HERE)
        if k < n_visible
        else Wire("hidden", "h", k - n_visible, None, HERE)
        if k < known
        else Wire("fresh", "e", k - known, None, HERE)
        for k in range(count)
    )
    bits = max([-1, *(bit for operation in operations if (bit := bit_of(operation)) is not None)]) + 1
    settings = TrainSettings(Adam(span=HERE), 10, 1, 0, (), None, None, "single", 100, None)
    return Program(
        source=HERE.source,
        constants={},
        wires=wires,
        visible=tuple(range(n_visible)),
        hidden=tuple(range(n_visible, known)),
        operations=tuple(operations),
        bits=bits,
        parameters=tuple(parameters),
        geometries=(),
        bounds=(),
        data={},
        objective=(),
        train=settings,
        reports=(),
    )


@dataclass(frozen=True)
class Features:
    """What a random program may hold."""

    visible: tuple[int, int] = (1, 3)
    hidden: tuple[int, int] = (0, 1)
    operations: tuple[int, int] = (0, 12)
    live: int = 5  # most wires alive at once
    controls: bool = True
    pauli_words: bool = True  # pauli operations
    evolve: bool = True
    constants: bool = True  # constant unitaries
    fresh: bool = False
    channels: bool = False  # named channels
    kraus: bool = False
    measure: bool = False  # and conditions
    reset: bool = False
    inputs: bool = True  # angles that depend on parameters
    nonlinear: bool = True
    gates: tuple[str, ...] = tuple(GATES)


UNITARY = Features()
EVERYTHING = Features(fresh=True, channels=True, kraus=True, measure=True, reset=True)


PARAMETERS = (
    parameter("theta", 3, 2),
    parameter("strength", 3, constraint="probability"),
    parameter("field", 2, constraint="real", kind="random"),
)
ANGLES = [Input(0, k) for k in range(6)]
STRENGTHS = [Input(1, k) for k in range(3)]
FIELDS = [Input(2, k) for k in range(2)]


def random_inputs(seed: int, parameters: Sequence[Parameter] = PARAMETERS) -> NDArray[np.float64]:
    """A flat vector of values inside the range of every parameter."""
    rng = np.random.default_rng(seed)
    ranges = {"angle": (-np.pi, np.pi), "probability": (0.02, 0.98), "real": (-2.0, 2.0)}
    parts = [rng.uniform(*ranges[parameter.constraint], parameter.size) for parameter in parameters]
    return np.concatenate(parts) if parts else np.zeros(0)


def random_unitary(seed: int, qubits: int) -> Matrix:
    rng = np.random.default_rng(seed)
    size = 2**qubits
    q, r = np.linalg.qr(rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size)))
    return np.asarray(q * (np.diagonal(r) / np.abs(np.diagonal(r))))


def random_kraus(seed: int, qubits: int, count: int) -> Matrix:
    """`count` Kraus operators, shape (count, 2^qubits, 2^qubits): columns of a random unitary."""
    size = 2**qubits
    rng = np.random.default_rng(seed)
    tall = rng.normal(size=(count * size, size)) + 1j * rng.normal(size=(count * size, size))
    q, _ = np.linalg.qr(tall)
    return np.asarray(q.reshape(count, size, size))


@dataclass
class Builder:
    """Grows a random program; every decision is an integer asked of `integer(low, high)`, both ends included."""

    integer: Callable[[int, int], int]
    features: Features
    operations: list[Operation] = field(default_factory=list)
    live: list[int] = field(default_factory=list)
    wires: int = 0
    bits: int = 0
    known: list[tuple[int, Condition]] = field(default_factory=list)  # a bit and what must hold for it to exist

    def choice(self, options: Sequence[Any]) -> Any:
        return options[self.integer(0, len(options) - 1)]

    def some(self, count: int) -> tuple[int, ...]:
        """Distinct live wires in any order."""
        left = list(self.live)
        return tuple(left.pop(self.integer(0, len(left) - 1)) for _ in range(count))

    def number(self) -> Real:
        """An angle or another real number."""
        kinds = ["constant"]
        if self.features.inputs:
            kinds += ["input", "input", "affine", "sum"] + (["nonlinear"] if self.features.nonlinear else [])
        atom = Real(0.0, ((1.0, self.choice(ANGLES)),))
        match self.choice(kinds):
            case "constant":
                return Real(self.choice([0.0, np.pi, np.pi / 2, -0.7, 1.3]))
            case "input":
                return atom
            case "affine":
                return atom * float(self.choice([2.0, -1.0, 0.5])) + float(self.choice([0.0, 0.3]))
            case "sum":
                return atom + Real(0.1, ((-1.5, self.choice(FIELDS)),))
        other = Real(0.0, ((1.0, self.choice(FIELDS)),))
        return apply(self.choice(["sin", "tanh", "sigmoid"]), atom) * other

    def probability(self, scale: float = 1.0) -> Real:
        if not self.features.inputs or self.integer(0, 2) == 0:
            return Real(scale * self.choice([0.0, 0.25, 1.0]))
        return Real(0.0, ((scale * self.choice([1.0, 0.5]), self.choice(STRENGTHS)),))

    def controls(self, used: int) -> int:
        if not self.features.controls or self.integer(0, 3) > 0:
            return 0
        return self.integer(0, min(2, len(self.live) - used))

    def gate(self) -> Operation:
        names = [name for name in self.features.gates if GATES[name].qubits <= len(self.live)]
        gate = GATES[self.choice(names)]
        controls = self.controls(gate.qubits)
        args = tuple(self.number() for _ in gate.parameters)
        return GateApplication(self.some(gate.qubits + controls), HERE, gate, args, controls=controls)

    def pauli_word(self) -> Operation:
        size = self.integer(1, min(3, len(self.live)))
        controls = self.controls(size)
        letters = "".join(self.choice("ZXY") for _ in range(size))
        return PauliRotation(self.some(size + controls), HERE, self.number(), letters, controls=controls)

    def evolution(self) -> Operation:
        size = self.integer(1, min(3, len(self.live)))
        pauli_words = ["".join(self.choice("IZXY") for _ in range(size)) for _ in range(self.integer(1, 3))]
        terms = tuple((self.number(), pauli_word) for pauli_word in pauli_words)
        controls = self.controls(size)
        trotter = self.choice([None, (1, 2), (2, 1)])
        wires = self.some(size + controls)
        return Evolution(wires, HERE, self.number(), terms, trotter, controls=controls)

    def constant(self) -> Operation:
        size = self.integer(1, min(2, len(self.live)))
        controls = self.controls(size)
        matrix = random_unitary(self.integer(0, 99), size)
        return MatrixUnitary(self.some(size + controls), HERE, matrix, controls=controls)

    def kraus(self) -> Operation:
        size = self.integer(1, min(2, len(self.live)))
        matrices = random_kraus(self.integer(0, 99), size, self.integer(1, 3))
        return KrausChannel(self.some(size), HERE, matrices)

    def channel(self) -> Operation:
        channel = CHANNELS[self.choice([c.name for c in CHANNELS.values() if c.qubits <= len(self.live)])]
        args = tuple(self.probability(1 / 3 if channel.name == "pauli_channel" else 1.0) for _ in channel.parameters)
        return applied(channel.name, self.some(channel.qubits), HERE, args)

    def unitary_kinds(self) -> list[Callable[[], Operation]]:
        extra = {"pauli_words": self.pauli_word, "evolve": self.evolution, "constants": self.constant}
        return [self.gate] * 3 + [make for name, make in extra.items() if getattr(self.features, name)]

    def kinds(self) -> list[Callable[[], Operation]]:
        kinds = self.unitary_kinds()
        if self.features.channels:
            kinds.append(self.channel)
        if self.features.kraus:
            kinds.append(self.kraus)
        if self.features.reset:
            kinds.append(lambda: Reset(self.some(1), HERE))
        return kinds

    def step(self, condition: Condition = (), depth: int = 0) -> None:
        """One operation, one fresh wire with its block, one measurement or one `if`."""
        kinds: list[Any] = [*self.kinds()] * 2
        if self.features.fresh and len(self.live) < self.features.live and depth < 2:
            kinds.append("fresh")
        if self.features.measure:
            kinds += ["measure", "measure"]
            if self.usable(condition) and depth < 2:
                kinds += ["if", "if"]
        kind = self.choice(kinds)
        if not isinstance(kind, str):
            self.operations.append(replace(kind(), condition=condition))
        elif kind == "measure":
            bit = None if self.integer(0, 3) == 0 else self.bits
            self.operations.append(Measurement(self.some(1), HERE, bit, condition=condition))
            if bit is not None:
                self.known.append((bit, condition))
                self.bits += 1
        elif kind == "if":
            bit, _ = self.choice(self.usable(condition))
            inner = (*condition, (bit, self.integer(0, 1) == 1))
            for _ in range(self.integer(1, 2)):
                self.step(inner, depth + 1)
        else:
            wire, self.wires = self.wires, self.wires + 1
            self.live.append(wire)
            self.operations.append(Fresh((wire,), HERE, condition=condition))
            for _ in range(self.integer(0, 3)):
                self.step(condition, depth + 1)
            self.operations.append(Discard((wire,), HERE, condition=condition))
            self.live.remove(wire)

    def usable(self, condition: Condition) -> list[tuple[int, Condition]]:
        """Bits that exist wherever `condition` holds and that it does not fix yet."""
        fixed = {bit for bit, _ in condition}
        return [(bit, needs) for bit, needs in self.known if set(needs) <= set(condition) and bit not in fixed]

    def program(self) -> Program:
        n_visible = self.integer(*self.features.visible)
        n_hidden = self.integer(*self.features.hidden)
        self.wires = n_visible + n_hidden
        self.live = list(range(self.wires))
        for _ in range(self.integer(*self.features.operations)):
            self.step()
        return program_of(n_visible, n_hidden, *self.operations, parameters=PARAMETERS)


def random_program(seed: int, features: Features = UNITARY, **changes: Any) -> Program:
    """A program drawn from a seed; its inputs come from `random_inputs(seed)`. `changes` replace features."""
    rng = np.random.default_rng(seed)
    return Builder(lambda low, high: int(rng.integers(low, high + 1)), replace(features, **changes)).program()


@st.composite
def programs(draw: st.DrawFn, /, features: Features = UNITARY, **changes: Any) -> Program:
    """A hypothesis strategy of programs; its inputs come from `random_inputs`."""
    return Builder(lambda low, high: draw(st.integers(low, high)), replace(features, **changes)).program()
