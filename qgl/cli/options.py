"""Arguments and options that several verbs share, and how a program is read for a verb."""

from __future__ import annotations

import sys
from collections.abc import Sequence
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
    from qgl.model import Model
    from qgl.program.labels import Labels
    from qgl.program.program import Program
    from qgl.runs.run import Run
    from qgl.source import Source
    from qgl.syntax.literals import Value


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


# What a shell gives in place of a file, such as `qglc check <(make_program)`: it is read to its end, as `-` is.
_DESCRIPTORS = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")


def file_or_output(out: Path | None) -> Path | None:
    """Where `-o` says that something goes: None for standard output, which `-` means too."""
    return None if out == Path("-") else out


def constants(settings: list[str] | None) -> dict[str, object]:
    """Values of `--set NAME=VALUE`: numbers, `true`, `false`, strings (quoted or bare) and lists of these.

    Raises:
        typer.BadParameter: not of that form, several values, or a name is given twice.
    """
    return {name: _one(name, values) for name, values in settings_of(settings).items()}


def settings_of(settings: list[str] | None) -> dict[str, list[Value | range]]:
    """The values of each constant in `--set NAME=VALUES`: `1..10`, `0.1,0.01`, or one value.

    Raises:
        typer.BadParameter: not of that form, or a name is given twice.
    """
    from qgl.syntax.literals import read_values

    grid: dict[str, list[Value | range]] = {}
    for setting in settings or ():
        name, equals, text = setting.partition("=")
        name, text = name.strip(), text.strip()
        if not equals or not name.isidentifier() or not text:
            raise typer.BadParameter(f"write NAME=VALUE, such as --set depth=8, not {setting!r}", param_hint="--set")
        if name in grid:
            raise typer.BadParameter(f"{name} is given twice", param_hint="--set")
        values = read_values(text)
        if values is None:
            raise typer.BadParameter(
                f"the value of {name} is no number, string, truth value or list: {text}{_quoted(name, text)}",
                param_hint="--set",
            )
        if range(0) in values:
            raise typer.BadParameter(f"the range of {name} has no values: {text}", param_hint="--set")
        grid[name] = values
    return grid


def _quoted(name: str, text: str) -> str:
    """How a text that is meant as it stands, such as the name of a file, is written."""
    if any(mark in text for mark in "'\"[]\\\n"):
        return ""
    return f"; a text that is no single word stands in quotes, which the shell leaves alone: --set '{name}=\"{text}\"'"


def _one(name: str, values: list[Value | range]) -> Value:
    first = values[0]
    if len(values) > 1 or isinstance(first, range):
        raise typer.BadParameter(
            f"{name} is given several values, and takes one; `qglc sweep FILE --set {name}=...` trains with each",
            param_hint="--set",
        )
    return first


ConditionOption = Annotated[
    list[str] | None,
    typer.Option(
        "--condition",
        metavar="[NAME=]NUMBERS",
        help="Inputs of a conditional model, by commas: all in order, or those of a name, once each; a label by name.",
    ),
]


def condition_of(texts: Sequence[str] | None, program: Program) -> NDArray[np.float64] | None:
    """Values of `--condition`, the inputs of a conditional model in order of declaration; None for a model without.

    The first may be a label of the data that the model has learnt.

    Raises:
        typer.BadParameter: no numbers, not as many as the model has, or none of the categories where one is wanted.
    """
    import numpy as np

    conditions = [each for each in program.parameters if each.kind == "condition"]
    labels = program.labels
    names = [text.partition("=")[0].strip() if "=" in text else "" for text in texts or ()]
    if not texts and not conditions:
        return None
    if any(names):
        missing = [each.name for each in conditions if names.count(each.name) != 1]
        unknown = [name for name in names if name not in [each.name for each in conditions]]
        if missing or unknown:
            wanted = ", ".join(f"{each.name}=..." for each in conditions) or "none"
            raise typer.BadParameter(f"the conditions of the model are {wanted}, each once", param_hint="--condition")
        given = dict(zip(names, (text.partition("=")[2] for text in texts or ()), strict=True))
        named = {each.name: labels if each is conditions[0] else None for each in conditions}
        values = [_listed(given[each.name], each.size, f"`{each.name}`", named[each.name]) for each in conditions]
    else:
        values = [_listed(",".join(texts or ()), sum(each.size for each in conditions), "the model", labels)]
    given_numbers = np.concatenate(values)
    at = 0
    for each in conditions:
        own = given_numbers[at : at + each.size]
        at += each.size
        if each.categories is not None and not np.isin(own, np.arange(each.categories)).all():
            text = f"`{each.name}` is a category, a whole number from 0 to {each.categories - 1}"
            raise typer.BadParameter(text, param_hint="--condition")
    return given_numbers


