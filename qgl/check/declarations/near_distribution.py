"""The distribution `near(map, deviation)`: isometries start about a given one.

`identity` keeps what goes in and leaves the rest in zero, `copy` copies what goes in to the variable after it; else the
map is a matrix, a row for each value that comes out. A normal number of this deviation is added to the real and to the
imaginary part of every entry.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from qgl.check.circuit.kraus import complex_number
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.types import MAPS
from qgl.diagnostics.types import WrongDistribution
from qgl.program.program import Distribution
from qgl.syntax import tree

_USAGE = "`near` is written `near(identity, 0.1)`, `near(copy, 0.1)`, or with a matrix"
_SMALLEST = 1e-6  # of the singular values of a given matrix, over the largest

Values = tuple[int, ...]


def near_distribution(
    call: tree.Call, shape: tuple[Values, Values], frame: Frame, evaluator: Evaluator, reporter: Reporter
) -> Distribution:
    """The distribution of isometries between variables of so many values.

    Raises:
        FaultyError: the arguments are others, or the map does not fit; reported.
    """
    given = dict(zip(("map", "deviation"), call.arguments, strict=False))
    twice = given.keys() & {key.name for key, _ in call.keywords}
    given |= {key.name: value for key, value in call.keywords}
    if twice or given.keys() != {"map", "deviation"} or len(call.arguments) > 2:
        raise reporter.fault(WrongDistribution(call.span, _USAGE))
    deviation = float(evaluator.number(given["deviation"], frame))
    if deviation < 0:
        raise reporter.fault(WrongDistribution(call.span, f"a deviation is not negative, but this is {deviation:g}"))
    chosen = given["map"]
    if isinstance(chosen, tree.Name) and chosen.name in MAPS:
        matrix = _identity(*shape) if chosen.name == "identity" else _copy(*shape)
        if matrix is None:
            text = "`copy` copies what goes in to a variable of as many values, or qubit by qubit"
            raise reporter.fault(WrongDistribution(chosen.span, text))
    else:
        matrix = _written(chosen, shape, frame, evaluator, reporter)
    parts = np.stack([matrix.real, matrix.imag], -1)
    return Distribution("about", (deviation,), tuple(parts.ravel().tolist()))


def _identity(ingoing: Values, outgoing: Values) -> NDArray[np.complex128]:
    columns = prod(ingoing)
    return np.eye(prod(outgoing), dtype=np.complex128)[:, :: prod(outgoing) // columns]


def _copy(ingoing: Values, outgoing: Values) -> NDArray[np.complex128] | None:
    """Of |x> |x> |x>; None where there is no room for a second x."""
    count = len(ingoing)
    if not count or outgoing[count : 2 * count] != ingoing:
        return None
    columns, rest = prod(ingoing), prod(outgoing[2 * count :])
    matrix = np.zeros((prod(outgoing), columns), dtype=np.complex128)
    for value in range(columns):
        matrix[(value * columns + value) * rest, value] = 1
    return matrix


def _written(
    node: tree.Expression, shape: tuple[Values, Values], frame: Frame, evaluator: Evaluator, reporter: Reporter
) -> NDArray[np.complex128]:
    value, (columns, rows) = evaluator.evaluate(node, frame), map(prod, shape)
    if not isinstance(value, tuple) or len(value) != rows:
        raise reporter.fault(WrongDistribution(node.span, f"a matrix of {rows} rows of {columns} numbers belongs here"))
    if any(not isinstance(row, tuple) or len(row) != columns for row in value):
        raise reporter.fault(WrongDistribution(node.span, f"every row of this matrix has {columns} numbers"))
    matrix = np.array([[complex_number(entry, node.span, evaluator) for entry in row] for row in value])
    singular = np.linalg.svd(matrix, compute_uv=False)
    if singular[-1] <= _SMALLEST * singular[0]:
        text = "the columns of this matrix depend on each other, so that no isometry is the nearest one to it"
        raise reporter.fault(WrongDistribution(node.span, text))
    return np.asarray(matrix, dtype=np.complex128)
