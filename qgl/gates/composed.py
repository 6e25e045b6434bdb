"""Gates that are products of simpler ones: a row each, whose matrix is that of its parts, global phase included.

They are the gates of stdgates.inc, Qiskit and PennyLane that the other records do not have under a name of their own.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qgl.gates.algebra import constant, entered, kron
from qgl.gates.controlled import CONTROLLED
from qgl.gates.definition import Part, Parts, framed
from qgl.gates.model import Array, Gate, Step
from qgl.gates.several import SEVERAL
from qgl.gates.single import SINGLE

_RECORDS = {gate.name: gate for gate in (*SINGLE, *SEVERAL, *CONTROLLED)}
_QUARTER = 0.25 * math.pi


def product(qubits: int, definition: Callable[..., Parts]) -> Callable[..., Array]:
    """The matrix function of parts of two qubits at most, in order of application."""

    def build(xp: Any, *angles: Array) -> Array:
        total = entered(xp, np.eye(2**qubits, dtype=np.complex128))
        for part in definition(*angles):
            record = _RECORDS[part.name]
            matrix = record.matrix(xp, *(xp.asarray(angle) for angle in part.angles))
            total = _placed(xp, matrix, part.qubits, qubits) @ total
        return total

    return build


def _placed(xp: Any, matrix: Array, on: tuple[int, ...], qubits: int) -> Array:
    """A matrix on some of `qubits` qubits."""
    others = [qubit for qubit in range(qubits) if qubit not in on]
    wide = kron(xp, matrix, entered(xp, np.eye(2 ** len(others))))
    order = np.arange(2**qubits).reshape((2,) * qubits).transpose([*on, *others]).ravel()
    back = np.argsort(order)
    return wide[..., back[:, None], back[None, :]]


def _gate(
    name: str,
    parameters: str,
    summary: str,
    definition: Callable[..., Parts],
    inverse: Callable[..., tuple[Step, ...]],
    qubits: int = 2,
    symmetric: bool = False,
) -> Gate:
    made = product(qubits, definition)
    matrix = made if parameters else constant(np.asarray(made(np)))
    names = tuple(parameters.split())
    return Gate(name, qubits, names, matrix, inverse, summary, definition, symmetric=symmetric)


def _turned(sign: float) -> Callable[..., Parts]:
    """exp(-i a (XX + sign YY) / 4) between rotations about Z by b of the first qubit, or, of -YY, of the last."""
    turned = 0 if sign > 0 else 1

    def definition(a: Any, b: Any) -> Parts:
        before, after = (Part("rz", (turned,), (s * b,)) for s in (sign, -sign))
        first, _, last = framed(before, before, after)
        return first, Part("rxx", (0, 1), (0.5 * a,)), Part("ryy", (0, 1), (0.5 * sign * a,)), last

    return definition


COMPOSED: tuple[Gate, ...] = (
    _gate(
        "rot",
        "a b c",
        "rz(a), ry(b), rz(c) in this order: `Rot` of PennyLane",
        lambda a, b, c: (Part("rz", angles=(a,)), Part("ry", angles=(b,)), Part("rz", angles=(c,))),
        lambda a, b, c: (("rot", (0,), (-c, -b, -a)),),
        qubits=1,
        symmetric=True,
    ),
    _gate(
        "u2",
        "a b",
        "u(pi/2, a, b)",
        lambda a, b: (Part("p", angles=(b,)), Part("ry", angles=(2 * _QUARTER,)), Part("p", angles=(a,))),
        lambda a, b: (("u2", (0,), (-b + math.pi, -a - math.pi)),),
        qubits=1,
        symmetric=True,
    ),
    _gate(
        "cu",
        "a b c d",
        "u(a, b, c) with phase e^{id} on the last qubit if the first is one",
        lambda a, b, c, d: (
            Part("p", (0,), (d,)),
            Part("cp", (0, 1), (c,)),
            Part("cry", (0, 1), (a,)),
            Part("cp", (0, 1), (b,)),
        ),
        lambda a, b, c, d: (("cu", (0, 1), (-a, -c, -b, -d)),),
    ),
    _gate(
        "ecr",
        "",
        "echoed cross resonance: rzx(pi/4), x on the first qubit, rzx(-pi/4)",
        lambda: (Part("rzx", (0, 1), (_QUARTER,)), Part("x", (0,)), Part("rzx", (0, 1), (-_QUARTER,))),
        lambda: (("ecr", (0, 1), ()),),
    ),
    _gate(
        "siswap",
        "",
        "square root of iswap",
        lambda: (Part("rxx", (0, 1), (-_QUARTER,)), Part("ryy", (0, 1), (-_QUARTER,))),
        lambda: (("rxx", (0, 1), (_QUARTER,)), ("ryy", (0, 1), (_QUARTER,))),
        symmetric=True,
    ),
    _gate(
        "pswap",
        "a",
        "exchange of two qubits with phase e^{ia} if they differ",
        lambda a: (
            Part("swap", (0, 1)),
            *framed(Part("cx", (0, 1)), Part("p", (1,), (a,)), Part("cx", (0, 1))),
        ),
        lambda a: (("pswap", (0, 1), (-a,)),),
        symmetric=True,
    ),
    _gate(
        "xx_plus_yy",
        "a b",
        "exp(-i a (XX + YY) / 4), turned about Z by b: exchange of one excitation",
        _turned(1.0),
        lambda a, b: (("xx_plus_yy", (0, 1), (-a, b)),),
    ),
    _gate(
        "xx_minus_yy",
        "a b",
        "exp(-i a (XX - YY) / 4), turned about Z by b: two excitations at once",
        _turned(-1.0),
        lambda a, b: (("xx_minus_yy", (0, 1), (-a, b)),),
        symmetric=True,
    ),
)
