"""What is known of one thing that a program calls by name: its arguments, with types, defaults and documentation."""

from __future__ import annotations

from typing import Any

from qgl.check.calls.arguments import ArgumentType, Interval, Number
from qgl.record import record

POSITIVE = Number(Interval(0.0, open_low=True))
NOT_NEGATIVE = Number(Interval(0.0))


@record
class Parameter:
    """One argument of a callable. `target` is its name in the optax factory, where that differs."""

    name: str
    type: ArgumentType
    doc: str
    required: bool = True
    default: Any = None
    keyword_only: bool = False
    target: str = ""


@record
class Signature:
    """One callable. `one_of` names arguments of which exactly one is given; `factory` is what it is called in optax."""

    kind: str
    name: str
    doc: str
    parameters: tuple[Parameter, ...]
    one_of: tuple[str, ...] = ()
    factory: str = ""

    @property
    def usage(self) -> str:
        """`adam(rate = 0.01, b1 = 0.9)`: how it is called, optional arguments with their defaults."""
        parts = []
        for parameter in self.parameters:
            if parameter.required:
                parts.append(parameter.name)
            elif parameter.default is None or parameter.default == ():
                parts.append(f"{parameter.name} = ...")
            else:
                parts.append(f"{parameter.name} = {written(parameter.default)}")
        return f"{self.name}({', '.join(parts)})"


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


def optional(name: str, kind: ArgumentType, default: Any, doc: str, **more: Any) -> Parameter:
    """An argument that may be left out."""
    return Parameter(name, kind, doc, required=False, default=default, **more)
