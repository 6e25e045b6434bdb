"""Reports from exact answers to queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from qgl.check.law import distinct, entropy
from qgl.check.program import CallSpec, DataSet
from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import TooLarge
from qgl.evaluate import estimates, metrics
from qgl.evaluate.correlations import Shells
from qgl.evaluate.discrepancy import WordSet
from qgl.evaluate.estimates import Estimate
from qgl.evaluate.laws import Law, ModelLaw, ProductLaw, Real
from qgl.evaluate.pairs import Moments
from qgl.evaluate.quantum import purity, quantum_information, von_neumann
from qgl.evaluate.row import Row
from qgl.objectives.markov_nll import windows
from qgl.objectives.model import Setting
from qgl.query import GivenWords, LogProb, Marginals, Query, State, log_floor

NATS = "nats"
PARTS = ("largest", "mean")
_RESAMPLES = 8


class Answerer(Protocol):
    """Answers queries about a trained model, for one value of its condition inputs if it has any.

    `given` is the array of a query that leaves it open.
    """

    def __call__(self, query: Query, condition: Any = None, given: Any = None) -> Any: ...


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a report may use: the model's law and answers, and the data sets by name.

    bare  values alone are wanted, nothing to hold them against
    """

    answer: Answerer
    setting: Setting
    bare: bool = False

    @cached_property
    def law(self) -> Law:
        """The model's law; asked for only when a report needs it."""
        return ModelLaw(self.answer, self.setting.width).law

    def of(self, call: CallSpec) -> DataSet:
        return self.setting.data[call.arguments["data"]]


def evaluate(
    reports: Sequence[CallSpec], setting: Setting, answer: Answerer, *, bare: bool = False
) -> tuple[Row, ...]:
    """The rows of all reports, in order; a row without a value, and with a note, where the model is too large for it.

    Args:
        reports: checked reports of a program.
        setting: its data, width and lattice.
        answer: `answer(query, condition)`, as `Model.answer` with its parameters filled in; called once per query.
        bare: give values alone, without floors and baselines, which cost time and are the same for all parameters.
    """
    evaluation = Evaluation(answer, setting, bare)
    return tuple(row for call in reports for row in _rows(call, evaluation))


def _rows(call: CallSpec, evaluation: Evaluation) -> tuple[Row, ...]:
    try:
        return tuple(REPORTS[call.name](call, evaluation))
    except QglError as error:
        (fault,) = error.diagnostics[:1]
        if not isinstance(fault, TooLarge):
            raise
        return (Row(title(call), None, note=f"{title(call)}: {fault.message}"),)


def title(call: CallSpec) -> str:
    """`kl(spins)`: a report as a program writes it, without its kernel."""
    parts = [call.arguments.get("data") or ""]
    if call.name == "cmi":
        parts = [_positions(call.arguments[key]) for key in "abc"]
    if call.name == "entropy" and call.arguments.get("region") is not None:
        parts = [_positions(call.arguments["region"])]
    if call.name == "markov_gap":
        parts = [str(call.arguments["radius"])]
    if call.arguments.get("weight") is not None:
        parts.append(f"weight {call.arguments['weight']}")
    kind = ["quantum"] if call.arguments.get("kind") == "quantum" else []
    return f"{call.name}({', '.join(filter(None, parts + kind))})"


def _positions(region: tuple[int, ...]) -> str:
    """`[3, 5]`, or `[3..7]` for a row of neighbours."""
    if len(region) > 2 and region == tuple(range(region[0], region[-1] + 1)):
        return f"[{region[0]}..{region[-1]}]"
    return f"[{', '.join(map(str, region))}]"


def independent(data: DataSet) -> ProductLaw:
    """Independent bits with the marginals of the data."""
    return ProductLaw(np.clip(data.weights @ data.rows, 0.0, 1.0))


def fair(width: int) -> ProductLaw:
    """The uniform law."""
    return ProductLaw(np.full(width, 0.5))


