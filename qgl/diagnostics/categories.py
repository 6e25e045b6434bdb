"""What can be wrong with categorical variables and how they are prepared (QGL042x)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Note, noted, says
from qgl.source import Span


class WrongVariables(Diagnostic):
    """The type of a register says that it holds categorical variables: `category(d)`, d from 2 to 1024.

    Each takes ceil(log2 d) qubits. A register of variables lies on no lattice.
    """

    text: str

    code = "QGL0420"
    wrong = "visible x[3] : category(1);\nmodel { h x; }\n"
    right = "visible x[3] : category(4);\nmodel { h x; }\n"

    message = says("{text}")
    help = "write `visible x[16] : category(8);`"


class NotADistribution(Diagnostic):
    """A constant table of `prepare` has a row for each value of the parents, with a probability for each value of the
    child: numbers from 0 that add up to 1.
    """

    text: str

    code = "QGL0421"
    wrong = "visible a;\nvisible b;\nmodel { h a; prepare([[0.9, 0.2], [0.5, 0.5]]) a, b; }\n"
    right = "visible a;\nvisible b;\nmodel { h a; prepare([[0.9, 0.1], [0.5, 0.5]]) a, b; }\n"

    message = says("{text}")
    help = "each row is a distribution over the values of the child: make its numbers add up to 1"


class CategoriesDiffer(Diagnostic):
    """The columns of a data set are not the variables of the registers.

    A column of k categories in binary code goes with a variable of `category(k)`, or with plain qubits. Codes that
    stand for no category would else mean one thing in the data and another in the model.
    """

    data: str
    text: str
    declared: Span | None = None
    register: Span | None = None

    code = "QGL0422"
    message = says("the data set `{data}` does not go with the registers: {text}")

    @property
    def notes(self) -> tuple[Note, ...]:
        places = [("the data set is declared here", self.declared), ("the register is declared here", self.register)]
        return tuple(Note(text, span) for text, span in places if span is not None)

    help = "give `categories` of the data and `category(...)` of the register the same number"


_NETWORK = """\
data words = parity(3);
visible v[3];
model {{ prepare(?) v[0]; prepare(?) v[0], v[1]; prepare(?) v[1], v[2]; {0}}}
objective nll(words);
train {{ strategy em(); steps 10; }}
"""


class NotForExpectation(Diagnostic):
    """Expectation maximisation needs a classical Bayesian network: each qubit prepared once, from zero, by a table
    that is trained or constant, under the control of others, and read out or discarded without a change of basis.
    The objective is `nll` or `kl` over all rows.
    """

    why: str

    code = "QGL0425"
    wrong = _NETWORK.format("h v[2]; ")
    right = _NETWORK.format("")

    message = says("`em` does not apply: {why}")
    help = "prepare variables with `prepare(?) parent, child;` and leave other gates out, or train by the gradient"


_LABELLED = """data wanted = states_near("0", width = 0.1, count = 2);
data both = pairs(labels, wanted);
condition label : category(2);
param a[label] : angle;
visible v;
model { ry(a[label]) v; }
objective infidelity(both);
"""


class NoCategory(Diagnostic):
    """A `condition` of the type `category(d)` is given a whole number from 0 to d - 1 with each row of the data."""

    data: str
    row: int
    condition: str
    value: str
    last: int
    declared: Span | None = None

    code = "QGL0427"
    wrong = "data ink = digits(classes = [0], size = 1, grey = true);\ndata labels = rows(ink, 0..1);\n" + _LABELLED
    right = 'data labels = strings(["0", "1"]);\n' + _LABELLED

    message = says("row {row} of `{data}` gives the category `{condition}` the number {value}")

    @property
    def help(self) -> str:
        return f"its numbers are whole, from 0 to {self.last}"

    notes = noted("declared here", "declared")


_OF_DIGITS = """data seen = digits(classes = [0, 1], size = 2, labels = true);
condition label : category(COUNT);
visible v[4];
model { ry(?) v; rx(pi * label) v[0]; }
objective nll(seen);
"""


class LabelsDiffer(Diagnostic):
    """The labels of data are the categories of the first `condition` input: as many, and the same ones in the same
    order in every data set that a program learns and is measured by. Else a number would mean one class in one of
    them and another one in the next.
    """

    data: str
    text: str
    declared: Span | None = None

    code = "QGL0428"
    wrong = _OF_DIGITS.replace("COUNT", "3")
    right = _OF_DIGITS.replace("COUNT", "2")

    message = says("the labels of `{data}` do not go with the model: {text}")
    help = "declare a category for each label, and give data of one kind the same labels: `fit = seen`, or `classes`"
    notes = noted("the condition is declared here", "declared")
