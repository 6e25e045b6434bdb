"""Channels as unitary gates on fresh wires that are discarded afterwards.

Valid in: any circuit. Valid out: the same state of the visible register; no named channel (a certain `reset` stays) and
no Kraus list is left. A condition is carried to the gates that touch the wires of the channel; what happens to fresh
wires alone cannot be seen when these do not act.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Real, apply
from qgl.gates import GATES
from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_channel
from qgl.program.operations import (
    ChannelApplication,
    Discard,
    Fresh,
    KrausChannel,
    MatrixUnitary,
    Operation,
    gate,
)
from qgl.program.program import Wire
from qgl.program.rolled import patterns

Matrix = NDArray[np.complex128]


def dilate(circuit: Circuit) -> Circuit:
    """`circuit` without channels."""
    if not any(map(is_channel, patterns(circuit.operations))):
        return circuit
    wires = list(circuit.wires)
    operations: list[Operation] = []
    for operation in circuit.operations:
        if is_channel(operation):
            operations.extend(dilated(operation, wires))
        else:
            operations.append(operation)
    return circuit.with_operations(operations, wires)


def dilated(operation: Operation, wires: list[Wire]) -> list[Operation]:
    """One channel as gates; its fresh wires are appended to `wires`."""
    inner: Sequence[Operation]
    if isinstance(operation, KrausChannel):
        unitary, ancillas = stinespring(operation.operators)
        fresh = _fresh_wires(operation, ancillas, wires)
        touched = (*operation.wires, *fresh)
        inner = [MatrixUnitary(touched, operation.span, unitary, condition=operation.condition)]
    else:
        assert isinstance(operation, ChannelApplication)
        fresh = _fresh_wires(operation, operation.channel.ancillas, wires)
        inner = _steps(operation, (*operation.wires, *fresh))
    return [
        *(Fresh((wire,), operation.span) for wire in fresh),
        *inner,
        *(Discard((wire,), operation.span) for wire in fresh),
    ]


def _fresh_wires(operation: Operation, count: int, wires: list[Wire]) -> range:
    fresh = range(len(wires), len(wires) + count)
    wires.extend(Wire("fresh", operation.name, wire, None, operation.span) for wire in fresh)
    return fresh


def _steps(operation: ChannelApplication, wires: tuple[int, ...]) -> list[Operation]:
    """The steps of the channel's dilation; `wires` are its own and the fresh ones."""
    gates: list[Operation] = []
    for name, qubits, angles in operation.channel.dilation(ON_REALS, *operation.strengths):
        touched = tuple(wires[qubit] for qubit in qubits)
        gates.append(
            gate(
                name,
                touched,
                operation.span,
                [angle if isinstance(angle, Real) else Real(float(angle)) for angle in angles],
                controls=len(qubits) - GATES[name].qubits,
                condition=operation.condition if set(touched) & set(operation.wires) else (),
            )
        )
    return gates


def _root(x: Real) -> Real:
    return Real(max(x.constant, 0.0) ** 0.5) if x.is_constant else apply("sqrt", x)


def _arcsine(x: Real) -> Real:
    return apply("asin", Real(min(x.constant, 1.0)) if x.is_constant else x)


def _ratio(x: Real, y: Real) -> Real:
    return x if x.is_constant and x.constant == 0 else x / y


# Roots and arcsines of constants are clipped to their domain, which sums of probabilities can leave by rounding.
ON_REALS = SimpleNamespace(asin=_arcsine, sqrt=_root, ratio=_ratio)


def stinespring(operators: Matrix) -> tuple[Matrix, int]:
    """A unitary on the wires and the least number of ancillas (the least significant ones, from |0>) for a channel.

    operators: Kraus operators, shape (count, d, d), trace preserving to about 1e-8.
    Returns the unitary, shape (d 2^a, d 2^a), and a = ceil(log2(rank of the Choi matrix)).
    """
    return _stinespring(np.ascontiguousarray(operators, dtype=np.complex128).tobytes(), operators.shape)


@lru_cache(maxsize=256)
def _stinespring(data: bytes, shape: tuple[int, ...]) -> tuple[Matrix, int]:
    count, size, _ = shape
    flat = np.frombuffer(data, dtype=np.complex128).reshape(count, size * size)
    _, weights, rows = np.linalg.svd(flat, full_matrices=False)
    rank = int((weights > 1e-8 * weights[0]).sum())  # what is left out changes the map by 1e-16
    ancillas = (rank - 1).bit_length()
    isometry = np.zeros((size, 2**ancillas, size), dtype=np.complex128)
    isometry[:, :rank, :] = (weights[:rank, None] * rows[:rank]).reshape(rank, size, size).transpose(1, 0, 2)
    left, _, right = np.linalg.svd(isometry.reshape(size * 2**ancillas, size), full_matrices=True)
    unitary = np.zeros((size, 2**ancillas, size * 2**ancillas), dtype=np.complex128).reshape(size * 2**ancillas, -1)
    start = np.arange(size) * 2**ancillas  # columns where the ancillas are zero
    unitary[:, start] = left[:, :size] @ right  # the nearest isometry
    unitary[:, np.setdiff1d(np.arange(len(unitary)), start)] = left[:, size:]
    return unitary, ancillas
