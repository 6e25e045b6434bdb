"""Layers and channels by themselves, for data that are pushed through them."""

from __future__ import annotations

from collections.abc import Sequence, Set
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
from qgl.expression import Input, renumbered
from qgl.program.calls.data_sources import GroundStates, Through
from qgl.program.operations import Operation, inputs_in, inputs_of
from qgl.program.process import Process
from qgl.program.program import Parameter
from qgl.program.rolled import patterns
from qgl.source import Span
from qgl.syntax import tree

Latents = tuple[tuple[int, Parameter], ...]


class Processes:
    """`reached` are the routines that data are pushed through, `drawn` the latents that they use by number: names."""

    def __init__(self, declarations: Declarations, reporter: Reporter, budget: Budget) -> None:
        self.declarations = declarations
        self.reporter = reporter
        self.budget = budget
        self.reached: set[Symbol] = set()
        self.drawn: dict[int, str] = {}

    def of(self, call: Through, qubits: int) -> Process:
        """What the layer or channel of a call does to a register of so many qubits.

        Raises:
            FaultyError: it has a fault, does not fit the register, acts on the model's qubits, or depends on what is
                not known when data are made; reported.
        """
        wires, parameters = self.declarations.wires, self.declarations.parameters
        first, known = len(wires), len(parameters)
        try:
            operations = self._operations(call, qubits)
            self._check(call, operations, first, known)
        finally:
            del wires[first:], parameters[known:]
        latents = self._latents({atom.parameter for operation in operations for atom in inputs_of(operation)})
        own = tuple(replace(each, wires=tuple(wire - first for wire in each.wires)) for each in operations)
        seed = repr((call.channel.name, call.channel.arguments))
        return Process(qubits, own, latents, seed)

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

    def _operations(self, call: Through, qubits: int) -> tuple[Operation, ...]:
        recorder = Recorder(self.declarations, self.reporter, self.budget)
        recorder.may_roll = False
        elaborator = Elaborator(self.declarations, recorder, self.reporter, self.budget)
        span, given, name = call.span, call.channel, call.channel.name
        symbol = self.declarations.main.names[name]
        arguments = tuple(tree.Name(span, name) for _ in given.arguments)
        node = tree.Apply(span, (), tree.Name(span, name), arguments, ())
        wires = tuple(recorder.fresh_wires(tree.Name(span, "q"), qubits))
        operands = self._operands(call, wires, symbol, elaborator.applier)
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
        return tuple(recorder.operations)

    def _operands(self, call: Through, wires: tuple[int, ...], symbol: Symbol, applier: Applier) -> list[Operand]:
        """The register for the only operand, or its qubits in order for several."""
        if len(operands_of(symbol.node)) == 1:
            return [Operand(wires, len(wires) == 1, call.span)]
        if applier.generic(symbol):
            raise self._fault(call, "it takes several registers, of which only a call says how wide they are")
        sizes = applier.routine(symbol).callee.qubits
        wanted = sum(size or 1 for size in sizes)
        if wanted != len(wires):
            raise self._fault(call, f"it takes {wanted} qubits, and a state of `{call.data}` has {len(wires)}")
        operands, rest = [], wires
        for size in sizes:
            operands.append(Operand(rest[: size or 1], size is None, call.span))
            rest = rest[size or 1 :]
        return operands

    def _check(self, call: Through, operations: Sequence[Operation], first: int, known: int) -> None:
        """That it acts on its own qubits and depends on draws alone."""
        for operation in operations:
            outside = next((wire for wire in operation.wires if wire < first), None)
            if outside is not None:
                raise self._fault(call, f"it acts on {self.declarations.qubit_name(outside)}, a qubit of the model")
            for atom in inputs_of(operation):
                if atom.parameter >= known:
                    raise self._fault(call, "a `?` in it is a number that training moves")
                self._drawn(call.channel.name, atom, call.span)

    def _drawn(self, name: str, atom: Input, span: Span) -> None:
        """That an input is a latent one."""
        parameter = self.declarations.parameters[atom.parameter]
        if parameter is not None and parameter.kind != "latent":
            fault = f"it depends on `{parameter.name}`, {_WHY[parameter.kind]}"
            raise self.reporter.fault(WrongProcess(span, name, fault))

    def _fault(self, call: Through, fault: str) -> FaultyError:
        return self.reporter.fault(WrongProcess(call.span, call.channel.name, fault))


_WHY = {
    "param": "which training moves",
    "random": "which is drawn for a run",
    "condition": "which is given with the data",
}


def without_drawn(
    operations: Sequence[Operation], parameters: tuple[Parameter, ...], drawn: Set[int]
) -> tuple[Sequence[Operation], tuple[Parameter, ...]]:
    """The model without latents that only data are drawn with: it is no mixture over these."""
    if not drawn:
        return operations, parameters
    drawn = drawn - {atom.parameter for operation in patterns(operations) for atom in inputs_of(operation)}
    kept = [number for number in range(len(parameters)) if number not in drawn]
    numbers = {old: new for new, old in enumerate(kept)}
    own = tuple(each.with_numbers([renumbered(number, numbers) for number in each.numbers]) for each in operations)
    return own, tuple(parameters[number] for number in kept)
