"""QGL08xx: programs that are too large to build or to simulate. They are refused before memory or time is spent."""

from __future__ import annotations

import math

from qgl.diagnostics.model import Diagnostic, Note, Severity, says
from qgl.record import record


def duration(seconds: float) -> str:
    """`3.1 ms`."""
    for unit, scale in (("us", 1e-6), ("ms", 1e-3)):
        if seconds < 999.5 * scale:
            return f"{seconds / scale:.2g} {unit}" if seconds < 99.5 * scale else f"{seconds / scale:.0f} {unit}"
    if seconds < 999.5:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:,.0f} h"


def amount(count: float) -> str:
    """A number of bytes, however large, in decimal units: `137 GB`."""
    if count >= 10**24:
        return f"10^{math.log10(count):.0f} bytes"
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} EB"


class TooManyQubits(Diagnostic):
    """A register, a lattice or the program as a whole has more qubits or sites than can be built."""

    what: str
    found: str
    limit: int

    code = "QGL0801"
    wrong = "visible v[1000000000];\nmodel { h v; }\n"
    right = "visible v[10];\nmodel { h v; }\n"

    message = says("{what} would have {found}; at most {limit:,} can be built")


class ProgramTooLarge(Diagnostic):
    """Loops make more iterations, or gates, than can be built."""

    found: str
    limit: int

    code = "QGL0802"
    wrong = "visible v;\nmodel { repeat 1000000000 { h v; } }\n"
    right = "visible v;\nmodel { repeat 1000 { h v; } }\n"

    message = says("the program is too large to build: {found}, and at most {limit:,} steps are built")


class ValueTooLarge(Diagnostic):
    """A number does not fit into 64 bits, or a list or an array of parameters has more elements than can be built."""

    what: str
    limit: str

    code = "QGL0803"
    wrong = "const n = 10 ** 10 ** 10;\nvisible v[2];\nmodel { repeat n { h v; } }\n"
    right = "const n = 10 ** 2;\nvisible v[2];\nmodel { repeat n { h v; } }\n"

    message = says("{what} is too large; the limit is {limit}")


class NestedTooDeep(Diagnostic):
    """Calls or expressions are nested deeper than the checker follows."""

    code = "QGL0804"
    message = "calls or expressions are nested too deeply here"
    help = "split the expression with `let`, or have fewer layers call each other"


class FaultsNotShown(Diagnostic):
    """A program has very many faults of one kind: the first hundred are shown, this one counts the rest.

    It stands at the first one that is not shown. A name that is spelt wrong everywhere, or a file that is no program,
    can have tens of thousands, which nobody reads.
    """

    kind: str  # a code
    count: int

    code = "QGL0805"
    severity = Severity.WARNING
    message = says("there are {count:,} more faults of the kind {kind}, which are not shown")
    label = "the first of them"


@record
class Attempt:
    """What a method would need for a query. A figure that is not known is 0; `reason` says why it cannot answer."""

    method: str
    qubits: int
    memory: int  # bytes
    reason: str

    def __str__(self) -> str:
        qubits = f"{self.qubits:,} qubits at once, " if self.qubits and self.memory else ""
        return f"{self.method}: {qubits}{self.reason}"


class TooLarge(Diagnostic):
    """No method can answer what is asked of the model, exactly and within the memory of this machine.

    A state vector of n qubits has 2^n complex amplitudes, and its gradient needs a few such vectors. That is not the
    only way: boundary contraction along a chain needs memory that grows with the gates that cross a cut of the chain,
    light cones need the qubits that can reach a Pauli word or a region, and some circuits can be sampled cheaply. Each
    method is tried, and its figures are shown. The place that is pointed at is the line that weighs most: the gates
    that cross the widest cut, those of the widest light cone, or the register. `qglc explain` shows the figures of all
    queries. What may be used is what arrays may take so that the whole process fits, with Python, JAX and compilation;
    seeds that are trained together take an answer each.
    """

    query: str
    attempts: tuple[Attempt, ...]
    limit: int  # bytes
    qubits: str  # how many of each kind
    culprit: str
    advice: tuple[str, ...]

    code = "QGL0810"

    @property
    def message(self) -> str:
        known = [attempt for attempt in self.attempts if attempt.memory]
        if not known:
            return f"no method can answer this: {self.query}"
        least = min(known, key=lambda attempt: attempt.memory)
        return (
            f"too wide to simulate: {self.query} takes {amount(least.memory)} by the method that needs least, "
            f"{least.method}; {amount(self.limit)} may be used on this machine"
        )

    label = says("{culprit}")

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"qubits: {self.qubits}"), *(Note(str(attempt)) for attempt in self.attempts))

    @property
    def help(self) -> str:
        return "\nor ".join(self.advice)


class OutOfMemory(Diagnostic):
    """The machine had no memory left for what was to be computed, though the planner thought that it had.

    What is predicted is good to a factor of 1.5, other processes take memory too, and a container or `ulimit` may
    allow less than the machine has. `qglc explain` shows what each question takes; fewer seeds, or a smaller `batch`,
    take less.
    """

    wanted: str

    code = "QGL0811"
    message = says("not enough memory: {wanted}")
    help = "`qglc explain` shows what each question takes; train fewer seeds at once, or a smaller `batch`"
