"""A sweep of constants: a run for each point of a grid, by processes side by side.

    found = sweep("bars.qgl", {"depth": range(1, 11)}, out="runs/depths", seeds=8)
    found = sweep(resume="runs/depths")      # goes on; points that are finished are not trained again

Each point is an ordinary run folder. The numbers are those that `qglc train --set depth=3` would give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from qgl.diagnostics.model import QglError
from qgl.diagnostics.render import show, to_text
from qgl.report.pictures import attempted
from qgl.runs.run import Run, report_of
from qgl.sweeps import folder as folders
from qgl.sweeps import picture, results
from qgl.sweeps.child import Request
from qgl.sweeps.display import choose
from qgl.sweeps.folder import Planned, SweepFolder, Sweeping
from qgl.sweeps.forecast import faults
from qgl.sweeps.grid import Grid, label
from qgl.sweeps.machine import Machine
from qgl.sweeps.pool import FAILED, FINISHED, INTERRUPTED, Outcome, Pool
from qgl.sweeps.results import Result
from qgl.sweeps.survey import Options, Surveyed, survey
from qgl.syntax.literals import Value

WAITING = "waiting"
Surveying = Callable[[Sequence[Surveyed], int], None]


@dataclass(frozen=True)
class Sweep:
    """What `sweep` gives back, and what its folder holds.

    path     the folder
    results  of all points, in order of the grid
    swept    the constants with several values
    """

    path: Path
    title: str
    results: tuple[Result, ...]
    swept: tuple[str, ...]

    @property
    def finished(self) -> bool:
        """Whether every point came to its end."""
        return all(result.status == FINISHED for result in self.results)

    @property
    def best(self) -> Result | None:
        """The finished point of the lowest median loss over its seeds; None if there is none."""
        return results.best(self.results)

    @property
    def interrupted(self) -> bool:
        """Whether points are left that `resume` would train."""
        return any(result.status in (WAITING, INTERRUPTED) for result in self.results)

    def run(self, **constants: Value) -> Run:
        """The run of the point with these constants.

        Raises:
            KeyError: there is none, or several.
        """
        matching = [r for r in self.results if constants.items() <= r.point.constants.items()]
        if len(matching) != 1:
            raise KeyError(f"{len(matching)} points have {label(constants, constants)}")
        return Run.load(self.path / matching[0].point.folder)

    @classmethod
    def load(cls, path: str | Path) -> Sweep:
        """The sweep in a folder, as far as it came.

        Raises:
            QglError: the folder is no sweep (QGL0940).
        """
        path = Path(path)
        sweeping, outcome = folders.load(path)
        return cls(path, _title(sweeping), _results(path, sweeping, outcome), Grid(sweeping.values).swept)


def sweep(
    program: str | Path | None = None,
    constants: Mapping[str, Value | Iterable[Value | range]] | None = None,
    *,
    out: str | Path | None = None,
    resume: str | Path | None = None,
    steps: int | None = None,
    seed: int | None = None,
    seeds: int | None = None,
    precision: str | None = None,
    jobs: int | None = None,
    display: str = "auto",
    pictures: bool = True,
    surveyed: Surveying = lambda found, jobs: None,
) -> Sweep:
    """Trains a program at every point of a grid of constants, and sums up.

    All points are checked first. One that is at fault is left out and told of; if all are, none is trained. On SIGINT
    the running points are saved, and the sweep ends; it goes on with `resume`.

    Args:
        program: the file.
        constants: for each constant a value, or a list or range of values.
        out: the folder to make.
        resume: the folder of a sweep to go on with; nothing else is needed then.
        steps: of each run; on resuming, a larger number extends all of them.
        seed: the seed of each run, by default the program's, as `seeds` and `precision` are.
        seeds: how many seeds train together at each point.
        precision: "single" or "double".
        jobs: processes at a time; by default what devices, cores and memory allow.
        display: "live", "plain", "quiet" or "auto".
        pictures: whether each run gets its pictures; the sweep has one anyway.
        surveyed: hears what was found of all points, and the number of jobs, before the first is trained.

    Raises:
        QglError: every point has a fault (with all of them), a folder that cannot be used (QGL0904 to QGL0906, QGL0940,
            QGL0943), a program or data that changed (QGL0941), too many points (QGL0942).
        ValueError: neither a program with a folder nor a sweep to go on with, or a constant without values.
    """
    if resume is not None:
        if program is not None or out is not None:
            raise ValueError("a sweep goes on with its own program, in its own folder")
        with SweepFolder.open(Path(resume)) as folder:
            return _Session(folder, steps, jobs, (), display, pictures).run()
    if program is None or out is None:
        raise ValueError("give a program and `out`, the folder to make, or a sweep to `resume`")
    grid, options = Grid.of(constants or {}), Options(steps, seed, seeds, precision)
    outcome = look(program, grid, options)
    sweeping = Sweeping.of(Path(program), grid, options, outcome)
    with SweepFolder.create(Path(out), sweeping) as folder:
        session = _Session(folder, None, jobs, outcome, display, pictures)
        surveyed(outcome, session.jobs)
        return session.run()


def look(program: str | Path, grid: Grid, options: Options) -> tuple[Surveyed, ...]:
    """Every point, checked and weighed; nothing is trained.

    Raises:
        QglError: the program cannot be read, or all points are at fault.
    """
    surveyed = survey(Path(program), grid.points, options)
    if all(one.faults for one in surveyed):
        raise QglError([fault for wrong, _ in faults(surveyed) for fault in wrong])
    return surveyed


class _Session:
    """One session of a sweep: from its first point, or those that are left, to its end."""

    def __init__(
        self,
        folder: SweepFolder,
        steps: int | None,
        jobs: int | None,
        found: Sequence[Surveyed],
        display: str,
        pictures: bool,
    ) -> None:
        self.folder, self.steps, self.display, self.pictures = folder, steps, display, pictures
        self.planned = folder.sweeping.points
        self.machine = Machine.here()
        self.jobs = self.machine.jobs(found, jobs, len(self.planned))
        self.outcomes: dict[int, Outcome] = {}

    def run(self) -> Sweep:
        sweeping = self.folder.sweeping
        requests = {}
        for number, planned in enumerate(self.planned):
            if planned.identity is None:
                self.outcomes[number] = Outcome(FAILED, planned.message)
            else:
                over = self._over(planned)
                if over is None:
                    requests[number] = self._request(planned)
                else:
                    self.outcomes[number] = over
        swept = Grid(sweeping.values).swept or tuple(sweeping.values)
        names = [label(planned.point.constants, swept) for planned in self.planned]
        if requests:
            with choose(self.display, names) as shown:
                Pool(self.jobs, shown, self.machine.environment).run(requests, self._take)
        return self._sum_up()

    def _over(self, planned: Planned) -> Outcome | None:
        """How a point has ended, None if it is to be trained. One whose folder is damaged stops no other."""
        try:
            return _ended(self.folder.run(planned.point), self.steps)
        except QglError as error:
            return Outcome(FAILED, to_text(error.diagnostics).strip())

    def _request(self, planned: Planned) -> Request:
        assert planned.identity is not None
        sweeping = self.folder.sweeping
        return Request(
            program=str(sweeping.program),
            constants=planned.point.constants,
            options=vars(sweeping.options).copy(),
            identity=vars(planned.identity).copy(),
            folder=str(self.folder.run(planned.point)),
            steps=self.steps,
            pictures=self.pictures,
        )

    def _take(self, number: int, outcome: Outcome) -> None:
        self.outcomes[number] = outcome
        self.folder.save(self._outcome())

    def _outcome(self) -> dict[str, dict[str, str]]:
        return {
            self.planned[number].point.folder: {"status": outcome.status, "message": outcome.message}
            for number, outcome in sorted(self.outcomes.items())
        }

    def _sum_up(self) -> Sweep:
        sweeping, path = self.folder.sweeping, self.folder.path
        outcome = self._outcome()
        finished = Sweep(path, _title(sweeping), _results(path, sweeping, outcome), Grid(sweeping.values).swept)
        constants = tuple(sweeping.values)
        swept = finished.swept or constants
        name = self._draw(finished, swept)
        self.folder.write_text("sweep.md", results.markdown(finished.title, finished.results, swept, name))
        self.folder.write_text("sweep.csv", results.as_csv(finished.results, constants))
        self.folder.save(outcome)
        return finished

    def _draw(self, found: Sweep, swept: Sequence[str]) -> str | None:
        """The name of the picture, None where there is none: too little to draw, or it failed, which is told."""
        path = self.folder.path / "sweep.png"
        if not picture.is_worth(found.results, swept):
            return None
        failure = attempted(path, lambda: picture.draw(found.title, found.results, swept))
        if failure is not None:
            show((failure,))
        return None if failure else path.name


def _ended(run: Path, steps: int | None) -> Outcome | None:
    """How a point's run came to its end; None if it did not, or more steps are asked for.

    Raises:
        QglError: the run is damaged.
    """
    manifest = folders.begun(run)
    if manifest is None or manifest["status"] not in ("finished", "failed"):
        return None
    if manifest["status"] == "failed":
        return Outcome(FAILED, manifest["reason"])
    report_of(run)
    return Outcome(FINISHED, manifest["reason"]) if steps is None or steps <= manifest["goal"] else None


def _results(path: Path, sweeping: Sweeping, outcome: Mapping[str, Mapping[str, str]]) -> tuple[Result, ...]:
    results = []
    for planned in sweeping.points:
        unknown = {"status": FAILED if planned.identity is None else WAITING, "message": planned.message}
        own = outcome.get(planned.point.folder, unknown)
        try:
            result = Result.of(planned.point, own["status"], own["message"], path / planned.point.folder)
        except QglError as error:
            result = Result(planned.point, FAILED, to_text(error.diagnostics).strip())
        results.append(result)
    return tuple(results)


def _title(sweeping: Sweeping) -> str:
    grid = Grid(sweeping.values)
    return f"{sweeping.program.stem}, by {' and '.join(grid.swept or grid.values) or 'nothing'}"
