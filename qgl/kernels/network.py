"""The numbers of a tensor network: tables of tensors of one shape, computed from the inputs."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.arrays import take
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import pool_entries
from qgl.plan.network import Network
from qgl.plan.network_bases import letter_duals, pauli_basis
from qgl.plan.network_values import Source, Table


def tensor_tables(network: Network, inputs: jax.Array) -> list[jax.Array]:
    """For every table of the network its tensors, shape (rows, *table.shape), in the precision of `inputs`.

    Complex in the algebra of amplitudes, real in the doubled one.
    """
    entries = pool_entries(network.pool, evaluate(network.expressions, inputs))
    return [_table(table, entries, network.algebra) for table in network.tables]


def _table(table: Table, entries: jax.Array, algebra: str) -> jax.Array:
    dtype = entries.dtype if algebra == "amplitude" else entries.real.dtype
    parts = [jnp.asarray(table.fixed, dtype)]
    parts += [_tensors(source, entries, algebra).reshape(-1, *table.shape) for source in table.sources]
    values = jnp.concatenate(parts)
    return jnp.concatenate([values, *(_run(values, run) for run in table.runs)])


def _tensors(source: Source, entries: jax.Array, algebra: str) -> jax.Array:
    """Shape (rows, cut labels, out, in)."""
    size = (4 if source.kind == "channel" else 2) ** source.qubits
    offsets = source.offsets
    if np.all(np.diff(offsets) == size * size):  # a table of indices would grow with the matrices
        flat = entries[int(offsets[0]) : int(offsets[-1]) + size * size]
    else:
        flat = take(entries, offsets[:, None] + np.arange(size * size, dtype=np.int32))
    matrices = flat.reshape(-1, size, size)
    if algebra == "doubled":
        matrices = transfer(matrices, source.qubits) if source.kind == "gate" else channel_transfer(matrices)
    return _cut(matrices, source, algebra)


def transfer(unitaries: jax.Array, qubits: int) -> jax.Array:
    """Pauli transfer matrices tr(P_i U P_j U^+) / 2^k of unitaries, shape (rows, 4^k, 4^k), real."""
    basis = jnp.asarray(pauli_basis(qubits), unitaries.dtype)
    moved = jnp.einsum("rab,jbc,rdc->rjad", unitaries, basis, unitaries.conj(), precision="highest")
    return jnp.einsum("ida,rjad->rij", basis / 2**qubits, moved, precision="highest").real


def channel_transfer(matrices: jax.Array) -> jax.Array:
    """Pauli transfer matrices of superoperators on (ket bits, bra bits), shapes (rows, 4^k, 4^k)."""
    qubits = int(math.log2(matrices.shape[-1])) // 2
    basis = pauli_basis(qubits).reshape(4**qubits, -1)
    left = jnp.asarray(basis.conj() / 2**qubits, matrices.dtype)
    right = jnp.asarray(basis, matrices.dtype)
    return jnp.einsum("ia,rab,jb->rij", left, matrices, right, precision="highest").real


def _cut(matrices: jax.Array, source: Source, algebra: str) -> jax.Array:
    """Matrices with the cut wires replaced by the labels of their letters, these first."""
    if not source.cut:
        return matrices
    count, dimension = source.qubits, 2 if algebra == "amplitude" else 4
    tensor = matrices.reshape(-1, *(dimension,) * (2 * count))
    rows, outs, ins = 0, list(range(1, count + 1)), list(range(count + 1, 2 * count + 1))
    arguments: list[object] = [tensor, [rows, *outs, *ins]]
    labels = list(range(2 * count + 1, 2 * count + 1 + len(source.cut)))
    for label, (place, letter) in zip(labels, source.cut, strict=True):
        dual = jnp.asarray(letter_duals(algebra, letter), matrices.dtype)
        arguments += [dual, [label, outs[place], ins[place]]]
    kept = [k for k in range(count) if k not in dict(source.cut)]
    output = [rows, *labels, *(outs[k] for k in kept), *(ins[k] for k in kept)]
    result: jax.Array = jnp.einsum(*arguments, output, precision="highest")
    return result


def _run(values: jax.Array, run: np.ndarray[Any, Any]) -> jax.Array:
    """Products of matrices on one wire, shape (rows, d, d), as sums that vectorise along rows."""
    matrices = take(values, run)
    product = matrices[:, 0]
    for k in range(1, run.shape[1]):
        product = jnp.einsum("rab,rbc->rac", matrices[:, k], product, precision="highest")
    return product
