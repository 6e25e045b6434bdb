"""States as gates: `state2` takes |00> to the state whose amplitudes are its numbers, up to their norm.

Like generators they have one record for each number of qubits. The numbers are the real and the imaginary part of the
first amplitude, those of the second, and so on; amplitudes that are all zero give no state, and so no number.

The gate is a tree of uniformly controlled ry, one for each qubit, and a phase for each basis state.
Source: M. Mottonen, J. Vartiainen, V. Bergholm, M. Salomaa, Transformation of quantum states using uniformly controlled
rotations, 2005, arXiv quant-ph/0407010.
"""

from __future__ import annotations

import re
from functools import cache
from math import isqrt
from typing import Any

import numpy as np

from qgl.expression import apply, real
from qgl.gates.algebra import block_diagonal, entered
from qgl.gates.definition import Part, Parts
from qgl.gates.model import Array, Gate, Step

WIDEST_STATE = 10  # qubits
_NAME = re.compile(r"(un)?state([1-9]|10)")


def state_qubits(name: str) -> int | None:
    """3 for "state3" and for its inverse "unstate3"; None for gates of other names."""
    match = _NAME.fullmatch(name)
    return None if match is None else int(match[2])


def state_numbers(qubits: int) -> int:
    """The numbers of a state: two for each amplitude."""
    return 2 << qubits


def mixed_state(numbers: int) -> Array:
    """The numbers of the state of 2 n qubits whose first half is maximally mixed, 2^n Bell pairs: shape (numbers,)."""
    size = isqrt(numbers // 2)
    return np.stack([np.eye(size).ravel() / np.sqrt(size), np.zeros(size * size)], axis=1).ravel()


@cache
def state_gate(name: str) -> Gate | None:
    """The record of `stateK`, or of its inverse `unstateK`, which no program names; None for other names."""
    qubits = state_qubits(name)
    if qubits is None:
        return None
    inverted = name.startswith("un")
    partner = f"state{qubits}" if inverted else f"unstate{qubits}"

    def matrix(xp: Any, *numbers: Array) -> Array:
        prepared = _matrix(xp, xp.stack(numbers, -1))
        return xp.conj(xp.swapaxes(prepared, -1, -2)) if inverted else prepared

    def undo(*numbers: Any) -> tuple[Step, ...]:
        return ((partner, tuple(range(qubits)), numbers),)

    def definition(*numbers: Any) -> Parts:
        parts = _parts(numbers)
        if not inverted:
            return parts
        return tuple(part._replace(angles=tuple(-a for a in part.angles)) for part in reversed(parts))

    count = state_numbers(qubits)
    parameters = tuple(f"a{k:0{len(str(count - 1))}}" for k in range(count))
    summary = "the state of these amplitudes from |0...0>"
    return Gate(name, qubits, parameters, matrix, undo, summary, definition, vector=True)


def _matrix(xp: Any, numbers: Array) -> Array:
    """Numbers of shape (..., 2 * 2^k) to matrices of shape (..., 2^k, 2^k)."""
    parts = numbers[..., 0::2], numbers[..., 1::2]
    size, phase = _polar(xp, *parts)
    halves = []
    while size.shape[-1] > 1:
        left, right = size[..., 0::2], size[..., 1::2]
        size, _ = _polar(xp, left, right)
        whole = size if size.shape[-1] == 1 else xp.where(size > 0, size, 1)  # the root of no amplitude is no number
        cosine, sine = left / whole, right / whole
        cosine = cosine if size.shape[-1] == 1 else xp.where(size > 0, cosine, 1)
        rows = [xp.stack([cosine, -sine], -1), xp.stack([sine, cosine], -1)]
        halves.append(block_diagonal(xp, xp.stack(rows, -2)))
    product = halves.pop()
    while halves:
        wider = product[..., :, None, :, None] * entered(xp, np.eye(2))[:, None, :]
        count = 2 * product.shape[-1]
        product = halves.pop() @ wider.reshape(*product.shape[:-2], count, count)
    return phase[..., :, None] * product


def _polar(xp: Any, x: Array, y: Array) -> tuple[Array, Array]:
    """sqrt(x^2 + y^2) and (x + i y) / that, 0 and 1 where there is nothing; with a gradient of zero there."""
    squares = x * x + y * y
    none = squares == 0
    size = xp.sqrt(xp.where(none, 1, squares))
    return xp.where(none, 0, size), xp.where(none, 1, (x + 1j * y) / size)


def _parts(numbers: tuple[Any, ...]) -> Parts:
    """A uniformly controlled ry for each qubit, the first one first, and the phases of the amplitudes."""
    amplitudes = [(real(x), real(y)) for x, y in zip(numbers[0::2], numbers[1::2], strict=True)]
    phases = tuple(apply("atan2", y, x) for x, y in amplitudes)
    weights = [x * x + y * y for x, y in amplitudes]
    rotations = []
    while len(weights) > 1:
        angles = tuple(
            2.0 * apply("atan2", apply("sqrt", right), apply("sqrt", left))
            for left, right in zip(weights[0::2], weights[1::2], strict=True)
        )
        target = len(angles).bit_length() - 1
        name = "ry" if target == 0 else f"uniform_ry{target + 1}"
        rotations.append(Part(name, tuple(range(target + 1)), angles))
        weights = [left + right for left, right in zip(weights[0::2], weights[1::2], strict=True)]
    qubits = len(rotations)
    return (*reversed(rotations), Part(f"uniform_phase{qubits}", tuple(range(qubits)), phases))
