"""Grey pictures of the data beside those that a model hands out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from qgl.evaluate.outputs import rows
from qgl.model import Model
from qgl.objectives.outputs.columns import columns_of
from qgl.program.calls.objectives import MMD, MSE
from qgl.program.program import DataSet, Program
from qgl.program.transforms import undone, width_before
from qgl.report import pictures
from qgl.runs.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHOWN = 24  # pictures of each


def compared_pictures(program: Program) -> DataSet | None:
    """The data set of the first term of the objective, if its rows are pictures of real numbers, or were before."""
    names = [name for term in program.objective[:1] for name in term.call.data_sets]
    for data in (program.data[name] for name in names):
        if data.numbers is None or data.picture is None or not program.outputs.declared:
            return None
        pixels = data.picture[0] * data.picture[1]
        return data if width_before(data.numbers.shape[1], data.undo) == pixels else None
    return None


def grey_pictures(model: Model, run: Run, data: DataSet, seed: int) -> Figure:
    """Pictures of the data beside generated ones; of pairs, beside what is handed out under their conditions."""
    assert data.numbers is not None and data.picture is not None
    random = np.random.default_rng(seed)
    some = random.choice(len(data.numbers), size=min(_SHOWN, len(data.numbers)), replace=False)
    if data.conditions is None:
        drawn = rows.sample(model, run.params, _SHOWN, seed)
    else:
        each = [rows.once(model, run.params, seed, condition) for condition in data.conditions[some]]
        drawn = {name: np.concatenate([one[name] for one in each]) for name in each[0]}
    joined = np.concatenate([each.reshape(len(each), -1) for each in drawn.values()], axis=1)
    call = model.program.objective[0].call
    made = joined[:, columns_of(model.program.outputs, call.of if isinstance(call, MSE | MMD) else ())]
    wanted, shown = (np.clip(undone(part, data.undo), 0, 1) for part in (data.numbers[some], made))
    return pictures.images(wanted, shown, data.picture, list(range(data.picture[0] * data.picture[1])))
