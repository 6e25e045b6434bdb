"""Reports from samples alone, as a machine gives them, with standard errors.

The error is the deviation over bootstrap resamples. Every column is made from as many strings as there are samples:
the floor from strings drawn from the data's distribution, the baselines from theirs, so that they carry the same bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct
from qgl.evaluate import estimates, metrics
from qgl.evaluate.correlations import OfColumns, Shells, markov_length
from qgl.evaluate.discrepancy import PauliWordSet
from qgl.evaluate.distributions import Drawn, Real
from qgl.evaluate.estimates import Estimate
from qgl.evaluate.generalisation import Shares, Valid, counted, expected, measured
from qgl.evaluate.of_data.denoising import denoising_gap
from qgl.evaluate.pairs import Moments
from qgl.evaluate.row import INDEPENDENT, NATS, PARTS, Row
from qgl.evaluate.table import floors
from qgl.evaluate.table.columns import independent, uniform, uniform_text
from qgl.evaluate.table.floors import Floor
from qgl.evaluate.table.titles import title
from qgl.objectives.model import Setting
from qgl.program.calls import reports as calls
from qgl.program.calls.reports import (
    CMI,
    MMD,
    MSE,
    QUANTUM,
    TV,
    CorrelationLength,
    Coverage,
    DenoisingGap,
    Entropy,
    Generalisation,
    MarkovLength,
    OfData,
    ReportCall,
    ValidRate,
)
from qgl.program.program import DataSet

RESAMPLES = 64
_Counted = tuple[NDArray[np.uint8], Real]  # distinct strings, and how often each came


def evaluate_samples(
    reports: Sequence[ReportCall],
    setting: Setting,
    samples: NDArray[np.uint8],
    seed: int = 0,
    baselines: Mapping[str, Drawn] | None = None,
) -> tuple[Row, ...]:
    """The rows of all reports, in order; a row without a value where samples alone do not tell.

    Args:
        reports: checked reports of a program.
        setting: its data, width and lattice.
        samples: strings of 0 and 1, shape (shots, n), shots >= 2.
        seed: of the resampling.
        baselines: the distributions of its baselines, by label; None for independent bits with the means of each
        report's data.

    Raises:
        ValueError: fewer than two samples.
    """
    return evaluate_counts(reports, setting, Counts.of(samples, seed), seed, baselines)


@dataclass(frozen=True, eq=False)
class Counts:
    """Distinct strings, shape (D, n), and how often each came in `shots`, or would have come if a fault were undone.

    columns  shape (D, 1 + resamples): the counts themselves, then those of resamples, for the errors
    """

    rows: NDArray[np.uint8]
    columns: Real
    shots: int

    @classmethod
    def of(cls, samples: NDArray[np.uint8], seed: int, resamples: int = RESAMPLES) -> Counts:
        """Those of strings, shape (shots, n), with multinomial resamples.

        Raises:
            ValueError: fewer than two samples.
        """
        if len(samples) < 2:
            raise ValueError(f"an evaluation needs two samples or more, not {len(samples)}")
        return cls.counted(*_counted(samples), seed, resamples)

    @classmethod
    def counted(cls, rows: NDArray[np.uint8], counts: Real, seed: int, resamples: int = RESAMPLES) -> Counts:
        """`of` strings that are counted: distinct ones, shape (D, n), and how often each came, shape (D,)."""
        shots = int(counts.sum())
        others = np.random.default_rng(seed).multinomial(shots, counts / shots, resamples).T
        return cls(rows, np.column_stack([counts, others]).astype(np.float64), shots)


def evaluate_counts(
    reports: Sequence[ReportCall],
    setting: Setting,
    counts: Counts,
    seed: int = 0,
    baselines: Mapping[str, Drawn] | None = None,
) -> tuple[Row, ...]:
    """`evaluate_samples` of strings that are counted already; `seed` is that of the floor and the baselines."""
    drawn: dict[str, _Counted] | None = None
    if baselines is not None:
        random = np.random.default_rng([seed, 2])
        drawn = {
            label: _counted(distribution.sample(counts.shots, random)) for label, distribution in baselines.items()
        }
    return tuple(row for call in reports for row in _rows(call, setting, counts, seed, drawn))


def _rows(
    call: ReportCall, setting: Setting, counts: Counts, seed: int, drawn: Mapping[str, _Counted] | None
) -> Iterator[Row]:
    data = setting.data.get(call.data or "") if isinstance(call, OfData) else None
    if isinstance(call, Generalisation):
        yield _generalisation(call, setting, counts, seed, drawn)
        return
    if isinstance(call, CMI) and call.of is not None:
        yield estimates.information_of_data(call, title(call), setting.data[call.of])
        return
    if isinstance(call, DenoisingGap):
        yield from denoising_gap(call, setting)
        return
    if isinstance(call, MarkovLength):
        yield markov_length(call, title(call), setting.data[call.of])
        return
    if isinstance(call, CorrelationLength):
        yield _correlation_length(call, setting, data, counts)
        return
    of_bits = data is None or data.numbers is None
    parts = list(_parts(call, data, setting)) if of_bits else []
    if not parts or (data is not None and data.conditions is not None):
        yield Row(title(call), None, unit=NATS if isinstance(call, calls.NLL | calls.KL) else "")
        return
    random, shots, columns = np.random.default_rng([seed, 1]), counts.shots, setting.columns
    for part in parts:
        estimate, floor, beside = part.estimate, Floor(), drawn or {}
        values = estimate(counts.rows, counts.columns)
        if data is not None:
            floor = floors.among_samples(part.floor(shots, random), data, shots)
            if drawn is None:
                beside = {INDEPENDENT: _counted(independent(data, columns).sample(shots, random))}
        baselines = {label: _of(estimate, found) for label, found in beside.items()}
        even = _of(estimate, _counted(uniform(columns).sample(shots, random)))
        error = float(values[1:].std(ddof=1))
        wording = floor.wording, f"{uniform_text(columns)}; from {shots:,} samples"
        name = title(call) + part.name
        yield Row(name, float(values[0]), error, floor.value, baselines, even, part.unit, "", None, *wording)


def _counted(samples: NDArray[np.uint8]) -> _Counted:
    rows, counts, _ = distinct(samples, np.ones(len(samples)))
    return rows, counts


def _of(estimate: Estimate, found: _Counted) -> float:
    """The estimate from one set of strings."""
    rows, counts = found
    return float(estimate(rows, counts[:, None])[0])


def _generalisation(
    call: Generalisation, setting: Setting, counts: Counts, seed: int, drawn: Mapping[str, _Counted] | None
) -> Row:
    seen, queries = setting.data[call.seen], call.queries
    valid = Valid.of(seen, setting.data[call.valid])
    figure = counted(call.name, valid, counts.rows, counts.columns[:, 0], queries)
    note = ""
    if isinstance(call, Coverage) and counts.shots < queries:
        note = f"{title(call)}: {counts.shots:,} strings are fewer than its {queries:,} queries"
    if drawn is None:
        random = np.random.default_rng([seed, 1])
        drawn = {INDEPENDENT: _counted(independent(seen, setting.columns).sample(counts.shots, random))}
    baselines = {label: counted(call.name, valid, *others, queries).value for label, others in drawn.items()}
    floor = floors.of_valid(call.valid, expected(call.name, Shares.perfect(valid), valid, queries).value)
    even = measured(call.name, uniform(setting.columns), valid, queries).value
    wording = floor.wording, uniform_text(setting.columns)
    return Row(title(call), figure.value, figure.error, floor.value, baselines, even, "", note, None, *wording)


def _correlation_length(call: CorrelationLength, setting: Setting, data: DataSet | None, counts: Counts) -> Row:
    """The fit may fail in some of the resamples; the error is that of the others."""
    shells, shots = Shells.of(setting.neighbourhood, call.reach), counts.shots
    moments = metrics.sample_moments(counts.rows, counts.columns / shots, shells.positions)
    value, *others = (shells.length(each, shots) for each in moments.T)
    lengths = [each for each in others if each is not None]
    error = float(np.std(lengths, ddof=1)) if value is not None and len(lengths) > 1 else None
    floor = Floor() if data is None else floors.same(data, shells.length_in(data))
    return Row(title(call), value, error, floor.value, floor_is=floor.wording)


@dataclass(frozen=True)
class _Part:
    """A number of a report that samples tell.

    name   of the part, behind that of the report
    floor  what so many samples of a perfect model show, in the words of an exact floor
    """

    estimate: Estimate
    floor: Callable[[int, np.random.Generator], Floor] = lambda shots, random: Floor()
    name: str = ""
    unit: str = ""


def _parts(call: ReportCall, data: DataSet | None, setting: Setting) -> Iterator[_Part]:
    """Everything that a report says and samples tell."""
    if isinstance(call, Entropy) and call.kind != QUANTUM:
        yield _Part(estimates.entropy if call.region is None else estimates.region_entropy(call.region), unit=NATS)
    elif isinstance(call, CMI) and call.kind != QUANTUM:
        yield _Part(estimates.cmi(call), unit=NATS)
    elif data is not None and isinstance(call, TV):
        yield _Part(estimates.tv(data), partial(floors.tv_of_samples, data))
    elif data is not None and isinstance(call, calls.Columns):
        for each in OfColumns.all(data, setting.columns):
            yield _Part(each.in_strings, partial(_of_column, each, data), each.name)
    elif data is not None and isinstance(call, ValidRate):
        yield _Part(estimates.valid_rate(data), lambda shots, random: floors.valid_rate(data))
    elif data is not None and isinstance(call, MSE) and data.numbers is None:
        error = estimates.mse(data, call.region)
        yield _Part(error, lambda shots, random: floors.mmd(data, lambda: floors.mse(data, call.region)))
    elif data is not None and isinstance(call, calls.Moments):
        chosen = Moments.of(setting.neighbourhood)
        for number, name in enumerate(PARTS):
            estimate = partial(estimates.moments, part=number, positions=chosen.positions)
            yield _Part(estimate(data), partial(floors.of_samples, estimate, data), f", {name}{chosen.wording}")
    elif data is not None and isinstance(call, MMD) and call.kernel is not None and not call.kernel.of_states:
        yield _discrepancy(call, data, setting)


def _of_column(part: OfColumns, data: DataSet, shots: int, random: np.random.Generator) -> Floor:
    return part.floor(data, shots)


def _discrepancy(call: MMD, data: DataSet, setting: Setting) -> _Part:
    """The estimate is unbiased in the samples of the model: its floor is that of the data alone."""
    assert call.kernel is not None  # the checker has seen to it
    kernel, pauli_words = call.kernel, None if call.weight is None else PauliWordSet.of(call, setting)
    estimate = estimates.mmd(data, kernel) if pauli_words is None else estimates.mmd_of_pauli_words(pauli_words)

    def by_chance() -> float:
        return estimates.mmd_by_chance(data, kernel) if pauli_words is None else pauli_words.by_chance(data)

    return _Part(estimate, lambda shots, random: floors.mmd(data, by_chance))