def _distance(
    metric: Callable[[Law, DataSet], float], floor: Callable[[DataSet], float | None], unit: str
) -> Callable[[CallSpec, Evaluation], Iterator[Row]]:
    """A report that is one number of a law and a data set."""

    def report(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
        data = evaluation.of(call)
        value = metric(evaluation.law, data)
        if evaluation.bare:
            yield Row(title(call), value, unit=unit)
            return
        yield Row(
            title(call),
            value,
            floor=floor(data),
            baseline=metric(independent(data), data),
            uniform=metric(fair(data.width), data),
            unit=unit,
        )

    return report


def by_chance(estimate: Estimate, data: DataSet) -> float:
    """What the law behind the data must be expected to differ from them, the data being samples of it.

    It is the mean difference of sets of as many rows drawn from the data's own law. Nothing for data that are a law.
    """
    if data.exact:
        return 0.0
    rows, law, _ = distinct(data.rows, data.weights)
    count = len(data.rows)
    drawn = np.random.default_rng(0).multinomial(count, law / law.sum(), _RESAMPLES).T.astype(np.float64)
    return float(estimate(rows, drawn).mean())


def data_entropy(data: DataSet) -> float:
    """The entropy of the data's law, or, with condition columns, of the rows given these; in nats."""
    columns = [] if data.conditions is None else [data.conditions]
    joint = _merged_entropy(np.concatenate([*columns, data.rows], axis=1), data.weights)
    return joint - _merged_entropy(columns[0], data.weights) if columns else joint


def likelihood_floor(data: DataSet) -> float | None:
    """The least negative log-likelihood that a model can have, the entropy of the data's law; in nats.

    None where the data are samples that never repeat: their entropy tells their number alone.
    """
    alone = data.conditions is None and len(distinct(data.rows, data.weights)[0]) == len(data.rows)
    return None if alone and not data.exact else data_entropy(data)


def _merged_entropy(rows: Real, weights: Real) -> float:
    _, place = np.unique(rows, axis=0, return_inverse=True)
    return entropy(np.bincount(place.reshape(-1), weights=weights).astype(np.float64))


def _nll(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    data = evaluation.of(call)
    if data.conditions is None:
        yield from _distance(metrics.nll, likelihood_floor, NATS)(call, evaluation)
        return
    value = 0.0
    for condition in np.unique(data.conditions, axis=0):
        chosen = np.all(data.conditions == condition, axis=1)
        log_prob = np.asarray(evaluation.answer(LogProb.of(data.rows[chosen]), condition), dtype=np.float64)
        value -= float(data.weights[chosen] @ np.maximum(log_prob, log_floor(data.width)))
    baseline, uniform = metrics.nll(independent(data), data), metrics.nll(fair(data.width), data)
    yield Row(title(call), value, floor=data_entropy(data), baseline=baseline, uniform=uniform, unit=NATS)


def _mmd(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    data, kernel = evaluation.of(call), call.arguments["kernel"]
    words = WordSet.of(call, evaluation.setting)
    if words is not None:
        value, error = _by_words(words, evaluation)
        if evaluation.bare:
            yield Row(title(call), value, error)
            return
        baseline, uniform = (
            words.distance(law.moments(words.places))[0] for law in (independent(data), fair(data.width))
        )
        yield Row(title(call), value, error, words.by_chance(data), baseline, uniform)
        return
    if evaluation.bare:
        yield Row(title(call), metrics.mmd(evaluation.law, data, kernel))
        return
    laws = (evaluation.law, independent(data), fair(data.width))
    columns = [metrics.mmd(law, data, kernel) for law in laws]
    floor = 0.0 if data.exact else estimates.mmd_by_chance(data, kernel)
    yield Row(title(call), columns[0], floor=floor, baseline=columns[1], uniform=columns[2])


def _by_words(words: WordSet, evaluation: Evaluation) -> tuple[float, float | None]:
    """The discrepancy, with its error if words were drawn."""
    if words.rows is None:
        return words.distance(evaluation.law.moments(words.places))
    query = GivenWords(len(words.rows), words.samples)
    values, squares = np.asarray(evaluation.answer(query, given=words.rows), dtype=np.float64)
    return words.distance(values, squares)


def _moments(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    data, chosen = evaluation.of(call), Moments.of(evaluation.setting.neighbourhood)
    laws: tuple[Law, ...] = (evaluation.law, independent(data), fair(data.width))
    ideal = metrics.sample_moments(data.rows, data.weights, chosen.places)
    columns = [metrics.summary(law.moments(chosen.places) - ideal) for law in laws]
    for part, (value, baseline, uniform) in enumerate(zip(*columns, strict=True)):
        name = f"{title(call)}, {PARTS[part]}{chosen.words}"
        if evaluation.bare:
            yield Row(name, float(value))
            continue
        floor = by_chance(estimates.moments(data, part, chosen.places), data)
        yield Row(name, float(value), floor=floor, baseline=float(baseline), uniform=float(uniform))


def _correlation_length(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    shells = Shells.of(evaluation.setting.neighbourhood, call.arguments["reach"])
    floor = None if call.arguments["data"] is None else shells.length_in(evaluation.of(call))
    yield Row(title(call), shells.length(evaluation.law.moments(shells.places)), floor=floor)


def _entropy(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    region, width = call.arguments.get("region"), evaluation.setting.width
    size = width if region is None else len(region)
    if call.arguments.get("kind") == "quantum":
        asked = State() if region is None else Marginals((tuple(sorted(region)),))
        answer = evaluation.answer(asked)
        value: float | None = von_neumann(answer if region is None else answer[0])
    elif region is None:
        value = evaluation.law.entropy()
    else:
        value = entropy(evaluation.law.regions((region,))[0])
    yield Row(title(call), value, uniform=fair(size).entropy(), unit=NATS)


def _markov_gap(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    radius, width = call.arguments["radius"], evaluation.setting.width
    gaps = [0.0]  # of a radius that takes in every bit
    if radius + 2 <= width:
        laws = evaluation.law.regions(windows(width, radius + 2))
        gaps = [metrics.conditional_mutual_information(law, (1, radius, 1)) for law in laws]
    for part, value in zip(PARTS, metrics.summary(np.array(gaps)), strict=True):
        yield Row(f"{title(call)}, {part}", float(value), unit=NATS)


def _purity(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    yield Row(title(call), purity(evaluation.answer(State())))


def _cmi(call: CallSpec, evaluation: Evaluation) -> Iterator[Row]:
    a, b, c = (call.arguments[key] for key in "abc")
    if call.arguments["kind"] == "classical":
        (joint,) = evaluation.law.regions(((*a, *b, *c),))
        value = metrics.conditional_mutual_information(joint, (len(a), len(b), len(c)))
    else:
        regions = tuple(tuple(sorted(region)) for region in (a + b, b + c, b, a + b + c) if region)
        value = quantum_information(*evaluation.answer(Marginals(regions)))
    yield Row(title(call), value, unit=NATS)


REPORTS: Mapping[str, Callable[[CallSpec, Evaluation], Iterator[Row]]] = {
    "kl": _distance(metrics.kl, lambda data: 0.0, NATS),
    "tv": _distance(metrics.tv, lambda data: by_chance(estimates.tv(data), data), ""),
    "nll": _nll,
    "mmd": _mmd,
    "valid_rate": _distance(metrics.valid_rate, lambda data: 1.0, ""),
    "moments": _moments,
    "entropy": _entropy,
    "correlation_length": _correlation_length,
    "markov_gap": _markov_gap,
    "purity": _purity,
    "cmi": _cmi,
}
