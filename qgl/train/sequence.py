"""Training of a program with stages: a run for each stage, one after the other, in the folder of the whole.

A stage begins with what each seed hands out at the end of the stage before it, and the first with drawn parameters.
What it does not move keeps its bits. In a folder each stage is a run of its own, which is written, killed and resumed
as any; so a run of stages that was killed goes on where it was, to the same numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.baselines import fitted, missing
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NonFiniteLoss, RunChanged
from qgl.diagnostics.stages import StagesInOneProcess
from qgl.expression import Input
from qgl.model import Model
from qgl.objectives.ensembles.transport import transport_faults
from qgl.program.choices import certain, most_likely, wording
from qgl.program.picking import choices_picked
from qgl.program.program import Program, TrainSettings
from qgl.report import report as reports
from qgl.report.display import Display
from qgl.report.figures import write_pictures
from qgl.report.seeds import with_seeds
from qgl.runs import manifest as manifests
from qgl.runs.files import sealed
from qgl.runs.folder import RunFolder, stage_folder
from qgl.runs.run import Run, leaves_of
from qgl.source import Span
from qgl.train.devices import Team
from qgl.train.opening import unfit
from qgl.train.trainable import number_type

TrainOne = Callable[..., Run]


def train_stages(
    train_one: TrainOne,
    model: Model,
    settings: TrainSettings | None,
    out: str | Path | None,
    resume: str | Path | None,
    steps: int | None,
    team: Team,
    shown: Display,
    pictures: bool,
    command: Sequence[str],
    log: str | None,
) -> Run:
    """Trains the stages of `model` and returns the run of them all; the other arguments are those of `train`.

    train_one: trains a model without stages, as `train` does, with what all stages are given.

    Raises:
        QglError: as `train`; several processes (QGL0935), or a resumed run that would take other steps (QGL0902).
    """
    if team.processes > 1:
        raise QglError([StagesInOneProcess(None)])
    folder: RunFolder | None = None
    with ExitStack() as stack:
        if resume is not None:
            folder = stack.enter_context(RunFolder.open(Path(resume)))
            settings = settings or _settings_of(folder, model.program)
        settings = settings or model.program.train
        settings = settings if steps is None else replace(settings, steps=steps)
        program = changed(model.program, settings)
        _refuse_unfit(model, program, settings)
        now = manifests.describe(program, model.files, settings, model.precision, command)
        if folder is not None:
            _refuse_changes(folder.manifest, now)
            if folder.manifest["status"] == "finished":
                shown.note(f"{resume} is finished: {folder.manifest['step']} steps in {len(program.stages)} stages")
                return Run.load(folder.path)
        elif out is not None:
            folder = stack.enter_context(RunFolder.create(Path(out), now, program.data, model.start))
        if folder is not None:
            folder.keep_log(log)
            train_one = partial(train_one, log=folder.manifest.get("log"))
        whole = _Sequence(train_one, model, program, folder, shown, pictures)
        try:
            return whole.run(settings)
        except Exception:
            if resume is None and folder is not None and not folder.has_begun:
                folder.take_back()
            raise


def _refuse_unfit(model: Model, program: Program, settings: TrainSettings) -> None:
    """Refuses what no later stage, and no report at the end, could do: the first stage may take hours."""
    faults = [*transport_faults(program, settings.watched)]
    for stage in program.stages:
        faults += unfit(Model(stage, precision=model.precision, files=model.files), stage.train)
    if faults:
        raise QglError(dict.fromkeys(faults))


class _Sequence:
    """One session of a run of stages."""

    def __init__(
        self,
        train_one: TrainOne,
        model: Model,
        program: Program,
        folder: RunFolder | None,
        shown: Display,
        pictures: bool,
    ) -> None:
        self.train_one, self.model, self.program = train_one, model, program
        self.folder, self.shown, self.pictures = folder, shown, pictures
        self.runs: list[Run] = []
        self.programs: dict[Hashable, Any] = {}

    def run(self, settings: TrainSettings) -> Run:
        if self.folder is not None:
            self.folder.save_manifest(status="running", reason="")
        for program in self.program.stages:
            try:
                run = self._stage(program)
            except QglError as error:
                if any(isinstance(each, NonFiniteLoss) for each in error.diagnostics):
                    self._close("failed", "loss not finite")
                else:
                    self._close("interrupted", "engine failed")
                raise
            self.runs.append(run)
            if run.status == "interrupted":
                self._close(run.status, run.reason)
                return self._whole(run.status, run.reason)
        return self._end(settings)

    def _stage(self, program: Program) -> Run:
        """The run of one stage: as it was finished before, gone on with, or new."""
        model = Model(program, precision=self.model.precision, files=self.model.files)
        if self.runs:
            start, told = with_picks(program, self.runs[-1].all_params)
            with number_type(model):
                model.start = {name: jnp.asarray(value) for name, value in start.items()}
            for line in told:
                self.shown.note(f"{program.stage}: {line}")
        else:
            model.start = self.model.start
        model.programs = self.programs
        place: dict[str, Any] = {}
        if self.folder is not None and program.stage is not None:
            path = stage_folder(self.folder.path, program.stage.number)
            has_begun = os.path.lexists(path / "manifest.json")
            if has_begun and manifests.load(path)["status"] == "finished":
                return Run.load(path)
            place = {"resume" if has_begun else "out": path}
        return self.train_one(model, program.train, **place)

    def _whole(self, status: str, reason: str, report: dict[str, Any] | None = None) -> Run:
        return Run.of_stages(self.runs, status, reason, self.folder.path if self.folder else None, report or {})

    def _close(self, status: str, reason: str) -> None:
        if self.folder is not None:
            steps = sum(run.steps for run in self.runs)
            self.folder.save_manifest(status=status, reason=reason, step=steps)

    def _end(self, settings: TrainSettings) -> Run:
        run = self._whole("finished", "steps")
        calls = reports.at_the_end(self.model.program)
        baselines = fitted(self.model.program) if calls and not missing(self.model.program) else ()
        metrics = reports.measure(self.model, run.params, calls, baselines)
        seconds = sum(float(each.report.get("seconds", 0.0)) for each in self.runs)
        run.report.update(reports.assemble(Path(self.program.source.name).stem, run, seconds, metrics, baselines))
        run.report["metrics"] = with_seeds(self.model, run, calls, metrics)
        run.report["stages"] = [
            {"stage": program.stage.label, **each.report}
            for program, each in zip(self.program.stages, self.runs, strict=True)
            if program.stage is not None
        ]
        if self.folder is not None:
            facts = {"step": str(run.steps), "best_seed": str(run.best_seed)}
            self.folder.save_weights(leaves_of(run.results), facts)
            self.folder.write_text("report.json", sealed.document(run.report, self.folder.identity))
            self.folder.write_text("report.md", reports.markdown(run.report))
            if self.pictures:
                for failure in write_pictures(self.folder.path, self.model, run, settings):
                    self.shown.note(f"warning: {failure.message}")
        self._close("finished", "steps")
        return run


def with_picks(program: Program, params: Mapping[str, NDArray[Any]]) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Parameters of all seeds, with a leading axis, in which what a stage picks has its most likely values for certain;
    and which these are, a line for each seed.
    """
    changed, told = {name: np.array(value) for name, value in params.items()}, []
    choices = choices_picked(program)
    for seed in range(len(next(iter(changed.values()))) if choices else 0):

        def number(atom: Input, seed: int = seed) -> float:
            return float(changed[program.parameters[atom.parameter].name][seed].ravel()[atom.element])

        bits, shares = most_likely(choices, number)
        told.append(f"seed {seed} picks {wording(choices, bits, shares)}")
        for atom, angle in certain(choices, bits):
            changed[program.parameters[atom.parameter].name][seed].reshape(-1)[atom.element] = angle
    return changed, told


