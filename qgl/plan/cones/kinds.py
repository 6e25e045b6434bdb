"""What operations are, apart from where they act and on which inputs: a number for each kind, and numbers for atoms.

Cones are compared by these. The angle constant + sum of coefficient * atom of an operation belongs to its kind but for
the atoms. Where kinds get too many because constants differ from site to site (disorder), a circuit can also be read
`by_value`: then every number of a gate is one atom, whatever it is made of.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

from qgl.expression import Atom, Input, Real
from qgl.ir.circuit import Circuit
from qgl.ir.facts import diagonal_wires
from qgl.program.operations import (
    LIFETIME,
    ChannelApplication,
    Evolution,
    GateApplication,
    KrausChannel,
    MatrixUnitary,
    Measurement,
    Operation,
    PauliRotation,
)
from qgl.program.program import Parameter


@dataclass(frozen=True, eq=False, slots=True)
class Kinds:
    """The kinds of all operations of a circuit; lists have an entry for each operation.

    of         the kind of each operation
    atoms      of each operation the numbers of the atoms of its angles and coefficients, in order of writing
    numbers    all atoms: inputs, functions and, if read `by_value`, whole numbers
    diagonal   of each operation, wire by wire, whether it keeps every basis state
    """

    of: list[int]
    atoms: list[tuple[int, ...]]
    numbers: list[Real]
    diagonal: list[tuple[bool, ...]]
    by_value: bool

    def put(self, operation: Operation, slots: Iterator[int]) -> Operation:
        """An operation with its atoms replaced, in order, by inputs of the numbers `slots`."""
        numbers = [self._put(operation, number, slots) for number in operation.numbers]
        return operation.with_numbers(numbers) if numbers else operation

    def _put(self, operation: Operation, number: Real, slots: Iterator[int]) -> Real:
        if not self.by_value:
            return Real(number.constant, tuple((factor, Input(0, next(slots))) for factor, _ in number.terms))
        return number if _stays(operation, number) else Real(0.0, ((1.0, Input(0, next(slots))),))


def kinds_of(circuit: Circuit, by_value: bool = False) -> Kinds:
    """The kinds of the operations of a circuit."""
    kinds = Kinds([], [], [], [], by_value)
    keys: dict[Hashable, int] = {}
    diagonal: list[tuple[bool, ...]] = []
    numbers: dict[Atom | Real, int] = {}
    from_rows = any(parameter.rows is not None for parameter in circuit.parameters)
    for operation in circuit.operations:
        key, atoms = _key(operation, by_value)
        if from_rows:
            key = key, *[row_of(number, circuit.parameters) for number in operation.numbers]
        kind = keys.setdefault(key, len(keys))
        if kind == len(diagonal):
            diagonal.append(_keeps(operation))
        kinds.of.append(kind)
        kinds.diagonal.append(diagonal[kind])
        kinds.atoms.append(tuple([numbers.setdefault(atom, len(numbers)) for atom in atoms]))
    kinds.numbers.extend(atom if isinstance(atom, Real) else Real(0.0, ((1.0, atom),)) for atom in numbers)
    return kinds


def row_of(number: Real, parameters: Sequence[Parameter]) -> int | None:
    """The parameter that a number is a bit of, if that is a row of data, which a register starts from."""
    inputs = (atom.parameter for _, atom in number.terms if isinstance(atom, Input))
    return next((parameter for parameter in inputs if parameters[parameter].rows is not None), None)


def _key(operation: Operation, by_value: bool) -> tuple[Hashable, list[Atom | Real]]:
    """What an operation is, and its atoms."""
    patterns: list[Hashable] = []
    atoms: list[Atom | Real] = []
    for number in operation.numbers:
        if not by_value or _stays(operation, number):
            patterns.append((number.constant, tuple([factor for factor, _ in number.terms])))
            atoms += [atom for _, atom in number.terms]
        else:
            patterns.append(None)
            atoms.append(number)
    key = (
        type(operation),
        _what(operation),
        len(operation.wires),
        len(operation.control_wires),
        tuple(patterns),
        tuple([wanted for _, wanted in operation.condition]),
    )
    return key, atoms


def _what(operation: Operation) -> Hashable:
    """What an operation of its class is, apart from wires and numbers."""
    match operation:
        case GateApplication():
            return operation.gate
        case PauliRotation():
            return operation.pauli_word
        case Evolution():
            return tuple([pauli_word for _, pauli_word in operation.terms])
        case MatrixUnitary():
            return operation.matrix.tobytes()
        case ChannelApplication():
            return operation.channel
        case KrausChannel():
            return operation.operators.tobytes()
        case Measurement():
            return operation.bit is None
        case _:
            return None


def _stays(operation: Operation, number: Real) -> bool:
    """Whether a number is part of the kind even if operations are read by value: certain channels are special."""
    return not number.terms and isinstance(operation, ChannelApplication)


def _keeps(operation: Operation) -> tuple[bool, ...]:
    if isinstance(operation, LIFETIME):
        return ()
    if isinstance(operation, Measurement):
        return (True,)
    diagonal = diagonal_wires(operation)
    return tuple(wire in diagonal for wire in operation.wires)
