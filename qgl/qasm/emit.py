"""A circuit as OpenQASM 3 text for the readers of one profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.check.program import Operation
from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import EvolveWithoutTrotter, NestedBranches, UnknownProfile
from qgl.expression import Input, Real, evaluate
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.passes.lifetimes import tighten
from qgl.qasm.angles import Angles
from qgl.qasm.lower import Step, commuting, decompose, lower, pauli_step, trotter_steps
from qgl.qasm.places import Places
from qgl.qasm.profile import Profile
from qgl.qasm.profiles import PROFILES, able
from qgl.qasm.synthesis import synthesise


@dataclass(frozen=True)
class Emission:
    """OpenQASM 3 text, and what its `input`s stand for: numbers made of the program's inputs."""

    text: str
    inputs: dict[str, Real]
    _offsets: tuple[int, ...]

    def bindings(self, inputs: NDArray[np.float64]) -> dict[str, float]:
        """The values to give a reader for the text's inputs, from the flat vector of the program's inputs."""

        def value(atom: Input) -> float:
            return float(inputs[self._offsets[atom.parameter] + atom.element])

        return {name: evaluate(meaning, value) for name, meaning in self.inputs.items()}


def emit(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    profile: str = "portable",
    *,
    optimise: bool = False,
    reuse: bool | None = None,
    notes: Sequence[str] = (),
) -> str:
    """OpenQASM 3 text of a circuit.

    Args:
        circuit: as the program has it: channels, measurements and branches included.
        inputs: flat vector of the values of all parameters in order, shape (inputs,). An input that is NaN stays
            open, as an `input float[64]` of the text; None leaves all open.
        profile: a key of `PROFILES`.
        optimise: leave out what cannot change the distribution of the output bits.
        reuse: let a qubit whose wire has ended serve again after a `reset`, or give each wire its own qubit; None
            does what suits the readers of the profile.
        notes: lines of comment for the head of the text.

    Raises:
        QglError: QGL10xx, the profile cannot say something; at the line of the program.
        ValueError: `inputs` has the wrong shape.
    """
    return emission(circuit, inputs, profile, optimise=optimise, reuse=reuse, notes=notes).text


def emission(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    profile: str = "portable",
    *,
    optimise: bool = False,
    reuse: bool | None = None,
    notes: Sequence[str] = (),
) -> Emission:
    """As `emit`, with the meaning of the text's inputs."""
    if profile not in PROFILES:
        raise QglError([UnknownProfile(None, profile, tuple(PROFILES))])
    record = PROFILES[profile]
    prepared = prepare(circuit, record, optimise)
    outputs = [str(circuit.wires[wire]) for wire in circuit.visible]
    writer = _Writer(prepared, record, Angles(circuit.parameters, inputs, record), outputs)
    writer.places.reuse = record.reuse if reuse is None else reuse
    writer.write_operations()
    sizes = [parameter.size for parameter in circuit.parameters]
    return Emission(writer.document(notes), writer.angles.used, tuple(sum(sizes[:k]) for k in range(len(sizes))))


def prepare(circuit: Circuit, profile: Profile, optimise: bool) -> Circuit:
    """The circuit in gates, `fresh` and `discard`, beside `measure`, conditions and `reset` if the profile branches."""
    if optimise:
        circuit = drop_dead(circuit, reads_only_bits=True)
    circuit = dilate(circuit)
    if not profile.branches:
        circuit = defer(circuit, reads_only_bits=optimise)
    elif not profile.nests:
        _refuse_nested(circuit, profile)
    return tighten(drop_dead(circuit, reads_only_bits=True)) if optimise else circuit


def _refuse_nested(circuit: Circuit, profile: Profile) -> None:
    for operation in circuit.operations:
        if len(operation.condition) > 1:
            others = able(lambda other: other.nests or not other.branches)
            raise QglError([NestedBranches(operation.span, profile.name, others)])


