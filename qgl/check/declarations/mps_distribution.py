"""The distribution `mps(data, bond, layers, ...)`: staircases of two-qubit cells begin as a matrix product state.

The state is fitted when a start is drawn, not when a program is checked.
"""

from __future__ import annotations

from qgl.check.reporter import Reporter
from qgl.check.settings.unlisted_error import unlisted_error
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.diagnostics.types import WrongDistribution
from qgl.program.program import DataSet, Distribution, StartFit
from qgl.syntax import tree

_USAGE = "`mps` is written `mps(data, bond = 2, layers = 1, deviation = 0, order = [...])`"
_NAMES = ("data", "bond", "layers", "deviation", "order")
_CELLS = {"unitary": 15, "generator": 15, "isometry": 32}  # numbers of a cell of two qubits
_MOST_BOND, _MOST_WORK = 64, 10**9  # products of a step of the fit

Between = tuple[tuple[int, ...], tuple[int, ...]]


def mps_distribution(
    call: tree.Call,
    node: tree.Parameter,
    between: Between | None,
    extents: tuple[int, ...],
    frame: Frame,
    evaluator: Evaluator,
    reporter: Reporter,
) -> Distribution:
    """The distribution of the parameter `node`, whose array has the dimensions `extents`, its numbers last.

    Raises:
        FaultyError: the arguments are others, or the array is no staircase of two-qubit cells; reported.
    """
    given = dict(zip(_NAMES, call.arguments, strict=False))
    twice = given.keys() & {key.name for key, _ in call.keywords}
    given |= {key.name: value for key, value in call.keywords}
    if twice or not {"data", "bond"} <= given.keys() <= set(_NAMES) or len(call.arguments) > len(_NAMES):
        raise reporter.fault(WrongDistribution(call.span, _USAGE))
    data = evaluator.evaluate(given["data"], frame)
    bond = evaluator.integer(given["bond"], frame, "a bond")
    layers = evaluator.integer(given["layers"], frame, "a number of layers") if "layers" in given else 1
    deviation = float(evaluator.number(given["deviation"], frame)) if "deviation" in given else 0.0
    order = evaluator.evaluate(given["order"], frame) if "order" in given else ()
    kind = "" if node.type is None else node.type.name
    fault = _fault(data, bond, layers, deviation, len(evaluator.functions.visible()))
    if not fault and isinstance(data, DataSet):
        cells = extents[:-1] if len(extents) > 2 else (1, *extents[:-1])
        of_two = kind in _CELLS and extents[-1:] == (_CELLS[kind],) and between in (None, ((2, 2), (2, 2)))
        if not of_two or cells != (layers, data.width - 1):
            fault = (
                f"`mps` starts an array of {layers} by {data.width - 1} cells, for each layer and pair of neighbours, "
                "of type `unitary(2)`, `generator(2)` or `isometry(2, 2)`"
            )
        if order != () and not _is_order(order, data.width):
            fault = f"an `order` is a list of the columns 0..{data.width - 1}, each once"
    if fault or not isinstance(data, DataSet):
        raise reporter.fault(WrongDistribution(call.span, fault))
    if not data.listed:
        raise reporter.fault(unlisted_error(data, given["data"].span))
    if data.rows.size * bond**2 > _MOST_WORK:
        text = f"{data.rows.size:,} bits under a bond of {bond} are too many to fit; take a `subset`, or a smaller bond"
        raise reporter.fault(WrongDistribution(call.span, text))
    return Distribution("fitted", (deviation,), fit=StartFit(data, bond, layers, kind, tuple(order)))


def _is_order(value: object, width: int) -> bool:
    """Whether a value lists all numbers below `width`."""
    if not isinstance(value, tuple | range) or len(value) != width:
        return False
    return all(type(each) is int for each in value) and set(value) == set(range(width))


def _fault(data: object, bond: int, layers: int, deviation: float, visible: int) -> str:
    if not isinstance(data, DataSet):
        return "`mps` takes a data set first"
    if data.holds != "bits" or data.conditions is not None:
        return f"`{data.name}` is no data set of strings alone"
    if data.width != visible or data.width < 2:
        return f"`{data.name}` has {data.width} columns, but there are {visible} visible qubits; two are the least"
    if not 2 <= bond <= _MOST_BOND:
        return f"a bond lies in 2..{_MOST_BOND}, not {bond}"
    if not 1 <= layers <= _MOST_BOND:
        return f"a number of layers lies in 1..{_MOST_BOND}, not {layers}"
    return f"a deviation is not negative, but this is {deviation:g}" if deviation < 0 else ""
