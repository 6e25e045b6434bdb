"""What acts on any number of qubits in all rounds of a loop: gates such as `unitary`, and lists of Kraus operators."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from qgl.check.circuit.kraus import read_kraus
from qgl.check.circuit.multi_qubit_gates import least_and_most, parts_of
from qgl.check.circuit.rolling.columns import UnrolledError, is_varied
from qgl.check.names.callees import Callee
from qgl.check.reporter import FaultyError
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.expression import Real
from qgl.program.operations import Operation
from qgl.program.rolled import is_plain
from qgl.syntax import tree
from qgl.syntax.walk import names_in

Matrices = NDArray[np.complex128]


def of_qubits(
    node: tree.Apply, widths: Sequence[int]
) -> tuple[Callee, Callable[[tuple[Real, ...]], Iterator[Operation]]]:
    """What a gate on operands of so many qubits takes, and what makes its pieces on qubits 0, 1, ... of its numbers.

    Raises:
        UnrolledError: there are too few or too many qubits, or a piece has angles that are more than sums of its
            numbers; or it is an isometry, whose parameter says what it takes.
    """
    name, qubits = node.gate.name, sum(widths)
    least, most = least_and_most(name)
    if name == "isometry" or not least <= qubits <= most or not all(widths):
        raise UnrolledError
    formals, build = parts_of(name, [1 << width for width in widths], qubits, len(node.arguments))
    ends = list(accumulate(widths))
    wires = [tuple(range(end - width, end)) for end, width in zip(ends, widths, strict=True)]

    def made(numbers: tuple[Real, ...]) -> Iterator[Operation]:
        left = iter(numbers)
        given = [tuple(next(left) for _ in range(formal.size or 1)) for formal in formals]
        for piece in build(wires, given, node.span):
            if not is_plain(piece):
                raise UnrolledError
            yield piece

    return Callee(name, formals, tuple(widths)), made


def kraus_matrices(node: tree.Apply, evaluator: Evaluator, frame: Frame) -> Matrices:
    """Constant Kraus operators, shape (count, 2^k, 2^k), which are the same in all rounds.

    Raises:
        UnrolledError: they are not, or have a fault.
    """
    varied = any(is_varied(frame.find(name.name)) for each in node.arguments for name in names_in(each))
    if node.modifiers or not node.arguments or varied:
        raise UnrolledError
    try:
        return read_kraus(node.arguments, evaluator, frame, node.gate.span)
    except FaultyError:
        raise UnrolledError from None
