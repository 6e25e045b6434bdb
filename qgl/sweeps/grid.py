"""The points of a grid of constants."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qgl.diagnostics.model import QglError
from qgl.diagnostics.sweeps import TooManyPoints
from qgl.syntax.literals import Value, written

MOST = 10_000
_LONGEST = 120  # characters of the name of a folder


@dataclass(frozen=True)
class Point:
    """One choice of constants. `folder` is the name of its run folder in the sweep's."""

    folder: str
    constants: dict[str, Value]


@dataclass(frozen=True)
class Grid:
    """Constants with their values, in order: the first varies slowest. One value is a constant of all points."""

    values: dict[str, tuple[Value, ...]]

    @classmethod
    def of(cls, given: Mapping[str, Value | Iterable[Value | range]]) -> Grid:
        """From values, lists of values and ranges; a text or number is one value, a list within a list too.

        Raises:
            ValueError: no values for a constant.
            QglError: too many points (QGL0942).
        """
        lists = {name: _several(value) for name, value in given.items()}
        for name, values in lists.items():
            if not values:
                raise ValueError(f"{name} has no values")
        points = math.prod(len(values) for values in lists.values())
        if points > MOST:
            raise QglError([TooManyPoints(None, points, MOST)])
        flat = {name: tuple(dict.fromkeys(map(_hashable, values))) for name, values in lists.items()}
        return cls({name: tuple(map(_listed, values)) for name, values in flat.items()})

    @property
    def swept(self) -> tuple[str, ...]:
        """The constants with several values."""
        return tuple(name for name, values in self.values.items() if len(values) > 1)

    @property
    def points(self) -> tuple[Point, ...]:
        points: dict[str, Point] = {}
        for values in itertools.product(*self.values.values()):
            constants = dict(zip(self.values, values, strict=True))
            folder = stem = _folder({name: constants[name] for name in self.swept or self.values})
            number = 2
            while folder.lower() in points:  # some disks take a and A for the same
                folder, number = f"{stem}_{number}", number + 1
            points[folder.lower()] = Point(folder, constants)
        return tuple(points.values())


def label(constants: Mapping[str, Value], names: Iterable[str]) -> str:
    """`depth=3, rate=0.1`"""
    return ", ".join(f"{name}={_plain(constants[name])}" for name in names)


def _several(value: Value | Iterable[Value | range]) -> list[Value]:
    if isinstance(value, str | int | float):
        return [value]
    values: list[Value] = []
    for item in [value] if isinstance(value, range) else value:
        if isinstance(item, range):
            if len(item) > MOST:
                raise QglError([TooManyPoints(None, len(item), MOST)])
            values += item
        else:
            values.append(item)
    return values


def _hashable(value: Value) -> tuple[object, ...]:
    """A key under which true is not 1, and 1 is not 1.0."""
    return (list, *map(_hashable, value)) if isinstance(value, list) else (type(value), value)


def _listed(key: tuple[object, ...]) -> Value:
    kind, *rest = key
    if kind is list:
        return [_listed(item) for item in rest if isinstance(item, tuple)]
    (value,) = rest
    assert isinstance(value, str | int | float)
    return value


def _folder(constants: Mapping[str, Value]) -> str:
    name = ",".join(f"{name}={_plain(value)}" for name, value in constants.items())
    return re.sub(r"[^\w.,=+-]+", "_", name)[:_LONGEST] or "point"


def _plain(value: Value) -> str:
    return value if isinstance(value, str) else written(value)
