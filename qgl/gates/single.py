"""Gates of one qubit. Global phases are those of OpenQASM 3."""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from qgl.gates.algebra import PAULI, Matrix, constant, phase, rotation
from qgl.gates.definition import Part, Parts, framed
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


def _fixed(name: str, inverse: str, matrix: Matrix, summary: str, *parts: Part) -> Gate:
    def undo() -> tuple[Step, ...]:
        return ((inverse, (0,), ()),)

    def definition() -> Parts:
        return parts

    return Gate(
        name,
        1,
        (),
        constant(matrix),
        undo,
        summary,
        definition,
        symmetric=True,
    )


def _phase(name: str, inverse: str, phase: complex, summary: str) -> Gate:
    angle = Part("p", angles=(cmath.phase(phase),))
    return _fixed(name, inverse, np.diag([1, phase]), summary, angle)


def pauli_rotation(pauli_word: str, definition: Callable[..., Parts]) -> Gate:
    """The gate exp(-i a P / 2) of a Pauli word, as `rx` or `rzz`."""
    name, qubits = f"r{pauli_word.lower()}", tuple(range(len(pauli_word)))

    def undo(a: Any) -> tuple[Step, ...]:
        return ((name, qubits, (-a,)),)

    return Gate(
        name,
        len(pauli_word),
        ("a",),
        rotation(pauli_word),
        undo,
        f"rotation exp(-i a {pauli_word} / 2)",
        definition,
        generator=pauli_word,
        symmetric=len(set(pauli_word)) == 1,
    )


def _undo_phase(a: Any) -> tuple[Step, ...]:
    return (("p", (0,), (-a,)),)


def _undo_universal(theta: Any, phi: Any, lam: Any) -> tuple[Step, ...]:
    return (("u", (0,), (-theta, -lam, -phi)),)


def _undo_euler(a: Any, b: Any, c: Any) -> tuple[Step, ...]:
    return (("su2", (0,), (-c, -b, -a)),)


def _parts_of_rx(a: Any) -> Parts:
    return framed(Part("h"), Part("rz", angles=(a,)), Part("h"))


def _parts_of_ry(a: Any) -> Parts:
    return framed(Part("sdg"), Part("rx", angles=(a,)), Part("s"))


def _parts_of_rz(a: Any) -> Parts:
    return Part("p", angles=(a,)), Part("gphase", (), (-0.5 * a,))


def _parts_of_universal(theta: Any, phi: Any, lam: Any) -> Parts:
    return Part("p", angles=(lam,)), Part("ry", angles=(theta,)), Part("p", angles=(phi,))


def _parts_of_euler(a: Any, b: Any, c: Any) -> Parts:
    return Part("rz", angles=(a,)), Part("ry", angles=(b,)), Part("rz", angles=(c,))


_EIGHTH = cmath.exp(0.25j * math.pi)
_TILT, _TILT_BACK = Part("ry", angles=(-math.pi / 4,)), Part("ry", angles=(math.pi / 4,))  # from the axis of h to Z

SINGLE: tuple[Gate, ...] = (
    _fixed("id", "id", PAULI["I"], "identity"),
    _fixed("x", "x", PAULI["X"], "Pauli X, the bit flip", *framed(Part("h"), Part("z"), Part("h"))),
    _fixed("y", "y", PAULI["Y"], "Pauli Y", *framed(Part("sdg"), Part("x"), Part("s"))),
    _phase("z", "z", -1.0 + 0j, "Pauli Z, the phase flip"),
    _fixed("h", "h", _HADAMARD, "Hadamard", *framed(_TILT, Part("z"), _TILT_BACK)),
    _phase("s", "sdg", 1j, "square root of Z"),
    _phase("sdg", "s", -1j, "inverse of s"),
    _phase("t", "tdg", _EIGHTH, "fourth root of Z"),
    _phase("tdg", "t", _EIGHTH.conjugate(), "inverse of t"),
    _fixed("sx", "sxdg", _ROOT_X, "square root of X", *framed(Part("h"), Part("s"), Part("h"))),
    _fixed("sxdg", "sx", _ROOT_X.conj(), "inverse of sx", *framed(Part("h"), Part("sdg"), Part("h"))),
    pauli_rotation("X", _parts_of_rx),
    pauli_rotation("Y", _parts_of_ry),
    pauli_rotation("Z", _parts_of_rz),
    Gate("p", 1, ("a",), phase, _undo_phase, "phase e^{ia} on |1>", symmetric=True),
    Gate(
        "u",
        1,
        ("a", "b", "c"),
        universal,
        _undo_universal,
        "U(a, b, c) of OpenQASM 3: p(c), ry(a), p(b) in this order",
        _parts_of_universal,
        symmetric=True,
    ),
    Gate(
        "su2",
        1,
        ("a0", "a1", "a2"),
        euler,
        _undo_euler,
        "any unitary of determinant one: rz(a[0]), ry(a[1]), rz(a[2]) in this order",
        _parts_of_euler,
        symmetric=True,
        vector=True,
    ),
)
