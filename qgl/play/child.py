"""The process that trains for the playground: `python -m qgl.play.child`.

It speaks as `qgl.sweeps.child` does: a request, one line of JSON, and events. To those of a training it adds `report`,
`history` and `samples`. When its input closes, it is told to stop or whoever started it is gone: it saves and ends.
"""

from __future__ import annotations

import json
import sys
import threading
import traceback
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.render import to_text
from qgl.play.folder import PICTURES
from qgl.sweeps.child import Events, end_with_parent, own_output

if TYPE_CHECKING:
    from qgl.model import Model
    from qgl.runs.run import Run

DRAWN, SHOWN = 2000, 16  # strings, and how many of the most frequent ones are shown
POINTS = 600  # of a curve
MOST_CATEGORIES = 10  # of a condition, for each of which is drawn


def main() -> int:
    """Trains; the exit status is 0 if the run came to its end or was interrupted and saved."""
    with own_output() as stream:
        events = Events(stream)
        request = json.loads(sys.stdin.readline())
        threading.Thread(target=end_with_parent, daemon=True).start()
        try:
            _train(Path(request["program"]), Path(request["folder"]), events)
        except QglError as error:
            events.send("fault", text=to_text(error.diagnostics))
            return 1
        except Exception as error:
            events.send("fault", text=f"{type(error).__name__}: {error}", trace=traceback.format_exc())
            return 1
        return 0


def _train(program: Path, folder: Path, events: Events) -> None:
    from qgl.loading import load
    from qgl.train.kept import compilation_cache
    from qgl.train.loop import train

    compilation_cache.switch_on()
    model = load(program)
    run = train(model, out=folder, display=events)
    events.send("history", **curves(run))
    if run.status == "finished":
        rows = [
            {key: row.get(key) for key in ("name", "value", "floor", "uniform", "unit")}
            for row in run.report.get("metrics", ())
        ]
        events.send("report", rows=rows)
        events.send("samples", **samples(model, run))
    drawn = [name for name in PICTURES if (folder / name).is_file()] if run.status == "finished" else []
    events.send("end", status=run.status, steps=run.steps, loss=_plain(run.loss), pictures=drawn)


def curves(run: Run) -> dict[str, Any]:
    """The loss of the best seed and the median of all, at evenly spread steps."""
    loss = run.history.loss
    steps = np.unique(np.linspace(0, max(0, len(loss) - 1), POINTS).astype(int)) if len(loss) else np.zeros(0, int)
    best = loss[steps, run.best_seed] if len(loss) else np.zeros(0)
    return {
        "steps": steps.tolist(),
        "best": [_plain(value) for value in best],
        "seeds": [[_plain(value) for value in loss[steps, seed]] for seed in range(min(8, len(run.losses)))],
    }


def samples(model: Model, run: Run) -> dict[str, Any]:
    """What the trained model draws, for each category where one is given; or why there is nothing to show."""
    if model.program.outputs.declared:
        return {"none": "the program has outputs: `qglc sample` draws their numbers"}
    conditions = [each for each in model.program.parameters if each.kind == "condition"]
    given: list[tuple[str, NDArray[np.float64] | None]] = [("", None)]
    if conditions:
        (first, *more) = conditions
        if more or first.size > 1 or not 1 <= (first.categories or 0) <= MOST_CATEGORIES:
            return {"none": "the model is conditional: `qglc sample --condition` draws for a condition"}
        labels = model.program.labels
        names = [str(k) for k in range(first.categories or 0)] if labels is None else labels.names
        given = [(f"{first.name} = {name}", np.array([float(k)])) for k, name in enumerate(names)]
    return {"groups": [{"of": of, **_drawn(model, run, condition)} for of, condition in given]}


def _drawn(model: Model, run: Run, condition: NDArray[np.float64] | None) -> dict[str, Any]:
    """The most frequent of some strings, or some rows in the units of the columns that the model has learnt."""
    from qgl.check.declarations.categories import in_categories
    from qgl.data.numbers import in_units
    from qgl.evaluate import in_chunks

    drawn = in_chunks.sample(model, run.params, DRAWN, 0, condition)
    learnt = model.program.learnt
    numbers = None if learnt is None else in_units(drawn, learnt, np.random.default_rng(0))
    if learnt is not None and numbers is not None:
        shown = [[f"{number:.5g}" for number in row] for row in numbers[:SHOWN].tolist()]
        return {"drawn": DRAWN, "columns": list(learnt.columns), "rows": shown}
    rows = in_categories(drawn, model.program.variables)
    between = " " if rows.max(initial=0) > 9 else ""
    counts = Counter(between.join(map(str, row)) for row in rows.tolist())
    strings = sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:SHOWN]
    return {"drawn": DRAWN, "distinct": len(counts), "strings": [list(each) for each in strings]}


def _plain(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


if __name__ == "__main__":
    raise SystemExit(main())
