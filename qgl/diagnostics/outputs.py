"""QGL033x: numbers that a program hands out."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says


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
