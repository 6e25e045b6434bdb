"""What can be wrong with data sets, whatever they are read from (QGL06xx; files and tables have a module)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Note, noted, plural, says
from qgl.source import Span

_MODEL = "model { ry(?) v; }\nobjective nll(target);\n"
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
