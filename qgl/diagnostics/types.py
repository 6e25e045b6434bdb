"""What can be wrong with types, shapes and values (QGL03xx)."""

from __future__ import annotations

from math import gcd

from qgl.diagnostics.model import Diagnostic, Mend, Severity, noted, says
from qgl.source import Span

_V = "visible v[2];\n"
_GOOD = f"{_V}model {{ h v; }}\n"


def _model(body: str) -> str:
    return f"{_V}model {{ h v; {body} }}\n"


def count(number: int, thing: str) -> str:
    """`1 angle`, `no angles`, `3 angles`."""
    return f"{number or 'no'} {thing}{'s' * (number != 1)}"


class ArgumentCount(Diagnostic):
    """A gate, layer, channel or Hamiltonian is given more or fewer numbers in parentheses than it takes."""

    identifier: str
    wanted: int
    found: int
    usage: str = ""
    declared: Span | None = None

    code = "QGL0301"
    wrong = _model("rx(1, 2) v;")
    right = _model("rx(1) v;")

    @property
    def message(self) -> str:
        if self.wanted == 0:
            given = "1 is" if self.found == 1 else f"{self.found} are"
            return f"`{self.identifier}` takes no arguments in parentheses; {given} given"
        return f"`{self.identifier}` takes {count(self.wanted, 'argument')} in parentheses, not {self.found}"

    notes = noted("`{identifier}` is declared here", "declared")

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


class OperandCount(Diagnostic):
    """A gate, layer or channel is given more or fewer qubits than it takes."""

    identifier: str
    wanted: int
    found: int
    usage: str = ""
    declared: Span | None = None

    code = "QGL0302"
    wrong = _model("cx v[0];")
    right = _model("cx v[0], v[1];")

    @property
    def message(self) -> str:
        return f"`{self.identifier}` takes {count(self.wanted, 'operand')}, not {self.found}"

    notes = noted("`{identifier}` is declared here", "declared")

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


class WrongType(Diagnostic):
    """A value is of another kind than its place asks for."""

    wanted: str
    found: str
    hint: str = ""

    code = "QGL0303"
    wrong = _model('rx("a") v;')
    right = _model("rx(0.5) v;")

    message = says("{wanted} belongs here, not {found}")
    help = says("{hint}")


class WrongShape(Diagnostic):
    """A list of numbers is longer or shorter than its place asks for, or a list where one number belongs."""

    wanted: str
    found: str
    hint: str = ""

    code = "QGL0304"
    wrong = _model("su2([1, 2]) v;")
    right = _model("su2([1, 2, 3]) v;")

    message = says("{wanted} belongs here, not {found}")
    help = says("{hint}")


class AngleAsProbability(Diagnostic):
    """An angle stands where a probability is expected. Angles are not kept between 0 and 1."""

    identifier: str
    declared: Span | None = None

    code = "QGL0305"
    wrong = f"param p : angle;\n{_model('bit_flip(p) v;')}"
    right = f"param p : probability;\n{_model('bit_flip(p) v;')}"

    message = says("`{identifier}` is an angle, but a probability belongs here")
    notes = noted("declared here", "declared")

    help = "declare it `: probability`, or write `sigmoid(...)` of it"


class ProbabilityRange(Diagnostic):
    """A probability is not between 0 and 1, or cannot be shown to be."""

    found: str
    certain: bool = True

    code = "QGL0306"
    wrong = _model("bit_flip(1.5) v;")
    right = _model("bit_flip(0.5) v;")

    message = says("a probability lies between 0 and 1; {found}")

    @property
    def help(self) -> str:
        return "" if self.certain else "use parameters of type `probability`, or `sigmoid(...)`"


class IndexOutOfRange(Diagnostic):
    """An index names an element that is not there. Indices start at 0."""

    identifier: str
    index: str
    allowed: str
    declared: Span | None = None

    code = "QGL0307"
    wrong = _model("x v[2];")
    right = _model("x v[1];")

    message = says("`{identifier}` has no element {index}; {allowed}")
    notes = noted("declared here", "declared")


class IndexCount(Diagnostic):
    """Something is given more indices than it has dimensions, or cannot be indexed at all."""

    text: str

    code = "QGL0308"
    wrong = _model("x v[0][0];")
    right = _model("x v[0];")

    message = says("{text}")


