"""What `--observable` names: a region or a Pauli word, by position or in the words of the program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from qgl.program.program import Program

_NUMBERED = re.compile(r"([XYZ])(\d+)")
_NAMED = re.compile(r"([XYZ])\[(.+)\]")
_POSITIONS = re.compile(r"\d+(\.\.\d+)?")
_REGISTER = re.compile(r"(\w+)(?:\[([^\]]*)\])?")
_FORMS = "write a region such as v[3..5], v or 3,4, or a Pauli word such as Z[v[3]]*X[v[4]] or Z3*X4"


@dataclass(frozen=True)
class Observable:
    """Visible positions in the order in which they were named, and a Pauli letter for each if it is a Pauli word."""

    positions: tuple[int, ...]
    letters: str | None
    names: tuple[str, ...]  # of the qubits, as `v[3]`

    @property
    def notes(self) -> list[str]:
        """What a text that measures it says of its bits."""
        if self.letters is None:
            return [f"Only the light cone of {', '.join(self.names)}: c[k] is the k-th of them."]
        pauli_word = "*".join(f"{letter}[{name}]" for letter, name in zip(self.letters, self.names, strict=True))
        total = " + ".join(f"c[{k}]" for k in range(len(self.names)))
        return [
            f"Only the light cone of {pauli_word}. Each letter is rotated to Z, so that a shot has the value "
            f"(-1)^({total})."
        ]


def observable(program: Program, text: str) -> Observable:
    """The region or Pauli word that `text` names.

    Raises:
        typer.BadParameter: it is neither, or names what is not visible, or a qubit twice.
    """
    wires = [program.wires[wire] for wire in program.visible]
    places: dict[str, list[int]] = {}
    for position, wire in enumerate(wires):
        places.setdefault(wire.register, []).append(position)
    letters = ""
    positions: list[int] = []
    for part in _parts(text):
        numbered, named = _NUMBERED.fullmatch(part), _NAMED.fullmatch(part)
        if numbered and part not in places:
            letters += numbered[1]
            positions.append(_within(int(numbered[2]), len(wires)))
        elif named and named[1] not in places:
            region = _region(named[2], places, len(wires))
            letters += named[1] * len(region)
            positions += region
        else:
            positions += _region(part, places, len(wires))
    if letters and len(letters) != len(positions):
        raise _refused(f"{text!r} mixes a Pauli word with a region: {_FORMS}")
    twice = [position for position in positions if positions.count(position) > 1]
    if twice:
        raise _refused(f"{wires[twice[0]]} is named twice in {text!r}")
    return Observable(tuple(positions), letters or None, tuple(str(wires[position]) for position in positions))


def _parts(text: str) -> list[str]:
    """Split at commas, stars and blanks that are in no brackets."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter == "[") - (letter == "]")
        if depth == 0 and letter in ",* \t":
            parts.append("")
        elif not letter.isspace():
            parts[-1] += letter
    named = [part for part in parts if part]
    if not named:
        raise _refused(_FORMS)
    return named


def _region(text: str, places: dict[str, list[int]], width: int) -> list[int]:
    """Positions of `3`, `3..5`, `v`, `v[3]`, `v[3..5]` or `v[0, 2]`."""
    if _POSITIONS.fullmatch(text):
        return [_within(position, width) for position in _range(text)]
    register = _REGISTER.fullmatch(text)
    if register is None:
        raise _refused(f"{text!r} is no region and no Pauli word: {_FORMS}")
    if register[1] not in places:
        raise _refused(f"there is no visible register {register[1]!r}; there is {', '.join(places)}")
    own = places[register[1]]
    if register[2] is None:
        return own
    index = register[2].split(",")
    if not all(map(_POSITIONS.fullmatch, index)):
        raise _refused(f"{text!r} is no region and no Pauli word: {_FORMS}")
    return [own[_within(k, len(own), register[1])] for part in index for k in _range(part)]


def _range(text: str) -> range:
    first, _, last = text.partition("..")
    return range(int(first), int(last or first) + 1)


def _within(position: int, width: int, register: str | None = None) -> int:
    if position < width:
        return position
    what = f"the qubits of {register}" if register else "the visible qubits"
    raise _refused(f"{what} are 0 to {width - 1}, not {position}")


def _refused(pauli_words: str) -> typer.BadParameter:
    return typer.BadParameter(pauli_words, param_hint="--observable")
