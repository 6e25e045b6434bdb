"""What Cirq makes of a text: distributions and states by its own simulators."""

from __future__ import annotations

import cirq
import numpy as np
from cirq.contrib.qasm_import import circuit_from_qasm
from cirq.contrib.qasm_import.exception import QasmException
from numpy.typing import NDArray

from tests.qasm.exact import Mixture


def cirq_circuit(text: str, inputs: dict[str, float] | None = None) -> cirq.Circuit:
    circuit = circuit_from_qasm(text)
    assert cirq.parameter_names(circuit) == set(inputs or {}), "symbolic parameters survive by name"
    return cirq.resolve_parameters(circuit, inputs) if inputs else circuit


def cirq_distribution(text: str, inputs: dict[str, float] | None = None) -> NDArray[np.float64]:
    """Exact: Cirq defers the measurements; its density matrix where the text resets, otherwise its state vector.

    A wide text that resets is too much for a density matrix: then Cirq's reading, with our own algebra.
    """
    read = cirq_circuit(text, inputs)
    circuit = cirq.defer_measurements(read)
    keys = {key.name: op.qubits[0] for op in circuit.all_operations() for key in cirq.measurement_key_objs(op)}
    outputs = [keys[f"c_{k}"] for k in range(sum(key.startswith("c_") for key in keys))]
    before = cirq.drop_terminal_measurements(circuit)
    mixed = any(isinstance(op.gate, cirq.ResetChannel) for op in before.all_operations())
    if mixed and len(circuit.all_qubits()) > 8:
        return _reading_distribution(read)
    order = [*outputs, *sorted(circuit.all_qubits() - set(outputs))]
    if mixed:
        mixed_state = cirq.DensityMatrixSimulator(dtype=np.complex128).simulate(before, qubit_order=order)
        weights = np.real(np.diagonal(mixed_state.final_density_matrix))
    else:
        state = cirq.Simulator(dtype=np.complex128).simulate(before, qubit_order=order)
        weights = np.abs(state.final_state_vector) ** 2
    return np.asarray(weights.reshape(2 ** len(outputs), -1).sum(axis=1), dtype=np.float64)


def _reading_distribution(circuit: cirq.Circuit) -> NDArray[np.float64]:
    mixture, places = Mixture(), {qubit: k for k, qubit in enumerate(sorted(circuit.all_qubits()))}
    bits: list[str] = []
    for op in circuit.all_operations():
        wires = [places[qubit] for qubit in op.qubits]
        if cirq.is_measurement(op):
            bits.append(cirq.measurement_key_name(op))
            mixture.measure(wires[0], bits[-1])
        elif isinstance(op.gate, cirq.ResetChannel):
            mixture.reset(wires[0])
        else:
            mixture.gate(cirq.unitary(op), wires)
    return mixture.distribution([f"c_{k}" for k in range(len(bits))])


def cirq_unitary(text: str) -> NDArray[np.complex128]:
    """Up to a global phase; q[0] most significant. Of a text with the register q only, measured at the end."""
    circuit = cirq_circuit(text)
    qubits = [cirq.NamedQubit(f"q_{k}") for k in range(len(circuit.all_qubits()))]
    return np.asarray(cirq.drop_terminal_measurements(circuit).unitary(qubits, qubits))


def takes_inputs() -> bool:
    """Cirq reads `input` since version 1.7."""
    try:
        circuit_from_qasm("OPENQASM 3.0;\ninput float[64] a;\nqubit[1] q;\nU(a, 0.0, 0.0) q[0];\n")
    except QasmException:
        return False
    return True
