"""Gates on any number of qubits: unitaries, uniformly controlled rotations, variables prepared under their parents.

A variable of d values in binary code is prepared bit by bit, the most significant one first, each by a rotation that is
controlled by the parents and by the bits before: a tree of d - 1 angles for each value of the parents. What would lead
to a code that stands for nothing has the angle 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from qgl.check.circuit.application import Applications, Operand, Wires, spelled_out
from qgl.check.circuit.binding import reals
from qgl.check.circuit.subspace_unitary import level_rotations
from qgl.check.circuit.transform import unitary
from qgl.check.names.callees import Callee
from qgl.check.reporter import FaultyError
from qgl.check.values.functions import is_number
from qgl.check.values.types import WIDEST, Between, Formal, level_angles, table_angles, table_phases
from qgl.check.values.values import Array, Value, describe
from qgl.diagnostics.categories import NotADistribution
from qgl.diagnostics.registers import WrongRegisterSize
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import MisplacedHole, OperandCount, WrongType
from qgl.expression import Real
from qgl.gates.codes import codes_of
from qgl.gates.generators import generator_numbers
from qgl.gates.isometries import in_qubits, isometry_name, isometry_numbers
from qgl.gates.uniform import FAMILIES, LARGEST
from qgl.gates.unitaries import unitary_angles
from qgl.program.operations import Operation, gate
from qgl.source import Span
from qgl.syntax import tree

_CLOSE = 1e-6

Build = Callable[[Sequence[Wires], Sequence[tuple[Real, ...]], Span], Iterator[Operation]]


@dataclass
class MultiQubitGates:
    """Applies the gates of `qgl.check.names.callees.MULTI_QUBIT`."""

    applied: Applications

    def apply(
        self, node: tree.Apply, values: list[Value] | None, operands: list[Operand], controls: int, inverted: bool
    ) -> None:
        """One statement; on a register of variables, for each of them by itself."""
        name, reporter = node.gate.name, self.applied.reporter
        operands = spelled_out(operands, controls)
        if len(operands) <= controls:
            raise reporter.fault(OperandCount(node.gate.span, name, controls + 1, len(operands)))
        for operand in operands[:controls]:
            self.applied.binder.exact_size(name, len(operand.wires), 1, operand.span)
        own = operands[controls:]
        applications_of = [[each] for each in own[0].each()] if len(own) == 1 else [own]
        self._fits(node, applications_of[0])
        sizes = [operand.values for operand in applications_of[0]]
        numbers, build = self._numbers(node, applications_of[0], sizes, values)
        callee = Callee(name, numbers, tuple(len(operand.wires) for operand in applications_of[0]))
        if name == "prepare" and values and isinstance(values[0], tuple):
            written = isinstance(node.arguments[0], tree.List)
            values = [self._angles(values[0], sizes, node.arguments[0].span, written), *values[1:]]
        applied = []
        for run in applications_of:
            applied += self.applied.applications(node, callee, controls, [*operands[:controls], *run])
        bound = self.applied.bound(node, callee, values, [each.targets for each in applied])
        for turn_number, application in enumerate(applied):
            angles = [reals(each[turn_number]) for each in bound]

            def emit(wires: tuple[Wires, ...] = application.operands, on: list[tuple[Real, ...]] = angles) -> None:
                for operation in build(wires, on, node.span):
                    self.applied.recorder.emit(operation)

            self.applied.transformed(application.controls, inverted, node, emit)

    def _fits(self, node: tree.Apply, operands: list[Operand]) -> None:
        """That there are not too few qubits, nor too many."""
        name, qubits = node.gate.name, sum(len(operand.wires) for operand in operands)
        least, most = least_and_most(name)
        if qubits < least or any(not operand.wires for operand in operands):
            what = "one qubit" if least == 1 else "two qubits"
            raise self.applied.reporter.fault(
                WrongRegisterSize(node.gate.span, f"`{name}` takes at least {what}, not {qubits}")
            )
        if qubits > most:
            article = "an" if name == "isometry" else "a"
            what = f"{article} {name} of {qubits} qubits" if name in WIDEST else f"`{name}` on {qubits} qubits"
            raise self.applied.reporter.fault(ValueTooLarge(node.gate.span, what, f"{most} qubits"))

    def _numbers(
        self, node: tree.Apply, operands: list[Operand], sizes: list[int], values: list[Value] | None
    ) -> tuple[tuple[Formal, ...], Build]:
        """The formals of a gate on operands of so many values, and what makes its pieces."""
        name, qubits = node.gate.name, sum(len(operand.wires) for operand in operands)
        if name != "isometry":
            return parts_of(name, sizes, qubits, len(node.arguments))
        between = self._between(node, operands, values)
        numbers = isometry_numbers(*map(math.prod, between))
        return (Formal("v", "real", numbers, between),), _on_all(isometry_name(*between))

    def _between(self, node: tree.Apply, operands: list[Operand], values: list[Value] | None) -> Between:
        """What goes into an isometry and what comes out, which its parameter says; the operands are what comes out."""
        if values is None:
            raise FaultyError  # reported before
        given, span = values[0], node.arguments[0].span
        if isinstance(node.arguments[0], tree.Hole):
            why = "what goes into an isometry and what comes out stands where its parameter is declared"
            raise self.applied.reporter.fault(MisplacedHole(span, why))
        between = given.dimensions[-1].between if isinstance(given, Array) else None
        if between is None:
            raise self.applied.reporter.fault(
                WrongType(span, "a parameter of type `isometry(in, out)`", describe(given))
            )
        variables = in_qubits([size for operand in operands for size in operand.variables()])
        if between[1] != variables:
            text = f"this isometry goes into {_spelt(between[1])}, and the operands are {_spelt(variables)}"
            raise self.applied.reporter.fault(WrongRegisterSize(node.gate.span, text))
        return between

    def _angles(self, value: Value, sizes: list[int], span: Span, written: bool) -> Value:
        """The angles of a constant table of probabilities; any other list stays what it is, unless `written` here."""
        rows = value if value and isinstance(value[0], tuple) else (value,)
        count, width = math.prod(sizes[:-1]), sizes[-1]
        known = all(isinstance(row, tuple) and all(is_number(x) for x in row) for row in rows)
        if not known or len(rows) != count or any(len(row) != width for row in rows):
            if known and written:
                shape = f"table of {count} rows" if count > 1 else "list"
                text = f"a {shape} of {width} probabilities belongs here"
                raise self.applied.reporter.fault(NotADistribution(span, text))
            return value
        angles: list[float] = []
        for number, row in enumerate(rows):
            if min(row) < 0 or abs(sum(row) - 1) > _CLOSE:
                where = f"row {number} of this table" if count > 1 else "this list"
                wrong = "has a negative number" if min(row) < 0 else f"adds up to {sum(row):g}"
                raise self.applied.reporter.fault(NotADistribution(span, f"{where} {wrong}"))
            angles += row_angles(row)
        return tuple(angles)


def least_and_most(name: str) -> tuple[int, int]:
    """How many qubits a gate acts on at least and at most."""
    return 2 if name in FAMILIES and name != "uniform_phase" else 1, WIDEST.get(name, LARGEST)


def parts_of(name: str, sizes: Sequence[int], qubits: int, arguments: int) -> tuple[tuple[Formal, ...], Build]:
    """The formals of a gate that is no isometry, on operands of so many values and qubits in all, and what makes its
    pieces; `arguments` are given.
    """
    match name:
        case "unitary":
            return (Formal("v", "angle", unitary_angles(qubits)),), _unitary
        case "generator":
            return (Formal("v", "angle", generator_numbers(qubits)),), _on_all(f"generator{qubits}")
        case "levels":
            return (Formal("v", "angle", level_angles([math.prod(sizes)])),), _levels(sizes)
        case "prepare":
            formals = (Formal("v", "angle", table_angles(sizes)), Formal("w", "angle", table_phases(sizes)))
            return formals[: max(1, arguments)], _prepare(sizes)
        case _:
            angles = 2**qubits if name == "uniform_phase" else 2 ** (qubits - 1)
            return (Formal("v", "angle", angles),), _on_all(f"{name}{qubits}")


def nodes_of(values: int) -> list[tuple[int, int]]:
    """The (depth, prefix) of every node of the tree of a variable at which both ways lead to a value, in order."""
    bits = max(1, (values - 1).bit_length())
    nodes = []
    for depth in range(bits):
        left = bits - depth - 1  # bits after this one
        nodes += [(depth, prefix) for prefix in range(1 << depth) if (2 * prefix + 1) << left < values]
    return nodes


def row_angles(row: Sequence[float]) -> list[float]:
    """Angles of the tree that gives the values of a variable with these probabilities; pi/2 where nothing comes."""
    bits = max(1, (len(row) - 1).bit_length())
    padded = [*row, *[0.0] * ((1 << bits) - len(row))]
    angles = []
    for depth, prefix in nodes_of(len(row)):
        half = 1 << (bits - depth - 1)
        zero = sum(padded[2 * prefix * half : (2 * prefix + 1) * half])
        one = sum(padded[(2 * prefix + 1) * half : (2 * prefix + 2) * half])
        angles.append(2.0 * math.atan2(math.sqrt(one), math.sqrt(zero)) if zero + one > 0 else 0.5 * math.pi)
    return angles


def _prepare(sizes: Sequence[int]) -> Build:
    def build(wires: Sequence[Wires], numbers: Sequence[tuple[Real, ...]], span: Span) -> Iterator[Operation]:
        parents = tuple(wire for each in wires[:-1] for wire in each)
        child = wires[-1]
        nodes, codes = nodes_of(sizes[-1]), codes_of(sizes[:-1])
        for depth, target in enumerate(child):
            angles = [Real(0.0)] * (1 << (len(parents) + depth))
            for row, code in enumerate(codes):
                for place, (level, prefix) in enumerate(nodes):
                    if level == depth:
                        angles[code << depth | prefix] = numbers[0][row * len(nodes) + place]
            yield _rotation("uniform_ry", (*parents, *child[:depth], target), angles, span)
        if len(numbers) > 1:
            everything = (*parents, *child)
            phases = [Real(0.0)] * (1 << len(everything))
            for code, phase in zip(codes_of(sizes), numbers[1], strict=True):
                phases[code] = phase
            yield gate(f"uniform_phase{len(everything)}", everything, span, phases)

    return build


def _rotation(name: str, wires: Wires, angles: Sequence[Real], span: Span) -> Operation:
    """A uniformly controlled rotation, which on one wire is the rotation itself."""
    return gate(name.removeprefix("uniform_") if len(wires) == 1 else f"{name}{len(wires)}", wires, span, angles)


def _on_all(name: str) -> Build:
    def build(wires: Sequence[Wires], numbers: Sequence[tuple[Real, ...]], span: Span) -> Iterator[Operation]:
        yield gate(name, tuple(wire for each in wires for wire in each), span, numbers[0])

    return build


def _unitary(wires: Sequence[Wires], numbers: Sequence[tuple[Real, ...]], span: Span) -> Iterator[Operation]:
    return unitary(tuple(wire for each in wires for wire in each), numbers[0], span)


def _levels(sizes: Sequence[int]) -> Build:
    def build(wires: Sequence[Wires], numbers: Sequence[tuple[Real, ...]], span: Span) -> Iterator[Operation]:
        return level_rotations(tuple(wire for each in wires for wire in each), codes_of(sizes), numbers[0], span)

    return build


def _spelt(variables: Sequence[int]) -> str:
    """`3 qubits`, or `variables of 2, 2, 6 values`."""
    if set(variables) == {2}:
        return f"{len(variables)} qubit{'s' * (len(variables) > 1)}"
    return f"variables of {', '.join(map(str, variables))} values"
