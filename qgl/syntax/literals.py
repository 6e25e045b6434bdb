"""Values that are written outside of a program: those of `--set`."""

from __future__ import annotations

from qgl.source import Source
from qgl.syntax import tree
from qgl.syntax.parser import parse

Value = int | float | bool | str | list["Value"]


def read_values(text: str, name: str = "value") -> list[Value | range] | None:
    """The values of `1..10`, `0.1, 0.01` or `"a", b`: literals, bare words as strings, lists, ranges of integers.

    None: the text is not of that form. A range is given as it is, both ends included, so that it may be long.
    """
    parsed = parse(Source("--set", f"const {name} = [{text}];"))
    match parsed.file.declarations:
        case (tree.Const(bindings=((_, tree.List(items=items)),)),) if not parsed.diagnostics and items:
            values = [_value(item) for item in items]
            return None if any(value is None for value in values) else [value for value in values if value is not None]
    return None


def _value(expression: tree.Expression) -> Value | range | None:
    match expression:
        case tree.Range(first=first, last=last):
            low, high = _whole(first), _whole(last)
            return None if low is None or high is None else range(low, high + 1)
        case _:
            return _literal(expression)


def _whole(expression: tree.Expression) -> int | None:
    value = _literal(expression)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _literal(expression: tree.Expression) -> Value | None:
    match expression:
        case tree.Number(value=value) | tree.String(value=value) | tree.Boolean(value=value):
            return value
        case tree.Name(name=name):
            return name
        case tree.Unary(operator="-", operand=tree.Number(value=value)):
            return -value
        case tree.List(items=items):
            values = [_literal(item) for item in items]
            return None if any(value is None for value in values) else [v for v in values if v is not None]
    return None


def written(value: object) -> str:
    """A value as a program would write it."""
    match value:
        case bool():
            return "true" if value else "false"
        case list() | tuple():
            return f"[{', '.join(written(item) for item in value)}]"
        case str():
            return f'"{value}"'
        case _:
            return str(value)
