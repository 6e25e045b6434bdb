"""qgl: a language and compiler for generative quantum circuits.

model = qgl.load("examples/born/bars.qgl", depth=8)

Names are imported when they are first used, so that `import qgl` is quick and loads neither JAX nor NumPy.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from qgl.version import __version__

if TYPE_CHECKING:
    from qgl.api import Model, load, loads, open_run
    from qgl.diagnostics.model import Diagnostic, QglError
    from qgl.source import Source, Span
    from qgl.sweeps.sweep import sweep

_HOMES = {
    "Diagnostic": "qgl.diagnostics.model",
    "Model": "qgl.api",
    "QglError": "qgl.diagnostics.model",
    "Source": "qgl.source",
    "Span": "qgl.source",
    "load": "qgl.api",
    "loads": "qgl.api",
    "open_run": "qgl.api",
    "sweep": "qgl.sweeps.sweep",
}

__all__ = ["Diagnostic", "Model", "QglError", "Source", "Span", "__version__", "load", "loads", "open_run", "sweep"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qgl' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext qgl` calls: the magics `%%qgl NAME`, `%qgl explain NAME` and `%qgl draw NAME`."""
    importlib.import_module("qgl.api")  # so that the models of cells can be trained
    importlib.import_module("qgl.notebook.magics").load(shell)


def __dir__() -> list[str]:
    return __all__
