"""Layers and channels by themselves: data are pushed through them, and critics are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace

from qgl.check.circuit.application import Operand
from qgl.check.circuit.apply import Applier
from qgl.check.circuit.elaborate import Elaborator
from qgl.check.circuit.isometries import used_qubits
from qgl.check.circuit.recorder import Recorder
from qgl.check.declarations.declarations import Declarations
from qgl.check.limits import Budget
from qgl.check.names.callees import operands_of
from qgl.check.names.modules import Symbol
from qgl.check.reporter import FaultyError, Reporter
from qgl.diagnostics.data import WrongProcess
from qgl.diagnostics.strategies import UnfitForCritic
from qgl.expression import CHANCES, MEANS, Input, renumbered
from qgl.program.calls.critics import CircuitCritic
from qgl.program.calls.data_sources import GroundStates, Through
from qgl.program.operations import Operation, inputs_in, inputs_of, is_required
from qgl.program.process import Process
from qgl.program.program import CriticCircuit, Parameter, Program
from qgl.program.rolled import patterns
from qgl.source import Span
from qgl.syntax import tree

Latents = tuple[tuple[int, Parameter], ...]


class Processes:
    """`reached` are routines that data are pushed through and critics are made of. By number, names of what these use:
    `drawn` are latents of data, `learnt` parameters of critics.
    """

    def __init__(self, declarations: Declarations, reporter: Reporter, budget: Budget) -> None:
        self.declarations = declarations
        self.reporter = reporter
        self.budget = budget
        self.reached: set[Symbol] = set()
        self.drawn: dict[int, str] = {}
        self.learnt: dict[int, str] = {}

    def of(self, call: Through, qubits: int) -> Process:
        """What the layer or channel of a call does to a register of so many qubits.

        Raises:
            FaultyError: it has a fault, does not fit the register, acts on the model's qubits, or depends on what is
                not known when data are made; reported.
        """
        with self._apart() as (first, known):
            operations = self._recorded(call, qubits, f"a state of `{call.data}`").operations
            self._check(call, operations, first, known)
        return Process(
            qubits,
            _shifted(operations, first),
            self._latents(_used(operations)),
            repr((call.channel.name, call.channel.arguments)),
        )

    def critic(self, call: CircuitCritic, qubits: int) -> CriticCircuit:
        """What the layer or channel of a critic does to so many qubits.

        Raises:
            FaultyError: it has a fault, does not fit, acts on the model's qubits, requires an outcome or depends on
                inputs that are not trained; reported.
        """
        with self._apart() as (first, known):
            recorder = self._recorded(call, qubits, "the model")
            operations, parameters = recorder.operations, recorder.finished_parameters()
            self._own_qubits(call, operations, first)
            used = sorted(_used(operations))
            if len(parameters) < len(recorder.parameters):  # some have faults
                raise FaultyError
            for each in (parameters[number] for number in used):
                if each.kind != "param":
                    raise self._fault(call, f"it depends on `{each.name}`, {_WHY[each.kind]}")
        if any(map(is_required, operations)):
            raise self._fault(call, "it requires an outcome, and a critic has an answer for every state")
        if not used:
            raise self._fault(call, "it depends on no parameter, and has nothing to learn")
        self.learnt |= {number: parameters[number].name for number in used if number < known}
        numbers = {number: k for k, number in enumerate(used)}
        own = tuple(_renumbered(each, numbers) for each in _shifted(operations, first))
        return CriticCircuit(qubits, own, tuple(parameters[number] for number in used))

    @contextmanager
    def _apart(self) -> Iterator[tuple[int, int]]:
        """Wires and parameters that are added are not the model's; how many there are before."""
        wires, parameters = self.declarations.wires, self.declarations.parameters
        first, known = len(wires), len(parameters)
        try:
            yield first, known
        finally:
            del wires[first:], parameters[known:]

    def latents(self, call: GroundStates) -> Latents:
        """The latent inputs of a Hamiltonian, by number.

        Raises:
            FaultyError: it depends on others; reported.
        """
        inputs = inputs_in([coefficient for coefficient, _ in call.hamiltonian.terms])
        for atom in inputs:
            self._drawn(call.hamiltonian.text, atom, call.span)
        return self._latents({atom.parameter for atom in inputs})

    def _latents(self, numbers: Set[int]) -> Latents:
        """The latents of these numbers, which data are drawn with now."""
        parameters = ((number, self.declarations.parameters[number]) for number in sorted(numbers))
        latents = tuple((number, each) for number, each in parameters if each is not None)
        self.drawn |= {number: each.name for number, each in latents}
        return latents

    def _recorded(self, call: Through | CircuitCritic, qubits: int, whose: str) -> Recorder:
        recorder = Recorder(self.declarations, self.reporter, self.budget)
        recorder.may_roll = False
        elaborator = Elaborator(self.declarations, recorder, self.reporter, self.budget)
        span, given, name = call.span, call.channel, call.channel.name
        symbol = self.declarations.main.names[name]
        arguments = tuple(tree.Name(span, name) for _ in given.arguments)
        node = tree.Apply(span, (), tree.Name(span, name), arguments, ())
        wires = tuple(recorder.fresh_wires(tree.Name(span, "q"), qubits))
        operands = self._operands(call, wires, symbol, elaborator.applier, whose)
        self.reached.add(symbol)
        earlier, self.reporter.given_up = self.reporter.given_up, None
        try:
            elaborator.applier.call(node, symbol, list(given.arguments), operands, 0, False)
        finally:
            fault, self.reporter.given_up = self.reporter.given_up, earlier or self.reporter.given_up
        self.reached |= elaborator.applier.reached
        if fault is not None:
            raise FaultyError
        for used in used_qubits(recorder.operations, recorder.wires, wires):
            raise self.reporter.fault(used)
        return recorder

    def _operands(
        self,
        call: Through | CircuitCritic,
        wires: tuple[int, ...],
        symbol: Symbol,
        applier: Applier,
        whose: str,
    ) -> list[Operand]:
        """The register for the only operand, or its qubits in order for several."""
        if len(operands_of(symbol.node)) == 1:
            return [Operand(wires, len(wires) == 1, call.span)]
        if applier.generic(symbol):
            raise self._fault(call, "it takes several registers, of which only a call says how wide they are")
        sizes = applier.routine(symbol).callee.qubits
        wanted = sum(size or 1 for size in sizes)
        if wanted != len(wires):
            raise self._fault(call, f"it takes {wanted} qubits, and {whose} has {len(wires)}")
        operands, rest = [], wires
        for size in sizes:
            operands.append(Operand(rest[: size or 1], size is None, call.span))
            rest = rest[size or 1 :]
        return operands

    def _check(self, call: Through, operations: Sequence[Operation], first: int, known: int) -> None:
        """That it acts on its own qubits and depends on draws alone."""
        self._own_qubits(call, operations, first)
        for operation in operations:
            for atom in inputs_of(operation):
                if atom.parameter >= known:
                    raise self._fault(call, "a `?` in it is a number that training moves")
                self._drawn(call.channel.name, atom, call.span)

    def _own_qubits(self, call: Through | CircuitCritic, operations: Sequence[Operation], first: int) -> None:
        wires = (wire for operation in operations for wire in operation.wires)
        outside = next((wire for wire in wires if wire < first), None)
        if outside is not None:
            raise self._fault(call, f"it acts on {self.declarations.qubit_name(outside)}, a qubit of the model")

    def _drawn(self, name: str, atom: Input, span: Span) -> None:
        """That an input is a latent one."""
        parameter = self.declarations.parameters[atom.parameter]
        if parameter is not None and parameter.kind != "latent":
            fault = f"it depends on `{parameter.name}`, {_WHY[parameter.kind]}"
            raise self.reporter.fault(WrongProcess(span, name, fault))

    def _fault(self, call: Through | CircuitCritic, fault: str) -> FaultyError:
        if isinstance(call, CircuitCritic):
            text = f"`{call.channel.name}` is no critic: {fault}"
            return self.reporter.fault(UnfitForCritic(call.span, text, OF_CIRCUITS))
        return self.reporter.fault(WrongProcess(call.span, call.channel.name, fault))


