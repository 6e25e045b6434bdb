"""What can be wrong with files that a program names and with the tables in them (QGL0600 to QGL0625)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Mend, Note, plural, says
from qgl.source import Span

_MODEL = "model { ry(?) v; }\nobjective nll(target);\n"
_GOOD = f"data target = parity(3);\nvisible v[3];\n{_MODEL}"
_ONE_STRING = f'data target = strings(["010"]);\nvisible v[3];\n{_MODEL}'


class MissingFile(Diagnostic):
    """A file that the program names is not there. Paths are relative to the folder of the program."""

    path: str
    near: str | None = None

    code = "QGL0601"
    wrong = f'data target = csv("no_such_file.csv");\nvisible v[3];\n{_MODEL}'
    right = _GOOD

    message = says('there is no file "{path}"')

    @property
    def help(self) -> str:
        near = f'; there is "{self.near}"' if self.near else ""
        return f"a path is relative to the folder of the file that names it{near}"

    @property
    def mends(self) -> tuple[Mend, ...]:
        at = -1 if self.span is None or not self.near else self.span.text.find(f'"{self.path}"')
        if at < 0 or self.span is None:
            return ()
        start = self.span.start + at
        return (Mend(Span(self.span.source, start, start + len(self.path) + 2), f'"{self.near}"'),)


class OutsidePath(Diagnostic):
    """A program reads files of its own folder and the folders in it, nothing else: neither by `..` nor by a link."""

    path: str
    why: str

    code = "QGL0602"
    wrong = f'data target = csv("../target.csv");\nvisible v[3];\n{_MODEL}'
    right = _GOOD

    message = says('the path "{path}" {why}')
    help = "put the file in the folder of the program, or in a folder in it, and name it from there"


class UnreadableFile(Diagnostic):
    """A file is there but cannot be read: it is a folder or a device, may not be opened, or is of another kind."""

    path: str
    why: str

    code = "QGL0603"
    wrong = f'data target = csv(".");\nvisible v[3];\n{_MODEL}'
    right = _GOOD

    message = says('cannot read "{path}": {why}')


class FileTooLarge(Diagnostic):
    """A file is larger than what is read at all; the bound keeps a wrong file from filling the memory."""

    path: str
    size: int
    limit: int

    code = "QGL0604"
    message = says('"{path}" has {size:,} bytes; at most {limit:,} are read')


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
    first: bool = False  # of the first line, which would be a header if its cells were names

    code = "QGL0605"
    message = says('"{path}", row {row}, column {column}: expected {wanted}, found {found}')

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"and {plural(self.more, 'further cell')} like it"),) if self.more else ()

    @property
    def help(self) -> str:
        if self.first:
            return "a first line that is not of different names is a row; say `header = true` if it names the columns"
        if self.wanted == "0 or 1":
            return (
                "for a column of k categories 0..k-1 say `categories = k`, for real numbers `bits = 4`; leave columns "
                "out with `columns = ...`"
            )
        return "leave columns that are not of numbers out with `columns = ...`" if self.wanted == "a number" else ""


class MissingValue(Diagnostic):
    """A cell of a column of real numbers is empty or says that there is no value. What is to be done with its row is
    the program's to say.
    """

    path: str
    row: int
    column: str
    found: str
    more: int = 0

    code = "QGL0618"
    message = says('"{path}", row {row}, column {column}: a value is missing, found {found}')
    help = "`missing = drop` leaves out the rows in which a value is missing"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"and {plural(self.more, 'further cell')} like it"),) if self.more else ()


class DateCell(Diagnostic):
    """A column of dates is not a column of numbers, and is not made one: a day of the year, a year or a number of days
    is another column, which a program names.
    """

    path: str
    row: int
    column: str
    found: str

    code = "QGL0619"
    message = says('"{path}", row {row}, column {column}: {found} is a date, not a number')
    help = "name the columns of numbers: `columns = [...]`"


class RaggedRow(Diagnostic):
    """A row of a table has more or fewer cells than the first one, or a string more or fewer bits."""

    path: str
    row: int
    found: int
    wanted: int

    code = "QGL0606"
    wrong = _ONE_STRING.replace('"010"', '"010", "0110"')
    right = _ONE_STRING.replace('"010"', '"010", "011"')

    message = says("{path}: row {row} has length {found}, but the first row has length {wanted}")


class NoRows(Diagnostic):
    """A data set has no row, or no column to generate."""

    what: str
    why: str

    code = "QGL0607"
    wrong = _GOOD.replace("parity(3)", "cardinality(3, 4)")
    right = _GOOD.replace("parity(3)", "cardinality(3, 2)")

    message = says("{what} is empty: {why}")


class MissingColumn(Diagnostic):
    """A column that the program names is not in the table."""

    path: str
    column: str
    available: str
    nearest: str | None = None

    code = "QGL0608"
    message = says('"{path}" has no column {column}')

    @property
    def help(self) -> str:
        near = f"did you mean `{self.nearest}`? " if self.nearest else ""
        return f"{near}it has {self.available}"


class BadArchive(Diagnostic):
    """An npz archive or a Parquet file cannot be used: it is damaged, or an array is missing, of the wrong kind or too
    large.
    """

    path: str
    why: str

    code = "QGL0609"
    message = says('"{path}": {why}')


class WrongColumn(Diagnostic):
    """A column of a Parquet file holds something that is no number: dates, words, lists or records, decimal fractions.

    Only the columns that are named are looked at.
    """

    path: str
    column: str
    found: str
    wanted: str

    code = "QGL0623"
    message = says('"{path}", column {column}: it holds {found}, but {wanted} belong here')
    help = "name the columns of numbers: `columns = [...]`; a column of words may be the `label`"


class ParquetNotInstalled(Diagnostic):
    """Parquet files are read by pyarrow, which is not installed."""

    code = "QGL0625"
    message = "`parquet` needs the package pyarrow, which is not installed"
    help = "install it: pip install 'qglc[parquet]'"
