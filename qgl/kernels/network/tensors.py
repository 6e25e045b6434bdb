"""The numbers of a tensor network: tables of tensors of one shape, computed from the inputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial, reduce
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import complex_like, product, take
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import pool_entries
from qgl.kernels.rounding import perturbed, perturbing
from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool
from qgl.plan.network.angles import PRODUCTS
from qgl.plan.network.sources import AngleSource, Source, Table
from qgl.plan.network.transfer import channel_transfer, cut_tensors, pauli_transfer

_einsum = partial(jnp.einsum, precision="highest")


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
        """What these depend on: the numbers of the pool, then those of each `AngleSource`."""
        ...


def tensor_tables(network: Numbers, inputs: jax.Array) -> list[jax.Array]:
    """For every table of the network its tensors, shape (rows, *table.shape), in the precision of `inputs`.

    Complex in the algebra of amplitudes, real in Pauli-transfer form.
    """
    numbers = evaluate(network.expressions, inputs)
    sources = [source for table in network.tables for source in table.sources]
    of_angles = [source for source in sources if isinstance(source, AngleSource)]
    sizes = [source.rows * len(source.functions) for source in of_angles]
    x = lax.slice_in_dim(numbers, len(numbers) - sum(sizes), len(numbers))
    cosines, sines = (lax.split(each, sizes) if sizes else () for each in (lax.cos(x), lax.sin(x)))
    both = {id(source): each for source, each in zip(of_angles, zip(cosines, sines, strict=True), strict=True)}
    entries = pool_entries(network.pool, numbers) if len(of_angles) < len(sources) else numbers
    dtype = complex_like(numbers.dtype) if network.algebra == "amplitude" else numbers.dtype

    def tensors(source: Source | AngleSource) -> jax.Array:
        if isinstance(source, AngleSource):
            return _of_angles(source, *both[id(source)], network.algebra)
        return _of_matrices(source, entries, network.algebra)

    return [_table(table, [jnp.asarray(table.fixed, dtype), *map(tensors, table.sources)]) for table in network.tables]


def _table(table: Table, parts: list[jax.Array]) -> jax.Array:
    values = lax.concatenate([part.reshape(-1, *table.shape) for part in parts if len(part)], 0)
    runs = [_run(values, run) for run in table.runs]
    return lax.concatenate([values, *runs], 0) if runs else values


def _of_angles(source: AngleSource, cosines: jax.Array, sines: jax.Array, algebra: str) -> jax.Array:
    """Shape (rows, entries of a tensor). cosines, sines: of all angles of the tensors, shapes (angles * rows,)."""
    rows, columns = source.rows, len(source.constants)
    present = sorted({place for places in source.functions for place in places})
    every = _functions(cosines, sines, present if len(source.functions) > 1 else source.functions[0])
    functions = every.reshape(-1, len(source.functions), rows)
    if len(source.functions) > 1:
        each = []
        for angle, places in enumerate(source.functions):
            own = functions[:, angle]
            each.append(own if list(places) == present else own[np.searchsorted(present, places)])
        functions = reduce(lambda left, right: (left[:, None] * right).reshape(-1, rows), each)
    functions = functions.reshape(columns, rows)
    if source.first.any() or np.any(source.last < rows):
        row = lax.broadcasted_iota(np.int32, (columns, rows), 1)
        of_gate = (row >= source.first[:, None]) & (row < source.last[:, None])
        functions = lax.select(of_gate, functions, lax.full_like(functions, 0))
    constants = source.constants.reshape(columns, -1)
    if algebra == "pauli_transfer":
        tensors = product(functions, jnp.asarray(constants, functions.dtype), (0, 0))
        return _perturbed_legs(tensors.reshape(rows, *source.constants.shape[1:]), source.labels, source.outs)
    parts = jnp.asarray(np.concatenate([constants.real, constants.imag], axis=1), functions.dtype)
    real, imaginary = lax.split(product(functions, parts, (0, 0)), (constants.shape[1],) * 2, 1)
    return perturbed(lax.complex(real, imaginary))


def _functions(cosines: jax.Array, sines: jax.Array, places: Sequence[int]) -> jax.Array:
    """These of `PRODUCTS` of 1, cosine, sine: shape (places * angles,) for shapes (angles,)."""
    basic = (lax.full_like(sines, 1), cosines, sines)
    return lax.concatenate(
        [basic[k] if j == 0 else basic[j] * basic[k] for j, k in map(PRODUCTS.__getitem__, places)], 0
    )


def _perturbed_legs(tensors: jax.Array, labels: int, outs: int) -> jax.Array:
    """Tensors in Pauli-transfer form, perturbed as the amplitudes of the two states of each cut or outgoing wire would
    be: shape (rows, *labels, *outs, *ins).

    To perturb the entries would make up probabilities of as many units in the last place as it takes away.
    """
    if not perturbing():
        return tensors
    amplitudes = perturbed(lax.full((labels + outs, 2, len(tensors)), 1, tensors.dtype))
    for axis, (zero, one) in enumerate(amplitudes):
        populations, coherence = (zero * zero, one * one), zero * one
        shape = [len(tensors) if k == 0 else -1 if k == axis + 1 else 1 for k in range(tensors.ndim)]
        if axis < labels:  # E_00, E_11, and the two combinations of E_01 and E_10
            factors = (*populations, coherence, coherence)[: tensors.shape[axis + 1]]
            tensors = tensors * jnp.stack(factors, 1).reshape(shape)
            continue
        # the first of I, X, Y, Z is the sum of the populations, the last is their difference
        kept, mixed = (populations[0] + populations[1]) / 2, (populations[0] - populations[1]) / 2
        same = jnp.stack([kept, coherence, coherence, kept], 1).reshape(shape)
        other = jnp.stack([mixed, 0 * mixed, 0 * mixed, mixed], 1).reshape(shape)
        tensors = tensors * same + lax.rev(tensors, (axis + 1,)) * other
    return tensors


def _of_matrices(source: Source, entries: jax.Array, algebra: str) -> jax.Array:
    """Shape (rows, cut labels, outs that do not end, ins that do not begin)."""
    size = (4 if source.kind == "channel" else 2) ** source.qubits
    offsets = source.offsets
    if np.all(np.diff(offsets) == size * size):  # a table of indices would grow with the matrices
        flat = entries[int(offsets[0]) : int(offsets[-1]) + size * size]
    else:
        flat = take(entries, offsets[:, None] + np.arange(size * size, dtype=np.int32))
    matrices = flat.reshape(-1, size, size)
    if source.kind == "channel":
        transfer: jax.Array = channel_transfer(_einsum, matrices)
        return transfer
    tensors: jax.Array = cut_tensors(_einsum, matrices, source.qubits, source.cut, source.begins, source.ends)
    if algebra == "amplitude":
        return tensors
    letters, outs = [letter for _, letter in source.cut], source.qubits - len(source.cut) - len(source.ends)
    real: jax.Array = pauli_transfer(_einsum, tensors, letters, outs, len(source.ends))
    return real


def _run(values: jax.Array, run: np.ndarray[Any, Any]) -> jax.Array:
    """Products of matrices on one wire, shape (rows, d, d), as sums that vectorise along rows."""
    first, *others = (take(values, rows) for rows in run.T)
    for other in others:
        first = jnp.sum(other[:, :, :, None] * first[:, None], axis=2)
    return first
