"""What the project knows of a gate or of a named channel: one record, one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgl.gates.definition import Parts
from qgl.record import record

Array = Any  # a NumPy or JAX array; the array module is passed in as `xp`

Step = tuple[str, tuple[int, ...], tuple[Any, ...]]
"""(gate, qubits, angles). Qubits beyond those of the gate come first and are its controls: `("ry", (2, 3, 0), (a,))`
rotates qubit 0 if qubits 2 and 3 are one."""


@record(eq=False)
class Gate:
    """A unitary gate. What follows from its matrix (diagonal, permutation) is found in `qgl.ir.facts`.

    matrix(xp, *angles) gives shape (*angles.shape, 2^qubits, 2^qubits), first operand most significant, for angles
    that are arrays of one shape; `xp` is `numpy` or `jax.numpy`.
    inverse(*angles) gives the inverse as steps in order of application, qubits numbered from 0. It works on anything
    with arithmetic. It is one step for all gates but `iswap` and `siswap`.
    definition(*angles) gives the gate as simpler ones, in order of application, for anything with arithmetic; None for
    `p`, which the others come down to, and for gates with a `target`.
    generator: the Pauli word P if the gate is exp(-i a P / 2) of its one angle.
    symmetric: the same under any exchange of its qubits.
    controls: the first so many qubits are controls of the gate `target` on the rest.
    vector: in program text the angles are one vector argument, as in `su2(a)` with `a: angle[3]`.
    of_vector(xp, angles) gives the same matrices of one array, shape (..., parameters), where there are many angles.
    """

    name: str
    qubits: int
    parameters: tuple[str, ...]
    matrix: Callable[..., Array]
    inverse: Callable[..., tuple[Step, ...]]
    summary: str
    definition: Callable[..., Parts] | None = None
    generator: str | None = None
    symmetric: bool = False
    controls: int = 0
    target: str | None = None
    vector: bool = False
    of_vector: Callable[..., Array] | None = None


@record(eq=False)
class Channel:
    """A named channel.

    kraus(xp, *parameters) gives the Kraus operators, shape (*parameters.shape, count, 2^qubits, 2^qubits).
    dilation(f, *parameters) gives the same channel as steps on its own qubits (numbers 0..qubits-1) and on `ancillas`
    fresh ones (numbers from `qubits` on) that are discarded afterwards. `f` offers `asin(x)`, `sqrt(x)` and
    `ratio(x, y)` (x / y, and 0 for 0 / 0) for the kind of number that the parameters are.
    parameters are pairs of a name and its kind, "probability" or "real".
    """

    name: str
    qubits: int
    parameters: tuple[tuple[str, str], ...]
    ancillas: int
    kraus: Callable[..., Array]
    dilation: Callable[..., list[Step]]
    summary: str
