"""Gates of two and three qubits, controlled ones aside."""

from __future__ import annotations

from typing import Any

import numpy as np

from qgl.gates.algebra import Matrix, constant, kron, rotation
from qgl.gates.model import Array, Gate, Step
from qgl.gates.single import euler

_RXX, _RYY, _RZZ = rotation("XX"), rotation("YY"), rotation("ZZ")
SWAP: Matrix = np.eye(4, dtype=np.complex128)[[0, 2, 1, 3]]


def _rotation(name: str, word: str, body: str) -> Gate:
    def undo(a: Any) -> tuple[Step, ...]:
        return ((name, (0, 1), (-a,)),)

    return Gate(
        name,
        2,
        ("a",),
        rotation(word),
        undo,
        f"rotation exp(-i a {word} / 2)",
        diagonal=word == "ZZ",
        permutation=word == "ZZ",
        generator=word,
        symmetric=word[0] == word[1],
        qasm_body=body,
    )


def general(xp: Any, *angles: Array) -> Array:
    """Any two-qubit unitary of determinant one, by its Cartan form; 15 angles, shape (*angle.shape, 4, 4)."""
    a = angles
    first = kron(xp, euler(xp, *a[0:3]), euler(xp, *a[3:6]))
    core = _RZZ(xp, a[8]) @ _RYY(xp, a[7]) @ _RXX(xp, a[6])
    last = kron(xp, euler(xp, *a[9:12]), euler(xp, *a[12:15]))
    return last @ core @ first


def _undo_general(*angles: Any) -> tuple[Step, ...]:
    b = tuple(-angle for angle in reversed(angles))
    return (
        ("su2", (1,), b[0:3]),
        ("su2", (0,), b[3:6]),
        ("rzz", (0, 1), b[6:7]),
        ("ryy", (0, 1), b[7:8]),
        ("rxx", (0, 1), b[8:9]),
        ("su2", (1,), b[9:12]),
        ("su2", (0,), b[12:15]),
    )


def _undo_swap() -> tuple[Step, ...]:
    return (("swap", (0, 1), ()),)


def _undo_iswap() -> tuple[Step, ...]:
    return (("iswap", (0, 1), ()), ("z", (0,), ()), ("z", (1,), ()))


SEVERAL: tuple[Gate, ...] = (
    Gate(
        "swap",
        2,
        (),
        constant(SWAP),
        _undo_swap,
        "exchange of two qubits",
        permutation=True,
        clifford=True,
        self_inverse=True,
        symmetric=True,
        qasm_name="swap",
        qasm_body="cx q0, q1; cx q1, q0; cx q0, q1;",
    ),
    Gate(
        "iswap",
        2,
        (),
        constant(np.diag([1, 1j, 1j, 1]) @ SWAP),
        _undo_iswap,
        "exchange of two qubits with phase i if they differ",
        permutation=True,
        clifford=True,
        symmetric=True,
        qasm_body="s q0; s q1; cz q0, q1; swap q0, q1;",
    ),
    _rotation("rzz", "ZZ", "cx q0, q1; rz(a) q1; cx q0, q1;"),
    _rotation("rxx", "XX", "h q0; h q1; rzz(a) q0, q1; h q0; h q1;"),
    _rotation("ryy", "YY", "rx(pi/2.0) q0; rx(pi/2.0) q1; rzz(a) q0, q1; rx(-pi/2.0) q0; rx(-pi/2.0) q1;"),
    _rotation("rzx", "ZX", "h q1; rzz(a) q0, q1; h q1;"),
    Gate(
        "su4",
        2,
        tuple(f"a{k:02}" for k in range(15)),
        general,
        _undo_general,
        "any two-qubit unitary of determinant one: su2 on each qubit, rxx, ryy, rzz, su2 on each qubit",
        vector=True,
        qasm_body=(
            "su2(a00, a01, a02) q0; su2(a03, a04, a05) q1; rxx(a06) q0, q1; ryy(a07) q0, q1; rzz(a08) q0, q1; "
            "su2(a09, a10, a11) q0; su2(a12, a13, a14) q1;"
        ),
    ),
)
