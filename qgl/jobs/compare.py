"""A job's strings beside the data and the model: the reports of each, and the gap between model and machine.

The deployment gap is the distance of the machine's strings from the model's exact distribution. Some of it would be
there if the machine were perfect, since its strings are finitely many: that part is what as many strings of the model
itself have.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from qgl.baselines import Fitted, distributions
from qgl.bits.distribution import strings
from qgl.check.settings.fit import EXACT_WIDTH
from qgl.diagnostics.jobs import DamagedJob
from qgl.diagnostics.model import QglError
from qgl.evaluate import estimates, in_chunks
from qgl.evaluate.distributions import ModelDistribution, Real
from qgl.evaluate.estimates import Estimate
from qgl.evaluate.exact import evaluate
from qgl.evaluate.pairs import Moments
from qgl.evaluate.row import NATS, PARTS, Row
from qgl.evaluate.sampled import Counts, evaluate_counts
from qgl.hardware import mitigation
from qgl.hardware.engines.engine import Strings
from qgl.jobs.pauli_words import bases_of, mean_and_error, show_pauli_word, signs
from qgl.jobs.record import Job
from qgl.jobs.store import JobFolder
from qgl.model import Model
from qgl.objectives import Setting
from qgl.program.calls import reports
from qgl.program.labels import Labels
from qgl.program.program import DataSet
from qgl.query import log_floor
from qgl.report.report import answerer, reports_of

NARROW = 16  # bits up to which the distribution of the model is compared string by string
_DRAWS = 32  # sets of strings of the model
_RESAMPLES, _FEW, _FEW_STRINGS = 64, 8, 600  # for errors of corrected counts; few of them where strings are many


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its standard error, None where it is exact or unknown."""

    value: float
    error: float | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One quantity on all sides. A side is None where it cannot be had.

    data       what a perfect model shows, with as many strings where the machine has a value, else exactly
    model      exact
    sampled    of as many strings of the model
    machine    of the machine's strings
    mitigated  of the machine's strings with readout errors undone
    baselines  of as many strings of each baseline that the program declares, by their labels
    data_is    what `data` is, or why there is none, in words
    """

    name: str
    unit: str = ""
    data: float | None = None
    model: float | None = None
    sampled: Measured | None = None
    machine: Measured | None = None
    mitigated: Measured | None = None
    baselines: Mapping[str, float | None] = field(default_factory=dict)
    data_is: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A distance of the machine from the model, and what of it finitely many strings explain."""

    name: str
    unit: str
    machine: Measured
    shots_alone: Measured
    mitigated: Measured | None = None

    @property
    def beyond(self) -> Measured:
        """What finitely many strings do not explain."""
        error = np.hypot(self.machine.error or 0.0, self.shots_alone.error or 0.0)
        return Measured(self.machine.value - self.shots_alone.value, float(error))


@dataclass(frozen=True, slots=True)
class PauliWordSide:
    """The expectation of a Pauli word. `scaled` are the values at each scale of the noise, from 1 on."""

    pauli_word: str
    data: float | None
    model: float | None
    machine: Measured
    scaled: tuple[tuple[int, Measured], ...] = ()
    extrapolated: Measured | None = None


@dataclass(frozen=True, eq=False)
class Comparison:
    """Everything that is measured of one job. `strings` came back; `notes` say what a reader must know."""

    job: Job
    strings: int
    sides: tuple[Side, ...]
    gaps: tuple[Gap, ...]
    pauli_words: tuple[PauliWordSide, ...]
    notes: tuple[str, ...]

    @property
    def gap(self) -> Gap:
        """The one that says most: in `tv` of narrow strings, in likelihood of wide ones, else in the mean moment."""
        return self.gaps[0] if self.gaps[0].name.startswith("tv") else self.gaps[-1]


