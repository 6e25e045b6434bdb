"""QGL08xx: programs that are too large to build or to simulate. They are refused before memory or time is spent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic, Note


def amount(count: float) -> str:
    """A number of bytes, however large, in decimal units: `137 GB`."""
    if count >= 10**24:
        return f"10^{math.log10(count):.0f} bytes"
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} EB"


@dataclass(frozen=True)
class TooManyQubits(Diagnostic):
    """A register, a lattice or the program as a whole has more qubits or sites than can be built."""

    what: str
    found: str
    limit: int

    code: ClassVar[str] = "QGL0801"
    wrong: ClassVar[str] = "visible v[1000000000];\nmodel { h v; }\n"
    right: ClassVar[str] = "visible v[10];\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        return f"{self.what} would have {self.found}; at most {self.limit:,} can be built"


@dataclass(frozen=True)
class ProgramTooLarge(Diagnostic):
    """Loops make more turns, or gates, than can be built."""

    found: str
    limit: int

    code: ClassVar[str] = "QGL0802"
    wrong: ClassVar[str] = "visible v;\nmodel { repeat 1000000000 { h v; } }\n"
    right: ClassVar[str] = "visible v;\nmodel { repeat 1000 { h v; } }\n"

    @property
    def message(self) -> str:
        return f"the program is too large to build: {self.found}, and at most {self.limit:,} steps are built"


@dataclass(frozen=True)
class ValueTooLarge(Diagnostic):
    """A number does not fit into 64 bits, or a list or an array of parameters has more elements than can be built."""

    what: str
    limit: str

    code: ClassVar[str] = "QGL0803"
    wrong: ClassVar[str] = "const n = 10 ** 10 ** 10;\nvisible v[2];\nmodel { repeat n { h v; } }\n"
    right: ClassVar[str] = "const n = 10 ** 2;\nvisible v[2];\nmodel { repeat n { h v; } }\n"

    @property
    def message(self) -> str:
        return f"{self.what} is too large; the limit is {self.limit}"


@dataclass(frozen=True)
class NestedTooDeep(Diagnostic):
    """Calls or expressions are nested deeper than the checker follows."""

    code: ClassVar[str] = "QGL0804"

    @property
    def message(self) -> str:
        return "calls or expressions are nested too deeply here"

    @property
    def help(self) -> str:
        return "split the expression with `let`, or have fewer layers call each other"


@dataclass(frozen=True)
class TooLarge(Diagnostic):
    """The model is too large to be simulated.

    A state vector of n qubits has 2^n complex amplitudes, and its gradient needs a few such vectors. Visible and hidden
    qubits count, and so does every discarded qubit that is entangled with them when it ends. A density matrix needs
    4^n numbers, but only for the qubits that are alive at the same time. The planner weighs both and refuses when
    neither fits into memory. Use fewer qubits, fewer channels, or a machine with more memory; `qglc explain` shows the
    figures.
    """

    query: str
    figures: tuple[tuple[str, int, int], ...]  # method, qubits, bytes
    limit: int  # bytes
    visible: int
    hidden: int
    discarded: int
    culprit: str

    code: ClassVar[str] = "QGL0810"

    @property
    def message(self) -> str:
        _, qubits, memory = min(self.figures, key=lambda figure: figure[2])
        return (
            f"the simulation needs {qubits} qubits at once and {amount(memory)} of memory; "
            f"{amount(self.limit)} may be used on this machine"
        )

    @property
    def label(self) -> str:
        return self.culprit

    @property
    def notes(self) -> tuple[Note, ...]:
        parts = [f"{self.visible} visible", f"{self.hidden} hidden", f"{self.discarded} discarded"]
        methods = [f"{method}: {qubits} qubits, {amount(memory)}" for method, qubits, memory in self.figures]
        return (Note(f"asked: {self.query}"), Note(f"qubits: {', '.join(parts)}"), *(Note(text) for text in methods))

    @property
    def help(self) -> str:
        if self.discarded > self.hidden + self.visible:
            return "use fewer channels, measurements and resets, or fewer layers of them"
        return "use fewer qubits; each one less halves the memory"