def _used(operations: Iterable[Operation]) -> set[int]:
    return {atom.parameter for operation in operations for atom in inputs_of(operation)}


def _shifted(operations: Sequence[Operation], first: int) -> tuple[Operation, ...]:
    return tuple(replace(each, wires=tuple(wire - first for wire in each.wires)) for each in operations)


def _renumbered(operation: Operation, numbers: Mapping[int, int]) -> Operation:
    """The same of inputs whose parameters have other numbers."""
    return operation.with_numbers([renumbered(number, numbers) for number in operation.numbers])


OF_CIRCUITS = "a circuit as critic acts on its arguments and on `fresh` qubits, and has parameters of its own"


_WHY = {
    "param": "which training moves",
    "latent": "which the model is a mixture over",
    "random": "which is drawn for a run",
    "condition": "which is given with the data",
}


def without(program: Program, apart: Set[int]) -> Program:
    """The program without inputs of these numbers that it does not depend on itself.

    They are latents that only data are drawn with, over which it is no mixture, and parameters that a critic has.
    """
    apart = apart - inputs_of_program(program)
    if not apart:
        return program
    kept = [number for number in range(len(program.parameters)) if number not in apart]
    numbers, read = {old: new for new, old in enumerate(kept)}, {MEANS: MEANS, CHANCES: CHANCES}
    return replace(
        program,
        operations=tuple(_renumbered(each, numbers) for each in program.operations),
        parameters=tuple(program.parameters[number] for number in kept),
        outputs=program.outputs.with_numbers(lambda number: renumbered(number, numbers | read)),
    )


def inputs_of_program(program: Program) -> set[int]:
    """The numbers of the inputs that operations and outputs of a program depend on."""
    outputs = inputs_in([number for each in program.outputs.made for number in each.numbers])
    return _used(patterns(program.operations)) | {atom.parameter for atom in outputs} - {MEANS, CHANCES}
