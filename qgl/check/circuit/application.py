"""What a gate is applied to: operands, how often and on which wires, numbers for each, inverses and controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgl.check.circuit.binding import Binder
from qgl.check.circuit.recorder import Recorder
from qgl.check.circuit.transform import controlled, inverse
from qgl.check.declarations.categories import values_of
from qgl.check.limits import Budget
from qgl.check.names.callees import Callee
from qgl.check.reporter import FaultyError, Reporter, every
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.values import Group, Value
from qgl.diagnostics.registers import NotUnitary, QubitTwice, UnequalRegisters
from qgl.diagnostics.types import OperandCount
from qgl.program.operations import Operation, Unitary
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree

Wires = tuple[int, ...]


@record
class Operand:
    """Wires, whether they were written as one qubit, and what they stand for where that is known."""

    wires: Wires
    single: bool
    span: Span
    group: Group | None = None

    @property
    def values(self) -> int:
        """How many values the wires can have."""
        return values_of(self.group, len(self.wires))

    def each(self) -> list[Operand]:
        """The variables of a register of variables; else itself."""
        members = self.group.members if self.group is not None else ()
        return [Operand(member.wires, False, self.span, member) for member in members] or [self]

    def variables(self) -> list[int]:
        """The numbers of values of its variables, or of its qubits one by one."""
        if self.group is not None and self.group.categories is not None:
            return [self.group.categories]
        if self.group is not None and self.group.members:
            return [value for each in self.each() for value in each.variables()]
        return [2] * len(self.wires)


@record
class Application:
    """One application: control wires and, for every operand of the callee, its wires."""

    controls: Wires
    operands: tuple[Wires, ...]

    @property
    def targets(self) -> Wires:
        return tuple([wire for wires in self.operands for wire in wires])


@dataclass
class Applications:
    """Reads what stands after a gate and pairs it with what the gate takes."""

    recorder: Recorder
    evaluator: Evaluator
    reporter: Reporter
    budget: Budget
    binder: Binder

    def operands(self, node: tree.Apply, frame: Frame) -> list[Operand]:
        return every(lambda each: self._operand(each, frame), node.operands)

    def _operand(self, expression: tree.Expression, frame: Frame) -> Operand:
        value = self.evaluator.evaluate(expression, frame)
        span = expression.span
        if isinstance(value, Group):
            return Operand(value.wires, False, span, value)
        if isinstance(value, tuple) and value:
            wires: list[int] = []
            for each in value:
                wires += each.wires if isinstance(each, Group) else (self.evaluator.wire(each, span),)
            return Operand(tuple(wires), False, span)
        return Operand((self.evaluator.wire(value, span),), True, span)

    def applications(
        self, node: tree.Apply, callee: Callee, controls: int, operands: list[Operand]
    ) -> list[Application]:
        formals: tuple[int | None, ...] = (None,) * controls + callee.qubits
        if len(operands) < len(formals):
            operands = spelled_out(operands, controls)
        if formals == (None,) and len(operands) > 1:
            return [Application((), ((wire,),)) for operand in operands for wire in operand.wires]
        if len(operands) != len(formals):
            raise self.reporter.fault(OperandCount(node.gate.span, node.gate.name, len(formals), len(operands)))
        runs = {len(operand.wires) for operand, formal in zip(operands, formals, strict=True) if formal is None}
        for operand, formal in zip(operands, formals, strict=True):
            if formal is not None:
                self.binder.exact_size(callee.name, len(operand.wires), formal, operand.span)
        singles = [operand for operand, formal in zip(operands, formals, strict=True) if formal is None]
        along = any(not operand.single for operand in singles)
        mixed = len({operand.single for operand in singles}) > 1 and runs != {1}
        if along and (mixed or len(runs) > 1 or (len(singles) != len(formals) and runs != {1})):
            sizes = tuple(len(operand.wires) for operand in operands)
            raise self.reporter.fault(UnequalRegisters(node.gate.span, callee.name, sizes))
        applications = []
        for run in range(max(runs, default=1)):
            wires = [
                (operand.wires[run],) if formal is None else operand.wires
                for operand, formal in zip(operands, formals, strict=True)
            ]
            application = Application(tuple(each[0] for each in wires[:controls]), tuple(wires[controls:]))
            self._distinct(callee.name, application, operands)
            applications.append(application)
        return applications

    def _distinct(self, name: str, application: Application, operands: list[Operand]) -> None:
        """That no qubit stands twice in one gate."""
        wires = application.controls + application.targets
        if len(wires) == 1 or len(set(wires)) == len(wires):
            return
        seen: set[int] = set()
        for operand, used in zip(operands, (*((c,) for c in application.controls), *application.operands), strict=True):
            for wire in used:
                if wire in seen:
                    qubit = f"`{self.recorder.wires[wire]}`"
                    raise self.reporter.fault(QubitTwice(operand.span, name, qubit))
                seen.add(wire)

    def bound(
        self, node: tree.Apply, callee: Callee, values: list[Value] | None, applications: Sequence[Wires]
    ) -> list[list[Value]]:
        """For each formal, its value in every application."""
        if values is None or len(values) != len(callee.numbers):
            raise FaultyError  # reported before
        given = zip(node.arguments, values, callee.numbers, strict=True)
        return every(lambda each: self.binder.bind(*each, applications, callee.name), given)

    def transformed(self, controls: Wires, inverted: bool, node: tree.Apply, build: Callable[[], None]) -> None:
        """What `build` emits, inverted and controlled as the modifiers of `node` say."""
        if not controls and not inverted:
            build()
            return
        with self.recorder.captured() as operations:
            build()
        transformed: list[Operation] = operations
        if not all(isinstance(operation, Unitary) for operation in transformed):
            where = f"after `{node.modifiers[-1].kind}`"
            raise self.reporter.fault(NotUnitary(node.gate.span, f"`{node.gate.name}`", where))
        if inverted:
            transformed = inverse(transformed)
        if controls:
            transformed = [*controlled([each for each in transformed if isinstance(each, Unitary)], controls)]
            for operation in transformed:
                if len(set(operation.wires)) != len(operation.wires):
                    wire = next(wire for wire in controls if wire in operation.wires[len(controls) :])
                    qubit = f"`{self.recorder.wires[wire]}`"
                    raise self.reporter.fault(QubitTwice(node.span, node.gate.name, qubit))
        self.budget.spend(len(transformed), node.span)
        self.recorder.operations += transformed


def spelled_out(operands: list[Operand], controls: int) -> list[Operand]:
    """Qubits and registers whose wires add up to all controls, as so many single operands; else what they were."""
    singles: list[Operand] = []
    rest = list(operands)
    while rest and len(singles) < controls:
        first = rest.pop(0)
        singles += [Operand((wire,), True, first.span) for wire in first.wires]
    return [*singles, *rest] if len(singles) == controls else operands
