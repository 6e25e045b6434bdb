"""`qglc check`."""

from __future__ import annotations

import typer

from qgl.cli.options import FilesArgument, Format, FormatOption, SetOption, constants, open_file, tell_guesses


def check(files: FilesArgument, settings: SetOption = None, output: FormatOption = Format.TEXT) -> None:
    """Say what is wrong with programs: every fault of a file, in order of place.

    \b
    Examples:
      qglc check bars.qgl
      qglc check bars.qgl --set depth=20
      qglc check examples/*.qgl --format json
      cat bars.qgl | qglc check -

    Exit status 1 if a program has an error; warnings are shown and forgiven.
    """
    from qgl.compiler import diagnose
    from qgl.diagnostics.model import Diagnostic, QglError, Severity
    from qgl.diagnostics.render import show, to_json
    from qgl.diagnostics.terminal import one_line

    values = constants(settings)
    reported: list[Diagnostic] = []
    for name in files:
        diagnostics: tuple[Diagnostic, ...]
        try:
            source, environment = open_file(name)
            program, diagnostics = diagnose(source, environment, values)
        except QglError as error:
            program, diagnostics = None, error.diagnostics
        if output is Format.TEXT and not diagnostics:
            typer.echo(f"{one_line(name)}: no faults")
        if output is Format.TEXT and program is not None:
            tell_guesses(program)
        reported += diagnostics
    if output is Format.JSON:
        typer.echo(to_json(reported))
    else:
        show(reported)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in reported):
        raise typer.Exit(1)
