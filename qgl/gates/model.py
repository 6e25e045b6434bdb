"""What the project knows of a gate or of a named channel: one record, one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Array = Any  # a NumPy or JAX array; the array module is passed in as `xp`


@dataclass(frozen=True, slots=True)
class Gate:
    """A unitary gate.

    matrix(xp, *angles) gives shape (*angles.shape, 2^qubits, 2^qubits), first operand most significant, for angles
    that are arrays of one shape; `xp` is `numpy` or `jax.numpy`.
    inverse(*angles) gives (gate name, angles) of the inverse; it must work on anything with arithmetic.
    generator: the Pauli word P if the gate is exp(-i a P / 2) of its one angle.
    diagonal: in the computational basis. permutation: maps basis states to basis states, phases aside.
    qasm_name: its name in stdgates.inc, None if it is not there.
    qasm_body: its definition from `U`, `gphase` and `ctrl @ x`-like modifiers of earlier definitions, over formal angles
    and qubits named as in `parameters` and `q0, q1, ...`; None for the built-in ones.
    """

    name: str
    qubits: int
    parameters: tuple[str, ...]
    matrix: Callable[..., Array]
    inverse: Callable[..., tuple[str, tuple[Any, ...]]]
    summary: str
    diagonal: bool = False
    permutation: bool = False
    generator: str | None = None
    qasm_name: str | None = None
    qasm_body: str | None = None


@dataclass(frozen=True, slots=True)
class Channel:
    """A named channel.

    kraus(xp, *parameters) gives the Kraus operators, shape (*parameters.shape, count, 2^qubits, 2^qubits).
    dilation(f, *parameters) gives the same channel as gates on its own qubits (numbers 0..qubits-1) and on `ancillas`
    fresh ones (numbers from `qubits` on) that are discarded afterwards: a list of (gate, qubits, angles). `f` offers
    the functions `asin` and `sqrt` for the kind of number that the parameters are.
    parameters are pairs of a name and its kind, "probability" or "real".
    """

    name: str
    qubits: int
    parameters: tuple[tuple[str, str], ...]
    ancillas: int
    kraus: Callable[..., Array]
    dilation: Callable[..., list[tuple[str, tuple[int, ...], tuple[Any, ...]]]]
    summary: str
