"""QGL033x: numbers that a program hands out."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, Note, says
from qgl.source import Span


class OnlyInOutputs(Diagnostic):
    """`expect(...)` and `prob(...)` are asked of the state that the program ends in, and outputs are made of them. So
    they are known when the circuit has been run, and nothing in the circuit can depend on them.
    """

    what: str

    code = "QGL0330"
    wrong = "visible v[2];\nmodel { h v; rx(expect(Z[v[0]])) v[1]; }\n"
    right = "visible v[2];\nmodel { h v; }\noutput turned = sin(expect(Z[v[0]]));\n"

    message = says("{what} is known at the end of the circuit only")
    help = "it may stand in `output` declarations"


class WrongOutput(Diagnostic):
    """An output is a number or a list of numbers that depend on the state, and has as many of them as its dimensions
    say, row by row. It reads means of Pauli words, `expect(X[q])`, and probabilities, `prob(register)`.
    """

    text: str

    code = "QGL0331"
    wrong = "visible v[2];\nmodel { h v; }\noutput y[3] = prob(v);\n"
    right = "visible v[2];\nmodel { h v; }\noutput y[4] = prob(v);\n"

    message = says("{text}")


_NUMBERS = "data d = digits(classes = [0], size = 2, grey = true);\nvisible v[2];\nmodel { ry(?) v; }\n"


class NoOutput(Diagnostic):
    """Data of real numbers are compared with outputs, and the program declares none, or none of this name."""

    output: str
    nearest: str | None = None

    code = "QGL0332"
    wrong = f"{_NUMBERS}objective mse(d);\n"
    right = f"{_NUMBERS}output p[4] = prob(v);\nobjective mse(d);\n"

    @property
    def message(self) -> str:
        if not self.output:
            return "real numbers are compared with outputs, and the program declares no `output`"
        return f"there is no output `{self.output}`"

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else "such as `output p = prob(v);`"


class OutputWidth(Diagnostic):
    """A row of real numbers is compared with the numbers of the outputs, in order of declaration, and has as many."""

    data: str
    columns: int
    numbers: int
    declared: Span | None

    code = "QGL0333"
    wrong = f"{_NUMBERS}output p[2] = prob(v[0]);\nobjective mse(d);\n"
    right = f"{_NUMBERS}output p[4] = prob(v);\nobjective mse(d);\n"

    @property
    def message(self) -> str:
        return f"a row of `{self.data}` has {self.columns:,} numbers, but the outputs have {self.numbers:,}"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"`{self.data}` is declared here", self.declared),) if self.declared else ()

    help = "choose outputs with `of = [...]`, or columns of the data"


_LOOP = "condition x[2];\nvisible v;\nmodel { ry(x[0] + x[1]) v; }\noutput z = expect(Z[v]);\n"


class WrongAgain(Diagnostic):
    """`again 20 { x = picture; }` says how rows are generated: the model is asked 20 times, and before each time but
    the first its `condition` inputs are set to what its outputs were. Every input gets as many numbers as it has.
    """

    text: str

    code = "QGL0334"
    wrong = f"{_LOOP}again 5 {{ x = z; }}\n"
    right = f"{_LOOP}again 5 {{ x = [x[1], z]; }}\n"

    message = says("{text}")
