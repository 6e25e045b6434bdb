"""A trained model as the verbs ask it: the run and the model in its folder, which belong together."""

from __future__ import annotations

import math
from pathlib import Path

import jax
import numpy as np

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import DamagedRun, NoFiniteWeights
from qgl.model import Model
from qgl.runs.reload import model_of
from qgl.runs.run import Run


def trained(folder: str | Path) -> tuple[Run, Model]:
    """A run and its model, for what asks the model with the run's parameters.

    Raises:
        QglError: as `Run.load` and `model_of`; the parameters are not the model's (QGL0904), or none of a finite loss
            (QGL0914).
    """
    folder = Path(folder)
    run, model = Run.load(folder), model_of(folder)
    _refuse_unfit(folder, run, model)
    return run, model


def _refuse_unfit(folder: Path, run: Run, model: Model) -> None:
    shapes = jax.eval_shape(model.init, jax.random.key(0))
    own = {name: value.shape for name, value in run.params.items()}
    if own != {name: leaf.shape for name, leaf in shapes.items()}:
        raise QglError([DamagedRun(None, str(folder), "its parameters are not those of its program")])
    if not math.isfinite(run.loss) or not all(np.isfinite(value).all() for value in run.params.values()):
        raise QglError([NoFiniteWeights(None, str(folder))])
