"""Which local names are seen at a place of a body, before anything has a value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from qgl.check.names.modules import Module, Symbol
from qgl.source import Span


@dataclass(slots=True)
class Local:
    """A name of a block."""

    kind: str  # "qubit" | "bit" | "value" | "width" | "broken"
    span: Span


@dataclass
class Body:
    """A body that is looked at: the blocks around the present place, innermost last, and the names of ended ones."""

    module: Module
    where: str = ""  # "layer", "channel", "model" or "" for a declaration
    owner: Symbol | None = None
    scopes: list[dict[str, Local]] = field(default_factory=lambda: [{}])
    ended: dict[str, Local] = field(default_factory=dict)
    extents: list[Span | None] = field(default_factory=lambda: [None])  # of the blocks; None: all of the file

    def find(self, name: str) -> Local | None:
        return next((scope[name] for scope in reversed(self.scopes) if name in scope), None)

    def names(self) -> list[str]:
        """All local names that are seen."""
        return [name for scope in self.scopes for name in scope]

    @contextmanager
    def block(self, extent: Span) -> Iterator[None]:
        """A block inside; its names have ended after it."""
        self.scopes.append({})
        self.extents.append(extent)
        yield
        self.extents.pop()
        self.ended.update(self.scopes.pop())