class _Writer:
    """Writes the operations of one circuit line by line, then the head that declares what they use."""

    def __init__(self, circuit: Circuit, profile: Profile, angles: Angles, outputs: list[str]) -> None:
        self.circuit = circuit
        self.profile = profile
        self.angles = angles
        self.outputs = outputs  # names of the visible qubits in the program
        self.file = circuit.wires[circuit.visible[0]].span.source.name
        self.places = Places(circuit)
        self.lines: list[str] = []
        self.names: set[str] = set()  # of gates that the text applies
        self.bits: dict[int, int] = {}  # bit of the circuit -> bit of the register m
        self.spare: int | None = None  # a bit of m for outcomes that are not kept
        self._condition: tuple[tuple[int, bool], ...] = ()
        self._line: tuple[str, int] | None = None

    # ------------------------------------------------------------ operations

    def write_operations(self) -> None:
        for position, operation in enumerate(self.circuit.operations):
            used_before = self.places.enter(operation.wires)
            if used_before:
                self._branch(())
                self._comment(operation)
                for place in used_before:
                    self._write(f"reset {self._work(place, whole=True)};")
            for statement in self._statements(operation):
                self._branch(operation.condition)
                self._comment(operation)
                self._write(statement)
            self.places.leave(position)
        self._branch(())

    def _statements(self, operation: Operation) -> Iterator[str]:
        match operation.gate:
            case "fresh" | "discard":
                return
            case "reset":
                yield f"reset {self._qubit(operation.wires[0], whole=True)};"
            case "measure":
                yield f"m[{self._bit(operation.bit)}] = measure {self._qubit(operation.wires[0])};"
            case _:
                for step in self._steps(operation):
                    for lowered in lower(step, self.profile.takes):
                        if lowered.gate == "gphase" and not self.profile.gphase:
                            continue
                        yield self._gate(lowered, operation)

    def _steps(self, operation: Operation) -> list[Step]:
        args = tuple(self.angles.bound(number, operation.span) for number in operation.args)
        match operation.gate:
            case "pauli":
                return pauli_step(operation.wires, operation.word, args[0], operation.controls)
            case "evolve":
                order, steps = operation.trotter or (1, 1)
                words = [word for _, word in operation.terms]
                if operation.trotter is None and not commuting(words):
                    raise QglError([EvolveWithoutTrotter(operation.span, len(words))])
                return trotter_steps(operation, order, steps)
            case "unitary":
                assert operation.matrices is not None
                return synthesise(operation.matrices[0], operation.wires, operation.controls, operation.span)
            case _:
                return [Step(operation.gate, operation.wires, args, operation.controls)]

    def _gate(self, step: Step, operation: Operation) -> str:
        angles = ", ".join(self.angles.text(number, operation.span) for number in step.angles)
        operands = ", ".join(self._qubit(wire) for wire in step.wires)
        return _call(self.profile, step, angles, operands, self.names.add)

    def _qubit(self, wire: int, whole: bool = False) -> str:
        position = self.places.visible(wire)
        return self._work(self.places.held[wire], whole) if position is None else f"q[{position}]"

    def _work(self, place: int, whole: bool = False) -> str:
        """A qubit that is not read out; `whole` names its register where it is one of its own."""
        if self.profile.own_register:
            return f"w{place}" if whole else f"w{place}[0]"
        return f"w[{place}]"

    def _bit(self, bit: int | None) -> int:
        if bit is None:
            if self.spare is None:
                self.spare = self._bits
            return self.spare
        if bit not in self.bits:
            self.bits[bit] = self._bits
        return self.bits[bit]

    @property
    def _bits(self) -> int:
        return len(self.bits) + (self.spare is not None)

    # ------------------------------------------------------------ lines

    def _branch(self, condition: tuple[tuple[int, bool], ...]) -> None:
        """Closes the open `if`s that are not of `condition` and opens the others."""
        common = 0
        while condition[: common + 1] == self._condition[: common + 1] and common < len(condition):
            common += 1
        for depth in range(len(self._condition), common, -1):
            self.lines.append("    " * (depth - 1) + "}")
        for depth in range(common, len(condition)):
            bit, value = condition[depth]
            self.lines.append("    " * depth + f"if ({'' if value else '!'}m[{self._bit(bit)}]) {{")
        self._condition = condition

    def _comment(self, operation: Operation) -> None:
        """The line of the program, where it is another one than before."""
        place = (operation.span.source.name, operation.span.line)
        if place != self._line:
            self._line = place
            text = operation.span.source.line_text(place[1] - 1).strip()
            where = f"line {place[1]}" if place[0] == self.file else f"{place[0]}, line {place[1]}"
            self._write(f"// {where}: {text[:80]}{'...' if len(text) > 80 else ''}")

    def _write(self, line: str) -> None:
        self.lines.append("    " * len(self._condition) + line)

    # ------------------------------------------------------------ the whole text

    def document(self, notes: Sequence[str]) -> str:
        """The text, after `write_operations`."""
        head = ["OPENQASM 3.0;"]
        if self.profile.include:
            head.append(f'include "{self.profile.include}";')
        head += [f"// {note}" for note in (f"Written by qgl, profile {self.profile.name}.", *notes)]
        definitions = self._definitions()
        used = self.angles.used.items()
        inputs = [f"input {self.profile.inputs} {name};{self._meaning(name, number)}" for name, number in used]
        parts = [head, definitions, inputs, self._registers(), self.lines, ["c = measure q;"]]
        return "\n\n".join("\n".join(part) for part in parts if part) + "\n"

    def _definitions(self) -> list[str]:
        used = [text for name, text in self.profile.definitions.items() if name in self.names]
        composites: dict[str, str] = {}

        def add(name: str) -> None:
            if name in self.profile.composites and name not in composites:
                text, calls = _definition(self.profile, name)
                for call in calls:
                    add(call)
                composites[name] = text

        for name in sorted(self.names):
            add(name)
        return [*used, *composites.values()]

    def _meaning(self, name: str, number: Real) -> str:
        spoken = self.angles.formula(number)
        return f"  // {spoken}" if spoken != name else ""

    def _registers(self) -> list[str]:
        wires, places = self.circuit.wires, self.places
        lines = [f"qubit[{len(self.outputs)}] q;  // {_runs(self.outputs)}"]
        names = [str(wire) if wire.kind != "fresh" else f"fresh {wire.register}" for wire in wires]
        tenants = [_runs(list(dict.fromkeys(names[wire] for wire in place))) for place in places.tenants]
        if self.profile.own_register:
            lines += [f"qubit[1] w{place};  // {who}" for place, who in enumerate(tenants)]
        elif tenants:
            lines.append(f"qubit[{len(tenants)}] w;")
            lines += [f"// w[{place}]: {who}" for place, who in enumerate(tenants)]
        if self._bits:
            lines.append(f"bit[{self._bits}] m;  // measured on the way")
        lines.append(f"bit[{len(self.outputs)}] c;  // the output: c[k] is q[k]")
        return [*lines, *(f"// {reader}" for reader in self.profile.readers)]


