"""Gates, layers and channels on operands: which qubits, how often, with which numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from qgl.check.circuit.application import Applications, Operand, Wires, spelled_out
from qgl.check.circuit.binding import Binder, reals
from qgl.check.circuit.evolve import Evolver
from qgl.check.circuit.kraus import read_kraus
from qgl.check.circuit.multi_qubit_gates import MultiQubitGates
from qgl.check.circuit.recorder import Recorder
from qgl.check.circuit.rolling.columns import Columns, UnrolledError
from qgl.check.circuit.rolling.gates import Roller
from qgl.check.circuit.rolling.surroundings import Called, Surroundings
from qgl.check.declarations.declarations import Declarations
from qgl.check.limits import CALL, Budget
from qgl.check.names.callees import BUILT_IN, MULTI_QUBIT, RESET, Callee, operands_of, widths_of
from qgl.check.names.modules import Symbol
from qgl.check.reporter import FaultyError, Reporter, every
from qgl.check.values.degrees import in_degrees
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.types import Formal, QubitFormal
from qgl.check.values.values import Group, Qubit, Value, describe
from qgl.diagnostics.categories import WrongVariables
from qgl.diagnostics.registers import WrongRegisterSize
from qgl.diagnostics.types import OperandCount, WrongType
from qgl.gates import CHANNELS
from qgl.program.operations import KrausChannel, Measurement, applied
from qgl.record import record
from qgl.syntax import tree

Widths = tuple[tuple[str, int], ...]  # numbers of qubits that a call says, by name


@record
class _Routine:
    """A layer or channel: what it takes, the names of its numbers and of its qubits, the categories of the latter."""

    callee: Callee
    numbers: tuple[str, ...]
    qubits: tuple[str, ...]
    categories: tuple[int | None, ...]


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
        wires_on: Callable[[Lattice], list[int]],
        block: Callable[[Sequence[tree.Statement], Frame], None],
    ) -> None:
        self.recorder = recorder
        self.evaluator = declarations.evaluator
        self.types = declarations.types
        self.reporter = reporter
        self.budget = budget
        self.binder = binder
        self.applied = Applications(recorder, self.evaluator, reporter, budget, binder)
        self.multi_qubit = MultiQubitGates(self.applied)
        self.evolver = evolver
        self.reached: set[Symbol] = set()
        around = Surroundings(
            recorder,
            Columns(self.evaluator),
            wires_on,
            self._warn_of_degrees,
            self._called,
            evolver.exponent,
            binder.is_probable,
        )
        self.roller = Roller(around, budget, self.reached)
        self.block = block
        self._routines: dict[tuple[Symbol, Widths], _Routine | None] = {}
        self._generic: dict[Symbol, dict[int, str]] = {}

    def apply(self, node: tree.Apply, frame: Frame) -> None:
        """Everything that an `Apply` statement can be."""
        name = node.gate.name
        controls, inverted = self._modifiers(node, frame)
        if name == "exp":
            self._exponential(node, self.applied.operands(node, frame), controls, inverted, frame)
            return
        values = self._arguments(node, frame)
        self._warn_of_degrees(node, values, frame)
        operands = self.applied.operands(node, frame)
        if name == "postselect":
            self._postselect(node, operands, values)
        elif name == "kraus":
            self._kraus(node, operands, frame)
        elif name in MULTI_QUBIT:
            self.multi_qubit.apply(node, values, operands, controls, inverted)
        elif name in BUILT_IN:
            callee = RESET if name == "reset" and not node.arguments else BUILT_IN[name]
            self._gate(node, callee, values, operands, controls, inverted)
        else:
            symbol = frame.module.names.get(name)
            if symbol is None or symbol.kind not in ("layer", "channel") or frame.find(name) is not None:
                raise FaultyError  # reported by the look at names
            self.call(node, symbol, values, operands, controls, inverted)

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

        def value(argument: tree.Expression) -> Value:
            return None if isinstance(argument, tree.Hole) else self.evaluator.evaluate(argument, frame)

        with suppress(FaultyError):
            return every(value, node.arguments)
        return None

    def _warn_of_degrees(self, node: tree.Apply, values: list[Value] | None, frame: Frame) -> None:
        """What is handed in is left alone: where it stands for an argument, the call of the layer is warned of."""
        name, symbol = node.gate.name, frame.module.names.get(node.gate.name)
        if name in BUILT_IN:
            kinds = [formal.kind for formal in BUILT_IN[name].numbers]
        elif symbol is not None and isinstance(symbol.node, tree.Routine):
            types = [each.type.name for each in symbol.node.arguments if each.type is not None]
            kinds = [type_ for type_ in types if type_ not in ("qubit", "category")]
        else:
            return
        for argument, value, kind in zip(node.arguments, values or (), kinds, strict=False):
            meant = kind != "angle" or frame.is_handed_in(argument)
            for warning in in_degrees(argument, value) if not meant else ():
                self.reporter.report(warning)

    # ------------------------------------------------------------ the kinds of callees

    def _gate(
        self,
        node: tree.Apply,
        callee: Callee,
        values: list[Value] | None,
        operands: list[Operand],
        controls: int,
        inverted: bool,
    ) -> None:
        if not controls and not inverted and self.roller.gate(node, callee, values, operands):
            return
        applications = self.applied.applications(node, callee, controls, operands)
        targets = [application.targets for application in applications]
        bound = self.applied.bound(node, callee, values, targets)
        name, span, emit = callee.name, node.span, self.recorder.emit
        is_channel = name in CHANNELS
        if is_channel and (controls or inverted):
            raise FaultyError  # reported by the look at names
        if name == "pauli_channel":
            for run in range(len(applications)):
                self.binder.probability_sum([each[run] for each in bound], node.gate.span)
        shared = len(bound) == 1 and len(applications) > 1 and bound[0][0] is bound[0][1]
        common = reals(bound[0][0]) if shared else ()
        for run, application in enumerate(applications):
            wires = application.targets
            numbers = common if shared else tuple([angle for each in bound for angle in reals(each[run])])
            operation = applied(name, wires, span, numbers)
            if controls or inverted:
                self.applied.transformed(application.controls, inverted, node, partial(emit, operation))
            elif is_channel:
                with self.recorder.channel(name, span):
                    emit(operation)
            else:
                emit(operation)

    def _postselect(self, node: tree.Apply, operands: list[Operand], values: list[Value] | None) -> None:
        """The ensemble is that of the runs in which every one of these qubits is found in the basis state."""
        if values is None or node.modifiers:
            raise FaultyError  # reported before
        wanted = values[0]
        if isinstance(wanted, bool) or not isinstance(wanted, int) or wanted not in (0, 1):
            raise self.reporter.fault(WrongType(node.arguments[0].span, "0 or 1, the outcome", describe(wanted)))
        self.recorder.whatever_happens(node.span, "required")
        with self.recorder.channel("postselect", node.span):
            for operand in operands:
                for wire in operand.wires:
                    self.recorder.emit(Measurement((wire,), node.span, required=bool(wanted)))

    def _kraus(self, node: tree.Apply, operands: list[Operand], frame: Frame) -> None:
        if node.modifiers or not node.arguments:
            raise FaultyError  # reported by the look at names
        matrices = read_kraus(node.arguments, self.evaluator, frame, node.gate.span)
        qubits = int(matrices.shape[1]).bit_length() - 1
        wires = tuple(wire for operand in operands for wire in operand.wires)
        if qubits == 1 and self.roller.kraus(node, matrices, operands):
            return
        if qubits == 1:
            applications: list[Wires] = [(wire,) for wire in wires]
        elif len(wires) != qubits:
            text = f"these matrices act on {qubits} qubits, but there are {len(wires)}"
            raise self.reporter.fault(WrongRegisterSize(node.gate.span, text))
        else:
            callee = Callee("kraus", (), tuple(len(operand.wires) for operand in operands))
            applications = [each.targets for each in self.applied.applications(node, callee, 0, operands)]
        for on in applications:
            with self.recorder.channel("kraus", node.span):
                self.recorder.emit(KrausChannel(on, node.span, matrices))

    # ------------------------------------------------------------ layers and channels

    def generic(self, symbol: Symbol) -> dict[int, str]:
        """The names of the widths that each call of a layer or channel says, by the number of the operand."""
        if symbol not in self._generic:
            widths = widths_of(symbol.node, symbol.module)
            self._generic[symbol] = {number: name.name for number, name in widths.items()}
        return self._generic[symbol]

    def routine(self, symbol: Symbol, widths: Widths = ()) -> _Routine:
        """The formals of a layer or channel, on operands of some widths."""
        key = symbol, widths
        if key not in self._routines:
            self._routines[key] = None
            self._routines[key] = self._read_routine(symbol, widths)
        known = self._routines[key]
        if known is None or symbol.state == "failed":
            raise FaultyError
        return known

    def _read_routine(self, symbol: Symbol, widths: Widths) -> _Routine | None:
        numbers: list[Formal] = []
        qubits: list[QubitFormal] = []
        names: list[str] = []
        for argument in symbol.node.arguments:
            try:
                formal = self.types.of_argument(argument, Frame(dict(widths), symbol.module))
            except FaultyError:
                return None
            if isinstance(formal, Formal):
                numbers.append(formal)
            else:
                qubits.append(formal)
                names.append(argument.name.name)
        callee = Callee(symbol.name, tuple(numbers), tuple(each.size for each in qubits))
        categories = tuple(each.categories for each in qubits)
        return _Routine(callee, tuple(formal.name for formal in numbers), tuple(names), categories)

    def call(
        self,
        node: tree.Apply,
        symbol: Symbol,
        values: list[Value] | None,
        operands: list[Operand],
        controls: int,
        inverted: bool,
    ) -> None:
        """A layer or channel on operands, the first of which are controls."""
        self.reached.add(symbol)
        wanted, generic = controls + len(operands_of(symbol.node)), self.generic(symbol)
        if len(operands) < wanted:
            operands = spelled_out(operands, controls)
        if generic and len(operands) != wanted:
            raise self.reporter.fault(OperandCount(node.gate.span, symbol.name, wanted, len(operands)))
        widths = tuple((name, len(operands[controls + number].wires)) for number, name in generic.items())
        routine = self.routine(symbol, widths)
        callee = routine.callee
        operands = self._variables(callee, routine.categories, operands, controls)
        if not controls and not inverted and self.roller.call(node, symbol, callee, values, operands):
            return
        applications = self.applied.applications(node, callee, controls, operands)
        bound = self.applied.bound(node, callee, values, [application.targets for application in applications])
        for run, application in enumerate(applications):
            frame = Frame(dict(widths), symbol.module)
            for name, each in zip(routine.numbers, bound, strict=True):
                frame.names[name] = each[run]
            formals = zip(routine.qubits, callee.qubits, routine.categories, application.operands, strict=True)
            for name, size, count, wires in formals:
                single = size is None
                frame.names[name] = Qubit(wires[0]) if single else Group(name, wires, None, (), symbol.span, count)
            self.budget.spend(CALL, node.span)
            body = partial(self.block, symbol.node.body, frame)
            if symbol.kind == "layer":
                self.applied.transformed(application.controls, inverted, node, body)
            else:
                with self.recorder.channel(symbol.name, node.span):
                    self.applied.transformed(application.controls, inverted, node, body)

    def _called(self, symbol: Symbol, widths: Sequence[int]) -> Called:
        """What stands for the arguments of a layer or channel in its body; see `Surroundings`."""
        generic = self.generic(symbol)
        if len(operands_of(symbol.node)) != len(widths):
            raise UnrolledError
        said = tuple((name, widths[number]) for number, name in generic.items())
        try:
            routine = self.routine(symbol, said)
        except FaultyError:
            raise UnrolledError from None
        if any(each is not None for each in routine.categories):
            raise UnrolledError
        return Called(routine.callee, routine.numbers, routine.qubits, dict(said))

    def _variables(
        self, callee: Callee, categories: tuple[int | None, ...], operands: list[Operand], controls: int
    ) -> list[Operand]:
        """That variables have the categories that a routine takes.

        Raises:
            FaultyError: one has another number; reported.
        """
        for wanted, operand in zip(categories, operands[controls:], strict=False):
            variables = operand.group.categories if operand.group is not None else None
            if wanted is not None and variables is not None and wanted != variables:
                text = f"`{callee.name}` takes a variable of {wanted} categories here, not one of {variables}"
                raise self.reporter.fault(WrongVariables(operand.span, text))
        return operands

    def _exponential(
        self, node: tree.Apply, operands: list[Operand], controls: int, inverted: bool, frame: Frame
    ) -> None:
        """`exp` names the qubits that it acts on itself: its operands are the controls."""
        if operands and not controls:
            raise FaultyError  # reported by the look at names
        wires = tuple(wire for operand in operands for wire in operand.wires)
        if len(wires) != controls:
            raise self.reporter.fault(OperandCount(node.gate.span, "exp", controls, len(wires)))
        self.applied.transformed(wires, inverted, node, lambda: self.evolver.exponential(node, frame))
