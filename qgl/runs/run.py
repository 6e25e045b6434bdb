"""A trained model: its parameters, the course of its training, and its folder if it has one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import NoneType
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun, NotARun, NoWeights
from qgl.runs import history, manifest, watched
from qgl.runs.files import checkpoint, sealed
from qgl.runs.folder import stage_folder, step_of
from qgl.runs.history import History
from qgl.runs.seed_results import SeedResults
from qgl.runs.shapes.entries import Bounded, Named, Several, fault
from qgl.runs.watched import Watched, best_measured

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qgl.model import Model

_FIGURE = (NoneType, float, int)
_METRIC = {"name": str, "value": _FIGURE, "unit": str, "floor": _FIGURE, "uniform": _FIGURE}
_REPORT: dict[str, Any] = {
    "title": str,
    "reason": str,
    "steps": Bounded(),
    "seconds": Bounded(high=1e12, real=True),
    "seeds": Bounded(),
    "best_seed": Bounded(),
    "loss": _FIGURE,
    "loss_of_seeds": Several(_FIGURE),
    "median_loss": _FIGURE,
    "terms": Named(_FIGURE),
    "metrics": Several(_METRIC),
    "baselines": Several(dict),
}
Arrays = dict[str, Any]  # of NumPy, which keeps double precision whatever JAX is set to


@dataclass(frozen=True, slots=True)
class Run:
    """What `train` gives back, and what a run folder holds.

    params       parameters of the best seed: arrays by name, as `model.init` makes them
    all_params   those of all seeds, with a leading axis of seeds
    best_seed    the seed of the lowest loss, or under `early` of the best measurement, counted from 0
    losses       loss of each seed's parameters, shape (seeds,)
    terms        each term of the loss, unweighted, shape (seeds,)
    history      loss, terms and gradient norm at each step
    steps        steps that were made
    status       "finished", "interrupted", "failed", or "running" if the process was killed
    reason       why it ended: "steps", "stop rule", "time limit", "signal", "loss not finite"
    path         the folder; None for a run in memory
    report       metrics at the end, as `report.json` holds them
    watched      what was measured on the way, of every seed
    best_steps   under `early`, the step of each seed's best measurement, shape (seeds,), -1 where it has none
    scores       under `early`, those best measurements, less being better, shape (seeds,)
    stages       of a program with stages, the run of each that has begun; the losses and terms above are the last one's
    """

    params: Arrays
    all_params: Arrays
    best_seed: int
    losses: NDArray[np.float64]
    terms: dict[str, NDArray[np.float64]]
    history: History
    steps: int
    status: str
    reason: str
    path: Path | None
    report: dict[str, Any] = field(default_factory=dict)
    watched: Watched = field(default_factory=Watched)
    best_steps: NDArray[np.int64] | None = None
    scores: NDArray[np.float64] | None = None
    stages: tuple[Run, ...] = ()

    painter: ClassVar[Callable[[Run, str], Figure] | None] = None  # which `qgl.api` knows

    def __repr__(self) -> str:
        """What became of it, in a line: arrays of thousands of numbers are no way to show a run."""
        seeds = f", best of {len(self.losses)} seeds" if len(self.losses) > 1 else ""
        where = f", in {str(self.path)!r}" if self.path is not None else ""
        return f"<Run: {self.status} after {self.steps} steps ({self.reason}), loss {self.loss:.4g}{seeds}{where}>"

    def plot(self, name: str = "loss") -> Figure:
        """A picture of the run as a figure of matplotlib: "loss", "circuit", "watch", "samples", "moments", "pictures".

        A run that has no folder has its loss alone: its model is the one that `train` was given.

        Raises:
            ValueError: the run has no such picture.
        """
        if Run.painter is None:
            raise RuntimeError("runs that can be drawn come from `qgl.open_run`, or from a model's `train`")
        return Run.painter(self, name)

    @property
    def results(self) -> SeedResults:
        """What the seeds hand out."""
        return SeedResults(self.all_params, self.losses, self.terms, self.scores, self.best_steps)

    @property
    def model(self) -> Model:
        """The model that was trained, as the run folder holds it.

        Raises:
            ValueError: the run is in memory only; its model is the one that `train` was given.
        """
        from qgl.runs.reload import model_of

        if self.path is None:
            raise ValueError("this run has no folder that holds its model")
        return model_of(self.path)

    @property
    def loss(self) -> float:
        """The loss of the best seed."""
        return float(self.losses[self.best_seed])

    @classmethod
    def load(cls, path: str | Path) -> Run:
        """The run in a folder. Of a run that was killed, the parameters are those of its last checkpoint.

        Raises:
            QglError: the folder is not a run, holds no weights yet, or is damaged.
        """
        folder = Path(path)
        facts = manifest.load(folder)
        if "stages" in facts:
            return _load_stages(folder, facts)
        run = manifest.identity(facts)
        ended = facts["status"] in ("finished", "failed")
        results, step = _results(folder, run, ended)
        records = history.parse(folder / "metrics.jsonl", run)
        _refuse_other_steps(folder, facts, step, records.steps)
        known = _report(folder, run, facts) if ended else {}
        measured = watched.parse(folder / watched.FILE, run)
        if facts["status"] != "running" and measured.steps.size != facts["measurements"]:
            reason = f"it has {measured.steps.size} measurements of {facts['measurements']}"
            raise QglError([DamagedRun(None, str(folder / watched.FILE), reason)])
        return cls.of(results, records, facts["status"], facts["reason"], folder, known, measured)

    @classmethod
    def of(
        cls,
        results: SeedResults,
        records: History,
        status: str,
        reason: str,
        path: Path | None,
        report: dict[str, Any],
        measured: Watched | None = None,
    ) -> Run:
        best = best_of(results)
        return cls(
            params={name: np.asarray(value[best]) for name, value in results.params.items()},
            all_params={name: np.asarray(value) for name, value in results.params.items()},
            best_seed=best,
            losses=np.asarray(results.loss, dtype=np.float64),
            terms={name: np.asarray(value, dtype=np.float64) for name, value in results.terms.items()},
            history=records,
            steps=records.steps,
            status=status,
            reason=reason,
            path=path,
            report=report,
            watched=measured or Watched(),
            best_steps=None if results.at is None else np.asarray(results.at),
            scores=None if results.score is None else np.asarray(results.score),
        )

    @classmethod
    def of_stages(cls, runs: Sequence[Run], status: str, reason: str, path: Path | None, report: dict[str, Any]) -> Run:
        """The run of a program with stages, of the runs of those that have begun: what the last of them hands out."""
        records = history.joined([run.history for run in runs])
        whole = cls.of(runs[-1].results, records, status, reason, path, report)
        return replace(whole, stages=tuple(runs))


def _results(folder: Path, run: str, ended: bool) -> tuple[SeedResults, int]:
    """What a run hands out, and the step that this is of: its weights, or the last checkpoint of one that goes on.

    Raises:
        QglError: there is neither (QGL0910), or it is damaged (QGL0904).
    """
    weights, state = folder / "weights.safetensors", folder / "checkpoint.safetensors"
    path = weights if ended else state
    try:
        leaves, text = checkpoint.read(path, run)
    except FileNotFoundError as error:
        if ended:
            raise QglError([DamagedRun(None, str(path), "it is not there")]) from error
        raise QglError([NoWeights(None, str(folder))]) from error
    try:
        results = results_from(leaves) if ended else best_measured(results_of_state(leaves), leaves)
    except (KeyError, ValueError, IndexError) as error:
        raise QglError([DamagedRun(None, str(path), f"an array is missing ({error})")]) from error
    if np.ndim(results.loss) != 1 or not len(results.loss):
        raise QglError([DamagedRun(None, str(path), "it has no losses of seeds")])
    return results, step_of(path, text)


def _load_stages(folder: Path, facts: manifest.Manifest) -> Run:
    """The run of a program with stages; of one that has not come to its end, as far as it came.

    Raises:
        QglError: no stage has weights yet (QGL0910), or the folder is damaged (QGL0904).
    """
    runs: list[Run] = []
    for number in range(len(facts["stages"])):
        path = stage_folder(folder, number)
        try:
            own = manifest.load(path)
            if own.get("stage") != number or own["program"]["sha256"] != facts["program"]["sha256"]:
                raise QglError([DamagedRun(None, str(path), "it is no stage of this run")])
            runs.append(Run.load(path))
        except QglError as error:
            if facts["status"] == "finished" or not all(isinstance(e, NotARun | NoWeights) for e in error.diagnostics):
                raise
            break
    if not runs:
        raise QglError([NoWeights(None, str(folder))])
    if facts["status"] != "finished":
        return Run.of_stages(runs, facts["status"], facts["reason"], folder, {})
    identity = manifest.identity(facts)
    results, step = _results(folder, identity, True)
    whole = Run.of_stages(runs, facts["status"], facts["reason"], folder, _report(folder, identity, facts))
    if not step == facts["step"] == whole.steps:
        reason = f"it is of step {step}, and the stages have {whole.steps} steps"
        raise QglError([DamagedRun(None, str(folder / "weights.safetensors"), reason)])
    return replace(Run.of(results, whole.history, whole.status, whole.reason, folder, whole.report), stages=tuple(runs))


def _refuse_other_steps(folder: Path, facts: manifest.Manifest, step: int, lines: int) -> None:
    """Makes sure that manifest, arrays and metrics are of one moment: a run that goes on may have lines beyond.

    Raises:
        QglError: one is older than the others (QGL0904).
    """
    ended = facts["status"] in ("finished", "failed")
    if ended and step != facts["step"]:
        reason = f"it is of step {step}, and the run ended at {facts['step']}"
        raise QglError([DamagedRun(None, str(folder / "weights.safetensors"), reason)])
    if lines < step or (facts["status"] != "running" and lines != facts["step"]):
        reason = f"it has {lines} lines for {max(step, facts['step'])} steps"
        raise QglError([DamagedRun(None, str(folder / "metrics.jsonl"), reason)])


def report_of(folder: Path) -> dict[str, Any]:
    """The report of a run that is finished, {} of one that failed.

    Raises:
        QglError: it is not there, or the folder is damaged (QGL0904).
    """
    facts = manifest.load(folder)
    return _report(folder, manifest.identity(facts), facts)


def _report(folder: Path, run: str, facts: manifest.Manifest) -> dict[str, Any]:
    path = folder / "report.json"
    try:
        report = sealed.read_document(path, run)
    except FileNotFoundError as error:
        if facts["status"] == "failed":
            return {}
        raise QglError([DamagedRun(None, str(path), "it is not there")]) from error
    wrong = fault(report, _REPORT)
    if wrong:
        raise QglError([DamagedRun(None, str(path), wrong)])
    return report


def open_run(path: str | Path) -> Run:
    """`Run.load`: the run in a folder, with its `params`, `history`, `report` and `model`."""
    return Run.load(path)


def best_of(results: SeedResults) -> int:
    """The seed of the lowest finite loss, or of the lowest score where there are scores."""
    values = np.asarray(results.loss if results.score is None else results.score)
    return int(np.argmin(np.where(np.isfinite(values), values, np.inf)))


def leaves_of(results: SeedResults) -> checkpoint.Leaves:
    """The arrays of `weights.safetensors`."""
    best = best_of(results)
    scores = {} if results.score is None else {"score": np.asarray(results.score), "at": np.asarray(results.at)}
    return {
        **scores,
        **{f"best/{name}": np.asarray(value[best]) for name, value in results.params.items()},
        **{f"seeds/{name}": np.asarray(value) for name, value in results.params.items()},
        "loss": np.asarray(results.loss),
        **{f"terms/{name}": np.asarray(value) for name, value in results.terms.items()},
    }


def results_from(leaves: checkpoint.Leaves) -> SeedResults:
    return SeedResults(
        _under("seeds/", leaves), leaves["loss"], _under("terms/", leaves), leaves.get("score"), leaves.get("at")
    )


def results_of_state(leaves: checkpoint.Leaves) -> SeedResults:
    """What a run that has not come to its end hands out."""
    return SeedResults(
        {**_under("fixed/", leaves), **_under("kept/", leaves)}, leaves["kept_loss"], _under("kept_terms/", leaves)
    )


def _under(prefix: str, leaves: checkpoint.Leaves) -> Any:
    return {name.removeprefix(prefix): leaf for name, leaf in leaves.items() if name.startswith(prefix)}
