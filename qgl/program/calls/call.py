"""What the record of a call is, and how a call is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, field, fields
from typing import Any, ClassVar, Generic, TypeVar, dataclass_transform, overload

from qgl.program.calls.arguments import ArgumentType
from qgl.record import record
from qgl.source import Span

T = TypeVar("T")
D = TypeVar("D")


@record
class Call:
    """A checked call of a named thing, such as `adam(rate = 0.1)`: a field for each argument, defaults filled in.

    A record's docstring says what the callable is, in the words of the reference. `one_of` names arguments of which
    exactly one is given; `former` has today's names of arguments by those of earlier versions, which are understood
    still, with a warning. Calls that say the same are equal, wherever they are written.
    """

    span: Span = field(kw_only=True, compare=False)
    called: ClassVar[str]
    one_of: ClassVar[tuple[str, ...]] = ()
    former: ClassVar[Mapping[str, str]] = {}

    @property
    def name(self) -> str:
        """What a program calls it: `adam`."""
        return self.called


C = TypeVar("C", bound=Call)


@overload
def argument(kind: ArgumentType[T], doc: str, *, kw_only: bool = False) -> T: ...
@overload
def argument(kind: ArgumentType[T], doc: str, *, default: D, kw_only: bool = False, before: str = "") -> T | D: ...
def argument(kind: ArgumentType[T], doc: str, *, before: str = "", **more: Any) -> Any:
    """A field that is an argument: which values it may have, what it is, and, where it may be left out, its default.

    In a program it stands `before` an argument that its class has from another.
    """
    return field(metadata={"argument": (kind, doc, before)}, **more)


@dataclass_transform(frozen_default=True, field_specifiers=(field, argument))
def call(name: str = "") -> Callable[[type[C]], type[C]]:
    """A class of calls of `name`; without one, what several classes have in common."""

    def decorated(kind: type[C]) -> type[C]:
        if name:
            kind.called = name
        return record(kind)

    return decorated


@record
class Kind(Generic[C]):
    """All callables of a kind, and what the kind is called in messages."""

    name: str
    wording: str
    classes: tuple[type[C], ...]

    @property
    def table(self) -> Mapping[str, type[C]]:
        """Their records by name."""
        return {each.called: each for each in self.classes}


@record
class Nested(ArgumentType[C], Generic[C]):
    """A call of another kind: the kernel of an `mmd`."""

    kind: Kind[C]
    example: str

    @property
    def wording(self) -> str:
        return f"a {self.kind.wording}, such as `{self.example}`"


@record
class Rate(ArgumentType[float | C], Generic[C]):
    """A step size: a positive number, or a schedule of them."""

    schedules: Kind[C]

    wording = "a number above 0 or a schedule"


@record
class Parameter:
    """One argument of a callable."""

    name: str
    type: ArgumentType[Any]
    doc: str
    required: bool
    default: Any
    keyword_only: bool

    @property
    def calls(self) -> Kind[Any] | None:
        """The kind of the calls that it may be; None for arguments that are none."""
        match self.type:
            case Nested(kind=kind) | Rate(schedules=kind):
                return kind
            case _:
                return None


def parameters(kind: type[Call]) -> tuple[Parameter, ...]:
    """The arguments of a callable, in the order in which they may be given."""
    arguments: list[Parameter] = []
    for each in fields(kind):
        if "argument" in each.metadata:
            required = each.default is MISSING
            default = None if required else each.default
            kind_of, doc, before = each.metadata["argument"]
            at = next((k for k, other in enumerate(arguments) if other.name == before), len(arguments))
            arguments.insert(at, Parameter(each.name, kind_of, doc, required, default, bool(each.kw_only)))
    return tuple(arguments)


def arguments(given: Call) -> dict[str, Any]:
    """The arguments of a call by name, for whoever writes all of them down."""
    return {parameter.name: getattr(given, parameter.name) for parameter in parameters(type(given))}


def usage(kind: type[Call]) -> str:
    """`adam(rate = 0.01, b1 = 0.9)`: how it is called, optional arguments with their defaults."""
    parts = []
    for parameter in parameters(kind):
        if parameter.required:
            parts.append(parameter.name)
        elif parameter.default is None or parameter.default == ():
            parts.append(f"{parameter.name} = ...")
        else:
            parts.append(f"{parameter.name} = {written(parameter.default)}")
    return f"{kind.called}({', '.join(parts)})"


def written(value: object) -> str:
    """A default as a program would write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return f"[{', '.join(written(item) for item in value)}]"
        case float():
            return f"{value:g}"
        case _:
            return str(value)
