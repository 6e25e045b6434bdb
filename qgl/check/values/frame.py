"""The names that are seen where an expression stands."""

from __future__ import annotations

from dataclasses import dataclass

from qgl.check.names.modules import Module
from qgl.check.values.values import Value
from qgl.syntax import tree

POISON = object()  # the value of a local name whose fault has been reported


@dataclass(slots=True)
class Frame:
    """Names of a block, the block around it, and the module whose names are seen there."""

    names: dict[str, Value]
    module: Module
    outer: Frame | None = None
    lets: set[str] | None = None  # names of `let` whose values are written in the block itself, not handed in

    def inner(self) -> Frame:
        """The frame of a block in this one: it costs the same however many names there are."""
        return Frame({}, self.module, self)

    def find(self, name: str) -> Value | None:
        """The value of a name of the innermost block that declares it; None where none does."""
        frame: Frame | None = self
        while frame is not None:
            value = frame.names.get(name)
            if value is not None:
                return value
            frame = frame.outer
        return None

    def is_handed_in(self, node: tree.Expression) -> bool:
        """Whether an expression is nothing but the name of an argument or of a loop's variable."""
        if not isinstance(node, tree.Name):
            return False
        frame: Frame | None = self
        while frame is not None and frame.names.get(node.name) is None:
            frame = frame.outer
        return frame is not None and node.name not in (frame.lets or ())
