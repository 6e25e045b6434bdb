"""Strings gate by gate: tensors from the inputs by JAX, bits on the host."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.devices.host import Real, on_host
from qgl.kernels.gate_by_gate.sampling import Sampler
from qgl.kernels.gate_by_gate.tensors import of_network
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.runner import GivenArrays, needed
from qgl.plan.gate_by_gate.method import GateByGateProgram
from qgl.query import Query, Samples

SEEDS, SEED_BITS = 8, 16  # numbers that begin a generator on the host; each is exact in single precision


class GateByGateRunner:
    """Shots go in batches, one after another; there is no gradient."""

    def __init__(self, program: GateByGateProgram) -> None:
        self.program = program

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """As `Runner` says; all queries get the same key.

        Raises:
            ValueError: there is no key, or a query is no `Samples`.
        """
        seeds = jax.random.randint(needed(key, "samples"), (SEEDS,), 0, 1 << SEED_BITS)
        tables = [table.reshape(-1) for table in tensor_tables(self.program.network, inputs)]
        flat = jnp.concatenate(tables)
        numbers = jnp.concatenate([flat.real, flat.imag, seeds.astype(flat.real.dtype)])
        return {query: self._strings(numbers, query) for query in queries}

    def _strings(self, numbers: jax.Array, query: Query) -> jax.Array:
        """Shape (shots, n), uint8."""
        if not isinstance(query, Samples):
            raise ValueError(f"{type(query).__name__} is not answered gate by gate")
        shots, width = query.shots, len(self.program.visible)
        bits = on_host(lambda flat: self._drawn(flat, shots), numbers, shots * width)
        return bits.reshape(shots, width).astype(jnp.uint8)

    def _drawn(self, flat: Real, shots: int) -> Real:
        """Bits of the visible qubits, shape (shots * n,), from tensors and seeds; NaN where a tensor is not finite."""
        if not np.isfinite(flat).all():
            return np.full(shots * len(self.program.visible), np.nan)
        draw = np.random.default_rng(flat[-SEEDS:].astype(int).tolist())
        program, kind = self.program, np.complex64 if self.program.precision == "single" else np.complex128
        tensors = of_network(program.network, flat[:-SEEDS], kind)
        together = program.design.together(shots)
        sampler = Sampler(program.design.walk, tensors, program.wires)
        parts = []
        for first in range(0, shots, together):
            count = min(together, shots - first)
            bits = sampler.bits(count, lambda ones: draw.random(len(ones)) < ones)
            parts.append(bits[program.visible].T.astype(float))
        strings: Real = np.concatenate(parts).ravel()
        return strings
