"""The distribution `run("folder")`: a parameter begins at what a run handed out under its name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.diagnostics.types import WrongDistribution
from qgl.program.calls.data_sources import RunWeights
from qgl.program.program import DataSet, Distribution
from qgl.syntax import tree

WEIGHTS = "weights.safetensors"
Weights = Callable[[RunWeights], DataSet]


def run_distribution(
    call: tree.Call,
    node: tree.Parameter,
    constraint: str,
    extents: tuple[int, ...],
    frame: Frame,
    evaluator: Evaluator,
    reporter: Reporter,
    weights: Weights,
) -> Distribution:
    """The distribution of the parameter `node`, whose array has the dimensions `extents`.

    Raises:
        FaultyError: the arguments are others, there is no such run, or what it has is of another shape; reported.
    """
    given = dict(zip(("path", "deviation"), call.arguments, strict=False))
    twice = given.keys() & {key.name for key, _ in call.keywords}
    given |= {key.name: value for key, value in call.keywords}
    usage = '`run` is written `run("folder", deviation = 0)`'
    if twice or not {"path"} <= given.keys() <= {"path", "deviation"} or len(call.arguments) > 2:
        raise reporter.fault(WrongDistribution(call.span, usage))
    path = evaluator.evaluate(given["path"], frame)
    deviation = float(evaluator.number(given["deviation"], frame)) if "deviation" in given else 0.0
    if not isinstance(path, str) or deviation < 0 or (constraint == "probability" and deviation):
        text = "a probability begins at that of a run, without a deviation" if deviation > 0 else usage
        raise reporter.fault(WrongDistribution(call.span, text))
    name = node.name.name
    data = weights(RunWeights(f"{path}/{WEIGHTS}", name, span=call.span))
    assert data.numbers is not None and data.picture is None
    kept = tuple(int(each) for each in data.columns)
    if kept != extents:
        shown = [str(list(each)) if each else "a number" for each in (kept, extents)]
        text = f"`{name}` of the run is {shown[0]}, and here it is {shown[1]}"
        raise reporter.fault(WrongDistribution(call.span, text))
    numbers = data.numbers[0]
    centres = 1 / (1 + np.exp(-numbers)) if constraint == "probability" else numbers
    return Distribution("about", (deviation,), tuple(centres.tolist()))
