"""What users of Python call: models that can be trained, and runs.

It stands above all other packages, so that a model, which training is made of, need not know training.
"""

from __future__ import annotations

from typing import Any

from qgl.loading import load, loads
from qgl.model import Model
from qgl.runs.run import open_run

__all__ = ["Model", "load", "loads", "open_run"]


def _train(model: Model, **options: Any) -> Any:
    """`qgl.train.loop.train`, loaded when a model is trained for the first time."""
    from qgl.train.loop import train

    return train(model, **options)


Model.trainer = staticmethod(_train)
