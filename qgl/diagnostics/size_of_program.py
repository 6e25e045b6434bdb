"""Programs that are too large to build (QGL0801 to QGL0809). They are refused before memory or time is spent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic


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
