"""Every figure of system D measured again: `python -m examples.bayes.reproduce`.

biofam is not shipped. Where the variable BIOFAM names the file (`BIOFAM=/path/to/biofam.csv make reproduce-bayes`), its
figures are measured too. The rows are the family life states of the R package TraMineR (`data(biofam)`, columns a15 to
a30), as numbers from 0 to 7 in a table without a header, as Glasser et al. (NeurIPS 2019) prepared them.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from examples.bayes.games import classical_bounds, divergence_of_counts, garden_rows
from examples.bayes.pictures import biofam_states, training_curves
from examples.published import PICTURES, Ours, main
from qgl.baselines.columns import Columns
from qgl.evaluate.table.floors import data_entropy
from qgl.runs.run import Run
from qgl.train.loop import train

HERE = Path(__file__).parent
NOT_SHIPPED = "not measured: the rows are not shipped; BIOFAM=/path/to/biofam.csv measures it"


def measure(quick: bool) -> Mapping[str, Ours]:
    """The figures by the keys of published.json; quick: games and floors, and a few steps of each training."""
    found = dict(games(quick))
    found |= dict(garden())
    found |= lymphography(quick)
    path = os.environ.get("BIOFAM")
    if path and not quick:
        found |= biofam(Path(path))
    elif not quick:
        found |= {f"biofam_{key}": Ours(None, note=NOT_SHIPPED) for key in ("floor", "born", "hmm", "below", "markov")}
    return found


def trained(name: str, folder: Path = HERE, **how: Any) -> Run:
    """A run of a program in memory; constants and settings by name."""
    constants = {key: how.pop(key) for key in ("columns", "states") if key in how}
    model = qgl.load(folder / name, **constants)
    return train(model, how.pop("settings", None), display="quiet", **how)


def games(quick: bool) -> Iterator[tuple[str, Ours]]:
    """Both games with a change of basis, by the best classical networks, and by enumeration."""
    for name, (enumerated, closed) in classical_bounds().items():
        yield f"{name}_bound", Ours(enumerated, note=f"in closed form {closed:.6f}")
        run = trained(f"{name}.qgl")
        yield name, Ours(float(run.loss), note=f"best of {len(run.losses)} starts")
        run = trained(f"{name}_classical.qgl", steps=30 if quick else None)
        yield f"{name}_classical", Ours(float(run.loss), note=f"best of {len(run.losses)} starts, by `em()`")


def garden() -> Iterator[tuple[str, Ours]]:
    run = trained("garden.qgl")
    yield "garden", Ours(abs(float(run.loss) - divergence_of_counts(garden_rows())))


def lymphography(quick: bool) -> dict[str, Ours]:
    """The chains on 148 patients, beside hidden Markov models and Markov chains of the same rows."""
    model = qgl.load(HERE / "lymphography.qgl")
    floor = {"lymphography_floor": Ours(data_entropy(model.program.data["patients"]))}
    if quick:
        return floor
    run = train(model, display="quiet")
    purified = trained("lymphography_purified.qgl")
    PICTURES.mkdir(exist_ok=True)
    beside = _beside(run, "nll(patients)")
    training_curves(PICTURES / "systems-bayes-lymphography.png", run.history, purified.history, beside["hmm"])
    found = _chain("lymphography", run, beside)
    found["lymphography_purified"] = Ours(purified.loss, note="real; all rows at each step, 400 steps, one start")
    classical = trained("lymphography_classical.qgl")
    found["em"] = Ours(classical.loss, note=f"the baseline, by another program, has {beside['hmm']:.4f}")
    return floor | found


def biofam(path: Path) -> dict[str, Ours]:
    """The chain on 2000 biographies, whose file is put beside the program for the time of the run."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copy(HERE / "biofam.qgl", folder)
        shutil.copy(path, folder / "biofam.csv")
        model = qgl.load(folder / "biofam.qgl")
        run = train(model, display="quiet")
    data = model.program.data["people"]
    columns = Columns.of(data)
    drawn = np.asarray(model.sample(run.params, jax.random.key(0, impl="threefry2x32"), 2000), dtype=np.uint8)
    biofam_states(PICTURES / "systems-bayes-biofam.png", _shares(columns, data.rows), _shares(columns, drawn))
    floor = {"biofam_floor": Ours(data_entropy(data))}
    return floor | _chain("biofam", run, _beside(run, "nll(people)"))


def _beside(run: Run, name: str) -> dict[str, float]:
    """What the baselines of a run have, by their first word."""
    (row,) = [row for row in run.report["metrics"] if row["name"] == name]
    return {label.partition("(")[0]: value for label, value in row["baselines"].items()}


def _chain(name: str, run: Run, beside: Mapping[str, float]) -> dict[str, Ours]:
    losses = [float(loss) for loss in run.losses]
    among = f"best of {len(losses)} starts, the worst of which has {max(losses):.3f}; all rows at each step"
    return {
        f"{name}_born": Ours(run.loss, note=f"{among}, {run.steps} steps"),
        f"{name}_hmm": Ours(beside["hmm"], note="best of 40 starts"),
        f"{name}_below": Ours(beside["hmm"] - run.loss),
        f"{name}_markov": Ours(beside["markov"]),
    }


def _shares(columns: Columns, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
    """How often each value comes in each column, shape (columns, values)."""
    values = columns.values(rows)
    return np.stack([np.bincount(column[column >= 0], minlength=8) / len(column) for column in values.T])


if __name__ == "__main__":
    main("bayes", measure)
