"""Named channels: Kraus operators, and gates on fresh qubits that do the same.

A qubit that is one with probability p, for the use as a flip, is sqrt(1-p)|0> + sqrt(p)|1> = ry(2 asin(sqrt(p)))|0>.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from itertools import product
from typing import Any

import numpy as np

from qgl.gates.algebra import ONE, PAULI, ZERO, Matrix, entered, pauli_matrix
from qgl.gates.model import Array, Channel, Step

LOWER: Matrix = np.array([[0, 1], [0, 0]], dtype=np.complex128)  # |0><1|


def _sum(xp: Any, *weighted: tuple[Array, Matrix]) -> Array:
    """Sum of weight * matrix, shape (*weight.shape, 2, 2)."""
    return reduce(
        lambda x, y: x + y, (xp.asarray(weight)[..., None, None] * entered(xp, matrix) for weight, matrix in weighted)
    )


def _root(xp: Any, x: Array) -> Array:
    """Square root of a probability; 0 with derivative 0 where it is 0, or below by rounding. NaN further below."""
    none = (x <= 0) & (x > -1e-6)
    return xp.where(none, 0.0, xp.sqrt(xp.where(none, 1.0, x)))


def _angle_of(f: Any, probability: Any) -> Any:
    """The angle of ry that makes |0> one with this probability."""
    return 2.0 * f.asin(f.sqrt(probability))


def _flip(name: str, letter: str, gate: str, summary: str) -> Channel:
    def kraus(xp: Any, p: Array) -> Array:
        return xp.stack([_sum(xp, (_root(xp, 1 - p), PAULI["I"])), _sum(xp, (_root(xp, p), PAULI[letter]))], -3)

    def dilation(f: Any, p: Any) -> list[Step]:
        return [("ry", (1,), (_angle_of(f, p),)), (gate, (1, 0), ())]

    return Channel(name, 1, (("p", "probability"),), 1, kraus, dilation, summary)


def _depolarizing(name: str, qubits: int, summary: str) -> Channel:
    matrices = [pauli_matrix("".join(letters)) for letters in product("IXYZ", repeat=qubits)]

    def kraus(xp: Any, p: Array) -> Array:
        each = _root(xp, p / len(matrices))
        none = _root(xp, 1 - p * (1 - 1 / len(matrices)))
        return xp.stack([_sum(xp, (each if k else none, matrix)) for k, matrix in enumerate(matrices)], -3)

    return Channel(name, qubits, (("p", "probability"),), 2 * qubits, kraus, _uniform_pauli(qubits), summary)


def _uniform_pauli(qubits: int) -> Callable[..., list[Step]]:
    """Every Pauli word but the identity with probability p / 4^qubits, chosen by flips that are not all one."""

    def dilation(f: Any, p: Any) -> list[Step]:
        steps: list[Step] = []
        flips = tuple(range(qubits, 3 * qubits))
        for k, flip in enumerate(flips):
            # Given that all earlier flips are one, this one is zero with the probability `fails`; else it is fair.
            fails = p * 0.5 ** (k + 1) / (1.0 - p * (1 - 0.5**k))
            steps.append(("ry", (flip,), (0.5 * np.pi,)) if k else ("ry", (flip,), (np.pi - _angle_of(f, fails),)))
            if k:
                steps.append(("ry", (*flips[:k], flip), (0.5 * np.pi - _angle_of(f, fails),)))
        steps.extend(("x", (flip,), ()) for flip in flips)
        for qubit in range(qubits):
            steps += [("cx", (flips[2 * qubit], qubit), ()), ("cz", (flips[2 * qubit + 1], qubit), ())]
        return steps

    return dilation


def _pauli_kraus(xp: Any, px: Array, py: Array, pz: Array) -> Array:
    weights = (1 - px - py - pz, px, py, pz)
    return xp.stack([_sum(xp, (_root(xp, w), PAULI[letter])) for w, letter in zip(weights, "IXYZ", strict=True)], -3)


def _pauli_dilation(f: Any, px: Any, py: Any, pz: Any) -> list[Step]:
    flipped = _angle_of(f, f.ratio(py, px + py))
    kept = _angle_of(f, f.ratio(pz, 1.0 - px - py))
    return [
        ("ry", (1,), (_angle_of(f, px + py),)),
        ("ry", (2,), (kept,)),
        ("cry", (1, 2), (flipped - kept,)),
        ("cx", (1, 0), ()),
        ("cz", (2, 0), ()),
    ]


def _amplitude_kraus(xp: Any, gamma: Array) -> Array:
    stay = _sum(xp, (xp.ones_like(gamma), ZERO), (_root(xp, 1 - gamma), ONE))
    return xp.stack([stay, _sum(xp, (_root(xp, gamma), LOWER))], -3)


def _amplitude_dilation(f: Any, gamma: Any) -> list[Step]:
    return [("cry", (0, 1), (_angle_of(f, gamma),)), ("cx", (1, 0), ())]


def _phase_kraus(xp: Any, lam: Array) -> Array:
    stay = _sum(xp, (xp.ones_like(lam), ZERO), (_root(xp, 1 - lam), ONE))
    return xp.stack([stay, _sum(xp, (_root(xp, lam), ONE))], -3)


def _phase_dilation(f: Any, lam: Any) -> list[Step]:
    return [("cry", (0, 1), (_angle_of(f, lam),))]


def _reset_kraus(xp: Any, p: Array) -> Array:
    kept, put = _root(xp, 1 - p), _root(xp, p)
    return xp.stack([_sum(xp, (kept, PAULI["I"])), _sum(xp, (put, ZERO)), _sum(xp, (put, LOWER))], -3)


def _reset_dilation(f: Any, p: Any) -> list[Step]:
    return [("ry", (1,), (_angle_of(f, p),)), ("cswap", (1, 0, 2), ())]


def _thermal_kraus(xp: Any, gamma: Array, population: Array) -> Array:
    cold, hot = _root(xp, 1 - population), _root(xp, population)
    stay, move = _root(xp, 1 - gamma), _root(xp, gamma)
    return xp.stack(
        [
            _sum(xp, (cold, ZERO), (cold * stay, ONE)),
            _sum(xp, (cold * move, LOWER)),
            _sum(xp, (hot * stay, ZERO), (hot, ONE)),
            _sum(xp, (hot * move, LOWER.T)),
        ],
        -3,
    )


def _thermal_dilation(f: Any, gamma: Any, population: Any) -> list[Step]:
    return [
        ("ry", (2,), (_angle_of(f, population),)),
        ("cx", (2, 0), ()),
        *_amplitude_dilation(f, gamma),
        ("cx", (2, 0), ()),
    ]


_P = (("p", "probability"),)

NAMED: tuple[Channel, ...] = (
    _depolarizing("depolarizing", 1, "(1-p) rho + p I/2"),
    _depolarizing("depolarizing2", 2, "(1-p) rho + p I/4 on two qubits"),
    _flip("dephasing", "Z", "cz", "Z with probability p"),
    _flip("bit_flip", "X", "cx", "X with probability p"),
    _flip("bit_phase_flip", "Y", "cy", "Y with probability p"),
    Channel(
        "amplitude_damping",
        1,
        (("gamma", "probability"),),
        1,
        _amplitude_kraus,
        _amplitude_dilation,
        "decay of |1> to |0> with probability gamma",
    ),
    Channel(
        "phase_damping",
        1,
        (("lambda", "probability"),),
        1,
        _phase_kraus,
        _phase_dilation,
        "coherences shrink by sqrt(1 - lambda)",
    ),
    Channel("reset", 1, _P, 2, _reset_kraus, _reset_dilation, "|0> instead of the state, with probability p"),
    Channel(
        "thermal",
        1,
        (("gamma", "probability"), ("population", "probability")),
        2,
        _thermal_kraus,
        _thermal_dilation,
        "generalised amplitude damping towards a state whose |1> has the given population",
    ),
    Channel(
        "pauli_channel",
        1,
        (("px", "probability"), ("py", "probability"), ("pz", "probability")),
        2,
        _pauli_kraus,
        _pauli_dilation,
        "X, Y, Z with probabilities px, py, pz, whose sum is at most one",
    ),
)