def _call(profile: Profile, step: Step, angles: str, operands: str, note: Callable[[str], None]) -> str:
    """One gate statement; `note` is told the name that it uses."""
    name = profile.native.get((step.gate, step.controls))
    modifiers = ""
    if name is None:
        name, modifiers = step.gate, "ctrl @ " * step.controls
    note(name)
    return f"{modifiers}{name}{f'({angles})' if angles else ''}{f' {operands}' if operands else ''};"


def _definition(profile: Profile, name: str) -> tuple[str, list[str]]:
    """The definition of a composite gate, and the names that it uses."""
    gate = GATES[name]
    formals = [Real(0.0, ((1.0, Input(0, k)),)) for k in range(len(gate.parameters))]
    digits = len(str(len(formals) - 1))
    angle_names = [f"arg{k:0{digits}}" for k in range(len(formals))]  # Qiskit takes formals in alphabetical order
    calls: list[str] = []
    body = []

    def formal(number: Real) -> str:
        text = " + ".join(
            f"{'' if factor == 1 else f'{factor!r}*'}{angle_names[atom.element]}"
            for factor, atom in number.terms
            if isinstance(atom, Input)
        )
        return text or repr(number.constant)

    for part in decompose(name, tuple(formals)):
        for step in lower(Step(part.gate, part.qubits, part.angles), profile.takes):
            angles = ", ".join(formal(number) for number in step.angles)
            body.append(_call(profile, step, angles, ", ".join(f"q{wire}" for wire in step.wires), calls.append))
    operands = ", ".join(f"q{k}" for k in range(gate.qubits))
    arguments = f"({', '.join(angle_names)})" if angle_names else ""
    return f"gate {name}{arguments} {operands} {{ {' '.join(body)} }}", calls


def _runs(names: list[str], limit: int = 6) -> str:
    """`v[0], v[1], v[2]` as `v[0..2]`; long lists are cut."""
    runs: list[list[str]] = []
    for name in names:
        register, bracket, position = name.rstrip("]").partition("[")
        if runs and bracket and runs[-1][0] == register and int(runs[-1][-1]) + 1 == int(position):
            runs[-1][2:] = [position]
        else:
            runs.append([register, position] if bracket else [register])
    shown = [f"{register}[{'..'.join(ends)}]" if ends else register for register, *ends in runs[:limit]]
    return ", ".join([*shown, f"and {len(runs) - limit} more"] if len(runs) > limit else shown)
