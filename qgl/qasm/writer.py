"""The text of one circuit, line by line, for one profile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import EvolveWithoutTrotter, OpenGenerator
from qgl.expression import Input, Real
from qgl.gates import GATES
from qgl.gates.algebra import all_commute
from qgl.gates.generators import generator_qubits
from qgl.gates.isometries import completed, incoming_qubits, isometry_shape
from qgl.program.operations import (
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
    Reset,
    Unitary,
)
from qgl.qasm.angles import Angles
from qgl.qasm.depth import Layers
from qgl.qasm.lower import Step, decompose, lower, pauli_step, trotter_steps
from qgl.qasm.profiles.profile import Profile
from qgl.qasm.qubits import WorkQubits
from qgl.qasm.synthesis import Matrix, synthesise


class Writer:
    """Writes the operations of one circuit line by line, then the head that declares what they use.

    A circuit without visible wires measures its output by itself, into the bits from `output` on. Its qubits are one
    register `q`; otherwise visible wires stand in `q` and the others in `w`.
    """

    def __init__(self, qubits: WorkQubits, profile: Profile, angles: Angles, outputs: list[str], output: int) -> None:
        self.circuit = qubits.circuit
        self.qubits = qubits
        self.profile = profile
        self.angles = angles
        self.outputs = outputs  # names of the visible qubits in the program
        self.output = output  # bit of the circuit that is the first one of the output
        self.register = "w" if self.circuit.visible else "q"
        self.file = self.circuit.wires[0].span.source.name
        self.touched: set[int] = set()  # wires that a gate has acted on
        self.layers = Layers()
        self.apart = Layers()  # as if each wire had a qubit of its own
        self.two_qubit_gates = 0
        self.lines: list[str] = []
        self.names: set[str] = set()  # of gates that the text applies
        self.bits: dict[int, int] = {}  # bit of the circuit -> bit of the register m
        self.spare: int | None = None  # a bit of m for outcomes that are not kept
        self._condition: tuple[tuple[int, bool], ...] = ()
        self._line: tuple[str, int] | None = None

    # ------------------------------------------------------------ operations

    def write_operations(self) -> None:
        for position, operation in enumerate(self.circuit.operations):
            for qubit in self.qubits.enter(operation.wires):
                self._branch(())
                self._comment(operation)
                self._write(f"reset {self._work(qubit, whole=True)};")
                self.layers.put([qubit])
            match operation:
                case Fresh() | Discard():
                    pass
                case Reset():
                    self._put(f"reset {self._qubit(operation.wires[0], whole=True)};", operation, operation.wires)
                case Measurement():
                    self._measure(operation)
                case _:
                    assert isinstance(operation, Unitary)  # channels are dilated before
                    self._unitary(operation)
                    self.touched.update(operation.wires)
            self.qubits.leave(position, self.layers.clock)
        self._branch(())
        for wire in self.circuit.visible:
            self._count((wire,), ())

    def _put(self, statement: str, operation: Operation, wires: tuple[int, ...], bits: tuple[str, ...] = ()) -> None:
        """A statement that belongs to an operation."""
        self._branch(operation.condition)
        self._comment(operation)
        self._write(statement)
        self._count(wires, (*bits, *(f"m[{self._bit(bit)}]" for bit, _ in operation.condition)))

    def _count(self, wires: tuple[int, ...], bits: tuple[str, ...]) -> None:
        if wires:
            # Work qubits are counted from 0 upwards, visible wires from -1 downwards.
            at = [self.qubits.of_wire[w] if (k := self.qubits.visible(w)) is None else -1 - k for w in wires]
            self.layers.put(at, bits)
            self.apart.put(wires, bits)

    def _measure(self, operation: Measurement) -> None:
        qubit = self._qubit(operation.wires[0])
        if operation.bit is not None and operation.bit >= self.output:
            self._branch(())
            self._write(f"c[{operation.bit - self.output}] = measure {qubit};")
            self._count(operation.wires, ())
        else:
            bit = f"m[{self._bit(operation.bit)}]"
            self._put(f"{bit} = measure {qubit};", operation, operation.wires, (bit,))

    def _unitary(self, operation: Unitary) -> None:
        for step in self._steps(operation):
            for lowered in lower(step, self.profile.takes):
                if lowered.name == "gphase" and not self.profile.gphase:
                    continue
                self._put(self._gate(lowered, operation), operation, lowered.wires)
                self.two_qubit_gates += len(lowered.wires) > 1

    def _steps(self, operation: Unitary) -> list[Step]:
        match operation:
            case PauliRotation():
                angle = self.angles.bound(operation.angle, operation.span)
                return pauli_step(operation.wires, operation.pauli_word, angle, operation.controls)
            case Evolution():
                order, steps = operation.trotter or (1, 1)
                pauli_words = [pauli_word for _, pauli_word in operation.terms]
                if operation.trotter is None and not all_commute(pauli_words):
                    raise QglError([EvolveWithoutTrotter(operation.span, len(pauli_words))])
                return trotter_steps(operation, order, steps)
            case MatrixUnitary():
                return self._synthesised(operation.matrix, operation)
            case GateApplication():
                return self._gate_steps(operation)
        raise TypeError(f"{operation.name} is not written")

    def _gate_steps(self, operation: GateApplication) -> list[Step]:
        angles = tuple(self.angles.bound(number, operation.span) for number in operation.angles)
        record, isometry = operation.gate, isometry_shape(operation.gate.name)
        if isometry is None and generator_qubits(record.name) is None:
            return [Step(record.name, operation.wires, angles, operation.controls)]
        if not all(number.is_constant for number in angles):
            raise QglError([OpenGenerator(operation.span, record.qubits, "isometry" if isometry else "generator")])
        matrix = record.matrix(np, *(np.asarray(number.constant) for number in angles))
        if isometry is None:
            return self._synthesised(matrix, operation)
        new = record.qubits - incoming_qubits(isometry)
        return synthesise(completed(matrix), operation.wires, operation.controls, operation.span, new)

    def _synthesised(self, matrix: Matrix, operation: Unitary) -> list[Step]:
        zeros = self._zeros(operation.targets)
        return synthesise(matrix, operation.wires, operation.controls, operation.span, zeros)

    def _zeros(self, wires: tuple[int, ...]) -> int:
        """How many of the last wires are fresh and untouched."""
        count = 0
        while count < len(wires) - 1 and self.circuit.wires[wires[-1 - count]].kind == "fresh":
            if wires[-1 - count] in self.touched:
                break
            count += 1
        return count

    def _gate(self, step: Step, operation: Operation) -> str:
        angles = ", ".join(self.angles.text(number, operation.span) for number in step.angles)
        operands = ", ".join(self._qubit(wire) for wire in step.wires)
        return _call(self.profile, step, angles, operands, self.names.add)

    def _qubit(self, wire: int, whole: bool = False) -> str:
        position = self.qubits.visible(wire)
        return self._work(self.qubits.of_wire[wire], whole) if position is None else f"q[{position}]"

    def _work(self, qubit: int, whole: bool = False) -> str:
        """A work qubit; `whole` names its register where it is one of its own."""
        if self.profile.own_register:
            return f"{self.register}{qubit}" if whole else f"{self.register}{qubit}[0]"
        return f"{self.register}[{qubit}]"

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
            line = operation.span.source.line_text(place[1] - 1).strip().replace("\t", " ")
            text = "".join(letter if letter.isprintable() else "?" for letter in line)  # readers end lines in many ways
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
        written = f"Written by qgl, profile {self.profile.name}."
        head += [f"// {note}" for note in (written, *notes, *self.figures())]
        definitions = self._definitions()
        used = self.angles.used.items()
        inputs = [f"input {self.profile.inputs} {name};{self._meaning(name, number)}" for name, number in used]
        last = ["c = measure q;"] if self.circuit.visible else []
        parts = [head, definitions, inputs, self._registers(), self.lines, last]
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

    @property
    def width(self) -> int:
        """Qubits of the text."""
        return len(self.circuit.visible) + len(self.qubits.wires_on)

    @property
    def wires(self) -> int:
        """Qubits that the text would have if each wire had its own."""
        return len(self.circuit.visible) + sum(map(len, self.qubits.wires_on))

    def figures(self) -> Iterator[str]:
        """What the text takes, in words."""
        gates = f"{self.two_qubit_gates} gate{'s' * (self.two_qubit_gates != 1)} on two qubits or more"
        yield f"{self.width} qubit{'s' * (self.width != 1)}, depth {self.layers.depth}, {gates}."
        if self.wires != self.width:
            yield f"Each wire on a qubit of its own: {self.wires} qubits, depth {self.apart.depth}."

    def _registers(self) -> list[str]:
        wires, qubits, register = self.circuit.wires, self.qubits, self.register
        outputs = _runs(self.outputs)
        lines = [f"qubit[{len(self.outputs)}] q;  // {outputs}"] if self.circuit.visible else []
        names = [str(wire) if wire.kind != "fresh" else f"fresh {wire.register}" for wire in wires]
        stands_for = [_runs(list(dict.fromkeys(names[wire] for wire in each))) for each in qubits.wires_on]
        if self.profile.own_register:
            lines += [f"qubit[1] {register}{qubit};  // {who}" for qubit, who in enumerate(stands_for)]
        elif stands_for:
            lines.append(f"qubit[{len(stands_for)}] {register};")
            lines += [f"// {register}[{qubit}]: {who}" for qubit, who in enumerate(stands_for)]
        if self._bits:
            lines.append(f"bit[{self._bits}] m;  // measured on the way")
        meaning = "c[k] is q[k]" if self.circuit.visible else f"c[k] is bit k of {outputs}"
        lines.append(f"bit[{len(self.outputs)}] c;  // the output: {meaning}")
        return [*lines, *(f"// {reader}" for reader in self.profile.readers)]


def _call(profile: Profile, step: Step, angles: str, operands: str, note: Callable[[str], None]) -> str:
    """One gate statement; `note` is told the name that it uses."""
    name = profile.native.get((step.name, step.controls))
    modifiers = ""
    if name is None:
        name, modifiers = step.name, "ctrl @ " * step.controls
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
        for step in lower(Step(part.name, part.qubits, part.angles), profile.takes):
            angles = ", ".join(formal(number) for number in step.angles)
            body.append(_call(profile, step, angles, ", ".join(f"q{wire}" for wire in step.wires), calls.append))
    operands = ", ".join(f"q{k}" for k in range(gate.qubits))
    arguments = f"({', '.join(angle_names)})" if angle_names else ""
    return f"gate {name}{arguments} {operands} {{ {' '.join(body)} }}", calls


def _runs(names: list[str], limit: int = 6) -> str:
    """`v[0], v[1], v[2]` as `v[0..2]`; long lists are cut."""
    runs: list[list[str]] = []
    for name in names:
        register, bracket, position = name.removesuffix("]").rpartition("[")
        register = register or name
        if runs and bracket and runs[-1][0] == register and int(runs[-1][-1]) + 1 == int(position):
            runs[-1][2:] = [position]
        else:
            runs.append([register, position] if bracket else [register])
    shown = [f"{register}[{'..'.join(ends)}]" if ends else register for register, *ends in runs[:limit]]
    return ", ".join([*shown, f"and {len(runs) - limit} more"] if len(runs) > limit else shown)
