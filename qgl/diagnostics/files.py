"""What can go wrong with files that the command line makes (QGL0950 to QGL0999)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic


@dataclass(frozen=True)
class FileExists(Diagnostic):
    """A file that should be made is there already. Nothing is overwritten unless you say so."""

    path: str
    way_out: str

    code: ClassVar[str] = "QGL0950"

    @property
    def message(self) -> str:
        return f"{self.path} exists already"

    @property
    def help(self) -> str:
        return self.way_out


@dataclass(frozen=True)
class UnknownCode(Diagnostic):
    """`qglc code` was asked for a code or a name that no diagnostic has."""

    asked: str
    nearest: str | None

    code: ClassVar[str] = "QGL0951"

    @property
    def message(self) -> str:
        return f"there is no diagnostic `{self.asked}`"

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else "`qglc code` alone lists all"
