"""What the checker may ask of the world outside the program text: imports, graphs and data sets, nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Protocol

from qgl.check.values.lattices import SiteGraph
from qgl.program.calls.data_sources import DataCall
from qgl.program.program import DataSet
from qgl.source import Source, Span

NONE: Mapping[str, DataSet] = MappingProxyType({})


class Environment(Protocol):
    """Answers for one program; its methods raise `QglError` with a diagnostic at `span` when they cannot."""

    def open_import(self, path: str, importer: Source, span: Span) -> Source:
        """The source at `path`, relative to the folder of `importer` and never outside of the program's folder.

        The same file always gives the same `Source` object.
        """
        ...

    def load_graph(self, path: str, importer: Source, span: Span) -> SiteGraph:
        """The graph in the file at `path`, relative to the folder of `importer`, never outside of the program's."""
        ...

    def load_data(self, name: str, call: DataCall, declared: Mapping[str, DataSet] = NONE) -> DataSet:
        """The data set that `data name = call(...)` declares; `declared` are those that its arguments name."""
        ...
