"""Training: from a model and its settings to a run.

    run = train(model)                              # in memory
    run = train(model, out="runs/bars-1")           # as a folder that survives a kill
    run = train(model, resume="runs/bars-1")        # goes on, to the same numbers as an unbroken run

The numbers depend on the program, its data, the settings (the seed among them) and the versions; not on how the steps
are cut into calls of the device, on checkpoints, on the display or on interruptions. Another number of devices changes
them by rounding only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl.baselines import Fitted, fitted
from qgl.check.calls.strategies import method_text
from qgl.diagnostics.model import QglError
from qgl.diagnostics.strategies import OldState
from qgl.evaluate import Row
from qgl.model import Model
from qgl.program.program import TrainSettings
from qgl.report import display as displays
from qgl.report import report as reports
from qgl.report.display import Display, Progress
from qgl.report.planned_queries import refused_reports
from qgl.report.reevaluate_loss import reevaluated
from qgl.report.seeds import with_seeds
from qgl.report.truncation import loss_error, within_tolerance
from qgl.runs import manifest as manifests
from qgl.runs.events import ready
from qgl.runs.files import checkpoint, sealed
from qgl.runs.history import History, empty, parse
from qgl.runs.run import Run, leaves_of, results_of_state
from qgl.runs.seed_status import FAILED, RUNNING, WARNED
from qgl.runs.watched import PREFIX
from qgl.train.devices import Team
from qgl.train.interrupt import Interrupts
from qgl.train.opening import Opening, begun_with, opened
from qgl.train.stopping import not_finite
from qgl.train.strategies.strategy import CAPACITY, Factory, State
from qgl.train.trainable import Trainable, number_type
from qgl.train.watch import Watch

if TYPE_CHECKING:
    from qgl import hardware

_STATUS = {
    "signal": "interrupted",
    "lost process": "interrupted",
    "engine failed": "interrupted",
    "loss not finite": "failed",
}
_SAVE_SECONDS = 60.0  # between checkpoints, however few steps that are
_CALL_SECONDS = 0.25  # aim for the length of one call of the device: short enough for Ctrl-C, long enough for speed


def train(
    model: Trainable,
    settings: TrainSettings | None = None,
    *,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    steps: int | None = None,
    params: Mapping[str, ArrayLike] | None = None,
    log: str | None = None,
    devices: int | None = None,
    engine: hardware.Engine | None = None,
    strategy: Factory | None = None,
    display: str | Display = "auto",
    pictures: bool = True,
    command: Sequence[str] = (),
) -> Run:
    """Trains all seeds together and returns the run, the best seed foremost.

    Args:
        model: what is trained.
        settings: by default those of the program's `train` block, or on resuming those that the run began with.
        out: the folder to make for the run; None keeps it in memory, where a kill loses it.
        resume: the folder of a run to go on with.
        steps: steps in all; on resuming, a larger number extends a run.
        params: where training begins instead of at drawn parameters: arrays by name, of the declared shapes for all
            seeds alike, or with a leading axis of seeds; the `params` or `all_params` of another run. The folder keeps
            them, so that the run can go on from any moment.
        log: "tensorboard" to write the metrics into the folder for TensorBoard, too; a resumed run goes on so.
        devices: how many of this process's devices train together; by default one. Where several processes train
            (`jax.distributed`), each calls this function, by default with all of its devices; the first of them writes
            the folder and the report.
        engine: who gives the strings of a gradient from shots, an engine of your own perhaps; by default the one that
            the settings name. A run that began with it needs it again to go on.
        strategy: what makes a strategy of your own, from model, settings and devices; by default the one that the
            settings name. A run that began with it needs it again to go on.
        display: "live", "plain", "quiet", "auto", or a display of your own.
        pictures: whether to draw pictures into the folder.
        command: the command line, for the manifest.

    A program with stages is trained stage by stage (`qgl.train.sequence`): what `settings` and `steps` change against
    its `train` block changes in every stage, and the folder holds a run of each.

    Raises:
        QglError: nothing to train (QGL0909), an objective that L-BFGS cannot train (QGL0908), a loss that is not a
            number (QGL0907), a folder that cannot be used or written (QGL0900 to QGL0906), too few devices or a lost
            process (QGL0930 to QGL0933), what cannot be trained from shots (QGL1160 to QGL1164), an engine that is not
            there or failed (QGL1101 to QGL1119); the last leaves a run that can go on. A run that began with a strategy
            of its own and is resumed without it (QGL0920), or a state of an earlier version (QGL0921).
    """
    if out is not None and resume is not None:
        raise ValueError("give `out` for a new run or `resume` for an old one, not both")
    if log is not None and out is None and resume is None:
        raise ValueError("a log lies in the folder of a run: give `out`")
    if params is not None and resume is not None:
        raise ValueError("a resumed run goes on with its own parameters: `params` is for a new one")
    log = log and ready(log)
    model = begun_with(model, params, resume, (settings or model.program.train).seeds)
    team = Team(devices)
    shown = displays.choose(display if team.leads else "quiet") if isinstance(display, str) else display
    if model.program.stages:
        if not isinstance(model, Model):
            raise ValueError("only a qgl.Model has stages")
        from qgl.train.sequence import train_stages

        each = partial(
            train, devices=devices, engine=engine, strategy=strategy, command=command, display=shown, pictures=False
        )
        return train_stages(each, model, settings, out, resume, steps, team, shown, pictures, command, log)
    with ExitStack() as stack:
        stack.enter_context(number_type(model))
        opening = opened(stack, model, settings, out, resume, steps, command, team, engine, strategy)
        if opening.folder is not None:
            opening.folder.keep_log(log)
        if resume is not None and opening.is_finished:
            shown.note(
                f"{resume} is finished: {opening.manifest['step']} steps, ended by {opening.manifest['reason']}; "
                "a larger number of steps extends it"
            )
            return Run.load(resume)
        try:
            return _Training(model, opening, shown, pictures, team).run()
        except Exception:
            if out is not None and opening.folder is not None and not opening.folder.has_begun:
                opening.folder.take_back()  # such as a plan that is refused: the name is free again
            raise


class _Training:
    """One session of a run: from its first step, or its last checkpoint, to its end."""

    def __init__(
        self,
        model: Trainable,
        opening: Opening,
        shown: Display,
        pictures: bool,
        team: Team,
    ) -> None:
        self.model, self.settings, self.goal = model, opening.settings, opening.goal
        self.folder, self.shown, self.pictures, self.team = opening.folder, shown, pictures, team
        stage = model.program.stage
        self.name = Path(model.program.source.name).stem + (f", {stage}" if stage else "")
        self.measured = opening.measured
        self.strategy = opening.strategy
        self.watch = Watch(model, opening.settings, team, opening.folder, self.measured is not None)
        self.step = 0
        self.lost: QglError | None = None
        self.saved, self.saved_at = -1, time.monotonic()
        self.leaves: checkpoint.Leaves = {}  # of the checkpoint, that are the watch's
        self.chunks: list[History] = []
        self.trace: list[float] = []

    def run(self) -> Run:
        self.shown.start(self._title())
        try:
            if self.measured is not None:
                from qgl.train.shots import cost

                self.shown.note(cost(self.measured.model, self.settings, self.goal))
            begun, clock = manifests.now(), time.monotonic()
            step, state = self.team.of_the_leader(self._start())
            self.step = int(step)
            self.watch.begin(self.strategy, self.leaves)
            state = self.strategy.compile(state)
            compiled = time.monotonic() - clock
            self.shown.compiled(compiled)
            self._warn(state)
            self._session = {
                "started": begun,
                "from": self.step,
                "compile_seconds": round(compiled, 3),
                "devices": len(self.team.devices),
                "processes": self.team.processes,
            }
            if self.folder is not None:
                self.folder.go_on(self.step, self.goal)
            clock = time.monotonic()
            with Interrupts() as interrupts:
                state, reason = self._advance(state, interrupts, clock)
                self._session |= {"seconds": round(time.monotonic() - clock, 3)}
                if reason != "loss not finite":
                    self._save(state)
        finally:
            self.shown.stop()
        return self._end(state, reason)

    # ------------------------------------------------------------ parts of a session

    def _title(self) -> str:
        s = self.settings
        place = f", into {self.folder.path}" if self.folder else ""
        count = len(self.team.devices)
        where = f", on {count} devices" if count > 1 else ""
        return f"{self.name}: {method_text(s)}, {s.seeds} seed{'s' * (s.seeds != 1)}, {self.goal} steps{where}{place}"

    def _warn(self, state: State) -> None:
        """Of what is measured on the way, of reports that will have no value, and of truncation.

        Raises:
            QglError: answers are further from the truth than the program allows (QGL0916).
        """
        params = {name: np.asarray(value)[0] for name, value in {**state.fixed, **state.trained}.items()}
        if self.measured is None and (error := within_tolerance(self.model, params)) is not None:
            self.shown.note(str(error))
        if self.team.leads and isinstance(self.model, Model):
            for wording in (*self.watch.plan(self.goal), *refused_reports(self.model, self.settings)):
                self.shown.note(wording)

    def _start(self) -> tuple[int, State]:
        """Steps done, and the state after them."""
        saved = self.folder.load_checkpoint() if self.folder else None
        if self.folder is None or saved is None:
            return 0, self.strategy.initial()
        leaves, self.step = saved
        self.leaves = {name: leaf for name, leaf in leaves.items() if name.startswith(PREFIX)}
        leaves = {name: leaf for name, leaf in leaves.items() if name not in self.leaves}
        self.saved = self.step
        past = parse(self.folder.path / "metrics.jsonl", self.folder.identity, self.step)
        self._remember(past)
        path = self.folder.path / "checkpoint.safetensors"
        if any(name.startswith("optimizer/") for name in leaves):
            raise QglError([OldState(None, str(path))])
        state: State = checkpoint.restore(leaves, self.strategy.shape(), path)
        if self.folder.manifest["versions"] != manifests.versions():
            self.shown.note("warning: versions changed since the run began; the numbers may differ in the last digits")
        return self.step, state

    def _advance(self, state: State, interrupts: Interrupts, begun: float) -> tuple[State, str]:
        """Steps until the goal, or a reason to end before."""
        chunk, rate = 1, 0.0
        longest = CAPACITY if self.measured is None else 1  # what an engine has measured is written down at once
        limit = self.settings.time_limit
        state = self.watch.measured(state, self.step)
        while self.step < self.goal:
            status = np.asarray(state.status)
            if not (status == RUNNING).any():
                return state, "loss not finite" if (status == FAILED).all() else "stop rule"
            late = limit is not None and time.monotonic() - begun >= limit
            to_checkpoint = self.settings.checkpoint - self.step % self.settings.checkpoint
            try:
                planned = min(chunk, to_checkpoint, self.goal - self.step, self.watch.steps_to_next(self.step))
                requested, over, count = self.team.decide(interrupts.requested, late, planned)
                if requested:
                    return state, "signal"
                if over:
                    return state, "time limit"
                clock = time.monotonic()
                with self.team.together():
                    state, rows = self.strategy.advance(state, self.step, count)
            except QglError as lost:
                self.lost = lost
                return state, "lost process" if self.measured is None else "engine failed"
            speed = rows.steps / max(time.monotonic() - clock, 1e-6)
            self._take(rows, status)
            state = self.watch.measured(state, self.step)
            rate = speed if rate == 0 else 0.7 * rate + 0.3 * speed
            chunk = max(1, min(longest, 4 * chunk, int(_CALL_SECONDS * speed)))
            self._show(rows, rate)
            for wording in self.watch.too_dear(time.monotonic() - begun):
                self.shown.note(wording)
            due = self.step % self.settings.checkpoint == 0 or time.monotonic() - self.saved_at > _SAVE_SECONDS
            if due and not (np.asarray(state.status) == FAILED).all():
                self._save(state)
        status = np.asarray(state.status)
        return state, "loss not finite" if (status == FAILED).all() else "steps"

    def _take(self, rows: History, before: NDArray[np.int32]) -> None:
        """Writes records down, and says which seeds went no further for what a user may not expect."""
        if self.folder is not None:
            self.folder.append(rows, self.step)
        self._remember(rows)
        self.step += rows.steps
        if (rows.status[-1] == FAILED).all():
            return
        for status, why in WARNED.items():
            if (ended := (rows.status[-1] == status) & (before != status)).any():
                seeds = ", ".join(str(seed) for seed in np.flatnonzero(ended))
                self.shown.note(f"warning: {why}, seed {seeds} stopped near step {self.step}")

    def _remember(self, rows: History) -> None:
        self.chunks.append(rows.as_written())
        self.trace.extend(np.min(np.where(np.isfinite(rows.loss), rows.loss, np.inf), axis=1).tolist())

    def _show(self, rows: History, rate: float) -> None:
        places = np.linspace(0, len(self.trace) - 1, min(48, len(self.trace))).astype(int)
        self.shown.update(
            Progress(
                step=self.step,
                goal=self.goal,
                loss=rows.loss[-1],
                terms={name: values[-1] for name, values in rows.terms.items()},
                gradient_norm=rows.gradient_norm[-1],
                status=rows.status[-1],
                rate=rate,
                trace=tuple(self.trace[place] for place in places),
                watched=self.watch.latest,
                impossible=self.watch.impossible,
            )
        )

    def _save(self, state: State) -> None:
        if self.folder is not None and self.saved != self.step:
            self.folder.save_checkpoint({**checkpoint.name_leaves(state), **self.watch.leaves()}, self.step)
            self.saved, self.saved_at = self.step, time.monotonic()

    def _history(self) -> History:
        history = empty([], self.settings.seeds)
        for number, rows in enumerate(self.chunks):
            history = rows if number == 0 else history.then(rows)
        return history

    # ------------------------------------------------------------ the end

    def _end(self, state: State, reason: str) -> Run:
        status = _STATUS.get(reason, "finished")
        history = self._history()
        path = self.folder.path if self.folder else None
        if status == "interrupted":
            self._close(status, reason)
            if self.lost:
                raise self.lost
            results = self.watch.results(results_of_state(checkpoint.name_leaves(state)))
            return Run.of(results, history, status, reason, path, {}, self.watch.record)
        with self.team.together():
            results = self.watch.results(self.strategy.results(state, self.step))
        if self.team.leads:
            results = reevaluated(self.model, results)
        run = Run.of(results, history, status, reason, path, {}, self.watch.record)
        if self.folder is not None:
            self.folder.save_weights(leaves_of(results), {"step": str(self.step), "best_seed": str(run.best_seed)})
        if status == "failed":
            self._close(status, reason)
            first = self.step - history.steps  # a process that does not lead knows its own session only
            raise QglError([not_finite(self.model, self.settings, history, first)])
        if not self.team.leads:
            return run
        metrics: tuple[Row, ...] = ()
        baselines: tuple[Fitted, ...] = ()
        if isinstance(self.model, Model):
            calls = reports.at_the_end(self.model.program)
            baselines = fitted(self.model.program) if calls else ()
            metrics = reports.measure(self.model, run.params, calls, baselines)
        run.report.update(reports.assemble(self.name, run, self._seconds(), metrics, baselines))
        if isinstance(self.model, Model):
            run.report["best_by"] = self.watch.ranked_by
            run.report["metrics"] = with_seeds(self.model, run, calls, metrics)
            if self.measured is None and (error := loss_error(self.model, run.params)) is not None:
                run.report["truncation"] = asdict(error)
        if self.folder is not None:
            self.folder.write_text("report.json", sealed.document(run.report, self.folder.identity))
            self.folder.write_text("report.md", reports.markdown(run.report))
            if self.pictures and isinstance(self.model, Model):
                from qgl.report.figures import write_pictures

                for failure in write_pictures(self.folder.path, self.model, run, self.settings):
                    self.shown.note(f"warning: {failure.message}")
        self._close(status, reason)
        return run

    def _seconds(self) -> float:
        """Time of all sessions, compilation left out."""
        before = self.folder.manifest["sessions"] if self.folder else []
        return float(sum(session["seconds"] for session in [*before, self._session]))

    def _close(self, status: str, reason: str) -> None:
        if self.folder is not None:
            session = {**self._session, "to": self.step, "ended": manifests.now()}
            sessions = [*self.folder.manifest["sessions"], session]
            count = int(self.watch.record.steps.size)
            done = {"step": self.step, "goal": self.goal, "measurements": count, "sessions": sessions}
            self.folder.save_manifest(status=status, reason=reason, **done)


def command_line() -> list[str]:
    """The command line of this process, for a manifest."""
    return [Path(sys.argv[0]).name, *sys.argv[1:]]
