"""How a session of training begins: what it is about, whether that may be, and whose the folder is."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
import numpy as np
from jax.typing import ArrayLike
from numpy.typing import NDArray

from qgl.baselines import missing
from qgl.check.calls.strategies import OF_RANDOM
from qgl.check.settings.line_search import line_search_faults
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.diagnostics.runs import DamagedRun, NothingToTrain
from qgl.diagnostics.shots import OneProcessOnly, UnfitShotSettings
from qgl.diagnostics.strategies import StrategyNeeded
from qgl.kernels.devices.memory import device_limit
from qgl.model import Model
from qgl.objectives.ensembles.transport import transport_faults
from qgl.program.calls.strategies import BY_GRADIENT, EM, OwnStrategy
from qgl.program.program import TrainSettings
from qgl.runs import manifest as manifests
from qgl.runs.folder import RunFolder, start_of
from qgl.source import Span
from qgl.train.devices import Team
from qgl.train.strategies.common import Common
from qgl.train.strategies.strategy import Factory, Strategy
from qgl.train.strategies.table import STRATEGIES
from qgl.train.trainable import Trainable, number_type

if TYPE_CHECKING:
    from qgl import hardware
    from qgl.train.shots import FromShots

_AGREED = ("the program", "the data", "the constants", "the settings", "the number of steps", "versions", "devices")


@dataclass(frozen=True)
class Opening:
    """What a session is about.

    settings   of the run
    goal       steps in all
    folder     of the run; None in memory, and in a process that does not lead
    manifest   as it stands in the folder, or would
    measured   the loss and gradient, where they are made of an engine's strings
    strategy   how parameters are moved
    """

    settings: TrainSettings
    goal: int
    folder: RunFolder | None
    manifest: manifests.Manifest
    measured: FromShots | None
    strategy: Strategy

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
    engine: hardware.Engine | None = None,
    strategy: Factory | None = None,
) -> Opening:
    """Opens or makes the folder, which `stack` closes. In a team, the leader does; the others only read.

    Raises:
        QglError: see `qgl.train.loop.train`; in a team also if its processes differ (QGL0932).
    """
    try:
        if resume is not None:
            opening, now = _resumed(stack, model, settings, Path(resume), steps, command, team, engine, strategy)
        else:
            opening, now = _begun(stack, model, settings, out, steps, command, team, engine, strategy)
    except QglError:
        team.agree(None, _AGREED)
        raise
    team.agree(_facts(now, opening, team), _AGREED)
    return opening


def begun_with(
    model: Trainable, params: Mapping[str, ArrayLike] | None, resume: str | Path | None, seeds: int
) -> Trainable:
    """The model with the parameters that its training begins with: those given, those that a resumed run began with,
    or, where there are neither, none but what is drawn.

    params: arrays by name, of the declared shapes for all seeds alike, or with a leading axis of `seeds`.

    Raises:
        QglError: `resume` is no run, or its file is damaged.
        ValueError: arrays of other names or shapes, or not finite; the model is no `qgl.Model`.
    """
    kept = None if resume is None else start_of(Path(resume))
    if params is None and kept is None:
        return model
    if not isinstance(model, Model):
        raise ValueError("only a qgl.Model begins with given parameters")
    made = copy(model)
    with number_type(model):
        if resume is None or kept is None:
            start = _of_seeds(model, params, seeds)
        else:
            start = _as_kept(model, kept, Path(resume))
        made.start = {name: jnp.asarray(value) for name, value in start.items()}
    return made


def _as_kept(model: Model, kept: Mapping[str, NDArray[Any]], run: Path) -> dict[str, NDArray[Any]]:
    """What a run began with, if it fits the program and the seeds of the run."""
    try:
        return _of_seeds(model, kept, manifests.load(run)["settings"]["seeds"])
    except ValueError as error:
        raise QglError([DamagedRun(None, str(run), f"what it began with does not fit its program: {error}")]) from None


def _of_seeds(model: Model, params: Any, seeds: int) -> dict[str, NDArray[Any]]:
    """Parameters with a leading axis of seeds."""
    shapes = model.parameters.shapes
    if not isinstance(params, Mapping):
        raise ValueError(f"parameters are a dictionary of named arrays, not {type(params).__name__}")
    own = bool(shapes) and all(np.shape(params.get(name, 0)) == (seeds, *shape) for name, shape in shapes.items())
    each = [{name: np.asarray(value)[k] for name, value in params.items()} for k in range(seeds)] if own else [params]
    checked = [model.parameters.checked(one) for one in each] * (1 if own else seeds)
    return {name: np.stack([np.asarray(one[name]) for one in checked]) for name in shapes}


def _resumed(
    stack: ExitStack,
    model: Trainable,
    settings: TrainSettings | None,
    path: Path,
    steps: int | None,
    command: Sequence[str],
    team: Team,
    engine: hardware.Engine | None,
    strategy: Factory | None,
) -> tuple[Opening, manifests.Manifest]:
    program = model.program
    folder = stack.enter_context(RunFolder.open(path)) if team.leads else None
    before = folder.manifest if folder else manifests.load(path)
    if settings is None:
        settings = manifests.settings_from_json(before["settings"], program.train, Span(program.source, 0, 0))
    settings = _by(settings, engine, strategy)
    now = manifests.describe(program, model.files, settings, model.precision, command)
    manifests.refuse_changes(before, now)
    measured, moved = _strategy(model, settings, team, engine, strategy)
    return Opening(settings, before["goal"] if steps is None else steps, folder, before, measured, moved), now


def _begun(
    stack: ExitStack,
    model: Trainable,
    settings: TrainSettings | None,
    out: str | Path | None,
    steps: int | None,
    command: Sequence[str],
    team: Team,
    engine: hardware.Engine | None,
    strategy: Factory | None,
) -> tuple[Opening, manifests.Manifest]:
    settings = _by(settings or model.program.train, engine, strategy)
    if steps is not None:
        settings = replace(settings, steps=steps)
    measured, moved = _strategy(model, settings, team, engine, strategy)
    now = manifests.describe(model.program, model.files, settings, model.precision, command)
    folder = None
    if out is not None and team.leads:
        begun = model.start if isinstance(model, Model) else None
        folder = stack.enter_context(RunFolder.create(Path(out), now, model.program.data, begun))
    return Opening(settings, settings.steps, folder, now, measured, moved), now


def _strategy(
    model: Trainable,
    settings: TrainSettings,
    team: Team,
    engine: hardware.Engine | None,
    strategy: Factory | None,
) -> tuple[FromShots | None, Strategy]:
    """The loss from shots, if it is, and the strategy. What an earlier process has made need not be planned again."""
    factory = _factory(settings, strategy)
    _refuse_unfit(model, settings)
    measured = from_shots(model, settings, team, engine)
    moved = factory(model, settings, team.devices) if measured is None else _measured(model, measured, settings)
    if settings.from_shots is None and isinstance(model, Model) and not (isinstance(moved, Common) and moved.is_kept):
        _refuse_too_many(model, settings, team)
    return measured, moved


def _measured(model: Trainable, measured: FromShots, settings: TrainSettings) -> Strategy:
    from qgl.train.strategies.measured import MeasuredGradient

    return MeasuredGradient(model, measured, settings)


def _by(settings: TrainSettings, engine: hardware.Engine | None, strategy: Factory | None) -> TrainSettings:
    """The settings, which name an engine and a strategy that were brought along."""
    if engine is not None:
        settings = replace(settings, engine=engine.name)
    if strategy is not None:
        name = getattr(strategy, "__name__", type(strategy).__name__)
        if name in STRATEGIES:
            raise ValueError(f"`{name}` is a strategy of qgl; a strategy of your own needs a name of its own")
        settings = replace(settings, strategy=OwnStrategy(name, span=settings.optimizer.span))
    return settings


def _factory(settings: TrainSettings, strategy: Factory | None) -> Factory:
    """What makes the strategy: one's own, or that of the settings.

    Raises:
        QglError: the settings are of a run that began with a strategy of its own (QGL0920).
    """
    if strategy is not None:
        return strategy
    if settings.strategy_name not in STRATEGIES:
        raise QglError([StrategyNeeded(None, settings.strategy_name)])
    return STRATEGIES[settings.strategy_name]


def from_shots(
    model: Trainable, settings: TrainSettings, team: Team, engine: hardware.Engine | None
) -> FromShots | None:
    """The loss and gradient from strings of the `engine`, or of the one that the settings name; None if exact.

    Raises:
        QglError: an engine without a gradient from shots (QGL1161), several devices or processes (QGL1162), no such
            engine (QGL1101, QGL1102), or what `FromShots` refuses.
        ValueError: the model is no `qgl.Model`.
    """
    if settings.from_shots is None:
        if engine is not None:
            way_out = "add `gradient parameter_shift(shots = 2000);` to `train`, or give no engine"
            raise QglError([UnfitShotSettings(settings.span, "an engine has no use for the exact gradient", way_out)])
        return None
    if settings.strategy_name not in BY_GRADIENT:
        what = f"the strategy `{settings.strategy_name}` has no use for a gradient from shots"
        raise QglError([UnfitShotSettings(settings.span, what, "leave out `gradient`, or the strategy")])
    if not isinstance(model, Model):
        raise ValueError("only a qgl.Model has circuits to take shots of")
    if len(team.devices) > 1:
        raise QglError([OneProcessOnly(None, len(team.devices))])
    from qgl import hardware
    from qgl.hardware.engines.waiting import patient
    from qgl.train.shots import FromShots

    return FromShots(model, settings, engine or patient(hardware.open_engine(settings.engine)))


def _facts(now: manifests.Manifest, opening: Opening, team: Team) -> dict[str, str]:
    """What all processes must have the same of."""
    data = {name: data["sha256"] for name, data in now["data"].items()}
    settings = [now["settings"], now["precision"]]
    parts = (now["program"]["sha256"], data, now["constants"], settings, opening.goal, now["versions"], team.each)
    return {name: json.dumps(part, sort_keys=True) for name, part in zip(_AGREED, parts, strict=True)}


def _refuse_unfit(model: Trainable, settings: TrainSettings) -> None:
    if settings.batch != model.program.train.batch:
        raise ValueError(f"`batch` belongs to the objective: give it in the program, not as {settings.batch}")
    if settings.approximate != model.program.train.approximate:
        raise ValueError("what answers are approximated by is said in the program, not in settings beside it")
    if faults := unfit(model, settings):
        raise QglError(faults)


def _refuse_too_many(model: Model, settings: TrainSettings, team: Team) -> None:
    """Circuits that run at the same time have to fit together, of a single one the plan itself is refused; and all has
    to have the gradient that is asked for.
    """
    if isinstance(settings.strategy, EM):  # asks no circuit
        return
    from qgl.report.weighing import losses_together, refusals, weigh_objective, without_gradient

    holders = team.processes if device_limit() is None else len(team.devices)
    held = replace(settings, seeds=-(-settings.seeds // holders))
    answers = weigh_objective(model)
    alone = losses_together(answers, held) == 1 and all(answer.circuits == 1 for answer in answers)
    if faults := without_gradient(answers, held) if alone else refusals(answers, held):
        raise QglError(faults)


def unfit(model: Trainable, settings: TrainSettings) -> list[Diagnostic]:
    """Why a model cannot be trained, as far as it can be told before anything is computed."""
    faults: list[Diagnostic] = [*missing(model.program), *transport_faults(model.program, settings.watched)]
    if not model.program.objective:
        faults.append(NothingToTrain(None, "objective"))
    random = settings.strategy_name in OF_RANDOM and any(p.kind == "random" for p in model.program.parameters)
    if not random and not any(model.trainable.values()):
        faults.append(NothingToTrain(None, "trained parameter"))
    if settings.strategy_name in BY_GRADIENT:
        faults += line_search_faults(settings, model.stochastic)
    return faults
