"""What can be wrong with types, shapes and values (QGL03xx)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic, Note
from qgl.source import Span

_V = "visible v[2];\n"
_GOOD = f"{_V}model {{ h v; }}\n"


def _model(body: str) -> str:
    return f"{_V}model {{ h v; {body} }}\n"


def count(number: int, thing: str) -> str:
    """`1 angle`, `no angles`, `3 angles`."""
    return f"{number or 'no'} {thing}{'s' * (number != 1)}"


@dataclass(frozen=True)
class ArgumentCount(Diagnostic):
    """A gate, layer, channel or Hamiltonian is given more or fewer numbers in parentheses than it takes."""

    word: str
    wanted: int
    found: int
    usage: str = ""
    declared: Span | None = None

    code: ClassVar[str] = "QGL0301"
    wrong: ClassVar[str] = _model("rx(1, 2) v;")
    right: ClassVar[str] = _model("rx(1) v;")

    @property
    def message(self) -> str:
        if self.wanted == 0:
            given = "1 is" if self.found == 1 else f"{self.found} are"
            return f"`{self.word}` takes no arguments in parentheses; {given} given"
        return f"`{self.word}` takes {count(self.wanted, 'argument')} in parentheses, not {self.found}"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"`{self.word}` is declared here", self.declared),) if self.declared else ()

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


@dataclass(frozen=True)
class OperandCount(Diagnostic):
    """A gate, layer or channel is given more or fewer qubits than it takes."""

    word: str
    wanted: int
    found: int
    usage: str = ""
    declared: Span | None = None

    code: ClassVar[str] = "QGL0302"
    wrong: ClassVar[str] = _model("cx v[0];")
    right: ClassVar[str] = _model("cx v[0], v[1];")

    @property
    def message(self) -> str:
        return f"`{self.word}` takes {count(self.wanted, 'operand')}, not {self.found}"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note(f"`{self.word}` is declared here", self.declared),) if self.declared else ()

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


@dataclass(frozen=True)
class WrongType(Diagnostic):
    """A value is of another kind than its place asks for."""

    wanted: str
    found: str
    hint: str = ""

    code: ClassVar[str] = "QGL0303"
    wrong: ClassVar[str] = _model('rx("a") v;')
    right: ClassVar[str] = _model("rx(0.5) v;")

    @property
    def message(self) -> str:
        return f"{self.wanted} belongs here, not {self.found}"

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class WrongShape(Diagnostic):
    """A list of numbers is longer or shorter than its place asks for, or a list where one number belongs."""

    wanted: str
    found: str
    hint: str = ""

    code: ClassVar[str] = "QGL0304"
    wrong: ClassVar[str] = _model("su2([1, 2]) v;")
    right: ClassVar[str] = _model("su2([1, 2, 3]) v;")

    @property
    def message(self) -> str:
        return f"{self.wanted} belongs here, not {self.found}"

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class AngleAsProbability(Diagnostic):
    """An angle stands where a probability is expected. Angles are not kept between 0 and 1."""

    word: str
    declared: Span | None = None

    code: ClassVar[str] = "QGL0305"
    wrong: ClassVar[str] = f"param p : angle;\n{_model('bit_flip(p) v;')}"
    right: ClassVar[str] = f"param p : probability;\n{_model('bit_flip(p) v;')}"

    @property
    def message(self) -> str:
        return f"`{self.word}` is an angle, but a probability belongs here"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("declared here", self.declared),) if self.declared else ()

    @property
    def help(self) -> str:
        return "declare it `: probability`, or write `sigmoid(...)` of it"


@dataclass(frozen=True)
class ProbabilityRange(Diagnostic):
    """A probability is not between 0 and 1, or cannot be shown to be."""

    found: str
    certain: bool = True

    code: ClassVar[str] = "QGL0306"
    wrong: ClassVar[str] = _model("bit_flip(1.5) v;")
    right: ClassVar[str] = _model("bit_flip(0.5) v;")

    @property
    def message(self) -> str:
        return f"a probability lies between 0 and 1; {self.found}"

    @property
    def help(self) -> str:
        return "" if self.certain else "use parameters of type `probability`, or `sigmoid(...)`"


@dataclass(frozen=True)
class IndexOutOfRange(Diagnostic):
    """An index names an element that is not there. Indices start at 0."""

    word: str
    index: str
    allowed: str
    declared: Span | None = None

    code: ClassVar[str] = "QGL0307"
    wrong: ClassVar[str] = _model("x v[2];")
    right: ClassVar[str] = _model("x v[1];")

    @property
    def message(self) -> str:
        return f"`{self.word}` has no element {self.index}; {self.allowed}"

    @property
    def notes(self) -> tuple[Note, ...]:
        return (Note("declared here", self.declared),) if self.declared else ()


@dataclass(frozen=True)
class IndexCount(Diagnostic):
    """Something is given more indices than it has dimensions, or cannot be indexed at all."""

    text: str

    code: ClassVar[str] = "QGL0308"
    wrong: ClassVar[str] = _model("x v[0][0];")
    right: ClassVar[str] = _model("x v[0];")

    @property
    def message(self) -> str:
        return self.text


@dataclass(frozen=True)
class ArithmeticFault(Diagnostic):
    """A computation has no finite real result: a division by zero, the root of a negative number, an overflow."""

    text: str

    code: ClassVar[str] = "QGL0309"
    wrong: ClassVar[str] = f"const n = 1 / 0;\n{_model('rx(n) v;')}"
    right: ClassVar[str] = f"const n = 1 / 2;\n{_model('rx(n) v;')}"

    @property
    def message(self) -> str:
        return self.text


@dataclass(frozen=True)
class MisplacedHole(Diagnostic):
    """`?` is a new trainable number of its own: it stands alone as an argument of a gate, layer or channel,

    as the time of an `evolve`, or as a factor in `exp(i * ? * ...)`."""

    why: str = ""

    code: ClassVar[str] = "QGL0310"
    wrong: ClassVar[str] = _model("rx(2 * ?) v;")
    right: ClassVar[str] = _model("rx(?) v;")

    @property
    def message(self) -> str:
        return self.why or "`?` cannot stand here"

    @property
    def help(self) -> str:
        return "declare a `param` and use its name"


@dataclass(frozen=True)
class BackwardsRange(Diagnostic):
    """A range `a..b` runs upwards from a to b, both included. With b = a - 1 it is empty; less is a mistake."""

    first: int
    last: int

    code: ClassVar[str] = "QGL0311"
    wrong: ClassVar[str] = _model("for k in 1..-3 { x v[k]; }")
    right: ClassVar[str] = _model("for k in 0..1 { x v[k]; }")

    @property
    def message(self) -> str:
        return f"the range {self.first}..{self.last} runs backwards"

    @property
    def help(self) -> str:
        return "a range goes up and includes both ends"


@dataclass(frozen=True)
class WrongDistribution(Diagnostic):
    """The law of a parameter is `normal(mean, deviation)`, `uniform(low, high)`, `constant(value)` or

    `bernoulli(probability)`, with constants in its parentheses, and it must suit the kind of parameter."""

    text: str
    nearest: str | None = None

    code: ClassVar[str] = "QGL0316"
    wrong: ClassVar[str] = f"param a : angle ~ normal(0, -1);\n{_model('rx(a) v;')}"
    right: ClassVar[str] = f"param a : angle ~ normal(0, 1);\n{_model('rx(a) v;')}"

    @property
    def message(self) -> str:
        return self.text

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""


@dataclass(frozen=True)
class FunctionArguments(Diagnostic):
    """A function of the language is given arguments that it does not take."""

    word: str
    text: str
    usage: str

    code: ClassVar[str] = "QGL0317"
    wrong: ClassVar[str] = _model("for (a, b) in edges(v) { cx a, b; }")
    right: ClassVar[str] = _model("for (a, b) in chain(v) { cx a, b; }")

    @property
    def message(self) -> str:
        return f"`{self.word}` {self.text}"

    @property
    def help(self) -> str:
        return f"it is written `{self.usage}`" if self.usage else ""


@dataclass(frozen=True)
class WrongParameter(Diagnostic):
    """A `param`, `random`, `latent` or `condition` is declared with a type or with words that do not suit it."""

    text: str
    hint: str = ""

    code: ClassVar[str] = "QGL0318"
    wrong: ClassVar[str] = f"random a;\n{_model('rx(a) v;')}"
    right: ClassVar[str] = f"random a ~ uniform(0, 1);\n{_model('rx(a) v;')}"

    @property
    def message(self) -> str:
        return self.text

    @property
    def help(self) -> str:
        return self.hint


@dataclass(frozen=True)
class LoopTargets(Diagnostic):
    """A loop names more or fewer variables than the things it runs over have parts."""

    text: str

    code: ClassVar[str] = "QGL0319"
    wrong: ClassVar[str] = _model("for (a, b) in v { cx a, b; }")
    right: ClassVar[str] = _model("for (a, b) in pairs(v) { cx a, b; }")

    @property
    def message(self) -> str:
        return self.text


@dataclass(frozen=True)
class WrongGeometry(Diagnostic):
    """A lattice is `line(n)`, `ring(n)`, `grid(rows, columns)`, `torus(rows, columns)`, `tree(branching, depth)`,

    `complete(n)` or `graph([(a, b), ...])`."""

    text: str
    nearest: str | None = None

    code: ClassVar[str] = "QGL0321"
    wrong: ClassVar[str] = "lattice c = line(0);\nvisible v on c;\nmodel { h v; }\n"
    right: ClassVar[str] = "lattice c = line(2);\nvisible v on c;\nmodel { h v; }\n"

    @property
    def message(self) -> str:
        return self.text

    @property
    def help(self) -> str:
        return f"did you mean `{self.nearest}`?" if self.nearest else ""
