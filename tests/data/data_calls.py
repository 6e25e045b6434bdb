"""Calls of data sources with the defaults of the tables, and the one fault that loading gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgl.data.environment import FolderEnvironment
from qgl.data.files import Limits
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.program.calls.data_sources import SOURCES
from qgl.program.program import DataSet
from qgl.source import Source, Span

SPAN = Span(Source("program.qgl", 'csv("table.csv")'), 0, 16)


def load(name: str, folder: Path = Path(), limits: Limits | None = None, **arguments: Any) -> DataSet:
    return FolderEnvironment(folder, limits).load_data("d", SOURCES.table[name](**arguments, span=SPAN))


def fault(name: str, folder: Path = Path(), limits: Limits | None = None, **arguments: Any) -> Diagnostic:
    try:
        found = load(name, folder, limits, **arguments)
    except QglError as error:
        (diagnostic,) = error.diagnostics
        assert diagnostic.message and diagnostic.span == SPAN
        assert isinstance(diagnostic.help, str) and isinstance(diagnostic.notes, tuple)
        return diagnostic
    raise AssertionError(f"no fault, but {found.description}")
