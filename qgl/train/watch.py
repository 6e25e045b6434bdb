"""Measuring reports while a model trains, and stopping a seed once a report does not get better.

Every `every` steps, the start among them, the reports are measured of the parameters that each running seed has then,
from which its strategy goes on; not of the best so far, which a run without `early` hands out. It happens on the host,
between two calls of the strategy, whatever that is. Of several processes the leader measures, and all hear what stops.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun
from qgl.evaluate.table.titles import title
from qgl.kernels.devices.large_tables import jit
from qgl.model import Model
from qgl.program.calls.reports import BETTER
from qgl.program.calls.strategies import Adversarial
from qgl.program.program import TrainSettings
from qgl.report.report import measure
from qgl.runs.files.atomic import put
from qgl.runs.folder import RunFolder
from qgl.runs.seed_results import SeedResults
from qgl.runs.seed_status import EARLY, RUNNING
from qgl.runs.watched import FILE, PREFIX, Watched, best_measured, parse
from qgl.train.devices import Team
from qgl.train.strategies.strategy import State, Strategy
from qgl.train.trainable import Trainable

Real = NDArray[np.float64]


class Memory(NamedTuple):
    """What goes on from one measurement to the next; arrays have an axis of seeds first.

    until  the last step that was measured, -1 before the first
    score  of the best measurement, less being better; infinite before the first
    at     the step of that measurement
    since  measurements since
    kept   the parameters that it was of, with their loss and its terms
    """

    until: NDArray[np.int64]
    score: Real
    at: NDArray[np.int64]
    since: NDArray[np.int64]
    kept: dict[str, Any]
    loss: NDArray[Any]
    terms: dict[str, NDArray[Any]]


class Watch:
    """What one session of a run watches: nothing, if the settings name nothing.

    Raises:
        ValueError: there are reports to measure, and the model is no `qgl.Model`.
    """

    def __init__(
        self, model: Trainable, settings: TrainSettings, team: Team, folder: RunFolder | None, from_shots: bool
    ) -> None:
        self.calls, self.early = settings.watched, settings.early
        if self.calls and not isinstance(model, Model):
            raise ValueError("only a qgl.Model has reports that can be watched")
        self._model: Any = model
        self._strategy: Strategy | None = None
        self._settings, self._team, self._folder = settings, team, folder
        known_later = not from_shots and not isinstance(settings.strategy, Adversarial)
        self._terms = jit(model.terms) if known_later else None
        self.record = Watched()
        self.seconds, self.count = 0.0, 0  # of all measurements but the first, which compiles
        self._told = False
        self._memory: Memory | None = None

    # ------------------------------------------------------------ begin and go on

    def begin(self, strategy: Strategy, leaves: Mapping[str, NDArray[Any]]) -> None:
        """Takes up what a checkpoint holds, or begins. Measurements that came after the checkpoint are cut off."""
        if not self.calls:
            return
        self._strategy = strategy
        shape, seeds = strategy.shape(), self._settings.seeds
        kept: dict[str, Any] = {}
        if self.early is not None:
            every = {**shape.fixed, **shape.trained}
            kept = {name: np.zeros(leaf.shape, leaf.dtype) for name, leaf in every.items()}
        begun = Memory(
            np.array(-1),
            np.full(seeds, np.inf),
            np.full(seeds, -1),
            np.zeros(seeds, np.int64),
            kept,
            np.zeros(shape.loss.shape, shape.loss.dtype),
            {name: np.zeros(leaf.shape, leaf.dtype) for name, leaf in shape.terms.items()},
        )
        flat, structure = jax.tree_util.tree_flatten_with_path(begun)
        names = [PREFIX + jax.tree_util.keystr(path, simple=True, separator="/") for path, _ in flat]
        if leaves and all(name in leaves for name in names):
            begun = jax.tree.unflatten(structure, [np.asarray(leaves[name]) for name in names])
        self._memory = self._team.of_the_leader(begun)
        if self._folder is not None:
            path = self._folder.path / FILE
            run = self._folder.identity
            self.record = parse(path, run).until(int(begun.until))
            if self.record.steps.tolist() != list(range(0, int(begun.until) + 1, self._settings.every)):
                raise QglError([DamagedRun(None, str(path), "it lacks measurements of before the checkpoint")])
            if path.exists():
                put(path, self.record.lines(run))

    def leaves(self) -> dict[str, NDArray[Any]]:
        """The arrays for a checkpoint."""
        leaves, _ = jax.tree_util.tree_flatten_with_path(self._memory)
        return {PREFIX + jax.tree_util.keystr(path, simple=True, separator="/"): np.asarray(a) for path, a in leaves}

    def plan(self, goal: int) -> Iterator[str]:
        """What will be measured and how often, in words."""
        if self.calls:
            names = ", ".join(title(call) for call in self.calls)
            seeds = f" of {self._settings.seeds} seeds" if self._settings.seeds > 1 else ""
            times = goal // self._settings.every + 1
            yield f"watched every {self._settings.every} steps{seeds}, {times} time{'s' * (times != 1)} in all: {names}"

    def too_dear(self, elapsed: float) -> Iterator[str]:
        """A word, once, on measuring that takes more than half of the time of training, `elapsed` in seconds."""
        if not self._told and self.count >= 5 and self.seconds > max(0.5 * elapsed, 2.0):
            self._told = True
            each, more = self.seconds / self.count, 10 * self._settings.every
            part = f"{self.seconds / elapsed:.0%} of the time, {each:.2g} s each"
            yield f"watching takes {part}; `every({more})` would ask less"

    def steps_to_next(self, step: int) -> int:
        """Steps from `step` to the next measurement, at least 1."""
        return self._settings.every - step % self._settings.every if self.calls else 1 << 30

    # ------------------------------------------------------------ measure

    def measured(self, state: State, step: int) -> State:
        """The state after `step` steps, measured if that is due, with seeds stopped that `early` is done with."""
        memory = self._memory
        if memory is None or step % self._settings.every or step <= memory.until:
            return state
        running = np.asarray(state.status) == RUNNING
        params = jax.tree.map(np.asarray, {**state.fixed, **state.trained})
        first: Real = np.full(len(running), np.nan)
        if self._team.leads:
            clock = time.monotonic()
            measurements, impossible = self._of_seeds(state, step, params, running)
            if self.count or self.record.steps.size:
                self.seconds, self.count = self.seconds + time.monotonic() - clock, self.count + 1
            self.record = self.record.then(step, measurements, impossible)
            if self._folder is not None:
                self._folder.append_watched(Watched().then(step, measurements, impossible))
            first = next((values for values in measurements.values()), first)
        self._memory = memory._replace(until=np.array(step))
        return state if self.early is None else self._judged(state, step, running, params, first)

    def _of_seeds(
        self, state: State, step: int, params: dict[str, Any], running: NDArray[np.bool_]
    ) -> tuple[dict[str, Real], dict[str, Real]]:
        """Values by name, shape (seeds,), and of likelihoods how many rows could not be given.

        Seeds that do not run have those of the last measurement.
        """
        measurements, impossible = (
            {name: values[-1].copy() for name, values in last.items()}
            for last in (self.record.values, self.record.impossible)
        )
        for seed in np.flatnonzero(running):
            own = {name: value[seed] for name, value in params.items()}
            assert self._strategy is not None
            model: Any = self._strategy.model_of(state, int(seed), step)
            for row in measure(model, own, self.calls, bare=True):
                if row.given:
                    continue  # of one class by itself
                values = measurements.setdefault(row.name, np.full(len(running), np.nan))
                values[seed] = np.nan if row.value is None else row.value
                if row.impossible is not None:
                    impossible.setdefault(row.name, np.full(len(running), np.nan))[seed] = row.impossible
        return measurements, impossible

    def _judged(
        self, state: State, step: int, running: NDArray[np.bool_], params: dict[str, Any], values: Real
    ) -> State:
        assert self._memory is not None and self.early is not None
        memory, early = self._memory, self.early
        score = BETTER[type(early.report)] * np.asarray(self._team.of_the_leader(values))
        better = running & (score < memory.score - np.where(np.isfinite(memory.score), early.tolerance, 0.0))
        since = np.where(better, 0, memory.since + running)
        kept, loss = dict(memory.kept), memory.loss.copy()
        terms = {name: value.copy() for name, value in memory.terms.items()}
        for seed in np.flatnonzero(better):
            for name, value in params.items():
                kept[name] = _put(kept[name], seed, value[seed])
            loss[seed], own = self._loss(state, params, int(seed))
            for name, value in own.items():
                terms[name][seed] = value
        self._memory = Memory(
            memory.until,
            np.where(better, score, memory.score),
            np.where(better, step, memory.at),
            since,
            kept,
            loss,
            terms,
        )
        done = running & (since >= early.patience)
        return state.ended(done, EARLY) if done.any() else state

    def _loss(self, state: State, params: dict[str, Any], seed: int) -> tuple[Any, dict[str, Any]]:
        """The loss of a seed's parameters, and its terms. From shots or against a critic, those that were seen last."""
        if self._terms is None:
            return np.asarray(state.loss)[seed], {name: np.asarray(value)[seed] for name, value in state.terms.items()}
        own = {name: value[seed] for name, value in params.items()}
        key = jax.random.key(self._settings.seed, impl="threefry2x32") if self._model.stochastic else None
        loss, terms = jax.device_get(self._terms(own, key))
        return loss, terms

    # ------------------------------------------------------------ the end

    def results(self, results: SeedResults) -> SeedResults:
        """What seeds hand out: under `early`, the parameters of their best measurement, by which they are ranked."""
        return results if self._memory is None or self.early is None else best_measured(results, self.leaves())

    @property
    def ranked_by(self) -> str:
        """The report by which seeds are ranked; empty where the loss does."""
        return "" if self.early is None else title(self.early.report)

    @property
    def latest(self) -> dict[str, Real]:
        """The last measurement by name, shape (seeds,)."""
        return {name: values[-1] for name, values in self.record.values.items()}

    @property
    def impossible(self) -> dict[str, Real]:
        """How many rows of the data likelihoods of the last measurement could not be given for, shape (seeds,)."""
        return {name: values[-1] for name, values in self.record.impossible.items()}


def _put(array: Any, place: Any, value: Any) -> NDArray[Any]:
    changed = np.array(array)
    changed[place] = value
    return changed
