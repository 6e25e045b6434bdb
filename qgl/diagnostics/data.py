"""What can be wrong with data sets and with the files that a program names (QGL06xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic, Note
from qgl.source import Span

_MODEL = "model { ry(?) v; }\nobjective nll(target);\n"
_GOOD = f"data target = parity(3);\nvisible v[3];\n{_MODEL}"
_ONE_STRING = f'data target = strings(["010"]);\nvisible v[3];\n{_MODEL}'


def plural(count: int, thing: str) -> str:
    """`1 bit`, `2 bits`."""
    return f"{count} {thing}{'s' * (count != 1)}"


@dataclass(frozen=True)
class MissingFile(Diagnostic):
    """A file that the program names is not there. Paths are relative to the folder of the program."""

    path: str
    near: str | None = None

    code: ClassVar[str] = "QGL0601"
    wrong: ClassVar[str] = f'data target = csv("no_such_file.csv");\nvisible v[3];\n{_MODEL}'
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f'there is no file "{self.path}"'

    @property
    def help(self) -> str:
        near = f'; there is "{self.near}"' if self.near else ""
        return f"a path is relative to the folder of the file that names it{near}"


@dataclass(frozen=True)
class OutsidePath(Diagnostic):
    """A program reads files of its own folder and the folders in it, nothing else: neither by `..` nor by a link."""

    path: str
    why: str

    code: ClassVar[str] = "QGL0602"
    wrong: ClassVar[str] = f'data target = csv("../target.csv");\nvisible v[3];\n{_MODEL}'
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f'the path "{self.path}" {self.why}'

    @property
    def help(self) -> str:
        return "put the file in the folder of the program, or in a folder in it, and name it from there"


@dataclass(frozen=True)
class UnreadableFile(Diagnostic):
    """A file is there but cannot be read: it is a folder or a device, may not be opened, or is of another kind."""

    path: str
    why: str

    code: ClassVar[str] = "QGL0603"
    wrong: ClassVar[str] = f'data target = csv(".");\nvisible v[3];\n{_MODEL}'
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f'cannot read "{self.path}": {self.why}'


@dataclass(frozen=True)
class FileTooLarge(Diagnostic):
    """A file is larger than what is read at all; the bound keeps a wrong file from filling the memory."""

    path: str
    size: int
    limit: int

    code: ClassVar[str] = "QGL0604"

    @property
    def message(self) -> str:
        return f'"{self.path}" has {self.size:,} bytes; at most {self.limit:,} are read'


@dataclass(frozen=True)
class BadCell(Diagnostic):
    """A cell of a table is not what its column holds: not 0 or 1, empty, not a number, or not one of the categories.

    Rows of a text are counted as its lines, from 1, so that an editor finds them; rows of an array and columns from 0.
    """

    path: str
    row: int
    column: str
    wanted: str
    found: str
    more: int = 0

    code: ClassVar[str] = "QGL0605"

    @property
    def message(self) -> str:
        return f'"{self.path}", row {self.row}, column {self.column}: expected {self.wanted}, found {self.found}'

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"and {plural(self.more, 'further cell')} like it"),) if self.more else ()

    @property
    def help(self) -> str:
        if self.wanted == "0 or 1":
            return "for a column of k categories 0..k-1 say `categories = k`; leave columns out with `columns = ...`"
        return ""


@dataclass(frozen=True)
class RaggedRow(Diagnostic):
    """A row of a table has more or fewer cells than the first one, or a string more or fewer bits."""

    path: str
    row: int
    found: int
    wanted: int

    code: ClassVar[str] = "QGL0606"
    wrong: ClassVar[str] = _ONE_STRING.replace('"010"', '"010", "0110"')
    right: ClassVar[str] = _ONE_STRING.replace('"010"', '"010", "011"')

    @property
    def message(self) -> str:
        return f"{self.path}: row {self.row} has length {self.found}, but the first row has length {self.wanted}"


@dataclass(frozen=True)
class NoRows(Diagnostic):
    """A data set has no row, or no column to generate."""

    what: str
    why: str

    code: ClassVar[str] = "QGL0607"
    wrong: ClassVar[str] = _GOOD.replace("parity(3)", "cardinality(3, 4)")
    right: ClassVar[str] = _GOOD.replace("parity(3)", "cardinality(3, 2)")

    @property
    def message(self) -> str:
        return f"{self.what} is empty: {self.why}"


@dataclass(frozen=True)
class MissingColumn(Diagnostic):
    """A column that the program names is not in the table."""

    path: str
    column: str
    available: str
    nearest: str | None = None

    code: ClassVar[str] = "QGL0608"

    @property
    def message(self) -> str:
        return f'"{self.path}" has no column {self.column}'

    @property
    def help(self) -> str:
        near = f"did you mean `{self.nearest}`? " if self.nearest else ""
        return f"{near}it has {self.available}"


@dataclass(frozen=True)
class BadArchive(Diagnostic):
    """An npz archive cannot be used: it is damaged, or the array in it is missing, of the wrong kind or too large."""

    path: str
    why: str

    code: ClassVar[str] = "QGL0609"

    @property
    def message(self) -> str:
        return f'"{self.path}": {self.why}'


@dataclass(frozen=True)
class DataTooLarge(Diagnostic):
    """A data set would have more cells, or more columns, than are held in memory.

    `cardinality`, `parity` and `bars_and_stripes` may be as large as one likes where their rule is enough: as the set
    that a `subset` is drawn from, and as the valid strings of `fidelity` and its like.
    """

    what: str
    extent: str
    limit: str
    by_rule: bool = False  # whether it is known by its rule

    code: ClassVar[str] = "QGL0610"
    wrong: ClassVar[str] = f"data target = parity(60);\nvisible v[60];\n{_MODEL}"
    right: ClassVar[str] = f"data target = parity(6);\nvisible v[6];\n{_MODEL}"

    @property
    def message(self) -> str:
        return f"{self.what} has {self.extent}; at most {self.limit} are held"

    @property
    def help(self) -> str:
        return "draw some of them: `subset(..., count = 1000)`" if self.by_rule else ""


@dataclass(frozen=True)
class DataWidth(Diagnostic):
    """A data set has one bit per visible qubit: column 0 is the first declared visible qubit."""

    data: str
    width: int
    visible: int
    data_span: Span | None
    visible_span: Span | None

    code: ClassVar[str] = "QGL0611"
    wrong: ClassVar[str] = f"data target = parity(4);\nvisible v[3];\n{_MODEL}"
    right: ClassVar[str] = f"data target = parity(3);\nvisible v[3];\n{_MODEL}"

    @property
    def message(self) -> str:
        return (
            f"`{self.data}` has {plural(self.width, 'bit')} per row, "
            f"but the program has {plural(self.visible, 'visible qubit')}"
        )

    @property
    def label(self) -> str:
        return f"{plural(self.width, 'bit')} per row"

    @property
    def notes(self) -> tuple[Note, ...]:
        notes = []
        if self.data_span:
            notes.append(Note(f"`{self.data}` is declared here", self.data_span))
        if self.visible_span:
            notes.append(Note(f"{plural(self.visible, 'visible qubit')} in all", self.visible_span))
        return tuple(notes)

    @property
    def help(self) -> str:
        return "choose columns with `columns = ...`, or change the size of the register"


@dataclass(frozen=True)
class ConditionWidth(Diagnostic):
    """A program with `condition` inputs needs as many condition columns in its data, and one without needs none."""

    data: str
    columns: int
    inputs: int
    data_span: Span | None

    code: ClassVar[str] = "QGL0612"
    wrong: ClassVar[str] = (
        "data target = parity(2);\nvisible v[2];\ncondition c;\nmodel { ry(c) v; }\nobjective nll(target);\n"
    )
    right: ClassVar[str] = (
        "data target = parity(2);\nvisible v[2];\nparam c;\nmodel { ry(c) v; }\nobjective nll(target);\n"
    )

    @property
    def message(self) -> str:
        return (
            f"`{self.data}` gives {plural(self.columns, 'condition column')}, "
            f"but the program has {plural(self.inputs, 'condition input')}"
        )

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"`{self.data}` is declared here", self.data_span),) if self.data_span else ()

    @property
    def help(self) -> str:
        return "name the columns with `csv(..., condition = [...])`"


@dataclass(frozen=True)
class BadDataArgument(Diagnostic):
    """Arguments of a data source are each of the right kind, but do not go together or with the file."""

    source: str
    fault: str

    code: ClassVar[str] = "QGL0613"
    wrong: ClassVar[str] = _ONE_STRING.replace('["010"]', '["010", "111"], weights = [1, 2, 3]')
    right: ClassVar[str] = _ONE_STRING.replace('["010"]', '["010", "111"], weights = [1, 2]')

    @property
    def message(self) -> str:
        return f"`{self.source}`: {self.fault}"
