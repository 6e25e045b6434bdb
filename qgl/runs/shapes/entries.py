"""What the entries of a document are, so that one that was damaged or edited is refused at its place.

A shape is a type; `Bounded`; a value that it must be; a tuple of shapes, one of which fits; a dictionary of entries
that must be there; `Named`, entries of any names; or `Several`, a list.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Bounded:
    """A finite number within bounds, both included; a whole one unless `real`."""

    low: float = 0
    high: float = 2**53
    real: bool = False

    def __contains__(self, value: object) -> bool:
        kinds = (int, float) if self.real else (int,)
        return type(value) in kinds and math.isfinite(float(value)) and self.low <= value <= self.high  # type: ignore[arg-type,operator]


@dataclass(frozen=True, slots=True)
class Named:
    """An object whose entries are all of one shape, with names that a rule lets through."""

    shape: Any
    rule: Callable[[str], bool] = bool


@dataclass(frozen=True, slots=True)
class Several:
    """A list of one shape."""

    shape: Any
    most: int = 1 << 20


def fault(value: Any, shape: Any, place: str = "") -> str:
    """What is wrong with the first entry that is not as it should be, "" where all are."""
    return next(_faults(value, shape, place), "")


def _faults(value: Any, shape: Any, place: str) -> Iterator[str]:
    fits = True
    match shape:
        case dict() | Named():
            yield from _of_object(value, shape, place)
        case Several():
            fits = isinstance(value, list) and len(value) <= shape.most
            for number, entry in enumerate(value if fits else ()):
                yield from _faults(entry, shape.shape, f"{place}[{number}]")
        case tuple():
            fits = any(fault(value, choice, place) == "" for choice in shape)
        case Bounded():
            fits = value in shape
        case type():
            fits = type(value) is shape
        case _:
            fits = value == shape and type(value) is type(shape)
    if not fits:
        shown = repr(value[:40]) if isinstance(value, str) else str(value)[:40]
        yield f"`{place}` cannot be {shown}"


def _of_object(value: Any, shape: dict[str, Any] | Named, place: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"`{place}` is no object"
        return
    where = f"{place}." if place else ""
    if isinstance(shape, Named):
        yield from (f"`{place}` has an entry {name[:40]!r}" for name in value if not shape.rule(name))
    for name, inner in shape.items() if isinstance(shape, dict) else ((name, shape.shape) for name in value):
        if name in value:
            yield from _faults(value[name], inner, where + name)
        else:
            yield f"`{where}{name}` is missing"
