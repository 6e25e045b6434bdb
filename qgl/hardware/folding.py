"""Gates folded on a machine, G -> G (G^-1 G)^k, so that their noise is 2 k + 1 times as strong.

What undoes a gate is made of the machine's own gates, and holds as many gates on two qubits as the gate itself: one. A
machine often lacks the inverse of a gate by name: there is no inverse of `ecr` but itself, none of `iswap` on many, and
`rzz` takes no negative angles on those of IBM. But every such gate is made its inverse by gates on single qubits
before and after it, which the Weyl decompositions of both tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from qgl.diagnostics.jobs import CannotFold
from qgl.diagnostics.model import QglError
from qgl.hardware.machines.isa import standard
from qgl.hardware.machines.singles import EXACT, NO_GATES, Matrix, Part, single, singles
from qgl.hardware.machines.stray import stray, supports
from qgl.hardware.machines.target import Machine
from qgl.hardware.mitigation import need

_BRANCHES = ("if_else", "switch_case", "for_loop", "while_loop")


def folded(text: str, scale: int, machine: Machine | None = None) -> str:
    """The text with its gates folded, so that the noise of gates is `scale` times as strong.

    Measurements, resets and delays stay as they are; each stretch of gates between them is folded as a whole.

    Args:
        text: OpenQASM 3 that Qiskit reads, on the qubits of `machine` if there is one.
        scale: odd.
        machine: whose gates the text is made of; None: whoever reads the text takes all gates.

    Raises:
        QglError: QGL1150, mitiq or Qiskit is not installed; QGL1152, the text branches, is none for Qiskit, or holds a
            gate that the machine cannot undo.
    """
    for package in ("mitiq", "qiskit", "qiskit_qasm3_import"):
        need(package, "zero-noise extrapolation")
    from qiskit import qasm3

    try:
        circuit = standard(qasm3.loads(text))
    except Exception as error:  # of readers there are many kinds
        raise QglError([CannotFold(None, f"Qiskit does not read its text ({error})")]) from error
    if any(step.operation.name in _BRANCHES for step in circuit.data):
        raise QglError([CannotFold(None, "it branches on what it measured")])
    whole = circuit.copy_empty_like()
    whole.global_phase = 0.0
    numbers = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    stretch: list[Part] = []
    for step in [*circuit.data, None]:
        if step is not None and step.operation.name not in NO_GATES:
            stretch.append((step.operation, tuple(numbers[qubit] for qubit in step.qubits)))
            continue
        for operation, qubits in _folded(stretch, scale, machine):
            whole.append(operation, qubits)
        if step is not None:
            whole.append(step)
        stretch = []
    if machine is not None and (left := stray(whole, machine.target)):
        raise QglError([CannotFold(None, f"`{machine.name}` has no {left}")])
    return str(qasm3.dumps(whole))


def _folded(stretch: Sequence[Part], scale: int, machine: Machine | None) -> Iterator[Part]:
    inverse = [part for operation, qubits in reversed(stretch) for part in _undoing(operation, qubits, machine)]
    yield from stretch
    for _ in range(scale // 2):
        yield from inverse
        yield from stretch


def _undoing(operation: Any, qubits: tuple[int, ...], machine: Machine | None) -> list[Part]:
    """What undoes an operation, up to a global phase, by gates that the machine has on these qubits."""
    inverse = operation.inverse()
    if machine is None or supports(machine.target, inverse, qubits):
        return [(inverse, qubits)]
    names = tuple(tuple(singles(machine.target, qubit)) for qubit in qubits)
    key = (operation.name, tuple(map(float, operation.params)))
    made = _made(operation.base_class, key, names)
    if made is None:
        raise QglError([CannotFold(None, f"`{machine.name}` cannot undo its own `{operation.name}`")])
    return [(gate, tuple(qubits[place] for place in places)) for gate, places in made]


@lru_cache(maxsize=4096)
def _made(
    kind: type, key: tuple[str, tuple[float, ...]], names: tuple[tuple[str, ...], ...]
) -> tuple[Part, ...] | None:
    """The inverse of a gate on the qubits 0, 1 from gates on one qubit and the gate itself; None if that cannot be."""
    gate = kind(*key[1])
    matrix: Matrix = np.asarray(gate.to_matrix(), dtype=np.complex128)
    if len(names) == 1:
        return single(matrix.conj().T, names[0], 0)
    if len(names) != 2:
        return None
    sides = _sides(matrix)
    if sides is None:
        return None
    before, after = ([single(side[place], names[place], place) for place in (0, 1)] for side in sides)
    parts = [*before, ((gate, (0, 1)),), *after]
    return None if any(part is None for part in parts) else tuple(one for part in parts if part for one in part)


def _sides(matrix: Matrix) -> tuple[tuple[Matrix, Matrix], tuple[Matrix, Matrix]] | None:
    """Matrices on qubits 0 and 1 before and after a gate that make it its inverse, up to a phase; None if none do.

    Gates are the same up to gates on single qubits if their places in the Weyl chamber are: U = K1 N K2 and
    U^-1 = K1' N K2' give U^-1 = (K1' K1^-1) U (K2^-1 K2').
    """
    from qiskit.synthesis import TwoQubitWeylDecomposition

    own, other = (TwoQubitWeylDecomposition(unitary, fidelity=1.0) for unitary in (matrix, matrix.conj().T))
    before = (own.K2r.conj().T @ other.K2r, own.K2l.conj().T @ other.K2l)
    after = (other.K1r @ own.K1r.conj().T, other.K1l @ own.K1l.conj().T)
    product = np.kron(after[1], after[0]) @ matrix @ np.kron(before[1], before[0]) @ matrix
    return (before, after) if abs(abs(np.trace(product)) / 4.0 - 1.0) < EXACT else None
