"""What users of Python call: models that can be trained, and runs.

It stands above all other packages, so that a model, which training is made of, need not know training.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from qgl.loading import load, loads
from qgl.model import Model
from qgl.runs.run import Run, open_run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Model", "load", "loads", "open_run"]


def _train(model: Model, **options: Any) -> Any:
    """`qgl.train.loop.train`, loaded when a model is trained for the first time."""
    from qgl.train.loop import train

    return train(model, **options)


def _plot(run: Run, name: str) -> Figure:
    from qgl.report.figures import plot

    return plot(run, name)


def _show_in_notebook() -> None:
    """In a running IPython, our objects show themselves without being asked."""
    if shell := sys.modules["IPython"].get_ipython():
        from qgl.notebook.shown import register

        register(shell.display_formatter.formatters["text/html"])


Model.trainer = staticmethod(_train)
Run.painter = staticmethod(_plot)
if "IPython" in sys.modules:
    _show_in_notebook()
