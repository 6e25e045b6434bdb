"""The report at the end of a run: the objective and its terms, and the metrics that the program asks for."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.baselines import Fitted, distributions, of_classes
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.evaluate import Row, evaluate, in_chunks
from qgl.evaluate.distributions import ModelDistribution
from qgl.evaluate.emitted import Emitted
from qgl.evaluate.outputs import rows
from qgl.evaluate.sampled import Counts, evaluate_counts
from qgl.evaluate.table.classes import OfClass, by_class, labelled
from qgl.evaluate.table.evaluation import Answerer
from qgl.expression import Real
from qgl.expression import evaluate as evaluate_number
from qgl.model import Model
from qgl.objectives import Setting
from qgl.parameters import Params
from qgl.passes.trotter import error_bound, is_lost, is_sliced
from qgl.program.calls.objectives import MarkovNLL
from qgl.program.calls.reports import KL, NLL, TV, MarkovGap, Moments, OfData, ReportCall
from qgl.program.program import Program
from qgl.program.rolled import patterns
from qgl.query import GivenOutcomes, LogProb, Probabilities, Query, Samples
from qgl.report.display import duration, number
from qgl.report.truncation import Recorded, cut_off, is_truncated, largest_difference, with_estimates
from qgl.runs.run import Run

if TYPE_CHECKING:
    from rich.table import Table

_DRAWN = 2  # the seed of strings that are drawn for reports
_TRUNCATED = "~: what a finer truncation changes, an estimate of the error"
_CLASSES = "a row of several labels is their mean, each as often as it is among the rows; below it, each by itself"
_SEEDS = "median of seeds [range]"


def reports_of(program: Program) -> tuple[ReportCall, ...]:
    """The reports of a program, or if it asks for none, kl, tv and moments of the objective's data.

    Of more than 24 bits these are nll and moments: no string comes twice, so that distributions of whole strings say
    little.
    """
    data = program.learnt
    if program.reports or data is None:
        return with_gaps(program)
    place = program.objective[0].call.span
    kinds: tuple[type[OfData], ...] = (KL, TV, Moments) if len(program.visible) <= EXACT_WIDTH else (NLL, Moments)
    if data.conditions is not None:
        kinds = (NLL,)
    return (*(kind(data.name, span=place) for kind in kinds), *with_gaps(program))


def at_the_end(program: Program) -> tuple[ReportCall, ...]:
    """What a run is measured by: the reports of its program; where it has baselines, always something."""
    return reports_of(program) if program.baselines else with_gaps(program)


def with_gaps(program: Program) -> tuple[ReportCall, ...]:
    """The reports of a program, and beside each `markov_nll` of its objective how far that is from nll."""
    measured = [call.radius for call in program.reports if isinstance(call, MarkovGap)]
    terms = {term.call.radius: term.call for term in program.objective if isinstance(term.call, MarkovNLL)}
    gaps = [MarkovGap(radius, span=call.span) for radius, call in terms.items() if radius not in measured]
    return (*program.reports, *gaps)


def measure(
    model: Model,
    params: Params,
    reports: Sequence[ReportCall],
    baselines: Sequence[Fitted] = (),
    *,
    bare: bool = False,
) -> tuple[Row, ...]:
    """The rows of reports from exact answers; `bare` ones have no floors and baselines."""
    setting, answer = Setting.of(model.program), answerer(model, params)

    def generated(count: int, condition: Any = None) -> NDArray[np.float64]:
        drawn = rows.sample(model, params, count, _DRAWN, condition).values()
        joined: NDArray[np.float64] = np.concatenate([each.reshape(count, -1) for each in drawn], axis=1)
        return joined

    emitted, fitted, own = as_emitted(model, params), distributions(baselines), of_classes(baselines)

    def rows_of(calls: Sequence[ReportCall], answer: Answerer, bare: bool) -> tuple[Row, ...]:
        return evaluate(calls, setting, answer, fitted, bare=bare, emitted=emitted, generated=generated, of_classes=own)

    if model.program.train.approximate is None:
        return rows_of(reports, answer, bare)
    return tuple(row for call in reports for row in _estimated(call, model, params, answer, rows_of, bare))


def measure_samples(
    model: Model, params: Params, reports: Sequence[ReportCall], count: int, seed: int, baselines: Sequence[Fitted] = ()
) -> tuple[Row, ...]:
    """The rows of reports from so many samples; of labelled data, from so many of each label."""
    setting = Setting.of(model.program)

    @functools.cache
    def counted(number: int, condition: tuple[float, ...] | None) -> Counts:
        given = None if condition is None else np.array(condition)
        return Counts.of(in_chunks.sample(model, params, count, seed, given), seed)

    def rows_of(call: ReportCall) -> tuple[Row, ...]:
        data = labelled(call, setting)
        if data is None:
            return evaluate_counts((call,), setting, counted(0, None), seed, distributions(baselines))
        return by_class(data, setting, lambda one: of_one(call, one))

    def of_one(call: ReportCall, one: OfClass) -> tuple[Row, ...]:
        condition = None if one.condition is None else tuple(one.condition.tolist())
        own = distributions(baselines, one.number)
        return evaluate_counts((call,), one.setting, counted(one.number, condition), seed, own)

    return tuple(row for call in reports for row in rows_of(call))


def _estimated(
    call: ReportCall,
    model: Model,
    params: Params,
    answer: Answerer,
    rows_of: Callable[[Sequence[ReportCall], Answerer, bool], tuple[Row, ...]],
    bare: bool,
) -> tuple[Row, ...]:
    """The rows of one report, with estimates of what truncation did to them if it did anything."""
    own = Recorded(answer)
    measured = rows_of((call,), own, bare)
    if not is_truncated(model, tuple(own.known)):
        return measured
    finer = Recorded(answerer(model.refined, params))
    rows = rows_of((call,), finer, True)
    cut = cut_off(model, params, own.known)
    return with_estimates(model, measured, rows, largest_difference(own.known, finer.known), cut)


def _key_of_estimates() -> jax.Array:
    """Of estimates of Pauli words, apart from that of the Pauli words themselves."""
    return jax.random.key(1, impl="threefry2x32")


def answerer(model: Model, params: Params, always: Any = None) -> Answerer:
    """What answers queries about a trained model; `always` are condition inputs for queries that come without."""
    held: list[NDArray[np.floating[Any]]] = []  # probabilities of all strings under `always`

    def answer(query: Query, condition: Any = None, given: Any = None) -> Any:
        if isinstance(query, LogProb):
            known = held[0] if held and condition is None else None
            return in_chunks.log_prob(model, params, query.rows, always if condition is None else condition, known)
        if isinstance(query, Probabilities) and condition is None:
            held[:] = held or [np.asarray(model.probabilities(params, always))]
            return held[0]
        condition = always if condition is None else condition
        if isinstance(query, GivenOutcomes) and given is not None:
            return in_chunks.log_prob_in_bases(model, params, given[..., 1], given[..., 0], condition)
        if isinstance(query, Samples):
            return in_chunks.sample(model, params, query.shots, _DRAWN, condition)
        if given is not None:
            return model.answers(params, (query,), condition, _key_of_estimates(), {query: given})[query]
        return model.answer(params, query, condition)

    return answer


def as_emitted(model: Model, params: Params) -> Emitted:
    """The circuit of a trained model as it is emitted; of a mixture, the mean of its circuits."""

    def bound() -> float | None:
        rows = np.asarray(model.parameters.inputs(params, None, np.float32), np.float64)
        each = [slice_bound(model.program, row) for row in rows]
        return None if None in each else float(np.dot(model.parameters.weights, np.array(each, np.float64)))

    lost = any(map(is_lost, patterns(model.program.operations)))
    return Emitted(lambda: ModelDistribution(answerer(model.emitted, params), model.width), bound, lost)


def slice_bound(program: Program, inputs: NDArray[np.float64]) -> float | None:
    """The sum of the bounds of all evolutions in slices, for given inputs, shape (inputs,)."""
    starts = np.cumsum([0, *(parameter.size for parameter in program.parameters)])

    def value(number: Real) -> float:
        return evaluate_number(number, lambda atom: float(inputs[starts[atom.parameter] + atom.element]))

    each = [error_bound(operation, value) for operation in patterns(program.operations) if is_sliced(operation)]
    bounds = [bound for bound in each if bound is not None]
    return sum(bounds) if len(bounds) == len(each) else None


def assemble(
    title: str, run: Run, seconds: float, metrics: Sequence[Row], baselines: Sequence[Fitted] = ()
) -> dict[str, Any]:
    """The content of `report.json`; `seconds` is the time of training without compilation."""
    finite = [loss for loss in run.losses.tolist() if loss == loss]
    return {
        "title": title,
        "status": run.status,
        "reason": run.reason,
        "steps": run.steps,
        "seconds": round(seconds, 3),
        "seeds": len(run.losses),
        "best_seed": run.best_seed,
        "loss": plain(run.loss),
        "loss_of_seeds": [plain(loss) for loss in run.losses.tolist()],
        "median_loss": plain(statistics.median(finite)) if finite else None,
        "terms": {name: plain(values[run.best_seed]) for name, values in run.terms.items()},
        "metrics": [asdict(row) for row in metrics],
        "baselines": [each.facts for each in baselines],
    }


def table(report: dict[str, Any]) -> Table:
    """The report for a terminal."""
    names = _columns(report["metrics"], report["seeds"] > 1)
    shown = _blank(_heading(report), names)
    for row in _objective_rows(report):
        shown.add_row(*row)
    shown.add_section()
    for metric in report["metrics"]:
        shown.add_row(*_cells(metric, names))
    shown.caption = "\n".join(_captions(report["metrics"], report.get("baselines", ())))
    return shown


def metrics_table(title: str, rows: Sequence[Row], baselines: Sequence[Fitted] = ()) -> Table:
    """Metrics alone for a terminal."""
    metrics = [asdict(row) for row in rows]
    names = _columns(metrics)
    shown = _blank(title, names)
    for metric in metrics:
        shown.add_row(*_cells(metric, names))
    shown.caption = "\n".join(_captions(metrics, [each.facts for each in baselines]))
    return shown


def _blank(title: str, names: Sequence[str]) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    shown = Table(
        box=SIMPLE_HEAD, title=title, title_justify="left", title_style="bold", caption_justify="left", min_width=64
    )
    shown.add_column("", overflow="fold")
    for name in names:
        heading = name.replace("(", "\n(", 1)  # arguments of a baseline stand below its name
        shown.add_column(heading, justify="right", no_wrap=True, overflow="fold")
    return shown


def markdown(report: dict[str, Any]) -> str:
    """The report as a page of Markdown."""
    names = _columns(report["metrics"], report["seeds"] > 1)
    lines = [f"# {_heading(report)}", "", f"| | {' | '.join(names)} |", f"|---|{'---:|' * len(names)}"]
    for row in [*_objective_rows(report), *(_cells(metric, names) for metric in report["metrics"])]:
        lines.append(f"| {' | '.join(row)} |")
    lines += _stage_lines(report.get("stages", ()))
    losses = ", ".join(number(loss) if loss is not None else "not finite" for loss in report["loss_of_seeds"])
    for caption in _captions(report["metrics"], report.get("baselines", ())):
        lines += ["", caption]
    lines += ["", f"Loss of the seeds: {losses}.", ""]
    return "\n".join(lines)


def _stage_lines(stages: Sequence[dict[str, Any]]) -> list[str]:
    """A table of the stages of a run, in Markdown: how each went, and what it was measured by at its end."""
    if not stages:
        return []
    lines = ["", "| stage | steps | ended by | loss | measured |", "|---|---:|---|---:|---|"]
    for stage in stages:
        measured = "; ".join(f"{metric['name']} {_cells(metric, ('value',))[1]}" for metric in stage["metrics"])
        cells = (stage["stage"], str(stage["steps"]), stage["reason"], _figure(stage["loss"]), measured)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _heading(report: dict[str, Any]) -> str:
    wording = f"{report['title']}: {report['steps']} steps in {duration(report['seconds'])}"
    return f"{wording}, ended by {report['reason']}"


def _objective_rows(report: dict[str, Any]) -> list[tuple[str, ...]]:
    by = f" by {report['best_by']}" if report.get("best_by") else ""
    name = "loss" if report["seeds"] == 1 else f"loss (best of {report['seeds']} seeds{by}: {report['best_seed']})"
    several = report["seeds"] > 1
    finite = [loss for loss in report["loss_of_seeds"] if loss is not None]
    among = _among(report["median_loss"], min(finite, default=None), max(finite, default=None))
    error = report.get("truncation")
    value = _figure(report["loss"]) + (f" ~ {error['loss']:.1g}" if error else "")
    cells = [(name, value, *([among] if several else []))]
    if len(report["terms"]) > 1:
        cells += [(f"  {term}", _figure(value)) for term, value in report["terms"].items()]
    return [(*row, *[""] * (1 + len(_columns(report["metrics"], several)) - len(row))) for row in cells]


def _columns(metrics: Sequence[dict[str, Any]], several: bool = False) -> tuple[str, ...]:
    """The headings of figures; with `several` seeds, what these have stands beside the value of the best."""
    baselines = dict.fromkeys(name for metric in metrics for name in metric.get("baselines", {}))
    return ("value", *([_SEEDS] if several else []), "floor", *baselines, "uniform")


def _among(median: float | None, low: float | None, high: float | None) -> str:
    """`0.31 [0.28, 0.4]`: median and range over seeds."""
    if median is None or low is None or high is None:
        return ""
    return f"{median:.3g} [{low:.3g}, {high:.3g}]"


def _cells(metric: dict[str, Any], names: Sequence[str]) -> tuple[str, ...]:
    """The cells of one row under the headings `names`."""
    name = f"{metric['name']} ({metric['unit']})" if metric["unit"] else metric["name"]
    name = f"  {metric['given']}" if metric.get("given") else name
    value = _figure(metric["value"]) if metric["value"] is not None else "-"
    if metric["error"] is not None:
        value += f" ± {metric['error']:.1g}"
    if metric.get("truncation") is not None:
        value += f" ~ {metric['truncation']:.1g}"
    known = {"value": value, _SEEDS: _among(*(metric.get(key) for key in ("median", "low", "high")))}
    known |= {key: _figure(figure) for key, figure in metric.get("baselines", {}).items()}
    known |= {key: _figure(metric[key]) for key in ("floor", "uniform")}
    return (name, *(known.get(heading, "") for heading in names))


def _captions(metrics: Sequence[dict[str, Any]], baselines: Sequence[dict[str, Any]]) -> list[str]:
    """What the columns are, and why a value is missing."""
    columns = dict.fromkeys(metric.get(key) or "" for key in ("floor_is", "uniform_is") for metric in metrics)
    notes = dict.fromkeys(line for metric in metrics for line in (metric.get("note") or "").splitlines())
    fitted = [f"{each['name']}: {each['words']}" for each in baselines] if metrics else []
    truncated = any(metric.get("truncation") is not None for metric in metrics)
    given = _CLASSES if any(metric.get("given") for metric in metrics) else ""
    return list(filter(None, [*columns, *fitted, given, _TRUNCATED if truncated else "", *notes]))


def _figure(value: float | None) -> str:
    return "" if value is None else number(value)


def plain(value: float) -> float | None:
    """A number as JSON takes it; None for one that is not finite."""
    plain = float(value)
    return plain if plain == plain and abs(plain) != float("inf") else None
