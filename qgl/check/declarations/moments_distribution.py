"""The distribution `moments(data, scale, deviation)`: a start from the moments of a data set, for arrays of angles on
qubits.

An angle theta on one qubit starts where sin^2(theta) is the share of ones in its column, which is what exp(i theta X)
makes of |0>, and exp(i theta Z) between two Hadamards: alone it makes the bit as frequent as the data have it. One on
two qubits starts at `scale` times the covariance of their signs, one on more at 0. A normal number of this deviation is
added to each.
"""

from __future__ import annotations

import numpy as np

from qgl.bits.pauli_words import data_means
from qgl.check.reporter import Reporter
from qgl.check.settings.unlisted_error import unlisted_error
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Group, Qubit, Site, Value
from qgl.diagnostics.types import WrongDistribution
from qgl.program.program import DataSet, Distribution
from qgl.syntax import tree

USAGE = "moments(data, scale = 0, deviation = 0)"


def moments_distribution(
    call: tree.Call, node: tree.Parameter, numbers: int | None, frame: Frame, evaluator: Evaluator, reporter: Reporter
) -> Distribution:
    """The distribution of the parameter `node`, whose elements have a type of so many `numbers` (None: one).

    Raises:
        FaultyError: the arguments are others, or the array has no single dimension of visible qubits; reported.
    """
    given = dict(zip(("data", "scale", "deviation"), call.arguments, strict=False))
    twice = given.keys() & {key.name for key, _ in call.keywords}
    given |= {key.name: value for key, value in call.keywords}
    if twice or "data" not in given or given.keys() - {"data", "scale", "deviation"} or len(call.arguments) > 3:
        raise reporter.fault(WrongDistribution(call.span, f"`moments` is written `{USAGE}`"))
    data = evaluator.evaluate(given["data"], frame)
    scale, deviation = (
        float(evaluator.number(given[name], frame)) if name in given else 0.0 for name in ("scale", "deviation")
    )
    visible = evaluator.functions.visible()
    fault = ""
    if not isinstance(data, DataSet):
        fault = "`moments` takes a data set first"
    elif data.holds != "bits":
        fault = f"the rows of `{data.name}` are real numbers, not strings of bits"
    elif data.width != len(visible):
        fault = f"`{data.name}` has {data.width} columns, but there are {len(visible)} visible qubits"
    elif deviation < 0:
        fault = f"a deviation is not negative, but this is {deviation:g}"
    elif len(node.dimensions) != 1 or numbers is not None:
        fault = "`moments` starts an array of angles whose one dimension is qubits, or sets of qubits"
    if fault or not isinstance(data, DataSet):
        raise reporter.fault(WrongDistribution(call.span, fault))
    if not data.listed:
        raise reporter.fault(unlisted_error(data, given["data"].span))
    position = {wire: place for place, wire in enumerate(visible)}
    sets = []
    for item in evaluator.functions.items(_listed(evaluator.evaluate(node.dimensions[0], frame)), call.span):
        wires = _wires(item, evaluator, node.dimensions[0])
        if not wires or not position.keys() >= set(wires):
            text = "`moments` starts an array whose elements belong to visible qubits, or to sets of them"
            raise reporter.fault(WrongDistribution(call.span, text))
        sets.append(sorted(position[wire] for wire in wires))
    return Distribution("about", (deviation,), _centres(data, sets, scale))


def _listed(value: Value) -> Value:
    return value if isinstance(value, Group | Lattice | tuple | range) else (value,)


def _wires(item: Value, evaluator: Evaluator, dimension: tree.Expression) -> list[int]:
    """The qubits of one element; none where it belongs to something else."""
    members = item if isinstance(item, tuple) else (item,)
    if not all(isinstance(member, Qubit | Site) for member in members):
        return []
    return [evaluator.wire(member, dimension.span) for member in members]


def _centres(data: DataSet, sets: list[list[int]], scale: float) -> tuple[float, ...]:
    means = data_means(data.rows, data.weights, np.arange(data.width, dtype=np.int32)[:, None])
    centres = np.zeros(len(sets))
    single = [k for k, members in enumerate(sets) if len(members) == 1]
    pairs = [k for k, members in enumerate(sets) if len(members) == 2]
    if single:
        ones = (1 - means[[sets[k][0] for k in single]]) / 2
        centres[single] = np.arcsin(np.sqrt(np.clip(ones, 0, 1)))
    if pairs and scale:
        places = np.array([sets[k] for k in pairs], np.int32)
        both = data_means(data.rows, data.weights, places)
        centres[pairs] = scale * (both - means[places].prod(axis=1))
    return tuple(centres.tolist())
