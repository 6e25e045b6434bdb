"""Which variables of a program are choices (`qgl.program.choices`), and the program of certain values of them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qgl.expression import Input, Real
from qgl.program.choices import Bits, Choice, atom_of, split_wires
from qgl.program.operations import LIFETIME, Measurement, Operation, inputs_of, is_kept, is_required
from qgl.program.program import Parameter, Program
from qgl.program.rolled import patterns

_CLOSE = 1e-9


class Found:
    """Choices among the operations of a program."""

    def __init__(self, operations: Sequence[Operation], parameters: Sequence[Parameter]) -> None:
        self._parameters = parameters
        self._on: dict[int, list[Operation]] = defaultdict(list)
        self._uses: Counter[Input] = Counter()
        self._read = {bit for operation in operations for bit, _ in operation.condition}
        for operation in operations:
            for wire in operation.wires:
                self._on[wire].append(operation)
            alone = Counter(map(atom_of, operation.numbers))
            for atom in inputs_of(operation):
                self._uses[atom] += alone[atom] or 2

    def choice(self, name: str, wires: tuple[int, ...], before: frozenset[int]) -> Choice | str:
        """The variable on `wires`, or why it is no choice; `before`: the qubits of choices that come before it."""
        tables = []
        for place, wire in enumerate(wires):
            table = self._table(wire)
            if isinstance(table, str):
                return table
            if not before.union(wires[:place]).issuperset(table[0]):
                return "its probabilities depend on qubits that are not picked before it"
            tables.append(table)
        return Choice(name, wires, tuple(tables))

    def _table(self, wire: int) -> tuple[tuple[int, ...], tuple[Real, ...]] | str:
        table, measured = None, False
        for operation in self._on[wire]:
            turned = split_wires(operation)
            if isinstance(operation, Measurement) and not is_required(operation):
                measured = True
            elif turned is not None and turned[-1] == wire:
                if table is not None or operation.condition:
                    return "it is prepared twice, or under a condition"
                table = turned[:-1], operation.numbers
            elif not isinstance(operation, LIFETIME) and (turned is None or table is None):
                return f"`{operation.name}` acts on it, where a choice is prepared, by a table, and measured"
        if not measured or table is None:
            return "it is not measured" if table is not None else "nothing prepares it"
        return table

    def unset(self, choice: Choice) -> str:
        """Why the angles of a choice cannot be set to make one of its values certain; empty if they can."""
        for angle in (angle for _, angles in choice.tables for angle in angles):
            atom = atom_of(angle)
            if atom is None and (angle.terms or abs(math.remainder(angle.constant, math.pi)) > _CLOSE):
                return "its probabilities are no table that is trained"
            parameter = None if atom is None else self._parameters[atom.parameter]
            if parameter is not None and (parameter.kind != "param" or parameter.constraint == "probability"):
                return f"`{parameter.name}` is no angle that is trained"
            if parameter is not None and atom is not None and self._uses[atom] > 1:
                return f"its table `{parameter.name}` is used elsewhere too"
        return ""

    def decides(self, wires: Sequence[int]) -> bool:
        """Whether outcomes of qubits are asked for by conditions, and none is kept."""
        measured = [each for wire in wires for each in self._on[wire] if isinstance(each, Measurement)]
        return any(each.bit in self._read for each in measured) and not any(map(is_kept, measured))


def choices_of(program: Program) -> tuple[Choice, ...]:
    """The hidden and `fresh` variables that are choices and decide what happens, in order of declaration."""
    if not any(isinstance(operation, Measurement) for operation in patterns(program.operations)):
        return ()
    looked, choices = Found(program.operations, program.parameters), list[Choice]()
    for name, wires in variables_of(program):
        before = frozenset(wire for each in choices for wire in each.wires)
        choice = looked.choice(name, wires, before) if looked.decides(wires) else ""
        if isinstance(choice, Choice):
            choices.append(choice)
    return tuple(choices)


def hidden_choices(program: Program) -> tuple[tuple[str, tuple[int, ...], int], ...]:
    """The choices among hidden variables: name, positions among the visible and then the hidden qubits, values."""
    place = {wire: number for number, wire in enumerate((*program.visible, *program.hidden))}
    return tuple(
        (each.name, tuple(place[wire] for wire in each.wires), each.count)
        for each in choices_of(program)
        if place.keys() >= set(each.wires)
    )


def choices_picked(program: Program) -> tuple[Choice, ...]:
    """The choices that have their most likely values from the start of a stage on."""
    looked, choices = Found(program.operations, program.parameters), list[Choice]()
    for name, wires in program.picks:
        choice = looked.choice(name, wires, frozenset(wire for each in choices for wire in each.wires))
        assert isinstance(choice, Choice)  # the checker has seen to it
        choices.append(choice)
    return tuple(choices)


def variables_of(program: Program) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The hidden and `fresh` variables, name and wires; a qubit of no categorical variable is one by itself."""
    groups: dict[tuple[str, int], list[int]] = {}  # `fresh` qubits of several calls have one name
    for number, wire in enumerate(program.wires):
        if wire.kind != "visible":
            name = str(wire)[: str(wire).rindex("[")] if wire.width else str(wire)
            groups.setdefault((name, number if wire.kind == "fresh" else -1), []).append(number)
    return ((name, tuple(wires)) for (name, _), wires in groups.items())


def picked(program: Program, choices: Sequence[Choice], bits: Bits) -> Program:
    """The circuit of certain values of choices: what other values decide is left out, and so are the choices.

    A choice stays that a table of another variable, no choice of these, asks for.
    """
    gone = {wire for choice in choices for wire in choice.wires}
    asked = {
        wire
        for operation in program.operations
        for wire in operation.wires
        if wire in gone and not isinstance(operation, Measurement) and not gone.issuperset(operation.wires)
    }
    if asked:
        return picked(program, [each for each in choices if asked.isdisjoint(each.wires)], bits)
    known = {
        operation.bit: bits[operation.wires[0]]
        for operation in program.operations
        if isinstance(operation, Measurement) and operation.wires[0] in gone
    }
    operations = []
    for operation in program.operations:
        stays = gone.isdisjoint(operation.wires) or isinstance(operation, LIFETIME)
        if stays and all(known.get(bit, value) == value for bit, value in operation.condition):
            left = tuple((bit, value) for bit, value in operation.condition if bit not in known)
            operations.append(replace(operation, condition=left))
    return replace(program, operations=tuple(operations))
