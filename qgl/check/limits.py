"""How large a program may be. Everything is counted before it is built.

A step is about a microsecond of the checker's work. Every loop of the checker takes its steps from one budget, so that
any file is answered within seconds.
"""

from __future__ import annotations

from collections.abc import Callable

from qgl.check.reporter import Reporter, TooLargeError
from qgl.diagnostics.size import ProgramTooLarge
from qgl.source import Span

MAX_STEPS = 6_000_000
STRIDE = 20_000  # steps after which it is asked again whether anybody still waits for the answer
STATEMENT = 2  # steps of going through a statement
CALL = 12  # steps of going into a layer or channel
OPERATION = 3  # steps of noting an operation, without its angles
FAULT = 20  # steps of meeting a fault
ITEMS = 8  # items of a list that are gone through in a step
MAX_QUBITS = 2**18
MAX_SITES = 2**18
MAX_ITEMS = 1_000_000  # of a list
MAX_INPUTS = 16_000_000  # elements of all parameters
MAX_REQUIRED = 12  # post-selected qubits, whose projector is a sum of 2^k Pauli words
MAX_OUTPUTS = 65_536  # numbers that an element hands out
MAX_AGAIN = 10_000  # times that a model with `again` is asked for a row
MAX_READ_QUBITS = 14  # of a register whose distribution an output reads
MAX_LABELS = 12  # kept outcomes of a program with outputs, all of whose values are asked at once
MAX_MIXTURE = 2**20  # circuits that a program with `latent` inputs is a mixture of
MAX_TERMS = 4096  # functions and terms in one real expression of inputs
MAX_IMPORTS = 32
MAX_CELLS = 1 << 27  # bits of a data set


class StaleError(Exception):
    """Nobody waits for the answer any more: the text has changed since."""


class Budget:
    """Counts the steps of building a program, and foresees what nested loops will need."""

    __slots__ = ("_iterations", "_left", "_look", "_reporter", "_stale")

    def __init__(self, reporter: Reporter, stale: Callable[[], bool] | None = None) -> None:
        self._reporter = reporter
        self._stale = stale
        self._left = MAX_STEPS
        self._look = 0 if stale is None else MAX_STEPS - STRIDE  # what is left when it is looked up
        self._iterations = [1]

    def spend(self, steps: int, span: Span) -> None:
        """Take `steps` from what is left.

        Raises:
            TooLargeError: there is not so much left; reported at `span`.
            StaleError: nobody waits for the answer.
        """
        self._left -= steps
        if self._left >= self._look:
            return
        if self._stale is not None:
            self._look = max(0, self._left - STRIDE)
            if self._stale():
                raise StaleError
        if self._left < 0:
            self._refuse(f"it has more than {MAX_STEPS:,} steps when this place is reached", span)

    def enter(self, iterations: int, span: Span) -> None:
        """A loop of so many iterations starts, inside of those that were entered and not left."""
        expected = self._iterations[-1] * iterations
        if iterations > self._left or expected > 16 * MAX_STEPS:
            nested = f", {expected:,} with the loops around it" if expected > iterations else ""
            self._refuse(f"this loop makes {iterations:,} iterations{nested}", span)
        self._iterations.append(max(expected, 1))

    def leave(self) -> None:
        self._iterations.pop()

    @property
    def left(self) -> int:
        return self._left

    def foresee(self, cost: int, iterations: int, span: Span) -> None:
        """A loop has `iterations` more iterations, each of which probably takes `cost` steps; later ones may take
        less.
        """
        if cost * iterations > 4 * self._left:
            self._refuse(f"the {iterations:,} iterations of this loop that follow take about {cost:,} steps each", span)

    def _refuse(self, found: str, span: Span) -> None:
        self._reporter.report(ProgramTooLarge(span, found, MAX_STEPS))
        raise TooLargeError
