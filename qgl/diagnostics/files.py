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


class ProgramChanged(Diagnostic):
    """The playground was to save a program that somebody else has changed since it was opened.

    Neither text is lost: open the file again to see the other one, or save yours under another name.
    """

    path: str

    code = "QGL0953"
    message = says("{path} has changed since it was opened")
    help = "open it again, or save your text under another name"


class NoProgramName(Diagnostic):
    """The playground saves programs only: files whose names end in `.qgl`."""

    path: str

    code = "QGL0954"
    message = says("{path} is no name of a program")
    help = "names of programs end in .qgl, and none of their parts begins with a dot"


class TrainingBusy(Diagnostic):
    """The playground trains one program at a time."""

    run: str

    code = "QGL0955"
    message = says("{run} is still being trained")
    help = "wait for its end, or stop it"