class ArithmeticFault(Diagnostic):
    """A computation has no finite real result: a division by zero, the root of a negative number, an overflow."""

    text: str

    code = "QGL0309"
    wrong = f"const n = 1 / 0;\n{_model('rx(n) v;')}"
    right = f"const n = 1 / 2;\n{_model('rx(n) v;')}"

    message = says("{text}")


class MisplacedHole(Diagnostic):
    """`?` is a new trainable number of its own: it stands alone as an argument of a gate, layer or channel,

    as the time of an `evolve`, or as a factor in `exp(i * ? * ...)`."""

    why: str = ""

    code = "QGL0310"
    wrong = _model("rx(2 * ?) v;")
    right = _model("rx(?) v;")

    @property
    def message(self) -> str:
        return self.why or "`?` cannot stand here"

    help = "declare a `param` and use its name"


class BackwardsRange(Diagnostic):
    """A range `a..b` runs upwards from a to b, both included. With b = a - 1 it is empty; less is a mistake."""

    first: int
    last: int

    code = "QGL0311"
    wrong = _model("for k in 1..-3 { x v[k]; }")
    right = _model("for k in 0..1 { x v[k]; }")

    message = says("the range {first}..{last} runs backwards")
    help = "a range goes up and includes both ends"


class WrongDistribution(Diagnostic):
    """The distribution of a parameter is `normal(mean, deviation)`, `uniform(low, high)`, `constant(value)` or

    `bernoulli(probability)`, with constants in its parentheses, and it must suit the kind of parameter."""

    text: str
    nearest: str | None = None

    code = "QGL0316"
    wrong = f"param a : angle ~ normal(0, -1);\n{_model('rx(a) v;')}"
    right = f"param a : angle ~ normal(0, 1);\n{_model('rx(a) v;')}"

    message = says("{text}")

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""


class FunctionArguments(Diagnostic):
    """A function of the language is given arguments that it does not take."""

    identifier: str
    text: str
    usage: str

    code = "QGL0317"
    wrong = _model("for (a, b) in edges(v) { cx a, b; }")
    right = _model("for (a, b) in chain(v) { cx a, b; }")

    message = says("`{identifier}` {text}")

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


class WrongParameter(Diagnostic):
    """A `param`, `random`, `latent` or `condition` is declared with a type or with words that do not suit it."""

    text: str
    hint: str = ""

    code = "QGL0318"
    wrong = f"random a;\n{_model('rx(a) v;')}"
    right = f"random a ~ uniform(0, 1);\n{_model('rx(a) v;')}"

    message = says("{text}")
    help = says("{hint}")


class AngleInDegrees(Diagnostic):
    """Angles are in radians. A constant angle that is a whole number of degrees and lies far beyond 2 pi is legal, but
    is hardly meant: 90 radians are fourteen turns and a bit."""

    degrees: int

    code = "QGL0322"
    severity = Severity.WARNING
    wrong = _model("ry(90) v;")
    right = _model("ry(pi / 2) v;")

    message = says("angles are in radians; {degrees} looks like degrees")

    @property
    def help(self) -> str:
        return f"{self.degrees} degrees are `{self._in_radians}`"

    @property
    def mends(self) -> tuple[Mend, ...]:
        alone = self.span is not None and self.span.text.lstrip("-").isdigit()  # not the name of a constant
        return (Mend(self.span, self._in_radians),) if alone and self.span else ()

    @property
    def _in_radians(self) -> str:
        shared = gcd(self.degrees, 180)
        over, under = self.degrees // shared, 180 // shared
        head = {1: "pi", -1: "-pi"}.get(over, f"{over} * pi")
        return f"{head}{f' / {under}' if under > 1 else ''}"


class LoopTargets(Diagnostic):
    """A loop names more or fewer variables than the things it runs over have parts."""

    text: str

    code = "QGL0319"
    wrong = _model("for (a, b) in v { cx a, b; }")
    right = _model("for (a, b) in pairs(v) { cx a, b; }")

    message = says("{text}")


class WrongGeometry(Diagnostic):
    """A lattice is `line(n)`, `ring(n)`, `grid(rows, columns)`, `torus(rows, columns)`, `tree(branching, depth)`,

    `complete(n)`, `graph([(a, b), ...])` or `graph("file.graphml")`."""

    text: str
    nearest: str | None = None

    code = "QGL0321"
    wrong = "lattice c = line(0);\nvisible v on c;\nmodel { h v; }\n"
    right = "lattice c = line(2);\nvisible v on c;\nmodel { h v; }\n"

    message = says("{text}")

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""