class Compared:
    """A job that is done, its model, and the strings of both; `baselines` are those that are declared."""

    def __init__(self, folder: JobFolder, model: Model, seed: int = 0, baselines: Sequence[Fitted] = ()) -> None:
        self.folder, self.job, self.model, self.seed = folder, folder.job, model, seed
        if self.job.model["width"] != model.width:
            raise QglError([DamagedJob(None, str(folder.path / "job.json"), "it is of strings of another width")])
        self.machine = folder.samples()
        given = self.job.request.condition
        self.condition = None if given is None else np.asarray(given)
        label = 0 if self.condition is None or model.program.labels is None else int(self.condition[0])
        self.baselines = distributions(baselines, label) or {}
        self._impossible: list[str] = []  # Pauli words on strings that the model cannot give
        self.setting = _given(Setting.of(model.program), self.condition)

    @cached_property
    def params(self) -> dict[str, Any]:
        """Those that the job ran with."""
        return dict(self.folder.params())

    @cached_property
    def distribution(self) -> Any:
        """The exact distribution of the model."""
        return ModelDistribution(answerer(self.model, self.params, self.condition), self.model.width).distribution

    @cached_property
    def sampled(self) -> Strings:
        """As many strings of the model as the machine gave."""
        return in_chunks.sample(self.model, self.params, len(self.machine), self.seed, self.condition)

    @cached_property
    def counts(self) -> Counts:
        return Counts.of(self.machine, self.seed)

    @cached_property
    def mitigated(self) -> Counts | None:
        """The machine's counts with errors of readout undone; None without a calibration.

        The columns for the errors resample the strings and the calibration.
        """
        if not self.job.request.readout:
            return None
        calibration = [self._of("readout", bit=bit) for bit in (0, 1)]
        up, down = mitigation.readout_errors(*calibration)
        shots = [len(each) for each in calibration]
        many = len(self.counts.rows) > _FEW_STRINGS
        raw, rng = Counts.of(self.machine, self.seed, _FEW if many else _RESAMPLES), np.random.default_rng(self.seed)
        columns = []
        for number, column in enumerate(raw.columns.T):
            drawn = [rng.binomial(n, p) / n for n, p in zip(shots, (up, down), strict=True)] if number else [up, down]
            columns.append(mitigation.corrected(raw.rows, column, (drawn[0], drawn[1])) * raw.shots)
        return Counts(raw.rows, np.column_stack(columns), raw.shots)

    def _of(self, role: str, *, bit: int = 0, basis: str = "", scale: int = 1) -> Strings:
        """The strings of the items of a role, those of all rows of a mixture together."""
        wanted = [
            place
            for place, item in enumerate(self.job.items)
            if (item.role, item.bit, item.basis, item.scale) == (role, bit, basis, scale)
        ]
        return np.concatenate([self._others[place] for place in wanted])

    @cached_property
    def _others(self) -> dict[int, Strings]:
        return self.folder.others()

    # ------------------------------------------------------------ what is compared

    def compared(self, now: str) -> Comparison:
        """All of it. `now` is the hash of the run's weights as they are now.

        Raises:
            QglError: the model cannot be asked, a package for mitigation is gone, or the job is damaged.
        """
        notes = []
        if self.job.model["weights"] != now:
            step = self.job.model.get("step")
            notes.append(f"the run has trained on since: this job and its model are of step {step}")
        if len(self.machine) < self.job.request.shots:
            notes.append(f"{len(self.machine)} of {self.job.request.shots} strings came back")
        sides, gaps, pauli_words = tuple(self._sides()), tuple(self._gaps()), tuple(self._pauli_words())
        return Comparison(self.job, len(self.machine), sides, gaps, pauli_words, (*notes, *self._impossible))

    def _sides(self) -> Iterator[Side]:
        reports = _reports(self.model, self.setting, self.condition)
        exact = evaluate(reports, self.setting, answerer(self.model, self.params, self.condition))
        self._impossible += [line for row in exact if row.impossible for line in row.note.splitlines()]
        columns = [
            evaluate_counts(reports, self.setting, counts, self.seed, self.baselines) for counts in self._all_counts()
        ]
        by_name = [{row.name: row for row in rows} for rows in columns]
        for row in exact:
            machine, sampled, *more = (each.get(row.name) for each in by_name)
            perfect = row if _measured(machine) is None or machine is None else machine
            mitigated = _measured(more[0]) if more else None
            beside = {} if machine is None else machine.baselines
            yield Side(
                row.name,
                row.unit,
                perfect.floor,
                row.value,
                _measured(sampled),
                _measured(machine),
                mitigated,
                beside,
                perfect.floor_is,
            )

    def _all_counts(self) -> list[Counts]:
        """Those of the machine, of the model, and of the machine mitigated, if it is."""
        counts = [self.counts, Counts.of(self.sampled, self.seed + 1)]
        return counts if self.mitigated is None else [*counts, self.mitigated]

    def _gaps(self) -> Iterator[Gap]:
        for name, estimate in self._distances():
            columns = [estimate(each.rows, each.columns) for each in self._all_counts()]
            machine, *rest = (Measured(float(c[0]), float(c[1:].std(ddof=1))) for c in columns)
            yield Gap(name, "", machine, self._by_shots(estimate), rest[1] if len(rest) > 1 else None)
        if self.model.width > NARROW:
            yield from self._likelihoods()

    def _distances(self) -> Iterator[tuple[str, Estimate]]:
        if self.model.width <= NARROW:
            yield "tv(model)", estimates.tv(_as_data(self.distribution.dense()))
        chosen = Moments.of(self.setting.neighbourhood)
        ideal = self.distribution.moments(chosen.positions)
        for part, name in enumerate(PARTS):
            yield f"moments(model), {name}{chosen.wording}", estimates.moments_from(ideal, part, chosen.positions)

    def _by_shots(self, estimate: Estimate) -> Measured:
        """The distance of as many strings of the model itself from the model: its mean, and how it spreads."""
        shots, rng = len(self.machine), np.random.default_rng([self.seed, 3])
        if self.model.width <= NARROW:
            data = _as_data(self.distribution.dense())
            drawn = estimate(data.rows, rng.multinomial(shots, data.weights, _DRAWS).T.astype(np.float64))
        else:
            counts = (Counts.of(rows, 0, 0) for rows in self._model_sets())
            drawn = np.array([estimate(each.rows, each.columns)[0] for each in counts])
        return Measured(float(drawn.mean()), float(drawn.std(ddof=1)))

    def _model_sets(self) -> Iterator[Strings]:
        """A few sets of as many strings of the model."""
        yield self.sampled
        for k in range(1, 4):
            yield in_chunks.sample(self.model, self.params, len(self.machine), self.seed + k, self.condition)

    def likelihood(self, rows: Strings) -> Real:
        """-log p of strings by the model, in nats."""
        logs = in_chunks.log_prob(self.model, self.params, rows, self.condition)
        return -np.maximum(logs, log_floor(self.model.width))

    def _likelihoods(self) -> Iterator[Gap]:
        """How much less likely the machine's strings are to the model than its own are."""
        try:
            machine, own = self.likelihood(self.machine), self.likelihood(self.sampled)
        except QglError:
            return
        charged = -log_floor(self.model.width)
        if count := int((machine >= charged).sum()):
            strings = f"{count:,} of {len(machine):,} strings of the machine"
            self._impossible.append(f"-log p(model): the model cannot give {strings}, charged {charged:.4g} nats each")
        errors = [float(each.std(ddof=1) / len(each) ** 0.5) for each in (machine, own)]
        sides = (Measured(float(each.mean()), error) for each, error in zip((machine, own), errors, strict=True))
        yield Gap("-log p(model)", NATS, *sides)

    # ------------------------------------------------------------ Pauli words

    def _pauli_words(self) -> Iterator[PauliWordSide]:
        pauli_words = self.job.request.words
        exact = self.model.expectation(self.params, pauli_words, self.condition) if pauli_words else ()
        bases = bases_of(pauli_words)
        for pauli_word, value in zip(pauli_words, exact, strict=True):
            scaled = [
                (scale, self._expectation(pauli_word, bases[pauli_word], scale))
                for scale in self.job.request.scales or (1,)
            ]
            extrapolated = None
            if len(scaled) > 1:
                errors = [found.error or 0.0 for _, found in scaled]
                extrapolated = Measured(
                    *mitigation.extrapolated(self.job.request.scales, [found.value for _, found in scaled], errors)
                )
            data = self._in_data(pauli_word)
            shown = show_pauli_word(self.model.program, pauli_word)
            yield PauliWordSide(shown, data, float(value), scaled[0][1], tuple(scaled[1:]), extrapolated)

    def _expectation(self, pauli_word: str, basis: str, scale: int) -> Measured:
        distribution = scale == 1 and set(basis) == {"Z"}
        measured = self.machine if distribution else self._of("word", basis=basis, scale=scale)
        return Measured(*mean_and_error(signs(pauli_word, measured)))

    def _in_data(self, pauli_word: str) -> float | None:
        """The mean of a Z word in the data; None for other Pauli words, and without data."""
        data = self.model.program.learnt
        data = None if data is None else self.setting.data.get(data.name)
        if data is None or set(pauli_word) - {"I", "Z"}:
            return None
        return float(data.weights @ signs(pauli_word, data.rows))


