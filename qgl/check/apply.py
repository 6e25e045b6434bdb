"""Gates, layers and channels on operands: which qubits, how often, with which numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from qgl.check.binding import Binder, reals
from qgl.check.callees import BUILT_IN, RESET, Callee
from qgl.check.declarations import Declarations
from qgl.check.evaluate import Frame
from qgl.check.evolve import Evolver
from qgl.check.kraus import read_kraus
from qgl.check.limits import Budget
from qgl.check.modules import Symbol
from qgl.check.program import Operation
from qgl.check.recorder import Recorder
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.transform import controlled, inverse, is_unitary, unitary
from qgl.check.types import MAX_UNITARY, Formal, unitary_angles
from qgl.check.values import Group, Qubit, Value
from qgl.diagnostics.registers import NotUnitary, QubitTwice, UnequalRegisters, WrongRegisterSize
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import OperandCount, WrongType
from qgl.gates import CHANNELS
from qgl.source import Span
from qgl.syntax import tree

Wires = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Operand:
    wires: Wires
    single: bool
    span: Span


@dataclass(frozen=True, slots=True)
class _Application:
    """One application: control wires and, for every operand of the callee, its wires."""

    controls: Wires
    operands: tuple[Wires, ...]

    @property
    def targets(self) -> Wires:
        return tuple([wire for wires in self.operands for wire in wires])


class Applier:
    """`block` goes through the body of a layer or channel; `reached` are those that were called."""

    def __init__(
        self,
        recorder: Recorder,
        declarations: Declarations,
        reporter: Reporter,
        budget: Budget,
        binder: Binder,
        evolver: Evolver,
        block: Callable[[Sequence[tree.Statement], Frame], None],
    ) -> None:
        self.recorder = recorder
        self.evaluator = declarations.evaluator
        self.types = declarations.types
        self.reporter = reporter
        self.budget = budget
        self.binder = binder
        self.evolver = evolver
        self.block = block
        self.reached: set[Symbol] = set()
        self._routines: dict[Symbol, tuple[Callee, tuple[str, ...], tuple[str, ...]] | None] = {}

    def apply(self, node: tree.Apply, frame: Frame) -> None:
        """Everything that an `Apply` statement can be."""
        name = node.gate.name
        controls, inverted = self._modifiers(node, frame)
        if name == "exp":
            self._exponential(node, self._operands(node, frame), controls, inverted, frame)
            return
        values = self._arguments(node, frame)
        operands = self._operands(node, frame)
        if name == "kraus":
            self._kraus(node, operands, frame)
        elif name == "unitary":
            self._unitary(node, values, operands, controls, inverted)
        elif name in BUILT_IN:
            callee = RESET if name == "reset" and not node.arguments else BUILT_IN[name]
            self._gate(node, callee, values, operands, controls, inverted)
        else:
            symbol = frame.module.names.get(name)
            if symbol is None or symbol.kind not in ("layer", "channel") or name in frame.names:
                raise FaultyError  # reported by the look at names
            self._call(node, symbol, values, operands, controls, inverted)

    # ------------------------------------------------------------ what is written

    def _modifiers(self, node: tree.Apply, frame: Frame) -> tuple[int, bool]:
        controls, inverted = 0, False
        for modifier in node.modifiers:
            if modifier.kind == "inverse":
                inverted = not inverted
            elif modifier.count is None:
                controls += 1
            else:
                count = self.evaluator.integer(modifier.count, frame, "a number of controls")
                if not 1 <= count <= 1000:
                    raise self.reporter.fault(WrongType(modifier.count.span, "a number of controls from 1", f"{count}"))
                controls += count
        return controls, inverted

    def _arguments(self, node: tree.Apply, frame: Frame) -> list[Value] | None:
        """Values of the arguments, None for a `?`; None instead of all if one is faulty."""
        values: list[Value] = []
        fine = True
        for argument in node.arguments:
            try:
                values.append(None if isinstance(argument, tree.Hole) else self.evaluator.evaluate(argument, frame))
            except FaultyError:
                fine = False
        return values if fine else None

    def _operands(self, node: tree.Apply, frame: Frame) -> list[_Operand]:
        found, fine = [], True
        for operand in node.operands:
            try:
                found.append(self._operand(operand, frame))
            except FaultyError:
                fine = False
        if not fine:
            raise FaultyError
        return found

    def _operand(self, expression: tree.Expression, frame: Frame) -> _Operand:
        value = self.evaluator.evaluate(expression, frame)
        span = expression.span
        if isinstance(value, Group):
            return _Operand(value.wires, False, span)
        if isinstance(value, tuple) and value:
            wires: list[int] = []
            for each in value:
                wires += each.wires if isinstance(each, Group) else (self.evaluator.wire(each, span),)
            return _Operand(tuple(wires), False, span)
        return _Operand((self.evaluator.wire(value, span),), True, span)

    # ------------------------------------------------------------ how often, and on what

    def _applications(
        self, node: tree.Apply, callee: Callee, controls: int, operands: list[_Operand]
    ) -> list[_Application]:
        formals: tuple[int | None, ...] = (None,) * controls + callee.qubits
        if controls > 1 and len(operands) < len(formals) and not operands[0].single:
            operands = self._spelled_out(operands, controls)
        if formals == (None,) and len(operands) > 1:
            return [_Application((), ((wire,),)) for operand in operands for wire in operand.wires]
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
        found = []
        for turn in range(max(runs, default=1)):
            wires = [
                (operand.wires[turn],) if formal is None else operand.wires
                for operand, formal in zip(operands, formals, strict=True)
            ]
            application = _Application(tuple(each[0] for each in wires[:controls]), tuple(wires[controls:]))
            self._distinct(node, callee.name, application, operands)
            found.append(application)
        return found

    def _spelled_out(self, operands: list[_Operand], controls: int) -> list[_Operand]:
        """A register that gives all controls, as so many single operands."""
        first, *rest = operands
        if len(first.wires) != controls:
            return operands
        return [*(_Operand((wire,), True, first.span) for wire in first.wires), *rest]

    def _distinct(self, node: tree.Apply, name: str, application: _Application, operands: list[_Operand]) -> None:
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

    def _bound(
        self, node: tree.Apply, callee: Callee, values: list[Value] | None, applications: Sequence[Wires]
    ) -> list[list[Value]]:
        """For each formal, its value in every application."""
        if values is None or len(values) != len(callee.numbers):
            raise FaultyError  # reported before
        bound: list[list[Value]] = []
        fine = True
        for argument, value, formal in zip(node.arguments, values, callee.numbers, strict=True):
            try:
                bound.append(self.binder.bind(argument, value, formal, applications, callee.name))
            except FaultyError:
                fine = False
        if not fine:
            raise FaultyError
        return bound

    # ------------------------------------------------------------ the kinds of callees

    def _gate(
        self,
        node: tree.Apply,
        callee: Callee,
        values: list[Value] | None,
        operands: list[_Operand],
        controls: int,
        inverted: bool,
    ) -> None:
        applications = self._applications(node, callee, controls, operands)
        targets = [application.targets for application in applications]
        bound = self._bound(node, callee, values, targets)
        name, span, emit = callee.name, node.span, self.recorder.emit
        is_channel = name in CHANNELS
        if is_channel and (controls or inverted):
            raise FaultyError  # reported by the look at names
        if name == "pauli_channel":
            for turn in range(len(applications)):
                self.binder.probability_sum([each[turn] for each in bound], node.gate.span)
        shared = len(bound) == 1 and len(applications) > 1 and bound[0][0] is bound[0][1]
        common = reals(bound[0][0]) if shared else ()
        for turn, application in enumerate(applications):
            wires = application.targets
            args = common if shared else tuple([angle for each in bound for angle in reals(each[turn])])
            if controls or inverted:
                self._transformed(application.controls, inverted, node, partial(emit, name, wires, span, args))
            elif is_channel:
                with self.recorder.channel(name, span):
                    emit(name, wires, span, args)
            else:
                emit(name, wires, span, args)

    def _unitary(
        self,
        node: tree.Apply,
        values: list[Value] | None,
        operands: list[_Operand],
        controls: int,
        inverted: bool,
    ) -> None:
        if controls > 1 and not operands[0].single:
            operands = self._spelled_out(operands, controls)
        if len(operands) <= controls:
            raise self.reporter.fault(OperandCount(node.gate.span, "unitary", controls + 1, len(operands)))
        sizes = tuple(len(operand.wires) for operand in operands[controls:])
        qubits = sum(sizes)
        if qubits < 1:
            raise self.reporter.fault(WrongRegisterSize(node.gate.span, "`unitary` takes at least one qubit, not 0"))
        if qubits > MAX_UNITARY:
            limit = f"{MAX_UNITARY} qubits"
            raise self.reporter.fault(ValueTooLarge(node.gate.span, f"a unitary of {qubits} qubits", limit))
        formal = Formal("v", "angle", unitary_angles(qubits))
        callee = Callee("unitary", (formal,), sizes)
        for operand in operands[:controls]:
            self.binder.exact_size("unitary", len(operand.wires), 1, operand.span)
        (application,) = self._applications(node, callee, controls, operands)
        wires = application.targets
        bound = self._bound(node, callee, values, [wires])
        angles = reals(bound[0][0])

        def build() -> None:
            for gate, on, args, word in unitary(wires, angles):
                self.recorder.emit(gate, on, node.span, args, word=word)

        self._transformed(application.controls, inverted, node, build)

    def _kraus(self, node: tree.Apply, operands: list[_Operand], frame: Frame) -> None:
        if node.modifiers or not node.arguments:
            raise FaultyError  # reported by the look at names
        matrices = read_kraus(node.arguments, self.evaluator, frame, node.gate.span)
        qubits = int(matrices.shape[1]).bit_length() - 1
        wires = tuple(wire for operand in operands for wire in operand.wires)
        if qubits == 1:
            applications: list[Wires] = [(wire,) for wire in wires]
        elif len(wires) != qubits:
            text = f"these matrices act on {qubits} qubits, but there are {len(wires)}"
            raise self.reporter.fault(WrongRegisterSize(node.gate.span, text))
        else:
            callee = Callee("kraus", (), tuple(len(operand.wires) for operand in operands))
            applications = [each.targets for each in self._applications(node, callee, 0, operands)]
        for on in applications:
            with self.recorder.channel("kraus", node.span):
                self.recorder.emit("kraus", on, node.span, matrices=matrices)

    # ------------------------------------------------------------ layers and channels

    def routine(self, symbol: Symbol) -> tuple[Callee, tuple[str, ...], tuple[str, ...]]:
        """The formals of a layer or channel, and their names: numbers, then qubits."""
        if symbol not in self._routines:
            self._routines[symbol] = None
            self._routines[symbol] = self._read_routine(symbol)
        found = self._routines[symbol]
        if found is None or symbol.state == "failed":
            raise FaultyError
        return found

    def _read_routine(self, symbol: Symbol) -> tuple[Callee, tuple[str, ...], tuple[str, ...]] | None:
        numbers: list[Formal] = []
        qubits: list[int | None] = []
        names: list[str] = []
        for argument in symbol.node.arguments:
            try:
                formal = self.types.of_argument(argument, Frame({}, symbol.module))
            except FaultyError:
                return None
            if isinstance(formal, Formal):
                numbers.append(formal)
            else:
                qubits.append(formal[0])
                names.append(argument.name.name)
        callee = Callee(symbol.name, tuple(numbers), tuple(qubits))
        return callee, tuple(formal.name for formal in numbers), tuple(names)

    def _call(
        self,
        node: tree.Apply,
        symbol: Symbol,
        values: list[Value] | None,
        operands: list[_Operand],
        controls: int,
        inverted: bool,
    ) -> None:
        self.reached.add(symbol)
        callee, names, qubit_names = self.routine(symbol)
        applications = self._applications(node, callee, controls, operands)
        bound = self._bound(node, callee, values, [application.targets for application in applications])
        for turn, application in enumerate(applications):
            frame = Frame({}, symbol.module)
            for name, each in zip(names, bound, strict=True):
                frame.names[name] = each[turn]
            for name, size, wires in zip(qubit_names, callee.qubits, application.operands, strict=True):
                single = size is None
                frame.names[name] = Qubit(wires[0]) if single else Group(name, wires, None, (), symbol.span)
            self.budget.spend(1, node.span)
            body = partial(self.block, symbol.node.body, frame)
            if symbol.kind == "layer":
                self._transformed(application.controls, inverted, node, body)
            else:
                with self.recorder.channel(symbol.name, node.span):
                    self._transformed(application.controls, inverted, node, body)

    def _exponential(
        self, node: tree.Apply, operands: list[_Operand], controls: int, inverted: bool, frame: Frame
    ) -> None:
        """`exp` names the qubits that it acts on itself: its operands are the controls."""
        if operands and not controls:
            raise FaultyError  # reported by the look at names
        wires = tuple(wire for operand in operands for wire in operand.wires)
        if len(wires) != controls:
            raise self.reporter.fault(OperandCount(node.gate.span, "exp", controls, len(wires)))
        self._transformed(wires, inverted, node, lambda: self.evolver.exponential(node, frame))

    def _transformed(self, controls: Wires, inverted: bool, node: tree.Apply, build: Callable[[], None]) -> None:
        """What `build` emits, inverted and controlled as the modifiers of `node` say."""
        if not controls and not inverted:
            build()
            return
        with self.recorder.captured() as operations:
            build()
        found: list[Operation] = operations
        if not all(is_unitary(operation) for operation in found):
            where = f"after `{node.modifiers[-1].kind}`"
            raise self.reporter.fault(NotUnitary(node.gate.span, f"`{node.gate.name}`", where))
        if inverted:
            found = inverse(found)
        if controls:
            found = controlled(found, controls)
            for operation in found:
                if len(set(operation.wires)) != len(operation.wires):
                    wire = next(wire for wire in controls if wire in operation.wires[len(controls) :])
                    qubit = f"`{self.recorder.wires[wire]}`"
                    raise self.reporter.fault(QubitTwice(node.span, node.gate.name, qubit))
        self.budget.spend(len(found), node.span)
        self.recorder.operations += found
