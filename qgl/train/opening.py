"""How a session of training begins: what it is about, whether that may be, and whose the folder is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgl.check.line_search import line_search_faults
from qgl.check.program import TrainSettings
from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import NothingToTrain
from qgl.source import Span
from qgl.train import manifest as manifests
from qgl.train.devices import Team
from qgl.train.run_folder import RunFolder
from qgl.train.trainable import Trainable

_AGREED = ("the program", "the data", "the constants", "the settings", "the number of steps", "versions", "devices")


@dataclass(frozen=True)
class Opening:
    """What a session is about.

    settings   of the run
    goal       steps in all
    folder     of the run; None in memory, and in a process that does not lead
    manifest   as it stands in the folder, or would
    """

    settings: TrainSettings
    goal: int
    folder: RunFolder | None
    manifest: manifests.Manifest

    @property
    def is_finished(self) -> bool:
        """Whether the run has come to its end and this session asks for no more."""
        ended = self.manifest["status"] == "finished" and self.manifest["reason"] != "time limit"
        return bool(ended and self.goal <= self.manifest["goal"])


def opened(
    stack: ExitStack,
    model: Trainable,
    settings: TrainSettings | None,
    out: str | Path | None,
    resume: str | Path | None,
    steps: int | None,
    command: Sequence[str],
    team: Team,
) -> Opening:
    """Opens or makes the folder, which `stack` closes. In a team, the leader does; the others only read.

    Raises:
        QglError: see `qgl.train.loop.train`; in a team also if its processes differ (QGL0932).
    """
    try:
        if resume is not None:
            opening, now = _resumed(stack, model, settings, Path(resume), steps, command, team)
        else:
            opening, now = _begun(stack, model, settings, out, steps, command, team)
    except QglError:
        team.agree(None, _AGREED)
        raise
    team.agree(_facts(now, opening, team), _AGREED)
    return opening


def _resumed(
    stack: ExitStack,
    model: Trainable,
    settings: TrainSettings | None,
    path: Path,
    steps: int | None,
    command: Sequence[str],
    team: Team,
) -> tuple[Opening, manifests.Manifest]:
    program = model.program
    folder = stack.enter_context(RunFolder.open(path)) if team.leads else None
    before = folder.manifest if folder else manifests.load(path)
    if settings is None:
        settings = manifests.settings_from_json(before["settings"], program.train, Span(program.source, 0, 0))
    now = manifests.describe(program, model.files, settings, model.precision, command)
    manifests.refuse_changes(before, now)
    _refuse_unfit(model, settings)
    return Opening(settings, before["goal"] if steps is None else steps, folder, before), now


def _begun(
    stack: ExitStack,
    model: Trainable,
    settings: TrainSettings | None,
    out: str | Path | None,
    steps: int | None,
    command: Sequence[str],
    team: Team,
) -> tuple[Opening, manifests.Manifest]:
    settings = settings or model.program.train
    if steps is not None:
        settings = replace(settings, steps=steps)
    _refuse_unfit(model, settings)
    now = manifests.describe(model.program, model.files, settings, model.precision, command)
    folder = None
    if out is not None and team.leads:
        folder = stack.enter_context(RunFolder.create(Path(out), now, model.program.data))
    return Opening(settings, settings.steps, folder, now), now


def _facts(now: manifests.Manifest, opening: Opening, team: Team) -> dict[str, str]:
    """What all processes must have the same of."""
    data = {name: data["sha256"] for name, data in now["data"].items()}
    settings = [now["settings"], now["precision"]]
    parts = (now["program"]["sha256"], data, now["constants"], settings, opening.goal, now["versions"], team.each)
    return {name: json.dumps(part, sort_keys=True) for name, part in zip(_AGREED, parts, strict=True)}


def _refuse_unfit(model: Trainable, settings: TrainSettings) -> None:
    """Faults that can be told before anything is computed."""
    if settings.batch != model.program.train.batch:
        raise ValueError(f"`batch` belongs to the objective: give it in the program, not as {settings.batch}")
    faults: list[Any] = []
    if not model.program.objective:
        faults.append(NothingToTrain(None, "objective"))
    if not any(model.trainable.values()):
        faults.append(NothingToTrain(None, "trained parameter"))
    faults += line_search_faults(settings, model.stochastic)
    if faults:
        raise QglError(faults)
