"""How a gate is made of simpler ones, global phase included.

Everything comes down to phases `p` and `gphase`, and `x` under controls. Where a gate is B A B^-1, the parts of B and
B^-1 are its frame: under controls only A needs them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple


class Part(NamedTuple):
    """One step of a definition: a gate of `qgl.gates` by its name, or `gphase` on no qubit.

    A part of a frame is not controlled.
    """

    name: str
    qubits: tuple[int, ...] = (0,)
    angles: tuple[Any, ...] = ()
    frame: bool = False


Parts = tuple[Part, ...]


def framed(before: Part, inside: Part, after: Part) -> Parts:
    """`inside` between a frame and its inverse."""
    return before._replace(frame=True), inside, after._replace(frame=True)


def walsh(angles: Sequence[Any]) -> list[Any]:
    """sum over s of (-1)^(ones of s & w) a_s / count, for every w; for anything with arithmetic."""
    values, half = list(angles), 1
    while half < len(values):
        for start in range(0, len(values), 2 * half):
            for k in range(start, start + half):
                first, second = values[k], values[k + half]
                values[k], values[k + half] = first + second, first - second
        half *= 2
    return [value * (1.0 / len(values)) for value in values]


_TO_Z = {"X": ("h",), "Y": ("sdg", "h"), "Z": ()}
_FROM_Z = {"X": ("h",), "Y": ("h", "s"), "Z": ()}


def pauli_parts(pauli_word: str, a: Any) -> Parts:
    """exp(i a P), P a Pauli word of `XYZ` on qubits 0, 1, ...: to the Z basis, parity onto the last, a rotation, and
    back.
    """
    last = len(pauli_word) - 1
    into = [Part(gate, (k,), (), True) for k, letter in enumerate(pauli_word) for gate in _TO_Z[letter]]
    out = [Part(gate, (k,), (), True) for k, letter in enumerate(pauli_word) for gate in _FROM_Z[letter]]
    ladder = [Part("cx", (k, last), (), True) for k in range(last)]
    return (*into, *ladder, Part("rz", (last,), (-2.0 * a,)), *reversed(ladder), *out)
