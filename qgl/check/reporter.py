"""Collecting faults: every place once, consequences never."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from qgl.diagnostics.model import Diagnostic, QglError, Severity
from qgl.diagnostics.size import FaultsNotShown

T = TypeVar("T")
V = TypeVar("V")
MOST = 100  # diagnostics of a kind that are kept; the rest are counted


class FaultyError(Exception):
    """A value cannot be had because of a fault that has been reported; whoever needs the value gives up silently."""


def every(read: Callable[[T], V], items: Iterable[T]) -> list[V]:
    """What `read` makes of each item; all are looked at before the fault of one is raised.

    Raises:
        FaultyError: one has a fault, which has been reported.
    """
    values, fine = [], True
    for item in items:
        try:
            values.append(read(item))
        except FaultyError:
            fine = False
    if not fine:
        raise FaultyError
    return values


class TooLargeError(Exception):
    """The program is too large, which has been reported; going on would take too long."""


@dataclass
class _Kind:
    """The diagnostics of one code by place, and those that came after the first `MOST`: where, and how many."""

    found: dict[tuple[object, ...], Diagnostic] = field(default_factory=dict)
    more: set[tuple[object, ...]] = field(default_factory=set)
    first_left: Diagnostic | None = None


class Reporter:
    """Diagnostics by place. A second report of the same code at the same place is dropped.

    Of each kind the first hundred in order of reporting are kept and the rest counted.
    """

    def __init__(self) -> None:
        self._kinds: dict[str, _Kind] = {}
        self.has_errors = False
        self.given_up: FaultyError | None = None

    def report(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        if span is None:
            key: tuple[object, ...] = (diagnostic.message,)
        else:
            key = (id(span.source), span.start, span.end)
        kind = self._kinds.setdefault(diagnostic.code, _Kind())
        if key in kind.found:
            return
        self.has_errors = self.has_errors or diagnostic.severity is Severity.ERROR
        if len(kind.found) < MOST:
            kind.found[key] = diagnostic
        else:
            kind.more.add(key)
            kind.first_left = kind.first_left or diagnostic

    def is_full(self, kind: type[Diagnostic]) -> bool:
        """Whether what else is reported of a kind is only counted, so that it need not be well explained."""
        return kind.code in self._kinds and len(self._kinds[kind.code].found) >= MOST

    def fault(self, diagnostic: Diagnostic) -> FaultyError:
        """Report, and give what is to be raised by whoever cannot go on."""
        self.report(diagnostic)
        return FaultyError()

    def faults(self, error: QglError) -> FaultyError:
        """The same for all that another stage found."""
        for diagnostic in error.diagnostics:
            self.report(diagnostic)
        return FaultyError()

    def give_up(self, fault: FaultyError) -> None:
        """Note that a piece of the program is left out because of `fault`; the first one is kept."""
        self.given_up = self.given_up or fault

    def in_order(self, main: object) -> tuple[Diagnostic, ...]:
        """All diagnostics: without a place first, then those of the source `main`, then others, each by place."""

        def key(diagnostic: Diagnostic) -> tuple[object, ...]:
            span = diagnostic.span
            if span is None:
                return (0, "", 0, 0, diagnostic.code)
            return (1 if span.source is main else 2, span.source.name, span.start, span.end, diagnostic.code)

        reported = [diagnostic for kind in self._kinds.values() for diagnostic in kind.found.values()]
        for code, kind in self._kinds.items():
            if kind.first_left is not None:
                reported.append(FaultsNotShown(kind.first_left.span, code, len(kind.more)))
        return tuple(sorted(reported, key=key))
