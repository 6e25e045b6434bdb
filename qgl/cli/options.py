"""Arguments and options that several verbs share, and how a program is read for a verb."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from rich.console import Console
    from rich.table import Table

    from qgl.check.environment import Environment
    from qgl.diagnostics.model import Diagnostic
    from qgl.source import Source
    from qgl.syntax import tree


class Format(StrEnum):
    TEXT = "text"
    JSON = "json"


FileArgument = Annotated[str, typer.Argument(metavar="FILE", help="A program, or - for standard input.")]
FilesArgument = Annotated[list[str], typer.Argument(metavar="FILE...", help="Programs, or - for standard input.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="Override a constant of the program; may be repeated."),
]
FormatOption = Annotated[Format, typer.Option("--format", help="What to write: text for people, JSON for programs.")]

Value = int | float | bool | str | list["Value"]


def constants(settings: list[str] | None) -> dict[str, object]:
    """Values of `--set NAME=VALUE`: numbers, `true`, `false`, strings (quoted or bare) and lists of these.

    Raises:
        typer.BadParameter: not of that form, or a name is given twice.
    """
    values: dict[str, object] = {}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        name, text = name.strip(), text.strip()
        if not equals or not name.isidentifier() or not text:
            raise typer.BadParameter(f"write NAME=VALUE, such as --set depth=8, not {setting!r}", param_hint="--set")
        if name in values:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--set")
        values[name] = _value(name, text)
    return values


def _value(name: str, text: str) -> Value:
    from qgl.source import Source
    from qgl.syntax import tree
    from qgl.syntax.parser import parse

    parsed = parse(Source("--set", f"const {name} = {text};"))
    match parsed.file.declarations:
        case (tree.Const(bindings=((_, expression),)),) if not parsed.diagnostics:
            value = _literal(expression)
            if value is not None:
                return value
    raise typer.BadParameter(
        f"the value of {name} is no number, string, truth value or list: {text}", param_hint="--set"
    )


def _literal(expression: tree.Expression) -> Value | None:
    from qgl.syntax import tree

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


def numbers(text: str | None, width: int) -> NDArray[np.float64] | None:
    """Values of `--condition`, the inputs of a conditional model; None for a model without.

    Raises:
        typer.BadParameter: no numbers, or not as many as the model has.
    """
    import numpy as np

    if text is None and width == 0:
        return None
    try:
        values = [float(word) for word in (text or "").split(",") if word.strip()]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers", param_hint="--condition") from None
    if len(values) != width:
        raise typer.BadParameter(
            f"the model has {width} condition inputs, and {len(values)} values are given", param_hint="--condition"
        )
    return np.asarray(values)


def open_file(name: str) -> tuple[Source, Environment]:
    """A program and what it may ask of the world: a file and its folder, or standard input and the current folder.

    Raises:
        QglError: it cannot be read, is too large, or is no UTF-8 text.
    """
    from qgl.data.environment import FolderEnvironment, open_program
    from qgl.data.files import Limits, decode
    from qgl.diagnostics.data import FileTooLarge
    from qgl.diagnostics.model import QglError
    from qgl.source import Source

    if name != "-":
        return open_program(Path(name))
    limit = Limits().text_bytes
    content = sys.stdin.buffer.read(limit + 1)
    if len(content) > limit:
        raise QglError([FileTooLarge(None, "standard input", len(content), limit)])
    return Source("<stdin>", decode(content, "standard input", None)), FolderEnvironment(Path.cwd())


def warn(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Show warnings that come with a program that has no fault."""
    from qgl.diagnostics.render import show

    show(diagnostics)


def console_for(*tables: Table) -> Console:
    """A console that breaks no cell of the tables: a narrow terminal shows their lines on two of its own."""
    from rich.console import Console
    from rich.measure import Measurement

    ample = Console(width=1000)
    needed = max((Measurement.get(ample, ample.options, table).maximum for table in tables), default=0)
    return Console(width=max(Console().width, needed))