def _reports(model: Model, setting: Setting, condition: Real | None) -> tuple[reports.ReportCall, ...]:
    """What is measured: the program's reports; of a conditional model, those of the distribution under its
    condition.
    """
    listed = [call for call in reports_of(model.program) if _data_of(call) in (None, *setting.data)]
    if condition is None:
        return tuple(listed)
    span = model.program.wires[0].span
    kinds: tuple[type[reports.OfData], ...] = (reports.Moments,)
    if model.width <= EXACT_WIDTH:
        kinds = (reports.TV, reports.Moments)
    own = [kind(name, span=span) for name in setting.data for kind in kinds]
    return (*own, *(call for call in listed if _data_of(call) is None))


def _data_of(call: reports.ReportCall) -> str | None:
    """The data set that a report holds the model against."""
    return call.data if isinstance(call, reports.OfData) else None


def _given(setting: Setting, condition: Real | None) -> Setting:
    """The data sets under a condition: the rows that came with it. Those without conditions are left as they are."""
    if condition is None:
        return setting
    sets: dict[str, DataSet] = {}
    for name, data in setting.data.items():
        if data.conditions is None:
            sets[name] = data
            continue
        chosen = np.all(np.isclose(data.conditions, condition), axis=1)
        weights = data.weights[chosen]
        if weights.sum() > 0:
            labels = data.labels and Labels(data.labels.column, (data.labels.names[int(condition[0])],))
            given = replace(data, rows=data.rows[chosen], weights=weights / weights.sum(), labels=labels)
            sets[name] = replace(given, conditions=None)
    return replace(setting, data=sets)


def _as_data(p: Real) -> DataSet:
    """A distribution, shape (2^n,), as a data set."""
    kept = np.flatnonzero(p > 0)
    rows = strings(kept, p.size.bit_length() - 1)
    return DataSet("model", rows, p[kept] / p[kept].sum(), None, True, "", "the distribution of the model")


def _measured(row: Row | None) -> Measured | None:
    return None if row is None or row.value is None else Measured(row.value, row.error)
