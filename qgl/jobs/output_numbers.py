"""A job's numbers of a program's outputs, label by label, beside the exact ones."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.jobs.output_circuits import OutputCircuits
from qgl.jobs.record import Job
from qgl.jobs.store import JobFolder
from qgl.jobs.tables import blank, figure_of
from qgl.model import Model
from qgl.query import Numbers
from qgl.report.display import number

if TYPE_CHECKING:
    from rich.table import Table

SHOWN = 40  # numbers in a table


@dataclass(frozen=True, eq=False)
class OutputNumbers:
    """Numbers of a job, and the exact ones of the same parameters.

    names    of the numbers, `y[0]`
    labels   "1, 01": the element of a mixture, and the kept outcomes, as far as there are any
    weights  of the labels, exact and in the shots, shape (labels,)
    exact, machine, errors  numbers, and standard errors of the machine's, shape (labels, numbers); NaN where none
    """

    job: Job
    names: tuple[str, ...]
    labels: tuple[str, ...]
    weights: tuple[NDArray[np.float64], NDArray[np.float64]]
    exact: NDArray[np.float64]
    machine: NDArray[np.float64]
    errors: NDArray[np.float64]


def measured(folder: JobFolder, model: Model) -> OutputNumbers:
    """What the strings of a job that is done say.

    Raises:
        QglError: its strings are damaged (QGL1131).
    """
    params: dict[str, Any] = folder.params()
    strings, circuits = folder.others(), OutputCircuits.of(model.program)
    given = folder.job.request.condition
    condition = None if given is None else np.asarray(given)
    inputs = np.asarray(model.parameters.inputs(params, condition, np.float32), np.float64)
    elements: list[list[NDArray[np.uint8]]] = [[] for _ in inputs]
    for place, item in enumerate(folder.job.items):  # circuit by circuit
        elements[item.row].append(strings[place])
    estimates = [circuits.estimates(own, row) for own, row in zip(elements, inputs, strict=True)]
    weights, exact = (np.asarray(each, np.float64) for each in model.answer(params, Numbers(), condition))
    shares = np.concatenate(
        [weight * each.shares for weight, each in zip(model.parameters.weights, estimates, strict=True)]
    )
    outcomes = len(weights) // len(inputs)
    bits = outcomes.bit_length() - 1
    labels = [
        ", ".join(([str(element)] if len(inputs) > 1 else []) + ([f"{code:0{bits}b}"] if bits else []))
        for element in range(len(inputs))
        for code in range(outcomes)
    ]
    return OutputNumbers(
        folder.job,
        _names(model),
        tuple(labels),
        (weights, shares / shares.sum() if shares.sum() > 0 else shares),
        exact,
        np.concatenate([each.numbers for each in estimates]),
        np.concatenate([each.errors for each in estimates]),
    )


def _names(model: Model) -> tuple[str, ...]:
    return tuple(
        f"{output.name}[{', '.join(map(str, index))}]" if output.shape else output.name
        for output in model.program.outputs.declared
        for index in np.ndindex(*output.shape)
    )


def table(found: OutputNumbers) -> Table:
    """A line for each number of each label, the first `SHOWN` of them."""
    request, alone = found.job.request, len(found.labels) == 1
    heads = ["model", "machine"] if alone else ["label", "weight", "model", "machine"]
    shown = blank(f"{found.job.id}: {request.engine}, outputs, {request.shots} shots of each circuit", heads)
    places = [(label, k) for label in range(len(found.labels)) for k in range(len(found.names))]
    for label, k in places[:SHOWN]:
        cells = [_plain(found.exact[label, k]), figure_of(*_pair(found, label, k))]
        before = [] if alone else [found.labels[label], _plain(found.weights[1][label])]
        shown.add_row(found.names[k], *before, *cells)
    more = len(places) - SHOWN
    lines = ["model: exact; machine: with standard errors, - where no shot has the label"]
    lines += [f"{more:,} more numbers: --format json has them"] if more > 0 else []
    shown.caption = "\n".join(lines)
    return shown


def facts(found: OutputNumbers) -> dict[str, Any]:
    """The same for programs; null where there is no number."""
    job = found.job
    rows = [
        {
            "label": label,
            "weight": {"model": found.weights[0][k], "machine": found.weights[1][k]},
            "model": _listed(found.exact[k]),
            "machine": _listed(found.machine[k]),
            "errors": _listed(found.errors[k]),
        }
        for k, label in enumerate(found.labels)
    ]
    about = {"id": job.id, "engine": job.request.engine, "shots": job.request.shots, "step": job.model.get("step")}
    return {**about, "figures": dict(job.figures), "outputs": {"names": list(found.names), "rows": rows}}


def _pair(found: OutputNumbers, label: int, k: int) -> tuple[float | None, float | None]:
    value, error = _known(found.machine[label, k]), _known(found.errors[label, k])
    return value, error


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _listed(row: NDArray[np.float64]) -> list[float | None]:
    return [_known(value) for value in row]


def _plain(value: float) -> str:
    return number(float(value)) if math.isfinite(value) else "-"
