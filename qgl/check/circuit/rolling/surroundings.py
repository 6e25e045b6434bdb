"""What the rounds of a loop are read with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qgl.check.circuit.recorder import Recorder
from qgl.check.circuit.rolling.columns import Columns
from qgl.check.names.callees import Callee
from qgl.check.names.modules import Symbol
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.operators import PauliWord
from qgl.check.values.values import Value
from qgl.expression import Real
from qgl.source import Span
from qgl.syntax import tree


@dataclass
class Called:
    """A layer or channel as it is called: its formals, names of numbers and of operands, and of widths."""

    callee: Callee
    numbers: tuple[str, ...]
    operands: tuple[str, ...]
    widths: dict[str, Value]


@dataclass
class Surroundings:
    """What the rounds of a loop are read with.

    wires_on  the qubit on each site of a lattice
    warn      is told the numbers of the first round of a gate or call
    exponent_of   the Pauli word of an exponent, and its angle
    is_probable   whether the sum of numbers is a probability, whatever the inputs
    called    what a layer or channel takes on operands of some widths, and the names of these; else it has a fault
    """

    recorder: Recorder
    columns: Columns
    wires_on: Callable[[Lattice], list[int]]
    warn: Callable[[tree.Apply, list[Value] | None, Frame], None]
    called: Callable[[Symbol, Sequence[int]], Called]
    exponent_of: Callable[[Value, Span], tuple[PauliWord, Real]]
    is_probable: Callable[[Sequence[Real], Span], bool]
