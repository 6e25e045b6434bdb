"""What can go wrong with files that the command line makes (QGL0950 to QGL0999)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


class FileExists(Diagnostic):
    """A file that should be made is there already. Nothing is overwritten unless you say so."""

    path: str
    way_out: str

    code = "QGL0950"
    message = says("{path} exists already")
    help = says("{way_out}")


class UnknownCode(Diagnostic):
    """`qglc code` was asked for a code or a name that no diagnostic has."""

    asked: str
    nearest: str | None

    code = "QGL0951"
    message = says("there is no diagnostic `{asked}`")

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else "`qglc code` alone lists all"


class VerbNotInstalled(Diagnostic):
    """A verb of `qglc` is made with packages that a plain installation leaves out, and they are not installed."""

    verb: str
    extra: str

    code = "QGL0952"
    message = says("`qglc {verb}` needs packages that are not installed")
    help = says('install them: pip install "qglc[{extra}]"')
