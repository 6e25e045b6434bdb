"""What can go wrong in a program or a run, and how it is shown."""

from __future__ import annotations

import importlib
import pkgutil

from qgl.diagnostics.model import REGISTRY, Diagnostic


def registry() -> dict[str, type[Diagnostic]]:
    """Every kind of diagnostic by its code, in order of codes. Loads all modules of this package."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(REGISTRY.items()))
