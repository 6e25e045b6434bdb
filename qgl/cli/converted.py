"""Values of options that need no conversion, without what typer converts with.

From version 0.29 on typer converts every value by pydantic, whose import and set-up take a tenth of a second, a third
of what `qglc check` takes. Strings are strings already; all else is left to typer, as it is in older versions.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Any


class _AsGiven:
    """What typer asks to convert the values of one parameter, in the place of its own object."""

    def __init__(self, annotation: Any) -> None:
        self.annotation = annotation

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        if value is None and not (param.multiple or param.nargs == -1):
            return None
        if self.annotation is str and isinstance(value, str):
            return value
        if self.annotation == list[str] and isinstance(value or (), list | tuple):
            return list(value or ())
        if isinstance(self.annotation, type) and issubclass(self.annotation, StrEnum) and value in set(self.annotation):
            return self.annotation(value)
        if self.annotation is Path and isinstance(value, str) and value != "-" and not os.path.lexists(value):
            return Path(value)  # of what there is, typer looks at the rights
        param._runtime_param = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)


def convert_less(parameters: Iterable[Any]) -> None:
    """Let parameters of a command, in a version of typer that converts by pydantic, convert only what needs it."""
    for parameter in parameters:
        if hasattr(parameter, "_runtime_param") and hasattr(parameter, "type_descriptor"):
            parameter._runtime_param = _AsGiven(parameter.type_descriptor.annotation)
