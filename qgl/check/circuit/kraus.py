"""Constant Kraus operators from lists of numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.check.reporter import every
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.operators import Operator
from qgl.check.values.values import Value, describe
from qgl.diagnostics.operators import KrausShape, NotTracePreserving
from qgl.expression import Real
from qgl.source import Span
from qgl.syntax import tree

TOLERANCE = 1e-8
MAX_QUBITS = 4


def read_kraus(
    arguments: Sequence[tree.Expression], evaluator: Evaluator, frame: Frame, span: Span
) -> NDArray[np.complex128]:
    """Kraus operators, shape (count, 2^k, 2^k).

    Raises:
        FaultyError: they are not square, not of one size, not constant or not trace-preserving; reported.
    """
    operators = every(lambda each: _matrix(each, evaluator.evaluate(each, frame), evaluator), arguments)
    for matrix, argument in zip(operators, arguments, strict=True):
        if len(matrix) != len(operators[0]):
            text = f"the first operator has {len(operators[0])} rows, this one has {len(matrix)}"
            raise evaluator.reporter.fault(KrausShape(argument.span, text))
    matrices = np.stack(operators)
    identity = np.einsum("kji,kjl->il", matrices.conj(), matrices)
    deviation = float(np.abs(identity - np.eye(len(identity))).max())
    if not deviation <= TOLERANCE:
        raise evaluator.reporter.fault(NotTracePreserving(span, deviation))
    return matrices


def _matrix(argument: tree.Expression, value: Value, evaluator: Evaluator) -> NDArray[np.complex128]:
    sizes = [2**k for k in range(1, MAX_QUBITS + 1)]
    rows = value if isinstance(value, tuple) else ()
    if len(rows) not in sizes or any(not isinstance(row, tuple) or len(row) != len(rows) for row in rows):
        text = f"an operator is a list of 2, 4, ... {sizes[-1]} rows of as many numbers"
        raise evaluator.reporter.fault(KrausShape(argument.span, text))
    return np.array(
        [[complex_number(entry, argument.span, evaluator) for entry in row] for row in rows], dtype=np.complex128
    )


def complex_number(value: Value, span: Span, evaluator: Evaluator) -> complex:
    """A constant number, such as `1 - i`.

    Raises:
        FaultyError: it is something else; reported.
    """
    if isinstance(value, Operator):
        constant = value.constant
        if constant is not None:
            return constant
    if isinstance(value, Real) and value.is_constant:
        return complex(value.constant)
    if is_number(value):
        return complex(value)
    raise evaluator.reporter.fault(
        KrausShape(span, f"the entries of a matrix are constant numbers, not {describe(value)}")
    )
