"""Gates of one qubit. Global phases are those of OpenQASM 3."""

from __future__ import annotations

from typing import Any

import numpy as np

from qgl.gates.algebra import PAULI, Matrix, constant, phase, rotation
from qgl.gates.model import Array, Gate, Step

_RX, _RY, _RZ = rotation("X"), rotation("Y"), rotation("Z")
_HADAMARD: Matrix = (PAULI["X"] + PAULI["Z"]) / np.sqrt(2 + 0j)
_ROOT_X: Matrix = np.array([[0.5 + 0.5j, 0.5 - 0.5j], [0.5 - 0.5j, 0.5 + 0.5j]])


def universal(xp: Any, theta: Array, phi: Array, lam: Array) -> Array:
    """The built-in `U` of OpenQASM 3: p(phi) ry(theta) p(lam), shape (*theta.shape, 2, 2)."""
    return phase(xp, phi) @ _RY(xp, theta) @ phase(xp, lam)


def euler(xp: Any, a: Array, b: Array, c: Array) -> Array:
    """rz(a), then ry(b), then rz(c), shape (*a.shape, 2, 2)."""
    return _RZ(xp, c) @ _RY(xp, b) @ _RZ(xp, a)


def _fixed(name: str, inverse: str, matrix: Matrix, summary: str, body: str, **facts: Any) -> Gate:
    def undo() -> tuple[Step, ...]:
        return ((inverse, (0,), ()),)

    facts.setdefault("qasm_name", name)
    return Gate(
        name,
        1,
        (),
        constant(matrix),
        undo,
        summary,
        self_inverse=name == inverse,
        symmetric=True,
        qasm_body=body,
        **facts,
    )


def _rotation(name: str, word: str, body: str) -> Gate:
    def undo(a: Any) -> tuple[Step, ...]:
        return ((name, (0,), (-a,)),)

    return Gate(
        name,
        1,
        ("a",),
        rotation(word),
        undo,
        f"rotation exp(-i a {word} / 2)",
        diagonal=word == "Z",
        permutation=word == "Z",
        generator=word,
        symmetric=True,
        qasm_name=name,
        qasm_body=body,
    )


def _undo_phase(a: Any) -> tuple[Step, ...]:
    return (("p", (0,), (-a,)),)


def _undo_universal(theta: Any, phi: Any, lam: Any) -> tuple[Step, ...]:
    return (("u", (0,), (-theta, -lam, -phi)),)


def _undo_euler(a: Any, b: Any, c: Any) -> tuple[Step, ...]:
    return (("su2", (0,), (-c, -b, -a)),)


_CLASSICAL: dict[str, Any] = {"permutation": True, "clifford": True}
_DIAGONAL: dict[str, Any] = {"permutation": True, "diagonal": True}
_CLIFFORD_DIAGONAL: dict[str, Any] = {**_DIAGONAL, "clifford": True}
_EIGHTH = np.diag([1, np.exp(0.25j * np.pi)])

SINGLE: tuple[Gate, ...] = (
    _fixed("id", "id", PAULI["I"], "identity", "U(0.0, 0.0, 0.0) q0;", **_CLIFFORD_DIAGONAL),
    _fixed("x", "x", PAULI["X"], "Pauli X, the bit flip", "U(pi, 0.0, pi) q0;", **_CLASSICAL),
    _fixed("y", "y", PAULI["Y"], "Pauli Y", "U(pi, pi/2.0, pi/2.0) q0;", **_CLASSICAL),
    _fixed("z", "z", PAULI["Z"], "Pauli Z, the phase flip", "U(0.0, 0.0, pi) q0;", **_CLIFFORD_DIAGONAL),
    _fixed("h", "h", _HADAMARD, "Hadamard", "U(pi/2.0, 0.0, pi) q0;", clifford=True),
    _fixed("s", "sdg", np.diag([1, 1j]), "square root of Z", "U(0.0, 0.0, pi/2.0) q0;", **_CLIFFORD_DIAGONAL),
    _fixed("sdg", "s", np.diag([1, -1j]), "inverse of s", "U(0.0, 0.0, -pi/2.0) q0;", **_CLIFFORD_DIAGONAL),
    _fixed("t", "tdg", _EIGHTH, "fourth root of Z", "U(0.0, 0.0, pi/4.0) q0;", **_DIAGONAL),
    _fixed("tdg", "t", _EIGHTH.conj(), "inverse of t", "U(0.0, 0.0, -pi/4.0) q0;", **_DIAGONAL),
    _fixed("sx", "sxdg", _ROOT_X, "square root of X", "h q0; s q0; h q0;", clifford=True),
    _fixed("sxdg", "sx", _ROOT_X.conj(), "inverse of sx", "h q0; sdg q0; h q0;", clifford=True, qasm_name=None),
    _rotation("rx", "X", "U(a, -pi/2.0, pi/2.0) q0;"),
    _rotation("ry", "Y", "U(a, 0.0, 0.0) q0;"),
    _rotation("rz", "Z", "gphase(-a/2.0); U(0.0, 0.0, a) q0;"),
    Gate(
        "p",
        1,
        ("a",),
        phase,
        _undo_phase,
        "phase e^{ia} on |1>",
        diagonal=True,
        permutation=True,
        symmetric=True,
        qasm_name="p",
        qasm_body="U(0.0, 0.0, a) q0;",
    ),
    Gate(
        "u",
        1,
        ("a", "b", "c"),
        universal,
        _undo_universal,
        "U(a, b, c) of OpenQASM 3: p(c), ry(a), p(b) in this order",
        symmetric=True,
        qasm_body="p(c) q0; ry(a) q0; p(b) q0;",
    ),
    Gate(
        "su2",
        1,
        ("a0", "a1", "a2"),
        euler,
        _undo_euler,
        "any unitary of determinant one: rz(a[0]), ry(a[1]), rz(a[2]) in this order",
        symmetric=True,
        vector=True,
        qasm_body="rz(a0) q0; ry(a1) q0; rz(a2) q0;",
    ),
)
