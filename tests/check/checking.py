"""Checking program text in tests."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qgl.check.checker import Checked, check
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import Diagnostic
from qgl.program.operations import Evolution, Measurement, PauliRotation
from qgl.program.program import Program
from qgl.source import Source
from qgl.syntax.parser import parse

EMPTY = Path(tempfile.gettempdir())


def checked(text: str, folder: Path = EMPTY, constants: Mapping[str, Any] | None = None) -> Checked:
    """`text` read and checked; faults of its syntax stand first."""
    parsed = parse(Source("program.qgl", text))
    found = check(parsed.file, FolderEnvironment(folder), constants or {}, parse)
    return Checked(found.program, (*parsed.diagnostics, *found.diagnostics))


def program(text: str, folder: Path = EMPTY, **constants: Any) -> Program:
    """The program of `text`, which has no fault and no warning."""
    found = checked(text, folder, constants)
    assert not found.diagnostics, [f"{d.code} {d.message}" for d in found.diagnostics]
    assert found.program is not None
    return found.program


def faults(text: str, folder: Path = EMPTY, **constants: Any) -> tuple[Diagnostic, ...]:
    return checked(text, folder, constants).diagnostics


def pointed(text: str, folder: Path = EMPTY, **constants: Any) -> list[tuple[str, str]]:
    """(code, text under the carets) of every diagnostic."""
    return [(d.code, d.span.text if d.span else "") for d in faults(text, folder, **constants)]


def written(text: str, folder: Path = EMPTY, **constants: Any) -> list[str]:
    """The operations of a program in one line each: `name wires args [conditions]`."""
    found = program(text, folder, **constants)
    lines = []
    for operation in found.operations:
        numbers = (operation.time,) if isinstance(operation, Evolution) else operation.numbers
        args = "".join(f" {shown(number, found)}" for number in numbers)
        pauli_word = f":{operation.pauli_word}" if isinstance(operation, PauliRotation) else ""
        name = "ctrl " * len(operation.control_wires) + operation.name + pauli_word
        condition = "".join(f" if {bit}={int(value)}" for bit, value in operation.condition)
        written_bit = operation.bit if isinstance(operation, Measurement) else None
        bit = f" -> {written_bit}" if written_bit is not None else ""
        lines.append(f"{name} {','.join(map(str, operation.wires))}{args}{bit}{condition}")
    return lines


def shown(number: Any, found: Program) -> str:
    """An affine number as `0.5+2*theta[1]`."""
    parts = [f"{number.constant:g}"] if number.constant or not number.terms else []
    for coefficient, atom in number.terms:
        name = found.input_name(atom) if hasattr(atom, "parameter") else f"{atom.name}(...)"
        parts.append(name if coefficient == 1 else f"{coefficient:g}*{name}")
    return "+".join(parts)
