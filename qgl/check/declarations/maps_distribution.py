"""The distributions `marginal(data)` and `recovered(data)`: isometries begin as local maps of the state of data.

Which qubits each is of is known when the model is unrolled; so the maps are found after that, when a start is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from qgl.bits.regions import MOST_MEASURED
from qgl.check.reporter import Reporter
from qgl.check.settings.unlisted_error import unlisted_error
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.types import WrongDistribution
from qgl.expression import Input
from qgl.gates.isometries import incoming_qubits, isometry_shape
from qgl.program.operations import GateApplication, Operation
from qgl.program.program import Cell, DataSet, Distribution, MapFit, Parameter
from qgl.syntax import tree

NAMES = ("marginal", "recovered")
Between = tuple[tuple[int, ...], tuple[int, ...]]


def maps_distribution(
    call: tree.Call, between: Between | None, frame: Frame, evaluator: Evaluator, reporter: Reporter
) -> Distribution:
    """The distribution of isometries `between` so many values.

    Raises:
        FaultyError: the arguments are others, or the parameter is no such isometry; reported.
    """
    name = call.function.name
    given = dict(zip(("data", "deviation"), call.arguments, strict=False))
    twice = given.keys() & {key.name for key, _ in call.keywords}
    given |= {key.name: value for key, value in call.keywords}
    if twice or not {"data"} <= given.keys() <= {"data", "deviation"} or len(call.arguments) > 2:
        raise reporter.fault(WrongDistribution(call.span, f"`{name}` is written `{name}(data, deviation = 0)`"))
    data = evaluator.evaluate(given["data"], frame)
    deviation = float(evaluator.number(given["deviation"], frame)) if "deviation" in given else 0.0
    fault = _fault(name, between, data, len(evaluator.functions.visible()), deviation)
    if fault or not isinstance(data, DataSet):
        raise reporter.fault(WrongDistribution(call.span, fault))
    if not data.listed:
        raise reporter.fault(unlisted_error(data, given["data"].span))
    return Distribution("fitted", (deviation,), fit=MapFit(data))


def _fault(name: str, between: Between | None, data: object, visible: int, deviation: float) -> str:
    if between is None or set(between[1]) != {2}:
        return f"`{name}` is where trained isometries between qubits start"
    if name == "marginal" and between[0]:
        return "`marginal` prepares a state out of nothing: write it for an `isometry(0, n)`"
    if name == "recovered" and not between[0]:
        return "`recovered` takes a part of a region to all of it: `marginal` is for an `isometry(0, n)`"
    if not isinstance(data, DataSet):
        return f"`{name}` takes a data set"
    if data.holds == "numbers" or data.conditions is not None:
        return f"`{data.name}` is no data set of strings or of a state alone"
    if data.width != visible:
        return f"`{data.name}` has {data.width} columns, but there are {visible} visible qubits"
    return f"a deviation is not negative, but this is {deviation:g}" if deviation < 0 else ""


def with_places(
    parameters: tuple[Parameter, ...],
    operations: Iterable[Operation],
    visible: tuple[int, ...],
    report: Callable[[Diagnostic], None],
) -> tuple[Parameter, ...]:
    """Parameters that begin as maps with the qubits that each of their isometries is of."""
    wanted = {
        number: (each, each.distribution.fit)
        for number, each in enumerate(parameters)
        if isinstance(each.distribution.fit, MapFit) and not each.distribution.fit.cells
    }
    if not wanted:
        return parameters
    position = {wire: place for place, wire in enumerate(visible)}
    cells: dict[int, dict[int, set[Cell]]] = {number: {} for number in wanted}
    for operation in operations:
        shape = isometry_shape(operation.gate.name) if isinstance(operation, GateApplication) else None
        if shape is None or not operation.numbers[0].terms:
            continue
        atom = operation.numbers[0].terms[0][1]
        if isinstance(atom, Input) and atom.parameter in wanted:
            cell = Cell(incoming_qubits(shape), tuple(map(position.get, operation.targets)))
            cells[atom.parameter].setdefault(atom.element // len(operation.numbers), set()).add(cell)
    done = list(parameters)
    for number, (parameter, fit) in wanted.items():
        rows = parameter.size // parameter.shape[-1]
        fault = _unplaced(cells[number], rows, fit.data)
        if fault:
            report(WrongDistribution(parameter.span, f"`{parameter.name}`: {fault}"))
            continue
        placed = replace(fit, cells=tuple(next(iter(cells[number][row])) for row in range(rows)))
        done[number] = replace(parameter, distribution=replace(parameter.distribution, fit=placed))
    return tuple(done)


def _unplaced(cells: dict[int, set[Cell]], rows: int, data: DataSet) -> str:
    """Why the isometries of a parameter are not each a map of one region."""
    if len(cells) < rows:
        missing = next(row for row in range(rows) if row not in cells)
        return f"isometry {missing} is applied nowhere, so that it is a map of no region"
    if any(len(each) > 1 for each in cells.values()):
        return "an isometry that is applied in several places is a map of none of them"
    every = [next(iter(each)) for each in cells.values()]
    if any(None in each.places[: each.ingoing] for each in every):
        return "what goes in is no visible qubit, of which alone the data tell"
    widest = max(sum(place is not None for place in each.places) for each in every)
    if not all(any(place is not None for place in each.places) for each in every):
        return "it acts on no visible qubit, of which alone the data tell"
    if data.bases is not None and widest > MOST_MEASURED:
        return f"shots tell the states of up to {MOST_MEASURED} qubits, and this is of {widest}"
    return ""
