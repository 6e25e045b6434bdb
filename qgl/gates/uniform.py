"""Uniformly controlled rotations: a rotation whose angle is picked by the basis state of other qubits.

Gates of a family have one record for each number of qubits, made when it is asked for: `uniform_ry3` rotates its last
qubit by the first of its four angles if the two before are 00, by the second if they are 01, and so on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from qgl.gates.algebra import block_diagonal, entered, rotation
from qgl.gates.definition import Part, Parts, walsh
from qgl.gates.generators import generator_gate
from qgl.gates.isometries import isometry_gate
from qgl.gates.model import Array, Gate, Step
from qgl.gates.states import state_gate
from qgl.gates.unitaries import unitary_gate

FAMILIES = ("uniform_ry", "uniform_rz", "uniform_phase")
LARGEST = 12  # qubits
SPLIT = "uniform_split"  # of no program: what `qgl.train.strategies.em` differentiates
_NAME = re.compile(rf"({'|'.join((*FAMILIES, SPLIT))})([1-9]\d?)")


class Gates(dict[str, Gate]):
    """Records by name. Those of families are found by their names, and are not listed."""

    def __missing__(self, name: str) -> Gate:
        gate = _member(name)
        if gate is None:
            raise KeyError(name)
        return gate

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and _member(name) is not None)

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name) or _member(name) or default


def _member(name: str) -> Gate | None:
    return family_member(name) or generator_gate(name) or state_gate(name) or unitary_gate(name) or isometry_gate(name)


def family_of(name: str) -> tuple[str, int] | None:
    """("uniform_ry", 3) for "uniform_ry3"; None for gates of no family."""
    match = _NAME.fullmatch(name)
    return None if match is None else (match[1], int(match[2]))


@cache
def family_member(name: str) -> Gate | None:
    """The record of a uniformly controlled gate."""
    known = family_of(name)
    if known is None or not 1 <= known[1] <= LARGEST:
        return None
    family, qubits = known
    if family == "uniform_phase":
        return _gate(name, qubits, 2**qubits, _phases, _parts_of_phases, "a phase for each basis state")
    if family == SPLIT:
        return _gate(
            name, qubits, 2**qubits, _splits, None, "sqrt(e^u), sqrt(e^w) from |0>, for each state of the others"
        )
    if qubits < 2:
        return None
    axis = family[-1].upper()
    summary = f"r{axis.lower()} on the last qubit by an angle for each basis state of the others"
    return _gate(name, qubits, 2 ** (qubits - 1), _rotations(axis), _parts_of_rotations(axis), summary)


def _gate(
    name: str, qubits: int, angles: int, matrix: Callable[..., Array], parts: Callable[..., Parts] | None, summary: str
) -> Gate:
    def undo(*a: Any) -> tuple[Step, ...]:
        return ((name, tuple(range(qubits)), tuple(-angle for angle in a)),)

    parameters = tuple(f"a{k:0{len(str(angles - 1))}}" for k in range(angles))
    return Gate(name, qubits, parameters, matrix, undo, summary, parts, vector=True)


def _phases(xp: Any, *angles: Array) -> Array:
    return xp.exp(1j * xp.stack(angles, -1))[..., None] * entered(xp, np.eye(len(angles)))


def _rotations(axis: str) -> Callable[..., Array]:
    rotate = rotation(axis)

    def matrix(xp: Any, *angles: Array) -> Array:
        return block_diagonal(xp, rotate(xp, xp.stack(angles, -1)))

    return matrix


def _splits(xp: Any, *logarithms: Array) -> Array:
    """First the logarithms u of what goes to 0, for each state of the other qubits, then those w of what goes to 1."""
    half = len(logarithms) // 2
    zero, one = (xp.exp(0.5 * xp.stack(part, -1)) for part in (logarithms[:half], logarithms[half:]))
    rows = [xp.stack([zero, -one], -1), xp.stack([one, zero], -1)]
    return block_diagonal(xp, xp.stack(rows, -2) + 0j)


def _parts_of_rotations(axis: str) -> Callable[..., Parts]:
    """A rotation for each parity of the other qubits, in Gray order, with one `cx` between two.

    The `cx` undo each other, so that under controls only the rotations need them.

    Source: M. Mottonen, J. Vartiainen, V. Bergholm, M. Salomaa, Quantum circuits for general multiqubit gates, 2004,
    arXiv quant-ph/0404089.
    """

    def definition(*angles: Any) -> Parts:
        target = len(angles).bit_length() - 1
        spectrum = walsh(angles)
        parts = []
        for k in range(len(angles)):
            parts.append(Part(f"r{axis.lower()}", (target,), (spectrum[k ^ k >> 1],)))
            if target:
                changed = ((k + 1 & -(k + 1)).bit_length() - 1) % target if k + 1 < len(angles) else target - 1
                parts.append(Part("cx", (target - 1 - changed, target), (), True))
        return tuple(parts)

    return definition


def _parts_of_phases(*angles: Any) -> Parts:
    """A uniformly controlled rz of the last qubit, and phases on the others: the mean of each pair."""
    qubits = len(angles).bit_length() - 1
    if qubits == 1:
        half = (angles[1] - angles[0]) * 0.5
        return Part("gphase", (), ((angles[0] + angles[1]) * 0.5,)), Part("rz", (0,), (half * 2.0,))
    pairs = list(zip(angles[::2], angles[1::2], strict=True))
    angles_of_z = tuple(second - first for first, second in pairs)
    means = tuple((first + second) * 0.5 for first, second in pairs)
    return (
        Part(f"uniform_rz{qubits}", tuple(range(qubits)), angles_of_z),
        Part(f"uniform_phase{qubits - 1}", tuple(range(qubits - 1)), means),
    )
