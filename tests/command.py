"""The command line, called in this process."""

from __future__ import annotations

from pathlib import Path

from typer.testing import CliRunner

from qgl.cli.main import app


def qglc(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit status, output and standard error of `qglc` with these arguments."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr
