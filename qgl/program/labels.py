"""The labels of rows: which class each belongs to, as a category that is given with it."""

from __future__ import annotations

from qgl.record import record

LARGEST = 1024  # as many as a variable may have values
_SHOWN = 12


@record
class Labels:
    """The classes of a data set, whose numbers are the first column of its `conditions`.

    column  the name of the column of labels, or "label" where it has none
    names   of the classes, in the order of their numbers from 0
    """

    column: str
    names: tuple[str, ...]

    @property
    def are_numbers(self) -> bool:
        """Whether the classes are called by numbers, so that a number always means such a name."""
        return all(as_number(name) is not None for name in self.names)

    @property
    def wording(self) -> str:
        """`setosa = 0, versicolor = 1`."""
        shown = ", ".join(f"{name} = {k}" for k, name in enumerate(self.names[:_SHOWN]))
        return f"{shown}, ..." if len(self.names) > _SHOWN else shown

    @property
    def listed(self) -> str:
        """`setosa, versicolor`."""
        return ", ".join(self.names[:_SHOWN]) + ", ..." * (len(self.names) > _SHOWN)

    def number(self, text: str) -> int | None:
        """The number of the class that a text means: its name, or its number where names are no numbers."""
        known = {key(name, self.are_numbers): k for k, name in enumerate(self.names)}
        given = key(text, self.are_numbers)
        if given in known or self.are_numbers:
            return known.get(given)
        value = as_number(text)
        return int(value) if value is not None and value in range(len(self.names)) else None

    def named(self, number: int) -> str:
        """`species = setosa`."""
        return f"{self.column} = {self.names[number]}"


def in_order(names: set[str]) -> tuple[str, ...]:
    """Names of classes in the order of their numbers: numbers by size, other words by their letters."""
    if all(as_number(name) is not None for name in names):
        return tuple(sorted({key(name, True) for name in names}, key=float))
    return tuple(sorted(names))


def key(name: str, numbers: bool) -> str:
    """The name of a class; where all of them are numbers, as `1` and `1.0` are the same."""
    value = as_number(name) if numbers else None
    return name.strip() if value is None else f"{value:.15g}"


def as_number(text: str) -> float | None:
    """The finite number that a text is, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
