"""Programs to models, from files and from text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgl import compiler
from qgl.check.environment import Environment
from qgl.data.environment import FolderEnvironment, open_program
from qgl.model import Model
from qgl.source import Source


def load(path: str | Path, *, precision: str | None = None, **constants: Any) -> Model:
    """The model of a `.qgl` file, its constants overridden by keyword.

    Args:
        path: the file; data and imports are found beside it.
        precision: "single" (float32, complex64) or "double"; None takes what the program says.

    Raises:
        QglError: the program has faults, or its data cannot be read.
    """
    source, environment = open_program(Path(path))
    return loads(source, environment, precision=precision, **constants)


def loads(
    source: Source | str, environment: Environment | None = None, *, precision: str | None = None, **constants: Any
) -> Model:
    """The model of program text. Without an `environment`, data and imports are found in the current folder."""
    if isinstance(source, str):
        source = Source("<text>", source)
    environment = environment or FolderEnvironment(Path.cwd())
    analysed = compiler.analyse(source, environment, constants)
    files = environment.texts if isinstance(environment, FolderEnvironment) else {}
    return Model(analysed.program, precision=precision, warnings=analysed.warnings, files=files)
