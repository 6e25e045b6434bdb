"""Simulators of IQP circuits by random Pauli words and samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contenders.model import Contender, waited
from benchmarks.workloads import Case


def phox(case: Case) -> Contender:
    """PennyLane's `labs.phox`. Its data term is the unbiased one: a constant below ours, at most 1 / (rows - 1)."""
    import jax
    import jax.numpy as jnp
    from pennylane.labs.phox.expval_functions import CircuitConfig
    from pennylane.labs.phox.mmd_loss import MMDConfig, mmd_loss

    n, key = case.width, jax.random.key(3)
    generators = [[k] for k in range(n)] + [[k, (k + far) % n] for far in (1, 2) for k in range(n)]
    config = CircuitConfig(
        gates={k: [generator] for k, generator in enumerate(generators)},
        observables=np.zeros((1, n), dtype=np.int32),
        n_samples=1000,
        key=key,
        n_qubits=n,
    )
    kernel = MMDConfig(bandwidth=float(np.sqrt(n) / 2), n_ops=1000)
    rows = jnp.asarray(case.rows, jnp.float32)

    def loss(angles: Any, key: Any) -> Any:
        return mmd_loss(angles, config, kernel, rows, key)

    compiled = jax.jit(jax.value_and_grad(loss))
    angles = jnp.asarray(case.angles.reshape(-1), jnp.float32)
    return Contender(
        lambda number: waited(lambda: compiled(angles, jax.random.fold_in(key, number))),
        lambda result: (float(result[0]), np.asarray(result[1], np.float64)),
    )
