"""A step of a diffusion model as its published codes have it: a circuit for each state, and a kernel of all pairs.

They draw an outcome for each state; here both outcomes count, with their weights, so that all contenders compute the
same numbers. That is no more work: the circuit gives both branches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.contenders.model import Contender, waited
from benchmarks.workloads import Case


def jax_by_states(case: Case) -> Contender:
    """A state vector for each state, gate by gate, mapped over all of them by `jax.vmap`."""
    import jax
    import jax.numpy as jnp

    wires = case.width + 1

    def turned(psi: Any, matrix: Any, wire: int) -> Any:
        return jnp.moveaxis(jnp.tensordot(matrix, psi, axes=(1, wire)), 0, wire)

    def branches(angles: Any, state: Any) -> Any:
        psi = jnp.zeros((2,) * wires, jnp.complex64).at[0].set(state.reshape((2,) * case.width))
        for layer in range(case.layers):
            for wire in range(wires):
                a, b = angles[layer, 0, wire] / 2, angles[layer, 1, wire] / 2
                psi = turned(psi, jnp.array([[jnp.cos(a), -1j * jnp.sin(a)], [-1j * jnp.sin(a), jnp.cos(a)]]), wire)
                psi = turned(psi, jnp.array([[jnp.cos(b), -jnp.sin(b)], [jnp.sin(b), jnp.cos(b)]]), wire)
            for wire in range(wires - 1):
                place = [slice(None)] * wires
                place[wire] = place[wire + 1] = slice(1, 2)
                psi = psi.at[tuple(place)].multiply(-1)
        return psi.reshape(2, -1)

    states = jnp.asarray(case.states(0), jnp.complex64)
    return _compared(case, lambda angles: jax.vmap(branches, (None, 0))(angles, states))


def pennylane_by_states(case: Case) -> Contender:
    """PennyLane's default.qubit under jax.jit, all states prepared as one batch."""
    import jax.numpy as jnp
    import pennylane as qml

    wires = case.width + 1
    states = jnp.asarray(case.states(0), jnp.complex64)

    def circuit(angles: Any) -> Any:
        qml.StatePrep(states, wires=range(1, wires), validate_norm=False)
        for layer in range(case.layers):
            for wire in range(wires):
                qml.RX(angles[layer, 0, wire], wires=wire)
                qml.RY(angles[layer, 1, wire], wires=wire)
            for wire in range(wires - 1):
                qml.CZ(wires=[wire, wire + 1])
        return qml.state()

    device = qml.device("default.qubit", wires=wires)
    answer = qml.QNode(circuit, device, interface="jax", diff_method="backprop")
    return _compared(case, lambda angles: answer(angles).reshape(len(states), 2, -1))


def _compared(case: Case, branches: Callable[[Any], Any]) -> Contender:
    """Value and gradient of the discrepancy, from the branches of angles, shape (states, 2, 2^n)."""
    import jax
    import jax.numpy as jnp

    data = jnp.asarray(case.states(1), jnp.complex64)
    equal = jnp.full(len(data), 1 / len(data))

    def mean(left: Any, of_left: Any, right: Any, of_right: Any) -> Any:
        return of_left @ jnp.abs(left.conj() @ right.T) ** 4 @ of_right

    def loss(angles: Any) -> Any:
        found = branches(angles).reshape(-1, data.shape[1])
        norms = jnp.sum(jnp.abs(found) ** 2, axis=1)
        model, weights = found / jnp.sqrt(norms)[:, None], norms / len(data)
        within, between = mean(model, weights, model, weights), mean(model, weights, data, equal)
        return within - 2 * between + mean(data, equal, data, equal)

    compiled = jax.jit(jax.value_and_grad(loss))
    angles = jnp.asarray(case.angles, jnp.float32)
    return Contender(
        lambda number: waited(lambda: compiled(angles)), lambda result: (float(result[0]), np.asarray(result[1]))
    )
