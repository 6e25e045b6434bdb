"""Reports from exact answers to queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from qgl.bits.distribution import entropy
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NothingSucceeds
from qgl.diagnostics.size import TooLarge
from qgl.evaluate import estimates, metrics
from qgl.evaluate.conditions import accuracy, conditional_valid_rate, in_groups, success
from qgl.evaluate.correlations import OfColumns, Shells, markov_length
from qgl.evaluate.deployment import deployment
from qgl.evaluate.discrepancy import PauliWordSet
from qgl.evaluate.distributions import Distribution, Drawn, Real
from qgl.evaluate.emitted import Emitted, trotter_error
from qgl.evaluate.generalisation import SPREAD, Shares, Valid, counted, expected, measured
from qgl.evaluate.impossible import impossible_rows, is_impossible
from qgl.evaluate.of_data.denoising import denoising_gap
from qgl.evaluate.outputs.reports import numbers_reported
from qgl.evaluate.pairs import Moments
from qgl.evaluate.row import NATS, PARTS, Row
from qgl.evaluate.states.choices import probabilities
from qgl.evaluate.states.ensembles import compared, mean_fidelity, mean_purity
from qgl.evaluate.states.local_errors import local_errors, measured_in_bases
from qgl.evaluate.states.many_body import energy, expectation, free_energy, hamming_distance, magnetisation
from qgl.evaluate.states.quantum import quantum_information, von_neumann
from qgl.evaluate.table import floors
from qgl.evaluate.table.classes import by_class, labelled
from qgl.evaluate.table.evaluation import NO_FLOOR, Answerer, Evaluation
from qgl.evaluate.table.floors import Floor
from qgl.evaluate.table.titles import title
from qgl.objectives.markov_nll import windows
from qgl.objectives.model import Setting
from qgl.program.calls import reports as calls
from qgl.program.program import DataSet
from qgl.query import GivenPauliWords, LogProb, Marginals, State, log_floor
from qgl.record import record

_MIXED = "uniform: the maximally mixed state"


def evaluate(
    reports: Sequence[calls.ReportCall],
    setting: Setting,
    answer: Answerer,
    baselines: Mapping[str, Drawn] | None = None,
    *,
    bare: bool = False,
    emitted: Emitted | None = None,
    generated: Callable[..., Any] | None = None,
    of_classes: Sequence[Mapping[str, Drawn]] | None = None,
) -> tuple[Row, ...]:
    """The rows of all reports, in order; a row without a value, and with a note, where the model is too large for it.

    Of labelled data a report is given class by class, see `qgl.evaluate.table.classes`.

    Args:
        reports: checked reports of a program.
        setting: its data, width and lattice.
        answer: `answer(query, condition)`, as `Model.answer` with its parameters filled in; called once per query.
        baselines: the distributions of its baselines, by label; None for independent bits with the means of each
        report's data. bare: give values alone, without floors and baselines, which cost time and are the same for all
        parameters. emitted: the circuit as it is emitted, for `trotter_error`. generated: generates rows of outputs,
        under a `condition` if it is given one. of_classes: the baselines of each class of labelled data.
    """
    evaluation = Evaluation(answer, setting, baselines, bare, emitted, generated, of_classes)
    return tuple(row.told(setting.doubts) for call in reports for row in _by_class(call, evaluation))


def _by_class(call: calls.ReportCall, evaluation: Evaluation) -> tuple[Row, ...]:
    data = labelled(call, evaluation.setting)
    if data is None:
        return _rows(call, evaluation)
    return by_class(data, evaluation.setting, lambda one: _rows(call, evaluation.under(one)))


def _rows(call: calls.ReportCall, evaluation: Evaluation) -> tuple[Row, ...]:
    try:
        if isinstance(call, calls.OfData) and call.data is not None and evaluation.of(call).numbers is not None:
            return tuple(numbers_reported(call, evaluation.setting, evaluation.answer, evaluation.rows))
        return tuple(_report(call, evaluation))
    except QglError as error:
        (fault,) = error.diagnostics[:1]
        if not isinstance(fault, TooLarge | NothingSucceeds):
            raise
        return (Row(title(call), None, note=f"{title(call)}: {fault.message}"),)


def _report(call: calls.ReportCall, evaluation: Evaluation) -> Iterator[Row]:
    match call:
        case calls.KL() | calls.TV() | calls.JS() | calls.MSE() | calls.Wasserstein(cost="integer"):
            return _distance(call, evaluation, _measure(call))
        case calls.NLL() | calls.ValidRate() | calls.Accuracy():
            return _row_by_row(call, evaluation)
        case calls.MMD() if call.kernel is None or not call.kernel.of_states:
            return _mmd(call, evaluation)
        case calls.MMD() | calls.Wasserstein():
            return compared(call, evaluation.setting, evaluation.answer, evaluation.bare)
        case calls.MeanFidelity():
            return mean_fidelity(call, evaluation.setting, evaluation.answer)
        case calls.Moments():
            return _moments(call, evaluation)
        case calls.Entropy():
            return _entropy(call, evaluation)
        case calls.HammingDistance() | calls.FreeEnergy() | calls.Energy() | calls.Expectation() | calls.LocalErrors():
            return _probe(call, evaluation)
        case calls.Columns() | calls.CorrelationLength() | calls.MarkovLength() | calls.DenoisingGap():
            return _correlated(call, evaluation)
        case calls.MarkovGap():
            return _markov_gap(call, evaluation)
        case calls.Purity():
            return iter([mean_purity(call, evaluation.setting, evaluation.answer)])
        case calls.Success() | calls.Choices():
            return _of_outcomes(call, evaluation)
        case calls.TrotterError():
            return trotter_error(call.name, evaluation.distribution, evaluation.emitted)
        case calls.CMI():
            return _cmi(call, evaluation)
        case calls.Generalisation():
            return _generalisation(call, evaluation)
        case _:
            raise ValueError(f"no report `{call.name}`")


@record
class _Measure:
    """A number of a distribution and a data set; `charged`: rows that cannot come cost it a finite number."""

    metric: Callable[[Distribution, DataSet], float | None]
    floor: Callable[[DataSet], Floor]
    unit: str = ""
    charged: bool = False


_DISTANCES: Mapping[type[calls.OfData], _Measure] = {
    calls.KL: _Measure(metrics.kl, floors.kl, NATS, charged=True),
    calls.NLL: _Measure(metrics.nll, floors.nll, NATS, charged=True),
    calls.TV: _Measure(metrics.tv, floors.tv),
    calls.JS: _Measure(metrics.js, floors.js, NATS),
    calls.Wasserstein: _Measure(metrics.transported, floors.transported),
    calls.ValidRate: _Measure(metrics.valid_rate, floors.valid_rate),
}


def _measure(call: calls.OfData) -> _Measure:
    if not isinstance(call, calls.MSE):
        return _DISTANCES[type(call)]
    error, drawn = partial(metrics.mse, region=call.region), partial(floors.mse, region=call.region)
    return _Measure(error, lambda data: floors.mmd(data, lambda: drawn(data)))


def _distance(call: calls.OfData, evaluation: Evaluation, measure: _Measure) -> Iterator[Row]:
    data = evaluation.of(call)
    yield evaluation.row(
        title(call),
        measure.metric(evaluation.distribution, data),
        lambda distribution: measure.metric(distribution, data),
        data=data,
        floor=lambda: measure.floor(data),
        unit=measure.unit,
        impossible=impossible_rows(evaluation.distribution, data) if measure.charged else None,
    )


def _row_by_row(call: calls.NLL | calls.ValidRate | calls.Accuracy, evaluation: Evaluation) -> Iterator[Row]:
    """What takes the conditions of the data, if it has any."""
    data = evaluation.of(call)
    if data.bases is not None:
        yield measured_in_bases(title(call), data, data.bases, evaluation.answer)
    elif data.conditions is None and not isinstance(call, calls.Accuracy):
        yield from _distance(call, evaluation, _DISTANCES[type(call)])
    elif isinstance(call, calls.NLL):
        yield from _nll(call, data, evaluation)
    elif isinstance(call, calls.Accuracy):
        yield accuracy(title(call), data, evaluation.setting.columns, evaluation.answer)
    else:
        yield conditional_valid_rate(title(call), data, evaluation.setting.columns, evaluation.answer)


def _nll(call: calls.NLL, data: DataSet, evaluation: Evaluation) -> Iterator[Row]:
    assert data.conditions is not None
    value, impossible = 0.0, 0
    for condition, chosen in in_groups(data.conditions, len(data.rows)):
        log_prob = np.asarray(evaluation.answer(LogProb.of(data.rows[chosen]), condition), dtype=np.float64)
        value -= float(data.weights[chosen] @ np.maximum(log_prob, log_floor(data.width)))
        impossible += int((is_impossible(log_prob, data.width) & (data.weights[chosen] > 0)).sum())
    yield evaluation.row(
        title(call),
        value,
        lambda distribution: metrics.nll(distribution, data),
        data=data,
        floor=lambda: floors.nll(data),
        unit=NATS,
        impossible=impossible,
    )


def _mmd(call: calls.MMD, evaluation: Evaluation) -> Iterator[Row]:
    row = _discrepancy(call, evaluation)
    if isinstance(call, calls.Deployment):
        return deployment(call, row, evaluation.draw, evaluation.setting)
    return iter([row])


def _discrepancy(call: calls.MMD, evaluation: Evaluation) -> Row:
    data, kernel = evaluation.of(call), call.kernel
    assert kernel is not None  # the checker has seen to it
    pauli_words = PauliWordSet.of(call, evaluation.setting)
    if pauli_words is not None:
        value, error = _by_pauli_words(pauli_words, evaluation)
        return evaluation.row(
            title(call),
            value,
            lambda distribution: pauli_words.distance(distribution.moments(pauli_words.positions))[0],
            data=data,
            floor=lambda: floors.mmd(data, lambda: pauli_words.by_chance(data)),
            error=error,
        )
    return evaluation.row(
        title(call),
        metrics.mmd(evaluation.distribution, data, kernel),
        lambda distribution: metrics.mmd(distribution, data, kernel),
        data=data,
        floor=lambda: floors.mmd(data, lambda: estimates.mmd_by_chance(data, kernel)),
    )


def _by_pauli_words(pauli_words: PauliWordSet, evaluation: Evaluation) -> tuple[float, float | None]:
    """The discrepancy, with its error if Pauli words were drawn."""
    if pauli_words.rows is None:
        return pauli_words.distance(evaluation.distribution.moments(pauli_words.positions))
    query = GivenPauliWords(len(pauli_words.rows), pauli_words.samples)
    values, squares = np.asarray(evaluation.answer(query, given=pauli_words.rows), dtype=np.float64)
    return pauli_words.distance(values, squares)


def _moments(call: calls.Moments, evaluation: Evaluation) -> Iterator[Row]:
    data, chosen = evaluation.of(call), Moments.of(evaluation.setting.neighbourhood)
    model = evaluation.distribution.moments(
        chosen.positions
    )  # asked first: who only listens need not wait for those of the data
    ideal = metrics.sample_moments(data.rows, data.weights, chosen.positions)

    def differences(distribution: Distribution) -> tuple[Real, Real]:
        return metrics.summary(distribution.moments(chosen.positions) - ideal)

    def floor(part: int) -> Floor:
        return floors.by_chance(estimates.moments(data, part, chosen.positions), data)

    for part, value in enumerate(metrics.summary(model - ideal)):
        name = f"{title(call)}, {PARTS[part]}{chosen.wording}"
        measure, least = _part(differences, part), partial(floor, part)
        yield evaluation.row(name, float(value), measure, data=data, floor=least)


def _part(measure: Callable[[Distribution], tuple[Real, Real]], part: int) -> Callable[[Distribution], float]:
    """One of the two numbers that `measure` takes of a distribution."""
    return lambda distribution: float(measure(distribution)[part])


def _correlated(
    call: calls.Columns | calls.CorrelationLength | calls.MarkovLength | calls.DenoisingGap, evaluation: Evaluation
) -> Iterator[Row]:
    if isinstance(call, calls.DenoisingGap):
        yield from denoising_gap(call, evaluation.setting)
        return
    if isinstance(call, calls.MarkovLength):
        yield markov_length(call, title(call), evaluation.setting.data[call.of])
        return
    if isinstance(call, calls.CorrelationLength):
        yield from _correlation_length(call, evaluation)
        return
    data = evaluation.of(call)
    each = OfColumns.all(data, evaluation.setting.columns)
    values = evaluation.distribution.regions(tuple(part.positions for part in each))

    def measure(part: OfColumns, distribution: Distribution) -> float:
        return part.of(distribution.regions((part.positions,))[0])

    for part, p in zip(each, values, strict=True):
        floor, beside = partial(part.floor, data), partial(measure, part)
        yield evaluation.row(title(call) + part.name, part.of(p), beside, data=data, floor=floor)


def _correlation_length(call: calls.CorrelationLength, evaluation: Evaluation) -> Iterator[Row]:
    shells = Shells.of(evaluation.setting.neighbourhood, call.reach)
    data = None if call.data is None else evaluation.of(call)

    def length(distribution: Distribution) -> float | None:
        return shells.length(distribution.moments(shells.positions))

    floor = NO_FLOOR if data is None else floors.same(data, shells.length_in(data))
    yield evaluation.row(title(call), length(evaluation.distribution), length, floor=lambda: floor)


def _entropy(call: calls.Entropy, evaluation: Evaluation) -> Iterator[Row]:
    region, width = call.region, evaluation.setting.width
    if call.kind == calls.QUANTUM:
        query = State() if region is None else Marginals((tuple(sorted(region)),))
        answer = evaluation.answer(query)
        value = von_neumann(answer if region is None else answer[0])
        size = width if region is None else len(region)
        yield Row(title(call), value, uniform=size * float(np.log(2)), unit=NATS, uniform_is=_MIXED)
        return

    def shannon(distribution: Distribution) -> float | None:
        return distribution.entropy() if region is None else entropy(distribution.regions((region,))[0])

    yield evaluation.row(title(call), shannon(evaluation.distribution), shannon, unit=NATS)


def _of_outcomes(call: calls.Success | calls.Choices, evaluation: Evaluation) -> Iterator[Row]:
    if isinstance(call, calls.Choices):
        return probabilities(call.name, evaluation.setting, evaluation.answer)
    return iter([success(title(call), evaluation.setting.data.get(call.data or ""), evaluation.answer)])


def _probe(
    call: calls.HammingDistance | calls.FreeEnergy | calls.Energy | calls.Expectation | calls.LocalErrors,
    evaluation: Evaluation,
) -> Iterator[Row]:
    if isinstance(call, calls.LocalErrors):
        yield from local_errors(call, title(call), evaluation.setting, evaluation.answer)
        return
    if isinstance(call, calls.Energy):
        yield energy(call, title(call), evaluation.answer, evaluation.bare)
        return
    if isinstance(call, calls.Expectation):
        yield expectation(call, title(call), evaluation.answer)
        return
    if isinstance(call, calls.FreeEnergy):
        yield from free_energy(call, title(call), evaluation.answer)
        return
    start = evaluation.setting.start
    assert start is not None  # the checker has seen to it
    region = call.region or tuple(range(len(start)))
    z = evaluation.answer(magnetisation(region))
    value = hamming_distance(z, [start[position] for position in region])
    yield Row(title(call), value, uniform=0.5, uniform_is=_MIXED)


def _markov_gap(call: calls.MarkovGap, evaluation: Evaluation) -> Iterator[Row]:
    radius, width = call.radius, evaluation.setting.width
    assert radius is not None  # the checker has seen to it

    def gaps(distribution: Distribution) -> tuple[Real, Real]:
        if radius + 2 > width:  # a radius that takes in every bit
            return metrics.summary(np.zeros(1))
        distributions = distribution.regions(windows(width, radius + 2))
        informations = [metrics.conditional_mutual_information(each, (1, radius, 1)) for each in distributions]
        return metrics.summary(np.array(informations))

    for part, value in enumerate(gaps(evaluation.distribution)):
        name = f"{title(call)}, {PARTS[part]}"
        yield evaluation.row(name, float(value), _part(gaps, part), unit=NATS)


def _generalisation(call: calls.Generalisation, evaluation: Evaluation) -> Iterator[Row]:
    seen, queries = evaluation.setting.data[call.seen], call.queries
    valid = Valid.of(seen, evaluation.setting.data[call.valid])
    shares = Shares.of(evaluation.distribution, valid)
    if shares is not None:
        figure = expected(call.name, shares, valid, queries)
    else:
        figure = counted(call.name, valid, *evaluation.draw(queries), queries)

    def of_distribution(distribution: Drawn) -> float | None:
        return measured(call.name, distribution, valid, queries).value

    def floor() -> Floor:
        return floors.of_valid(call.valid, expected(call.name, Shares.perfect(valid), valid, queries).value)

    row = evaluation.row(title(call), figure.value, of_distribution, data=seen, floor=floor, error=figure.error)
    yield row if shares is None or evaluation.bare else replace(row, note=f"{row.note}\n{SPREAD}".strip())


def _cmi(call: calls.CMI, evaluation: Evaluation) -> Iterator[Row]:
    a, b, c = call.a, call.b, call.c
    if call.of is not None:
        yield estimates.information_of_data(call, title(call), evaluation.setting.data[call.of])
        return
    if call.kind == calls.QUANTUM:
        regions = tuple(tuple(sorted(region)) for region in (a + b, b + c, b, a + b + c) if region)
        yield Row(title(call), quantum_information(*evaluation.answer(Marginals(regions))), unit=NATS)
        return

    def information(distribution: Distribution) -> float:
        (joint,) = distribution.regions(((*a, *b, *c),))
        return metrics.conditional_mutual_information(joint, (len(a), len(b), len(c)))

    yield evaluation.row(title(call), information(evaluation.distribution), information, unit=NATS)
