"""`qglc fmt`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qgl.cli.options import FilesArgument, open_file

if TYPE_CHECKING:
    from qgl.source import Source


def fmt(
    files: FilesArgument,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; say which files are not canonical.")] = False,
) -> None:
    """Write programs in the canonical form; comments and meaning stay. Standard input goes to standard output.

    \b
    Examples:
      qglc fmt bars.qgl
      qglc fmt --check examples/*.qgl
      qglc fmt - < bars.qgl

    A file with a fault of syntax is left as it is. Exit status 1 if a file has one, or is not canonical under --check.
    """
    from qgl.diagnostics.model import Diagnostic, QglError
    from qgl.diagnostics.render import show
    from qgl.diagnostics.terminal import one_line, write_data
    from qgl.runs.files.atomic import write_bytes

    diagnostics: list[Diagnostic] = []
    changed = 0
    for name in files:
        try:
            source, _ = open_file(name)
            before, after = source.text, formatted(source)
        except QglError as error:
            diagnostics += error.diagnostics
            continue
        if name == "-" and not check:
            write_data(after)
        elif after != before:
            changed += 1
            if check:
                typer.echo(f"{one_line(name)}: not in the canonical form")
            else:
                write_bytes(Path(name).resolve(), after.encode())
                typer.echo(f"{one_line(name)}: formatted")
    show(diagnostics)
    if diagnostics or (check and changed):
        raise typer.Exit(1)


def formatted(source: Source) -> str:
    """The canonical form of a program.

    Raises:
        QglError: it has a fault of syntax.
    """
    from qgl.diagnostics.model import QglError
    from qgl.syntax.formatter import format_file
    from qgl.syntax.parser import parse

    parsed = parse(source)
    if parsed.diagnostics:
        raise QglError(parsed.diagnostics)
    return format_file(parsed.file)
