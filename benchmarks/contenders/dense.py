"""Simulators of whole states: PennyLane's two devices and Qulacs."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contenders.model import Contender, jitted
from benchmarks.workloads import Case


def default_qubit(case: Case) -> Contender:
    """PennyLane's default.qubit under jax.jit."""
    import pennylane as qml

    n = case.width

    def circuit(angles: Any) -> Any:
        _pennylane_layers(qml, angles, case)
        if case.workload == "W1":
            return qml.probs(wires=range(n))
        return qml.expval(_pennylane_energy(qml, n))

    device = qml.device("default.qubit", wires=n)
    return jitted(qml.QNode(circuit, device, interface="jax", diff_method="backprop"), case)


def lightning(case: Case) -> Contender:
    """PennyLane's lightning.qubit with the adjoint method, in single precision; W1b only."""
    import pennylane as qml
    from pennylane import numpy as pnp

    n = case.width

    def energy(angles: Any) -> Any:
        _pennylane_layers(qml, angles, case)
        return qml.expval(_pennylane_energy(qml, n))

    angles = pnp.array(case.angles, requires_grad=True)
    device = qml.device("lightning.qubit", wires=n, c_dtype=np.complex64)
    gradient = qml.grad(qml.QNode(energy, device, diff_method="adjoint"))

    def step(number: int) -> Any:
        return gradient(angles), gradient.forward

    return Contender(step, lambda result: (float(result[1]), np.asarray(result[0])))


def qulacs(case: Case) -> Contender:
    """Qulacs with `backprop`; W1b only."""
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    n = case.width
    circuit = ParametricQuantumCircuit(n)
    for layer in case.angles:  # its rotations turn the other way: exp(+i a P / 2)
        for k in range(n):
            circuit.add_parametric_RX_gate(k, -layer[0, k])
        for k in range(n):
            circuit.add_parametric_RZ_gate(k, -layer[1, k])
        for k in range(n):
            circuit.add_parametric_multi_Pauli_rotation_gate([k, (k + 1) % n], [1, 1], -layer[2, k])
    observable = Observable(n)
    for k in range(n):
        observable.add_operator(1.0, f"Z {k} Z {(k + 1) % n}")
        observable.add_operator(1.0, f"X {k}")

    def step(number: int) -> Any:
        state = QuantumState(n)
        circuit.update_quantum_state(state)
        return observable.get_expectation_value(state), circuit.backprop(observable)

    return Contender(step, lambda result: (float(result[0]), -np.asarray(result[1])))


def _pennylane_layers(qml: Any, angles: Any, case: Case) -> None:
    n = case.width
    for layer in range(case.layers):
        for k in range(n):
            qml.RX(angles[layer, 0, k], wires=k)
        for k in range(n):
            qml.RZ(angles[layer, 1, k], wires=k)
        for k in range(n):
            qml.IsingXX(angles[layer, 2, k], wires=[k, (k + 1) % n])


def _pennylane_energy(qml: Any, n: int) -> Any:
    bonds = [qml.PauliZ(k) @ qml.PauliZ((k + 1) % n) for k in range(n)]
    return qml.Hamiltonian([1.0] * (2 * n), bonds + [qml.PauliX(k) for k in range(n)])
