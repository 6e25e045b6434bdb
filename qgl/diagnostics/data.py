"""What can be wrong with data sets and with the files that a program names (QGL06xx)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Mend, Note, noted, says
from qgl.source import Span

_MODEL = "model { ry(?) v; }\nobjective nll(target);\n"
_GOOD = f"data target = parity(3);\nvisible v[3];\n{_MODEL}"
_PUSHED = """data near = states_near("0", width = 0.1, count = 5);
LATENT
channel kick(q: qubit) { rx(a) q; }
data moved = through(near, kick);
visible v;
model { ry(?) v; }
objective mmd(moved, fidelity(power = 2));
"""
_POSTSELECTED = """data near = states_near(NEAR, width = 0, count = 5);
channel look(q: qubit) { fresh e; cx q, e; postselect(0) e; }
data seen = through(near, look);
visible v;
model { ry(?) v; }
objective mmd(seen, fidelity(power = 2));
"""
_ONE_STRING = f'data target = strings(["010"]);\nvisible v[3];\n{_MODEL}'


def plural(count: int, thing: str) -> str:
    """`1 bit`, `2 bits`."""
    return f"{count} {thing}{'s' * (count != 1)}"


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


class DataTooLarge(Diagnostic):
    """A data set would have more cells, or more columns, than are held in memory.

    `cardinality`, `parity` and `bars_and_stripes` may be as large as one likes where their rule is enough: as the set
    that a `subset` is drawn from, and as the valid strings of `fidelity` and its like.
    """

    what: str
    extent: str
    limit: str
    by_rule: bool = False  # whether it is known by its rule

    code = "QGL0610"
    wrong = f"data target = parity(60);\nvisible v[60];\n{_MODEL}"
    right = f"data target = parity(6);\nvisible v[6];\n{_MODEL}"

    message = says("{what} has {extent}; at most {limit} are held")

    @property
    def help(self) -> str:
        return "draw some of them: `subset(..., count = 1000)`" if self.by_rule else ""


class DataWidth(Diagnostic):
    """A data set has one bit per visible qubit: column 0 is the first declared visible qubit."""

    data: str
    width: int
    visible: int
    data_span: Span | None
    visible_span: Span | None

    code = "QGL0611"
    wrong = f"data target = parity(4);\nvisible v[3];\n{_MODEL}"
    right = f"data target = parity(3);\nvisible v[3];\n{_MODEL}"

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

    help = "choose columns with `columns = ...`, or change the size of the register"


class ConditionWidth(Diagnostic):
    """A program with `condition` inputs needs as many condition columns in its data, and one without needs none."""

    data: str
    columns: int
    inputs: int
    data_span: Span | None
    states: str = ""  # the type of states that the data give, where it is another one

    code = "QGL0612"
    wrong = "data target = parity(2);\nvisible v[2];\ncondition c;\nmodel { ry(c) v; }\nobjective nll(target);\n"
    right = "data target = parity(2);\nvisible v[2];\nparam c;\nmodel { ry(c) v; }\nobjective nll(target);\n"

    @property
    def message(self) -> str:
        if self.states:
            kind = "mixed" if self.states == "density" else "pure"
            return f"`{self.data}` gives {kind} states, and the program's `condition` inputs are no such states"
        return (
            f"`{self.data}` gives {plural(self.columns, 'condition column')}, "
            f"but the program has {plural(self.inputs, 'condition input')}"
        )

    notes = noted("`{data}` is declared here", "data_span")

    @property
    def help(self) -> str:
        if self.states:
            return f"declare one `condition` of the type `{self.states}(n)`"
        return "name the columns with `csv(..., condition = [...])`"


class BadDataArgument(Diagnostic):
    """Arguments of a data source are each of the right kind, but do not go together or with the file."""

    source: str
    fault: str

    code = "QGL0613"
    wrong = _ONE_STRING.replace('["010"]', '["010", "111"], weights = [1, 2, 3]')
    right = _ONE_STRING.replace('["010"]', '["010", "111"], weights = [1, 2]')

    message = says("`{source}`: {fault}")


class WrongProcess(Diagnostic):
    """Data are made before anything is trained, on qubits of their own: a layer or channel that they are pushed through
    acts on its arguments and on `fresh` qubits alone, and depends on constants and `latent` inputs alone, as does a
    Hamiltonian whose ground states are drawn.
    """

    channel: str
    fault: str

    code = "QGL0615"
    wrong = _PUSHED.replace("LATENT", "param a : angle;")
    right = _PUSHED.replace("LATENT", "latent a ~ uniform(-1, 1);")

    message = says("data cannot be made with `{channel}`: {fault}")


class RareSuccess(Diagnostic):
    """A channel that data are pushed through requires outcomes that hardly ever come; other runs are thrown away."""

    channel: str
    tries: int

    code = "QGL0616"
    wrong = _POSTSELECTED.replace("NEAR", '"1"')
    right = _POSTSELECTED.replace("NEAR", '"0"')

    message = says("the outcomes that `{channel}` requires did not come in {tries} runs of some element")


class BadGraph(Diagnostic):
    """A lattice is an undirected graph without loops and repeated edges, in a file of GraphML or node-link JSON.

    Either all nodes have a position (`x` and `y`, or `pos`) or none. Declarations of entities are not read.
    """

    path: str
    why: str

    code = "QGL0614"
    wrong = 'lattice c = graph("device.txt");\nvisible v on c;\nmodel { h v; }\n'
    right = "lattice c = graph([(0, 1), (1, 2)]);\nvisible v on c;\nmodel { h v; }\n"

    message = says('no lattice can be made of "{path}": {why}')
    help = (
        "`networkx.write_graphml(G, path)` and `json.dump(networkx.node_link_data(G), file)` write what is read; "
        "`networkx.Graph(G)` of any G has no directions and no repeated edges"
    )


class WrongRows(Diagnostic):
    """Some data sets have strings of bits as their rows, others real numbers: `images`, `digits(grey = true)`,
    `csv(numbers = true)` and what is made of them. Likelihoods and their like are of bits; outputs are compared with
    numbers. The bits of `pauli_shots` are each of a basis of their own; `nll`, `marginals` and `local_errors` take
    them.
    """

    data: str
    found: str
    wanted: str

    code = "QGL0617"
    wrong = (
        "data d = digits(classes = [0], size = 2, grey = true);\nvisible v[4];\nmodel { ry(?) v; }\nobjective nll(d);\n"
    )
    right = "data d = digits(classes = [0], size = 2);\nvisible v[4];\nmodel { ry(?) v; }\nobjective nll(d);\n"

    @property
    def message(self) -> str:
        names = {
            "bits": "strings of bits",
            "numbers": "real numbers",
            "any": "strings of bits, or real numbers,",
            "shots": "Pauli shots, bits in bases of their own",
            "strings": "strings of bits, or Pauli shots,",
        }
        return f"the rows of `{self.data}` are {names[self.found]}, but {names[self.wanted]} belong here"
