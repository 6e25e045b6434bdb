"""Unitaries by angles: `unitary3` is any unitary of three qubits up to its phase, in the quantum Shannon form.

Like generators they have one record for each number of qubits, from three on; of one qubit the form is `su2`, of two
`su4`. With the first qubit on top: a unitary of the rest, a uniformly controlled rz of the top, a unitary of the rest,
a uniformly controlled ry, a unitary of the rest, a uniformly controlled rz, a unitary of the rest. The angles a_S of a
uniformly controlled rotation belong to the subsets S of the rest, of which bit k of S is qubit k + 1: it is the product
of exp(-i a_S P Z_S / 2), which commute.

Source: V. Shende, S. Bullock, I. Markov, Synthesis of quantum logic circuits, 2006, arXiv quant-ph/0406176.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.gates.algebra import entered
from qgl.gates.definition import Part, Parts, walsh
from qgl.gates.model import Array, Gate, Step
from qgl.gates.several import SEVERAL, general

WIDEST_UNITARY = 10  # qubits
WIDEST_MATRIX = 5  # qubits of one matrix; a wider unitary is a product of these and of uniformly controlled rotations
_NAME = re.compile(rf"(un)?unitary([3-{WIDEST_MATRIX}])")
_SU4 = next(gate for gate in SEVERAL if gate.name == "su4")


def unitary_angles(qubits: int) -> int:
    """The number of angles of `unitary(qubits)`: 3, 15, and then those of the quantum Shannon form."""
    if qubits == 1:
        return 3
    angles = 15
    for k in range(3, qubits + 1):
        angles = 4 * angles + 3 * 2 ** (k - 1)
    return angles


@cache
def unitary_gate(name: str) -> Gate | None:
    """The record of `unitaryK`, or of its inverse `ununitaryK`, which no program names; None for other names."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    inverted, qubits = match[1] is not None, int(match[2])
    partner = f"unitary{qubits}" if inverted else f"ununitary{qubits}"

    def of_vector(xp: Any, angles: Array) -> Array:
        built = _matrix(xp, qubits, angles)
        return xp.conj(xp.swapaxes(built, -1, -2)) if inverted else built

    def matrix(xp: Any, *angles: Array) -> Array:
        return of_vector(xp, xp.stack(angles, -1))

    def undo(*angles: Any) -> tuple[Step, ...]:
        return ((partner, tuple(range(qubits)), angles),)

    def definition(*angles: Any) -> Parts:
        parts = shannon_parts(angles)
        return tuple(_undone(part) for part in reversed(parts)) if inverted else parts

    count = unitary_angles(qubits)
    parameters = tuple(f"a{k:0{len(str(count - 1))}}" for k in range(count))
    summary = "any unitary up to its phase, by the angles of its quantum Shannon form"
    return Gate(name, qubits, parameters, matrix, undo, summary, definition, vector=True, of_vector=of_vector)


def shannon_parts(angles: Sequence[Any]) -> Parts:
    """The form of a unitary of three qubits or more, one level deep."""
    qubits = next(k for k in range(3, WIDEST_UNITARY + 1) if unitary_angles(k) == len(angles))
    rest, inner = tuple(range(1, qubits)), unitary_angles(qubits - 1)
    subsets = 2 ** (qubits - 1)
    name = "su4" if qubits == 3 else f"unitary{qubits - 1}"
    parts, at = [], 0
    for axis in ("z", "y", "z", ""):
        parts.append(Part(name, rest, tuple(angles[at : at + inner])))
        at += inner
        if axis:
            spectrum = [angles[at + subset] * float(subsets) for subset in _order(qubits - 1)]
            parts.append(Part(f"uniform_r{axis}{qubits}", (*rest, 0), tuple(walsh(spectrum))))
            at += subsets
    return tuple(parts)


def _order(qubits: int) -> list[int]:
    """Of each set of qubits, the first one most significant, the number of the subset: the bits the other way round."""
    return [int(f"{k:0{qubits}b}"[::-1], 2) for k in range(1 << qubits)]


def _undone(part: Part) -> Part:
    if part.name == "su4":
        return part._replace(angles=_SU4.inverse(*part.angles)[0][2])
    if part.name.startswith("unitary"):
        return part._replace(name=f"un{part.name}")
    return part._replace(angles=tuple(-angle for angle in part.angles))


def _matrix(xp: Any, qubits: int, angles: Array) -> Array:
    """Angles of shape (..., count) to matrices of shape (..., 2^k, 2^k)."""
    if qubits == 2:
        return general(xp, *(angles[..., k] for k in range(15)))
    half, inner = 2 ** (qubits - 1), unitary_angles(qubits - 1)
    at = [turn * (inner + half) for turn in range(4)]
    first, second, third, fourth = xp.moveaxis(
        _matrix(xp, qubits - 1, xp.stack([angles[..., k : k + inner] for k in at], -2)), -3, 0
    )
    turns = [0.5 * angles[..., k + inner : k + inner + half] @ entered(xp, _signs(qubits - 1)) for k in at[:3]]
    cosine, sine = xp.cos(turns[1]), xp.sin(turns[1])
    up, down = (_between(second, xp.exp(sign * turns[0]), first) for sign in (-1j, 1j))
    left, right = (_between(fourth, xp.exp(sign * turns[2]), third) for sign in (-1j, 1j))
    rows = [
        xp.concatenate([_between(left, cosine, up), -_between(left, sine, down)], -1),
        xp.concatenate([_between(right, sine, up), _between(right, cosine, down)], -1),
    ]
    return xp.concatenate(rows, -2)


def _between(left: Array, diagonal: Array, right: Array) -> Array:
    return (left * diagonal[..., None, :]) @ right


@cache
def _signs(qubits: int) -> NDArray[np.float64]:
    """(-1)^(ones of S & s) for subsets S and basis states s, shape (2^k, 2^k)."""
    subsets = np.array(_order(qubits))
    return np.array([[1.0 - 2.0 * ((s & t).bit_count() % 2) for t in range(1 << qubits)] for s in subsets.tolist()])
