"""`qglc code`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qgl.diagnostics.model import Diagnostic


def code(
    asked: Annotated[
        str | None, typer.Argument(metavar="[CODE]", help="Such as QGL0201 or unknown-name; all are listed without it.")
    ] = None,
) -> None:
    """Explain a diagnostic: what it means, a program that has the fault, and the same program mended.

    \b
    Examples:
      qglc code QGL0201
      qglc code unknown-name
      qglc code
    """
    from qgl.diagnostics import registry
    from qgl.diagnostics.files import UnknownCode
    from qgl.diagnostics.model import QglError, kind_name
    from qgl.diagnostics.suggest import nearest

    kinds = registry()
    if asked is None:
        for key, kind in kinds.items():
            typer.echo(f"{key}  {kind.severity.value:7}  {kind_name(kind)}")
        return
    names = {kind_name(kind): kind for kind in kinds.values()}
    entry = kinds.get(asked.upper()) or names.get(asked.lower())
    if entry is None:
        raise QglError([UnknownCode(None, asked, nearest(asked.upper(), kinds) or nearest(asked.lower(), names))])
    typer.echo(explanation(entry))


def explanation(kind: type[Diagnostic]) -> str:
    """What `qglc code` says about a kind of diagnostic."""
    import inspect

    from qgl.diagnostics.model import kind_name

    parts = [f"{kind.code} {kind_name(kind)} ({kind.severity.value})", inspect.cleandoc(kind.__doc__ or "")]
    if kind.wrong:
        parts += ["This program has the fault:", _indented(kind.wrong), "qglc check says:", _indented(_message(kind))]
    if kind.right:
        parts += ["This one has not:", _indented(kind.right)]
    return "\n\n".join(parts)


def _message(kind: type[Diagnostic]) -> str:
    import tempfile
    from pathlib import Path

    from qgl.compiler import diagnose
    from qgl.data.environment import FolderEnvironment
    from qgl.diagnostics.render import to_text
    from qgl.source import Source

    with tempfile.TemporaryDirectory() as folder:
        _, diagnostics = diagnose(Source("example.qgl", kind.wrong), FolderEnvironment(Path(folder)))
    return to_text(diagnostic for diagnostic in diagnostics if diagnostic.code == kind.code)


def _indented(text: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in text.rstrip().split("\n"))
