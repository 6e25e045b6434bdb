"""Gates of two and three qubits, controlled ones aside."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from qgl.gates.algebra import Matrix, constant, kron, rotation
from qgl.gates.definition import Part, Parts, framed, pauli_parts
from qgl.gates.model import Array, Gate, Step
from qgl.gates.single import euler, pauli_rotation

_RXX, _RYY, _RZZ = rotation("XX"), rotation("YY"), rotation("ZZ")
SWAP: Matrix = np.eye(4, dtype=np.complex128)[[0, 2, 1, 3]]


def _rotation(pauli_word: str) -> Gate:
    def definition(a: Any) -> Parts:
        return pauli_parts(pauli_word, -0.5 * a)

    return pauli_rotation(pauli_word, definition)


def general(xp: Any, *angles: Array) -> Array:
    """Any two-qubit unitary of determinant one, by its Cartan form; 15 angles, shape (*angle.shape, 4, 4)."""
    a = angles
    first = kron(xp, euler(xp, *a[0:3]), euler(xp, *a[3:6]))
    core = _RZZ(xp, a[8]) @ _RYY(xp, a[7]) @ _RXX(xp, a[6])
    last = kron(xp, euler(xp, *a[9:12]), euler(xp, *a[12:15]))
    return last @ core @ first


def _undo_general(*a: Any) -> tuple[Step, ...]:
    order = (11, 10, 9, 14, 13, 12, 6, 7, 8, 2, 1, 0, 5, 4, 3)  # the three rotations of the core commute
    return (("su4", (0, 1), tuple(-a[k] for k in order)),)


def _parts_of_general(*a: Any) -> Parts:
    return (
        Part("su2", (0,), a[0:3]),
        Part("su2", (1,), a[3:6]),
        *(Part(name, (0, 1), (a[6 + k],)) for k, name in enumerate(("rxx", "ryy", "rzz"))),
        Part("su2", (0,), a[9:12]),
        Part("su2", (1,), a[12:15]),
    )


def _undo_swap() -> tuple[Step, ...]:
    return (("swap", (0, 1), ()),)


def _parts_of_swap() -> Parts:
    return framed(Part("cx", (1, 0)), Part("cx", (0, 1)), Part("cx", (1, 0)))


def _undo_iswap() -> tuple[Step, ...]:
    return (("iswap", (0, 1), ()), ("z", (0,), ()), ("z", (1,), ()))


def _parts_of_iswap() -> Parts:
    return Part("rxx", (0, 1), (-0.5 * math.pi,)), Part("ryy", (0, 1), (-0.5 * math.pi,))


SEVERAL: tuple[Gate, ...] = (
    Gate(
        "swap",
        2,
        (),
        constant(SWAP),
        _undo_swap,
        "exchange of two qubits",
        _parts_of_swap,
        symmetric=True,
    ),
    Gate(
        "iswap",
        2,
        (),
        constant(np.diag([1, 1j, 1j, 1]) @ SWAP),
        _undo_iswap,
        "exchange of two qubits with phase i if they differ",
        _parts_of_iswap,
        symmetric=True,
    ),
    _rotation("ZZ"),
    _rotation("XX"),
    _rotation("YY"),
    _rotation("ZX"),
    Gate(
        "su4",
        2,
        tuple(f"a{k:02}" for k in range(15)),
        general,
        _undo_general,
        "any two-qubit unitary of determinant one: su2 on each qubit, rxx, ryy, rzz, su2 on each qubit",
        _parts_of_general,
        vector=True,
    ),
)
