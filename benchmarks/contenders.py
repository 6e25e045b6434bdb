"""Each contender makes two functions of a case: one step, which is timed, and how to read what it gives.

A step computes the loss and its gradient and waits until both are there. Reading gives a number and an array of shape
(layers, 3, n).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.workloads import PROGRAM, Case, Numbers

Contender = tuple[Callable[[], Any], Callable[[Any], tuple[float, Numbers]]]


def qgl(case: Case) -> Contender:
    """This project, through its public face."""
    import jax
    import jax.numpy as jnp

    from qgl.model import loads

    model = loads(PROGRAM, n=case.qubits, layers=case.layers)
    params = {name: jnp.asarray(case.angles[:, k], jnp.float32) for k, name in enumerate("abc")}
    if case.workload == "W1":
        target = jnp.asarray(case.target, jnp.float32)

        def loss(params: dict[str, jax.Array]) -> jax.Array:
            return -jnp.sum(target * jnp.log(model.probabilities(params) + 1e-10))

    else:

        def loss(params: dict[str, jax.Array]) -> jax.Array:
            return jnp.sum(model.expectation(params, case.words))

    compiled = jax.jit(jax.value_and_grad(loss))

    def read(result: Any) -> tuple[float, Numbers]:
        value, gradient = result
        return float(value), np.stack([np.asarray(gradient[name]) for name in "abc"], axis=1)

    return partial(_waited, jax, compiled, params), read


def default_qubit(case: Case) -> Contender:
    """PennyLane's default.qubit under jax.jit."""
    import jax
    import jax.numpy as jnp
    import pennylane as qml

    n = case.qubits

    def circuit(angles: Any) -> Any:
        _pennylane_layers(qml, angles, case)
        if case.workload == "W1":
            return qml.probs(wires=range(n))
        return qml.expval(_pennylane_energy(qml, n))

    device = qml.device("default.qubit", wires=n)
    return _jitted(jax, jnp, qml.QNode(circuit, device, interface="jax", diff_method="backprop"), case)


def tensorcircuit(case: Case) -> Contender:
    """TensorCircuit-NG under jax.jit."""
    import jax
    import jax.numpy as jnp
    import tensorcircuit as tc

    tc.set_backend("jax")
    n = case.qubits

    def circuit(angles: Any) -> Any:
        state = tc.Circuit(n)
        for layer in range(case.layers):
            for k in range(n):
                state.rx(k, theta=angles[layer, 0, k])
            for k in range(n):
                state.rz(k, theta=angles[layer, 1, k])
            for k in range(n):
                state.rxx(k, (k + 1) % n, theta=angles[layer, 2, k])
        if case.workload == "W1":
            return jnp.abs(state.state()) ** 2
        bonds = [state.expectation_ps(z=[k, (k + 1) % n]) for k in range(n)]
        return jnp.real(sum(bonds) + sum(state.expectation_ps(x=[k]) for k in range(n)))

    return _jitted(jax, jnp, circuit, case)


def _jitted(jax: Any, jnp: Any, circuit: Callable[[Any], Any], case: Case) -> Contender:
    target = jnp.asarray(case.target, jnp.float32) if case.workload == "W1" else None

    def loss(angles: Any) -> Any:
        answer = circuit(angles)
        return answer if target is None else -jnp.sum(target * jnp.log(answer + 1e-10))

    compiled = jax.jit(jax.value_and_grad(loss))
    angles = jnp.asarray(case.angles, jnp.float32)

    return partial(_waited, jax, compiled, angles), lambda result: (float(result[0]), np.asarray(result[1]))


def _waited(jax: Any, compiled: Callable[[Any], Any], inputs: Any) -> Any:
    return jax.block_until_ready(compiled(inputs))


def lightning(case: Case) -> Contender:
    """PennyLane's lightning.qubit with the adjoint method, in single precision; W1b only."""
    import pennylane as qml
    from pennylane import numpy as pnp

    n = case.qubits

    def energy(angles: Any) -> Any:
        _pennylane_layers(qml, angles, case)
        return qml.expval(_pennylane_energy(qml, n))

    angles = pnp.array(case.angles, requires_grad=True)
    device = qml.device("lightning.qubit", wires=n, c_dtype=np.complex64)
    gradient = qml.grad(qml.QNode(energy, device, diff_method="adjoint"))

    def step() -> Any:
        return gradient(angles), gradient.forward

    return step, lambda result: (float(result[1]), np.asarray(result[0]))


def qulacs(case: Case) -> Contender:
    """Qulacs with `backprop`; W1b only."""
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    n = case.qubits
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

    def step() -> Any:
        state = QuantumState(n)
        circuit.update_quantum_state(state)
        return observable.get_expectation_value(state), circuit.backprop(observable)

    return step, lambda result: (float(result[0]), -np.asarray(result[1]).reshape(case.angles.shape))


def _pennylane_layers(qml: Any, angles: Any, case: Case) -> None:
    n = case.qubits
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


CONTENDERS: dict[str, Callable[[Case], Contender]] = {
    "qgl": qgl,
    "default.qubit": default_qubit,
    "tensorcircuit-ng": tensorcircuit,
    "lightning.qubit": lightning,
    "qulacs": qulacs,
}
ENTRANTS: dict[str, tuple[str, ...]] = {
    "W1": ("qgl", "default.qubit", "tensorcircuit-ng"),
    "W1b": ("qgl", "lightning.qubit", "qulacs"),
}
