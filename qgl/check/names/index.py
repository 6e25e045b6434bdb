"""Where names are declared, where they are used and where they are seen: what the look at all names finds out.

Editors go to definitions and rename by it. It is filled for faulty programs too, as far as names stand for something.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from qgl.record import record
from qgl.source import Span


@record
class LocalName:
    """A name of a block: where it is declared, and the block, in which it is seen from there on."""

    name: str
    kind: str  # as `qgl.check.names.scopes.Local`
    span: Span
    block: Span
    type: str = ""  # as written, of a formal argument


@dataclass
class Index:
    """`uses` are places of names, each with the place of the name's declaration, which may be in another file."""

    uses: list[tuple[Span, Span]] = field(default_factory=list)
    locals: list[LocalName] = field(default_factory=list)