def _listed(text: str, count: int, whose: str, labels: Labels | None = None) -> NDArray[np.float64]:
    """So many numbers, the first of which is that of one of the `labels`, if there are some."""
    import numpy as np

    items = [item for item in text.split(",") if item.strip()] if count > 1 or labels is None else [text]
    if labels is not None and items:
        number = labels.number(items[0])
        if number is None:
            raise typer.BadParameter(f"{items[0]!r} is none of the labels {labels.listed}", param_hint="--condition")
        items[0] = str(number)
    try:
        values = np.array([float(item) for item in items])
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of numbers", param_hint="--condition") from None
    if len(values) != count or not np.isfinite(values).all():
        raise typer.BadParameter(
            f"{whose} has {count} condition inputs, and {len(values)} values are given", param_hint="--condition"
        )
    return values


def open_file(name: str) -> tuple[Source, Environment]:
    """A program and what it may ask of the world: a file and its folder, or standard input and the current folder.

    Raises:
        QglError: it cannot be read, is too large, or is no UTF-8 text.
    """
    from qgl.data.environment import FolderEnvironment, open_program
    from qgl.data.files import Limits, decode
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.tables import FileTooLarge, UnreadableFile
    from qgl.source import Source

    if name != "-" and not name.startswith(_DESCRIPTORS):
        return open_program(Path(name))
    known = "standard input" if name == "-" else name
    limit = Limits().text_bytes
    try:
        content = _read_stream(name, limit + 1)
    except (OSError, ValueError) as error:  # a closed descriptor
        wording = error.strerror.lower() if isinstance(error, OSError) and error.strerror else "it is closed"
        raise QglError([UnreadableFile(None, known, wording)]) from None
    if len(content) > limit:
        raise QglError([FileTooLarge(None, known, len(content), limit)])
    shown = "<stdin>" if name == "-" else name
    return Source(shown, decode(content, known, None)), FolderEnvironment(Path.cwd())


def _read_stream(name: str, most: int) -> bytes:
    """Up to `most` bytes of standard input, or of an open descriptor that has a name."""
    if name == "-":
        if sys.stdin is None:
            raise ValueError
        return sys.stdin.buffer.read(most)
    with Path(name).open("rb") as stream:
        return stream.read(most)


def warn(diagnostics: tuple[Diagnostic, ...]) -> None:
    """Show warnings that come with a program that has no fault."""
    from qgl.diagnostics.render import show

    show(diagnostics)


def tell_guesses(program: Program) -> None:
    """Say on standard error how data were read where neither the file nor the program says so."""
    from qgl.diagnostics.terminal import one_line

    for data in program.data.values():
        if data.guessed:
            typer.echo(f"note: {one_line(data.guessed)}", err=True)


def trained(folder: Path) -> tuple[Run, Model]:
    """A run and its model. Of a run that failed, it is said that its parameters are the last good ones.

    Raises:
        QglError: as `qgl.runs.opened.trained`.
    """
    from qgl.diagnostics.runs import LastGoodWeights
    from qgl.runs.opened import trained as opened

    run, model = opened(folder)
    if run.status == "failed":
        warn((LastGoodWeights(None, str(folder), run.steps),))
    return run, model


def console_for(*tables: Table, stderr: bool = False) -> Console:
    """A console that breaks no cell of the tables: a narrow terminal shows their lines on two of its own."""
    from rich.measure import Measurement

    from qgl.diagnostics.terminal import console

    ample = console(width=1000)
    needed = max((Measurement.get(ample, ample.options, table).maximum for table in tables), default=0)
    return console(width=max(console().width, needed), stderr=stderr)