def _settings_of(folder: RunFolder, program: Program) -> TrainSettings:
    return manifests.settings_from_json(folder.manifest["settings"], program.train, Span(program.source, 0, 0))


def changed(program: Program, settings: TrainSettings) -> Program:
    """The program whose stages have what `settings` change against its `train`, and random numbers of their own."""
    names = [each.name for each in fields(TrainSettings) if each.name != "span"]
    changes = {name: getattr(settings, name) for name in names}
    changes = {name: value for name, value in changes.items() if value != getattr(program.train, name)}
    stages = [
        replace(each, train=replace(each.train, **{**changes, "seed": _seed(settings.seed, number)}))
        for number, each in enumerate(program.stages)
    ]
    return replace(program, stages=tuple(stages))


def _seed(seed: int, stage: int) -> int:
    """Where the random numbers of a stage start: the first one's are those that the program alone would have."""
    return seed if stage == 0 else int(np.random.SeedSequence((seed, stage)).generate_state(1)[0])


def _refuse_changes(before: manifests.Manifest, now: manifests.Manifest) -> None:
    manifests.refuse_changes(before, now)
    if before["goal"] != now["goal"]:
        steps = (f"{before['goal']} in all stages", f"{now['goal']}")
        raise QglError([RunChanged(None, "the setting `steps`", *steps)])
