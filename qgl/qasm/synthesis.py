"""Constant unitary matrices as gates."""

from __future__ import annotations

import cmath
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import SynthesisNeedsQiskit
from qgl.expression import real
from qgl.qasm.lower import Step
from qgl.source import Span

Matrix = NDArray[np.complex128]


def synthesise(matrix: Matrix, wires: tuple[int, ...], controls: int, span: Span, zeros: int = 0) -> list[Step]:
    """A unitary of shape (2^k, 2^k), first wire after the controls most significant, as steps; exact, phase included.

    zeros: so many of the last wires are in |0>, so that it matters there only what the unitary does to that state.
    One qubit is done here. More need Qiskit's quantum Shannon decomposition, or its column-by-column decomposition of
    the isometry from the other wires, whichever has fewer gates on two qubits.

    Raises:
        QglError: Qiskit is needed and is not installed.
    """
    targets = wires[controls:]
    local = _one_qubit(matrix) if len(targets) == 1 else _with_qiskit(matrix, zeros, span)
    steps = []
    for step in local:
        own = tuple(targets[wire] for wire in step.wires)
        if step.name == "gphase" and controls:
            steps.append(Step("p", wires[:controls], step.angles, controls - 1))
        else:
            steps.append(Step(step.name, (*wires[:controls], *own), step.angles, controls))
    return steps


def _one_qubit(matrix: Matrix) -> list[Step]:
    """e^{i alpha} u(theta, phi, lambda)."""
    (a, b), (c, d) = matrix
    theta = 2.0 * math.atan2(abs(c), abs(a))
    alpha = cmath.phase(a) if abs(a) > abs(c) else cmath.phase(c)
    if abs(a) > abs(c):
        phi = cmath.phase(c) - alpha if abs(c) > 1e-12 else 0.0
        lam = cmath.phase(d) - alpha - phi
    else:
        lam = cmath.phase(-b) - (cmath.phase(a) if abs(a) > 1e-12 else 0.0)
        alpha = cmath.phase(-b) - lam
        phi = cmath.phase(c) - alpha
    return [Step("u", (0,), (real(theta), real(phi), real(lam))), Step("gphase", (), (real(alpha),))]


def _with_qiskit(matrix: Matrix, zeros: int, span: Span) -> list[Step]:
    try:
        return _synthesised(np.ascontiguousarray(matrix, dtype=np.complex128).tobytes(), len(matrix), zeros)
    except ImportError:
        raise QglError([SynthesisNeedsQiskit(span, len(matrix).bit_length() - 1)]) from None


@lru_cache(maxsize=256)
def _synthesised(data: bytes, size: int, zeros: int) -> list[Step]:
    from qiskit import QuantumCircuit, transpile
    from qiskit.circuit.library import Isometry
    from qiskit.synthesis import qs_decomposition

    matrix = np.frombuffer(data, dtype=np.complex128).reshape(size, size)
    qubits = size.bit_length() - 1
    forms = [qs_decomposition(matrix)]
    if zeros:
        # Qiskit's first qubit is the least significant one, and the qubits in zero are the most significant ones.
        rest, ancillas = size >> zeros, 1 << zeros
        columns = matrix.reshape(rest, ancillas, rest, ancillas)[..., 0].transpose(1, 0, 2).reshape(size, rest)
        forms.append(QuantumCircuit(qubits))
        forms[1].append(Isometry(columns, 0, 0), range(qubits))
    tried = [transpile(form, basis_gates=["u", "cx"], optimization_level=1) for form in forms]
    circuit = min(tried, key=lambda form: form.num_nonlocal_gates())
    shannon = circuit is tried[0]
    steps = [Step("gphase", (), (real(float(circuit.global_phase)),))]
    for instruction in circuit.data:
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        own = tuple(qubits - 1 - place if shannon else (qubits - 1 - zeros - place) % qubits for place in places)
        steps.append(Step(instruction.operation.name, own, tuple(real(float(a)) for a in instruction.operation.params)))
    return steps
