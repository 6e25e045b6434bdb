"""The numbers of a tensor network: tables of tensors of one shape, computed from the inputs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np

from qgl.kernels.arrays import take
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import pool_entries
from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool
from qgl.plan.network.bases import letter_duals, pair_basis, pauli_basis
from qgl.plan.network.values import Source, Table


class Numbers(Protocol):
    """What the numbers of a network are computed from; see `qgl.plan.network.tensors.Network`."""

    @property
    def algebra(self) -> str:
        """As in `bases.DIMENSION`."""
        ...

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tensors by their shapes."""
        ...

    @property
    def pool(self) -> Pool:
        """The matrices that they are made of."""
        ...

    @property
    def expressions(self) -> Expressions:
        """What these depend on."""
        ...


def tensor_tables(network: Numbers, inputs: jax.Array) -> list[jax.Array]:
    """For every table of the network its tensors, shape (rows, *table.shape), in the precision of `inputs`.

    Complex in the algebra of amplitudes, real in Pauli-transfer form.
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
    """Shape (rows, cut labels, outs that do not end, ins that do not begin)."""
    size = (4 if source.kind == "channel" else 2) ** source.qubits
    offsets = source.offsets
    if np.all(np.diff(offsets) == size * size):  # a table of indices would grow with the matrices
        flat = entries[int(offsets[0]) : int(offsets[-1]) + size * size]
    else:
        flat = take(entries, offsets[:, None] + np.arange(size * size, dtype=np.int32))
    matrices = flat.reshape(-1, size, size)
    if source.kind == "channel":
        return channel_transfer(matrices)
    tensors = _cut(matrices, source)
    if algebra == "amplitude":
        return tensors
    letters, outs = [letter for _, letter in source.cut], source.qubits - len(source.cut) - len(source.ends)
    return pauli_transfer(tensors, letters, outs, len(source.ends))


def pauli_transfer(tensors: jax.Array, letters: Sequence[str], outs: int, traced: int = 0) -> jax.Array:
    """From maps F_k of a gate to the real tensor of rho -> sum over k, l of E_kl (x) F_k rho F_l^+.

    tensors: axes (rows, labels k of the cut `letters`, `outs`, ins, outs that are `traced` out), all but the first of
    dimension 2; the result has the same axes of dimension 4, in the basis of `qgl.plan.network.bases`, but 2 for a
    letter `z`, and none for what is traced out.
    """
    count, cut = tensors.ndim - 1 - traced, len(letters)
    if traced:
        flat = tensors.reshape(len(tensors), 2**count, 2**traced)
        both = jnp.einsum("rat,rbt->rab", flat, flat.conj(), precision="highest")
        axes = [1 + side * count + k for k in range(count) for side in (0, 1)]
        pairs = both.reshape(len(tensors), *(2,) * (2 * count)).transpose(0, *axes)
        pairs = pairs.reshape(len(tensors), *(4,) * count)
    else:
        kets = tensors.reshape(len(tensors), *(2, 1) * count)
        bras = tensors.conj().reshape(len(tensors), *(1, 2) * count)
        pairs = (kets * bras).reshape(len(tensors), *(4,) * count)
    for axis in range(count):
        side = "cut" if axis < cut else "out" if axis < cut + outs else "in"
        basis = pair_basis(side)[:, :2] if axis < cut and letters[axis] == "z" else pair_basis(side)
        change = jnp.asarray(basis, pairs.dtype)
        moved = jnp.tensordot(pairs, change, ((axis + 1,), (0,)), precision="highest")
        pairs = jnp.moveaxis(moved, -1, axis + 1)
    return pairs.real


def channel_transfer(matrices: jax.Array) -> jax.Array:
    """Pauli transfer matrices of superoperators on (ket bits, bra bits), shapes (rows, 4^k, 4^k)."""
    qubits = int(math.log2(matrices.shape[-1])) // 2
    basis = pauli_basis(qubits).reshape(4**qubits, -1)
    left = jnp.asarray(basis.conj() / 2**qubits, matrices.dtype)
    right = jnp.asarray(basis, matrices.dtype)
    return jnp.einsum("ia,rab,jb->rij", left, matrices, right, precision="highest").real


def _cut(matrices: jax.Array, source: Source) -> jax.Array:
    """Matrices as tensors whose cut wires are replaced by the labels of their letters, these first; outs that end come
    last.
    """
    count = source.qubits
    tensor = matrices.reshape(-1, *(2,) * (2 * count))
    rows, outs, ins = 0, list(range(1, count + 1)), list(range(count + 1, 2 * count + 1))
    tensor = tensor[
        (slice(None),) * (1 + count) + tuple(0 if k in source.begins else slice(None) for k in range(count))
    ]
    entering = [ins[k] for k in range(count) if k not in source.begins]
    arguments: list[object] = [tensor, [rows, *outs, *entering]]
    labels = list(range(2 * count + 1, 2 * count + 1 + len(source.cut)))
    for label, (place, letter) in zip(labels, source.cut, strict=True):
        dual = jnp.asarray(letter_duals(letter), matrices.dtype)
        arguments += [dual, [label, outs[place], ins[place]]]
    kept = [k for k in range(count) if k not in dict(source.cut)]
    staying = [outs[k] for k in kept if k not in source.ends]
    going_in = [ins[k] for k in kept if k not in source.begins]
    output = [rows, *labels, *staying, *going_in, *(outs[k] for k in source.ends)]
    result: jax.Array = jnp.einsum(*arguments, output, precision="highest")
    return result


def _run(values: jax.Array, run: np.ndarray[Any, Any]) -> jax.Array:
    """Products of matrices on one wire, shape (rows, d, d), as sums that vectorise along rows."""
    matrices = take(values, run)
    product = matrices[:, 0]
    for k in range(1, run.shape[1]):
        product = jnp.einsum("rab,rbc->rac", matrices[:, k], product, precision="highest")
    return product
