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

    found: list[Diagnostic] = []
    changed = 0
    for name in files:
        try:
            source, _ = open_file(name)
            before, after = source.text, formatted(source)
        except QglError as error:
            found += error.diagnostics
            continue
        if name == "-" and not check:
            typer.echo(after, nl=False)
        elif after != before:
            changed += 1
            if check:
                typer.echo(f"{name}: not in the canonical form")
            else:
                _write(Path(name), after)
                typer.echo(f"{name}: formatted")
    show(found)
    if found or (check and changed):
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


def _write(path: Path, text: str) -> None:
    """Put a file in place of the old one, whole or not at all; a link stays a link, rights stay as they were."""
    import os
    import tempfile

    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.runs import CannotWrite

    real = path.resolve()
    try:
        descriptor, name = tempfile.mkstemp(dir=real.parent, prefix=f".{real.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                file.write(text)
            os.chmod(name, real.stat().st_mode & 0o7777)  # noqa: PTH101
            os.replace(name, real)  # noqa: PTH105
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise
    except OSError as error:
        raise QglError([CannotWrite(None, str(path), error.strerror or str(error))]) from None
