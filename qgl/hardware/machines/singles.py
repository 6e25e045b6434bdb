"""Matrices on one qubit by the gates that a machine has on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

NO_GATES = ("measure", "reset", "delay", "barrier")
EXACT = 1e-9  # how far from a matrix, in the average over its entries

Matrix = NDArray[np.complex128]
Part = tuple[Any, tuple[int, ...]]  # an operation and the qubits that it acts on


def singles(target: Any, qubit: int) -> Iterator[str]:
    """Names of the gates on one qubit that a machine has there."""
    from qiskit.circuit.library import get_standard_gate_name_mapping

    known = get_standard_gate_name_mapping()
    for name in sorted(set(target.operation_names) & set(known) - {*NO_GATES, "id"}):
        if known[name].num_qubits == 1 and target.instruction_supported(name, (qubit,)):
            yield name


def single(matrix: Matrix, names: tuple[str, ...], place: int) -> tuple[Part, ...] | None:
    """A matrix on one qubit by gates of these names, up to a phase; None if they do not reach it."""
    from qiskit import QuantumCircuit
    from qiskit.circuit.library import UnitaryGate
    from qiskit.quantum_info import Operator
    from qiskit.transpiler import TranspilerError, generate_preset_pass_manager

    circuit = QuantumCircuit(1)
    circuit.append(UnitaryGate(matrix), [0])
    try:
        written: Any = generate_preset_pass_manager(1, basis_gates=list(names), seed_transpiler=0).run(circuit)
    except TranspilerError:
        return None
    overlap = abs(np.trace(Operator(written).data.conj().T @ matrix)) / 2.0
    return tuple((step.operation, (place,)) for step in written.data) if abs(overlap - 1.0) < EXACT else None
