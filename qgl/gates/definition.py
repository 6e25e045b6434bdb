"""How a gate is made of simpler ones, global phase included.

Everything comes down to phases `p` and `gphase`, and `x` under controls. Where a gate is B A B^-1, the parts of B and
B^-1 are its frame: under controls only A needs them.
"""

from __future__ import annotations

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
