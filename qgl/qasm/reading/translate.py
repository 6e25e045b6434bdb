"""An OpenQASM text as the text of a program: one reading sees which qubits are left to be read, a second one writes.

The first unrolls all loops and notes what happens to qubits and bits. If each register of qubits is one of the program,
the second keeps loops as they are; otherwise it unrolls them, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import NoSuchBits
from qgl.qasm.reading import gates
from qgl.qasm.reading.gates import Application
from qgl.qasm.reading.numbers import SUM, Number, Refused, literal, number
from qgl.qasm.reading.operands import Operands, spelt
from qgl.qasm.reading.registers import Bit, Places, Qubit, places
from qgl.qasm.reading.syntax import parsed, refuse
from qgl.source import Source

MOST = 200_000  # statements that loops are unrolled to
LIBRARIES = ("stdgates.inc", "qelib1.inc")


def program_of(source: Source, data: str | None = None, registers: Sequence[str] = ()) -> str:
    """A program with the distribution of the circuit in `source`, an OpenQASM 3 (or 2) text; not yet formatted.

    Inputs are parameters that can be trained. The bits of a string are those of the text in order of declaration, all
    qubits if none is measured.

    Args:
        data: a file of strings; the program learns them by likelihood.
        registers: those of bits that make up a string, in this order; all of them if none is named.

    Raises:
        QglError: the text is no OpenQASM (QGL1011), or says what a program cannot (QGL1012).
    """
    tree = parsed(source)
    first = Translation(source, None)
    first.statements(tree.statements)
    sizes = {name: register for name, register in first.qubits.items() if not isinstance(register, tuple)}
    missing = [name for name in registers if name not in first.bits]
    if missing:
        raise QglError([NoSuchBits(None, missing[0], tuple(first.bits))])
    bits = [(name, k) for name in registers or first.bits for k in range(first.bits[name])]
    layout = places(sizes, {name: first.names[name] for name in sizes}, bits, first.events)
    second = Translation(source, layout, tested=frozenset(first.events.tested))
    second.statements(tree.statements)
    return "\n".join(_document(source, second, layout, data))


def _document(source: Source, done: Translation, layout: Places, data: str | None) -> Iterator[str]:
    yield "// From an OpenQASM text, by `qglc import`."
    yield ""
    yield from done.constants
    yield from layout.declared
    yield from done.parameters
    if data is not None:
        yield f"data rows = csv({_quoted(data)});"
    yield from done.layers
    yield "model {"
    yield from done.body
    yield "}"
    if data is not None:
        yield "objective nll(rows);\ntrain { optimizer adam(rate = 0.05); steps 500; }\nreport nll(rows);"


@dataclass
class Translation(Operands):
    """One reading of a text; `found` is what the first one saw, None while it is read for the first time."""

    defined: dict[str, tuple[int, int, bool]] = field(default_factory=dict)  # arguments, qubits, whether phased
    libraries: bool = False
    in_branch: bool = False
    tested: frozenset[int] = frozenset()  # measurements whose outcome is looked at, as the first reading saw
    constants: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    layers: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)

    def statements(self, nodes: Iterable[Any]) -> None:
        for node in nodes:
            read = _READERS.get(type(node).__name__)
            if read is None:
                self.refuse(node, f"`{_first_of(self.source, node)}`")
            self.events.count += 1
            if self.events.count > MOST:
                self.refuse(node, f"a circuit of more than {MOST:,} statements")
            try:
                read(self, node)
            except Refused as error:
                self.refuse(node, str(error))

    def refuse(self, node: Any, what: str, help_text: str = "") -> NoReturn:
        refuse(node, self.source, what, help_text)

    # ------------------------------------------------------------ declarations

    def include(self, node: Any) -> None:
        if node.filename not in LIBRARIES:
            self.refuse(node, f'the file "{node.filename}"', "put what it holds into the text")
        self.libraries = True

    def constant(self, node: Any) -> None:
        value = number(node.init_expression, self.known)
        if value.value is None:
            raise Refused("a constant that is none")
        name = self.own_name(node.identifier.name)
        self.constants.append(f"const {name} = {value.text};")
        self.known[node.identifier.name] = Number(name, value=value.value, whole=value.whole)

    def qubit(self, node: Any) -> None:
        name = node.qubit.name
        self.own_name(name)
        size = None if node.size is None else number(node.size, self.known).integer()
        if size is not None and not 0 < size <= MOST:
            raise Refused(f"a register of {size} qubits")
        self.qubits[name] = size

    def classical(self, node: Any) -> None:
        if type(node.type).__name__ != "BitType":
            raise Refused("a variable that changes")
        name = node.identifier.name
        self.bits[name] = 1 if node.type.size is None else number(node.type.size, self.known).integer()
        if node.init_expression is not None:
            if type(node.init_expression).__name__ != "QuantumMeasurement":
                raise Refused("a bit that begins with a value")
            self.measure_into(self.operand(node.init_expression.qubit), self.bits_of(node.identifier))

    def io(self, node: Any) -> None:
        if node.io_identifier.name == "output":
            self.classical_output(node)
            return
        kind, dimensions = node.type, ""
        if type(kind).__name__ == "ArrayType":
            sizes = [str(number(each, self.known).integer()) for each in kind.dimensions]
            kind, dimensions = kind.base_type, f"[{', '.join(sizes)}]"
        if type(kind).__name__ not in ("FloatType", "AngleType"):
            raise Refused("an input that is neither `float` nor `angle`")
        name = self.own_name(node.identifier.name)
        self.parameters.append(f"param {name}{dimensions} : angle;")
        self.known[node.identifier.name] = Number(name)

    def classical_output(self, node: Any) -> None:
        if type(node.type).__name__ != "BitType":
            raise Refused("an output that is no bit")
        self.bits[node.identifier.name] = 1 if node.type.size is None else number(node.type.size, self.known).integer()

    def alias(self, node: Any) -> None:
        self.qubits[node.target.name] = tuple(self.aliased(node.value))

    def aliased(self, node: Any) -> list[Qubit]:
        if type(node).__name__ == "Concatenation":
            return [*self.aliased(node.lhs), *self.aliased(node.rhs)]
        if type(node).__name__ == "IndexExpression":
            return self.picked(self.every(node.collection.name), node.index)
        return self.every(node.name)

    def gate(self, node: Any) -> None:
        """A definition becomes a layer."""
        name = node.name.name
        outer_known, outer_body = self.known, self.body
        self.known, self.body = {**self.known, **{a.name: Number(spelt(a.name)) for a in node.arguments}}, []
        self.formals = {qubit.name: spelt(qubit.name) for qubit in node.qubits}
        self.defined[name] = (len(node.arguments), len(node.qubits), False)
        phased = False
        for inner in node.body:
            self.statements([inner])
            phased = phased or self.is_phased(inner)
        written = " ".join(self.body or [f"id {self.formals[node.qubits[0].name]};"])
        self.known, self.body, formals, self.formals = outer_known, outer_body, self.formals, {}
        self.defined[name] = (len(node.arguments), len(node.qubits), phased)
        arguments = [*(f"{spelt(a.name)}: real" for a in node.arguments), *(f"{q}: qubit" for q in formals.values())]
        if self.found is not None:
            self.layers.append(f"layer {self.own_name(name)}({', '.join(arguments)}) {{ {written} }}")

    def is_phased(self, node: Any) -> bool:
        if type(node).__name__ != "QuantumGate":
            return False
        arguments = [number(each, self.known) for each in node.arguments]
        name = node.name.name
        return self.defined[name][2] if name in self.defined else gates.is_phased(name, arguments)

    # ------------------------------------------------------------ statements

    def apply(self, node: Any) -> None:
        name = node.name.name
        arguments = tuple(number(each, self.known) for each in node.arguments)
        called, count = self.called(name, len(arguments))
        if len(arguments) != count:
            raise Refused(f"`{name}` with {len(arguments)} arguments, where it takes {count},")
        modifiers = gates.modifiers(node, lambda each: number(each, self.known))
        for qubits in self.whole_register(node.qubits) or self.broadcast([self.operand(each) for each in node.qubits]):
            applied = Application(name, called, arguments, qubits, modifiers, self.is_phased(node))
            self.body += gates.lines(applied)

    def called(self, name: str, arguments: int) -> tuple[str, int]:
        """The name in qgl of a gate, and how many arguments it takes."""
        if name in self.defined:
            return self.own_name(name), self.defined[name][0]
        if name in gates.BUILT_IN:
            return gates.BUILT_IN[name], gates.arguments_of(gates.BUILT_IN[name])
        if self.libraries and name in gates.STANDARD:
            return gates.STANDARD[name], gates.arguments_of(gates.STANDARD[name])
        missing = "" if self.libraries else ' (`include "stdgates.inc";` is missing)'
        raise Refused(f"the gate `{name}`, which is not defined{missing},")

    def phase(self, node: Any) -> None:
        """A global phase, which is nobody's but where something controls it."""
        angle = number(node.argument, self.known)
        modifiers = gates.modifiers(node, lambda each: number(each, self.known))
        if any(kind in ("pow", "negctrl") for kind, _ in modifiers):
            raise Refused("`gphase` under `pow` or `negctrl`")
        if sum(kind == "inv" for kind, _ in modifiers) % 2:
            angle = Number(f"-({angle.text})", binds=2)
        controls = [qubit for each in node.qubits for qubit in self.operand(each)]
        inside = next(iter(self.formals.values()), "")
        self.body += gates.phase(angle, [self.touch(qubit) for qubit in controls], inside)

    def measure(self, node: Any) -> None:
        if node.target is None:
            raise Refused("a measurement without a bit")
        if self.found is not None and self.found.whole:
            return  # each register is read at the end as it is
        self.measure_into(self.operand(node.measure.qubit), self.bits_of(node.target))

    def measure_into(self, qubits: Sequence[Any], bits: Sequence[Bit]) -> None:
        if self.in_branch:
            raise Refused("a measurement under `if`")
        if len(qubits) != len(bits):
            raise Refused(f"a measurement of {len(qubits)} qubits into {len(bits)} bits")
        for qubit, bit in zip(qubits, bits, strict=True):
            if not isinstance(qubit, tuple):
                raise Refused("a measurement inside of a loop or gate")
            number_ = self.events.measure(qubit, bit)
            self.outcomes[bit] = f"m{number_}"
            self.write_measurement(number_, qubit)

    def write_measurement(self, number_: int, qubit: Qubit) -> None:
        """A measurement is written where its outcome is looked at or copied, or where its qubit goes on."""
        layout = self.found
        if layout is None or (number_ in layout.left and number_ not in self.tested):
            return
        place = layout.where[qubit]
        self.body.append(f"measure {place} -> m{number_};")
        if number_ in layout.copied:
            self.body.append(f"if m{number_} {{ x {layout.copied[number_]}; }}")

    def reset(self, node: Any) -> None:
        self.body += [f"reset {self.touch(qubit)};" for qubit in self.operand(node.qubits)]

    def barrier(self, node: Any) -> None:
        """Says nothing of the distribution."""

    def branch(self, node: Any) -> None:
        condition = self.condition(node.condition)
        blocks = []
        for statements in (node.if_block, node.else_block):
            with self.block() as inner:
                outside, self.in_branch = self.in_branch, True
                self.statements(statements)
                self.in_branch = outside
            blocks.append(inner)
        then, otherwise = blocks
        if not then:
            condition, then, otherwise = f"not ({condition})", otherwise, []
        if then:
            self.body += [f"if {condition} {{", *then, "}", *(["else {", *otherwise, "}"] if otherwise else [])]

    def loop(self, node: Any) -> None:
        name, values = node.identifier.name, node.set_declaration
        outer = dict(self.known)
        if self.unrolls or type(values).__name__ != "RangeDefinition" or not self.is_plain(values):
            for value in self.values(values):
                self.known = {**outer, name: literal(value)}
                self.statements(node.block)
        else:
            low, high = (number(each, self.known) for each in (values.start, values.end))
            self.known = {**outer, name: Number(spelt(name), whole=True)}
            with self.block() as inner:
                self.statements(node.block)
            if inner:
                self.body += [f"for {spelt(name)} in {low.inside(SUM)}..{high.inside(SUM)} {{", *inner, "}"]
        self.known = outer

    def is_plain(self, values: Any) -> bool:
        """Whether a range runs upward by ones, as those of qgl do, and is not empty."""
        span = self.values(values)
        return bool(span) and (len(span) == 1 or span[1] - span[0] == 1)

    def values(self, node: Any) -> Sequence[int]:
        if type(node).__name__ == "DiscreteSet":
            return [number(each, self.known).integer() for each in node.values]
        if type(node).__name__ != "RangeDefinition" or node.start is None or node.end is None:
            raise Refused("a loop over this")
        step = 1 if node.step is None else number(node.step, self.known).integer()
        if step == 0:
            raise Refused("a step of zero")
        first, last = (number(each, self.known).integer() for each in (node.start, node.end))
        return range(first, last + (1 if step > 0 else -1), step)

    @contextmanager
    def block(self) -> Iterator[list[str]]:
        outer, self.body = self.body, []
        inner = self.body
        try:
            yield inner
        finally:
            self.body = outer


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _first_of(source: Source, node: Any) -> str:
    """The first word of a statement."""
    line = source.text.splitlines()[node.span.start_line - 1] if source.text else ""
    return (line[node.span.start_column :].split() or ["this"])[0]


_READERS: Mapping[str, Callable[[Translation, Any], None]] = {
    "Include": Translation.include,
    "ConstantDeclaration": Translation.constant,
    "QubitDeclaration": Translation.qubit,
    "ClassicalDeclaration": Translation.classical,
    "IODeclaration": Translation.io,
    "AliasStatement": Translation.alias,
    "QuantumGateDefinition": Translation.gate,
    "QuantumGate": Translation.apply,
    "QuantumPhase": Translation.phase,
    "QuantumMeasurementStatement": Translation.measure,
    "QuantumReset": Translation.reset,
    "QuantumBarrier": Translation.barrier,
    "BranchingStatement": Translation.branch,
    "ForInLoop": Translation.loop,
}
