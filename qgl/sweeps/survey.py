"""Every point of a sweep looked at before the first is trained: what is wrong with it, and what it will cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from qgl.data.environment import open_program
from qgl.diagnostics.model import Diagnostic, QglError, Severity
from qgl.loading import loads
from qgl.program.program import Program, TrainSettings
from qgl.report.weighing import process, refusals, training_seconds, weigh_objective
from qgl.runs import manifest as manifests
from qgl.sweeps.grid import Point
from qgl.train.opening import unfit
from qgl.train.sequence import changed


@dataclass(frozen=True)
class Options:
    """What a sweep changes in the settings of `train`, the same at all points; None: as the program says."""

    steps: int | None = None
    seed: int | None = None
    seeds: int | None = None
    precision: str | None = None

    def settings(self, program: Program) -> TrainSettings:
        changes: dict[str, Any] = {"steps": self.steps, "seed": self.seed, "seeds": self.seeds}
        return replace(program.train, **{name: value for name, value in changes.items() if value is not None})


@dataclass(frozen=True)
class Identity:
    """What a point's run is of: hashes of the program with its imports, and of the data by name."""

    program: str
    data: dict[str, str]

    @classmethod
    def of(cls, program: Program, files: dict[str, str]) -> Identity:
        return cls(manifests.digest(files), {name: data.sha256 for name, data in program.data.items()})


@dataclass(frozen=True)
class Surveyed:
    """One point before it is trained.

    faults    why it cannot be trained; without any, the rest is known
    qubits    all that are in the circuit, and visible ones among them
    trained   number of trained parameters
    method    how the objective is simulated; where it is taken from shots, by which engine
    seconds   predicted for all steps and seeds, compilation not counted; None where shots are taken
    memory    that its process takes, predicted in bytes
    """

    point: Point
    faults: tuple[Diagnostic, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    identity: Identity | None = None
    qubits: int = 0
    visible: int = 0
    operations: int = 0
    trained: int = 0
    method: str = ""
    steps: int = 0
    seeds: int = 0
    seconds: float | None = None
    memory: int = 0


def survey(program: Path, points: Sequence[Point], options: Options) -> tuple[Surveyed, ...]:
    """All points in order.

    Raises:
        QglError: the program cannot be read.
    """
    return tuple(_look(program, point, options) for point in points)


def _look(path: Path, point: Point, options: Options) -> Surveyed:
    source, environment = open_program(path)
    try:
        model = loads(source, environment, precision=options.precision, **point.constants)
        program, settings = model.program, options.settings(model.program)
        shots = settings.from_shots is not None
        trained = changed(program, settings).stages or (replace(program, train=settings),)
        models = model.stages or (model,)
        faults = [fault for one, stage in zip(models, trained, strict=True) for fault in unfit(one, stage.train)]
        weighed = [weigh_objective(one) if not faults else [] for one in models]
        answers = [answer for each in weighed for answer in each]
    except QglError as error:
        return Surveyed(point, tuple(d for d in error.diagnostics if d.severity is Severity.ERROR))
    chosen = [row.candidates[0] for answer in answers for row in answer.weighed.rows if row.chosen and not shots]
    seconds = sum(training_seconds(each, stage.train) for each, stage in zip(weighed, trained, strict=True))
    return Surveyed(
        point=point,
        faults=tuple(faults if shots else (*faults, *refusals(answers, settings))),
        warnings=model.warnings,
        identity=Identity.of(program, model.files),
        qubits=len(program.wires),
        visible=len(program.visible),
        operations=len(program.operations),
        trained=sum(p.size for p in program.parameters if p.kind == "param"),
        method=settings.engine if shots else ", ".join(dict.fromkeys(candidate.method for candidate in chosen)),
        steps=sum(stage.train.steps for stage in trained),
        seeds=settings.seeds,
        seconds=None if shots else seconds,
        memory=process(answers if not shots else [], program, settings),
    )
