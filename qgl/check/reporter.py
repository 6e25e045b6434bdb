"""Collecting faults: every place once, consequences never."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, QglError, Severity


class FaultyError(Exception):
    """A value cannot be had because of a fault that has been reported; whoever needs the value gives up silently."""


class TooLargeError(Exception):
    """The program is too large, which has been reported; going on would take too long."""


class Reporter:
    """Diagnostics by place. A second report of the same code at the same place is dropped."""

    def __init__(self) -> None:
        self._found: dict[tuple[object, ...], Diagnostic] = {}
        self.given_up: FaultyError | None = None

    def report(self, diagnostic: Diagnostic) -> None:
        span = diagnostic.span
        if span is None:
            key: tuple[object, ...] = (diagnostic.code, diagnostic.message)
        else:
            key = (diagnostic.code, id(span.source), span.start, span.end)
        self._found.setdefault(key, diagnostic)

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

    @property
    def has_errors(self) -> bool:
        return any(diagnostic.severity is Severity.ERROR for diagnostic in self._found.values())

    def in_order(self, main: object) -> tuple[Diagnostic, ...]:
        """All diagnostics: without a place first, then those of the source `main`, then others, each by place."""

        def key(diagnostic: Diagnostic) -> tuple[object, ...]:
            span = diagnostic.span
            if span is None:
                return (0, "", 0, 0, diagnostic.code)
            return (1 if span.source is main else 2, span.source.name, span.start, span.end, diagnostic.code)

        return tuple(sorted(self._found.values(), key=key))
