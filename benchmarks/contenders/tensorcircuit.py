"""TensorCircuit-NG under `jax.jit`."""

from __future__ import annotations

from typing import Any

from benchmarks.contenders.model import Contender, jitted
from benchmarks.workloads import Case


def tensorcircuit(case: Case) -> Contender:
    """Whole states for W1 and W1b; for W2 each Pauli word by itself on its light cone."""
    import jax.numpy as jnp
    import tensorcircuit as tc

    tc.set_backend("jax")
    n = case.width

    def ring(angles: Any) -> Any:
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

    def chain(angles: Any) -> Any:
        state = tc.Circuit(n)
        for layer in range(case.layers):
            for k in range(n):
                state.rx(k, theta=angles[layer, 0, k])
            for k in range(n):
                state.rz(k, theta=angles[layer, 1, k])
            for k in range(layer % 2, n - 1, 2):
                state.rzz(k, k + 1, theta=angles[layer, 2, k])
        return jnp.real(
            jnp.stack([state.expectation_ps(z=pair.tolist(), enable_lightcone=True) for pair in case.pairs])
        )

    return jitted(chain if case.workload == "W2" else ring, case)
