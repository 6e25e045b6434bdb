"""Numbers of a gate in all rounds of a loop."""

from __future__ import annotations

import numpy as np

from qgl.check.circuit.binding import reals
from qgl.check.circuit.rolling.columns import Inputs, Ints, Row, UnrolledError
from qgl.check.names.callees import MULTI_QUBIT, Callee
from qgl.check.values.functions import is_number
from qgl.check.values.types import NUMBERS, Formal
from qgl.check.values.values import Array, Dimension, Value
from qgl.expression import Input, Real
from qgl.gates import CHANNELS, GATES
from qgl.source import Span

NONE = np.zeros((1, 0), dtype=np.int64)

Angles = tuple[tuple[Real, ...], Ints]  # of the first round, and the elements of their inputs in all


def is_rolled(callee: Callee, operands: int, arguments: int) -> bool:
    """Whether a gate or channel that is written with so many operands and arguments is a plain one of the library."""
    plain = (callee.name in GATES or callee.name in CHANNELS) and callee.name not in MULTI_QUBIT
    numbers = all(formal.kind in NUMBERS and formal.between is None for formal in callee.numbers)
    single = callee.qubits == (None,) * operands
    return plain and numbers and single and arguments == len(callee.numbers)


def fitted(value: Value, formal: Formal) -> Angles:
    """A value that fits what a gate takes.

    Raises:
        UnrolledError: it does not, or not plainly.
    """
    if formal.size is None:
        if isinstance(value, Inputs):
            return (value.first,), value.elements
        if not (is_number(value) or isinstance(value, Real)):
            raise UnrolledError
        return plain(reals(value))
    array, offsets = (value.first, value.offsets) if isinstance(value, Row) else (value, None)
    if not isinstance(array, Array) or tuple(each.extent for each in array.dimensions) != formal.dimensions:
        raise UnrolledError
    start = np.array([array.offset]) if offsets is None else offsets
    return inputs(array.parameter, start[:, None] + np.arange(formal.size, dtype=np.int64))


def inputs(parameter: int, elements: Ints) -> Angles:
    """Inputs by themselves, shape (rounds, inputs)."""
    first = tuple(Real(0.0, ((1.0, Input(parameter, element)),)) for element in elements[0].tolist())
    return first, elements


def plain(numbers: tuple[Real, ...]) -> Angles:
    """Numbers that are the same in all rounds.

    Raises:
        UnrolledError: they are more than sums of inputs.
    """
    atoms = [atom for number in numbers for _, atom in number.terms]
    elements = [atom.element for atom in atoms if isinstance(atom, Input)]
    if len(elements) < len(atoms):
        raise UnrolledError
    return numbers, np.array([elements], dtype=np.int64).reshape(1, -1)


def array_of(number: Real, elements: Ints, formal: Formal, span: Span) -> Row:
    """New inputs as the array that a formal wants, `number` being its first one in the first round."""
    ((_, atom),) = number.terms
    assert isinstance(atom, Input)
    dimensions = tuple(Dimension(size, f"0..{size - 1}") for size in formal.dimensions)
    return Row(Array(atom.parameter, "?", 0, dimensions, span), elements[:, 0])
