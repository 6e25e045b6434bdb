"""The picture of `qglc explain`: a light cone on the circuit."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from qgl.cli.draw import PICTURES

if TYPE_CHECKING:
    from qgl.program.program import Program

_LETTER = re.compile(r"[XYZ]\d+")
_POSITIONS = re.compile(r"\s*\d+\s*(,\s*\d+\s*)*")


def region_of(picture: Path | None, region: str | None, pauli_word: str | None) -> dict[int, str] | None:
    """The positions that `--region` or `--pauli-word` names, and the letter at each; None if there is neither.

    Raises:
        typer.BadParameter: both are given, or one in a wrong form, or without a picture, or that has no such name.
    """
    if picture is None and (region or pauli_word):
        raise typer.BadParameter("it goes with --picture FILE", param_hint="--region" if region else "--pauli-word")
    if picture is not None and picture.suffix.lower() not in PICTURES:
        endings = ", ".join(PICTURES)
        raise typer.BadParameter(f"the name of a picture ends in {endings}: {picture}", param_hint="--picture")
    if region is not None and pauli_word is not None:
        raise typer.BadParameter("give a region or a Pauli word, not both", param_hint="--pauli-word")
    if pauli_word is not None:
        letters = [letter for letter in re.split(r"[\s*,]+", pauli_word) if letter]
        if not letters or not all(map(_LETTER.fullmatch, letters)):
            raise typer.BadParameter(f"write a Pauli word such as Z3*Z4, not {pauli_word!r}", param_hint="--pauli-word")
        return {int(letter[1:]): letter[0] for letter in letters}
    if region is None:
        return None
    if not _POSITIONS.fullmatch(region):
        raise typer.BadParameter(
            f"write positions of visible qubits such as 3,4, not {region!r}", param_hint="--region"
        )
    return {int(part): "Z" for part in region.split(",")}


def draw_cone(program: Program, picture: Path, positions: dict[int, str] | None) -> None:
    """Writes the picture of the cone of visible `positions` and their letters; None: the two in the middle.

    Raises:
        typer.BadParameter: there is no such visible qubit.
        QglError: the file cannot be written.
    """
    from qgl.compiler import circuit_of
    from qgl.draw import cone, written
    from qgl.runs.files.atomic import write_bytes

    width = len(program.visible)
    chosen = tuple(positions or range(max(0, width // 2 - 1), width // 2 + 1))[:width]
    states = [position for position, letter in (positions or {}).items() if letter != "Z"]
    if max(chosen) >= width:
        raise typer.BadParameter(f"the visible qubits are 0 to {width - 1}", param_hint="--region, --pauli-word")
    names = ", ".join(str(program.wires[program.visible[position]]) for position in chosen[:4])
    more = ", ..." if len(chosen) > 4 else ""
    title = f"{Path(program.source.name).name}: light cone of {names}{more}"
    circuit = circuit_of(program)
    write_bytes(picture, written(lambda: cone(circuit, chosen, states=states, title=title), picture.suffix.lower()[1:]))
