"""Runs tiles of small cones: one scan for all classes of a batch.

A step is a gather of rows of lanes, which are contiguous, and a product with a matrix for each lane.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import complex_like, reordered, squared, take, with_inverse
from qgl.kernels.devices.mesh import shared, sharers
from qgl.kernels.matrices import group_matrices
from qgl.plan.cones.blocks import TileBlocks
from qgl.plan.cones.tiles import TileBatch


def tile_blocks(blocks: TileBlocks, numbers: jax.Array) -> jax.Array:
    """All blocks, shape (blocks, K * K), from the expression outputs."""
    dtype = complex_like(numbers.dtype)
    depth, count = blocks.factors.shape
    rows = [jnp.asarray(blocks.fixed, dtype)]
    for one in blocks.embeddings:
        matrices = group_matrices(blocks.pool.groups[one.group], numbers).astype(dtype)
        matrices = matrices.conj() if one.conjugate else matrices
        chosen = take(matrices.reshape(len(matrices), -1), one.rows)
        rows.append(jnp.matmul(chosen, jnp.asarray(one.entries, dtype), precision="highest"))
    if not depth:
        return rows[0]
    size = 2**blocks.arity
    factors = take(jnp.concatenate(rows), blocks.factors)
    factors = jnp.swapaxes(factors, 1, 2).reshape(depth, size, size, count)
    return matrix_products(factors).reshape(size * size, count).T


@jax.custom_vjp
def matrix_products(factors: jax.Array) -> jax.Array:
    """The product of matrices, the last one left-most, of shapes (depth, K, K, batch) and (K, K, batch)."""
    return _products(factors)[0]


def _products(factors: jax.Array) -> tuple[jax.Array, jax.Array]:
    def step(total: jax.Array, factor: jax.Array) -> tuple[jax.Array, jax.Array]:
        return _multiply(factor[None], total[None])[0], total

    return lax.scan(step, factors[0], factors[1:])


def _product_backward(saved: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array]:
    factors, before = saved

    def step(gradient: jax.Array, xs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        factor, total = xs
        cotangent = _cotangent(gradient[None], total[None])[0]
        return _multiply(factor.swapaxes(0, 1)[None], gradient[None])[0], cotangent

    first, cotangents = lax.scan(step, gradient, (factors[1:], before), reverse=True)
    return (jnp.concatenate([first[None], cotangents]),)


def _product_forward(factors: jax.Array) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    total, before = _products(factors)
    return total, (factors, before)


matrix_products.defvjp(_product_forward, _product_backward)


class TileMoves(NamedTuple):
    """Where the amplitudes of each tile go before each step; the tables of `TileBatch`.

    move     (steps, tiles) rows of `moves`
    moves    (moves, 2^bits) places in the old state of the amplitudes of the new one
    inverse  (moves, 2^bits) the inverse of `moves`
    """

    move: jax.Array
    moves: jax.Array
    inverse: jax.Array


@jax.custom_vjp
def apply_unitaries(tables: TileMoves, matrices: jax.Array, state: jax.Array) -> jax.Array:
    """All steps, of unitary matrices. Shapes: matrices (steps, tiles, K, K, lanes), state (tiles, 2^bits, lanes)."""
    return lax.scan(lambda state, xs: (_step(tables, state, xs)[0], None), state, (tables.move, matrices))[0]


def _step(tables: TileMoves, state: jax.Array, xs: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
    """The state after a step, and before its matrix acted."""
    move, matrix = xs
    moved = gather(state, tables.moves[move]).reshape(len(state), matrix.shape[1], -1, state.shape[2])
    return _multiply(matrix, moved).reshape(state.shape), moved


def _forward(tables: TileMoves, matrices: jax.Array, state: jax.Array) -> tuple[jax.Array, Any]:
    final = apply_unitaries(tables, matrices, state)
    return final, (tables, matrices, final)


def _backward(saved: Any, gradient: jax.Array) -> tuple[None, jax.Array, jax.Array]:
    """Undoes the steps, so that no state has to be kept."""
    tables, matrices, final = saved

    def step(carry: tuple[jax.Array, jax.Array], xs: tuple[jax.Array, jax.Array]) -> tuple[Any, jax.Array]:
        move, matrix = xs
        shape = (len(final), matrix.shape[1], -1, final.shape[2])
        transposed, (state, after) = matrix.swapaxes(1, 2), (one.reshape(shape) for one in carry)
        moved = _multiply(transposed.conj(), state)
        inverse = tables.inverse[move]
        before = (gather(one.reshape(final.shape), inverse) for one in (moved, _multiply(transposed, after)))
        return tuple(before), _cotangent(after, moved)

    (_, before), cotangents = lax.scan(step, (final, gradient), (tables.move, matrices), reverse=True)
    return None, cotangents, before


apply_unitaries.defvjp(_forward, _backward)


@jax.custom_vjp
def apply_matrices(tables: TileMoves, matrices: jax.Array, state: jax.Array) -> jax.Array:
    """`apply_unitaries`, of the same shapes, where matrices may be anything; on the way back all states are kept."""
    return _keeping(tables, matrices, state)[0]


def _keeping(tables: TileMoves, matrices: jax.Array, state: jax.Array) -> tuple[jax.Array, jax.Array]:
    return lax.scan(lambda state, xs: _step(tables, state, xs), state, (tables.move, matrices))


def _any_forward(tables: TileMoves, matrices: jax.Array, state: jax.Array) -> tuple[jax.Array, Any]:
    final, kept = _keeping(tables, matrices, state)
    return final, (tables, matrices, kept)


def _any_backward(saved: Any, gradient: jax.Array) -> tuple[None, jax.Array, jax.Array]:
    tables, matrices, kept = saved

    def step(gradient: jax.Array, xs: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
        move, matrix, moved = xs
        after = gradient.reshape(moved.shape)
        before = _multiply(matrix.swapaxes(1, 2), after).reshape(gradient.shape)
        return gather(before, tables.inverse[move]), _cotangent(after, moved)

    before, cotangents = lax.scan(step, gradient, (tables.move, matrices, kept), reverse=True)
    return None, cotangents, before


apply_matrices.defvjp(_any_forward, _any_backward)


def gather(state: jax.Array, rows: jax.Array) -> jax.Array:
    """state[t, rows[t, x]] for every tile t, shapes (tiles, 2^bits, lanes) and (tiles, 2^bits)."""
    tiles, size, lanes = state.shape
    index = rows + size * jnp.arange(tiles, dtype=rows.dtype)[:, None]
    return reordered(state.reshape(-1, lanes), index)


def _multiply(matrix: jax.Array, state: jax.Array) -> jax.Array:
    """Matrices (tiles, K, K, lanes) on the second axis of (tiles, K, rest, lanes), as sums that vectorise on lanes."""
    size = matrix.shape[1]
    rows = []
    for i in range(size):
        total = matrix[:, i, 0, None] * state[:, 0]
        for j in range(1, size):
            total += matrix[:, i, j, None] * state[:, j]
        rows.append(total)
    return jnp.stack(rows, axis=1)


def _cotangent(gradient: jax.Array, state: jax.Array) -> jax.Array:
    """The cotangent of the matrices in `_multiply`, from that of its result."""
    return jnp.sum(gradient[:, :, None] * state[:, None], axis=3)


class TileRunner:
    """A batch: from all blocks to Pauli words and regions of every lane of every tile."""

    def __init__(self, batch: TileBatch) -> None:
        self.batch = batch

    def __call__(self, blocks: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Pauli words, shape (tiles * lanes, pauli_words), and regions, each of shape (tiles * lanes, ...)."""
        batch = self.batch
        tiles, lanes = batch.block.shape[1:]
        matrices = take(blocks, batch.block)
        size = min(batch.chunk, -(-tiles // sharers()))
        if size >= tiles:
            return self._run(matrices, jnp.asarray(batch.move), jnp.asarray(batch.final))
        chunks = -(-tiles // size)
        room = chunks * size - tiles

        def split(table: jax.Array) -> jax.Array:
            """Tiles, which are the first axis, in chunks."""
            padded = jnp.pad(table, [(0, room), *[(0, 0)] * (table.ndim - 1)])
            return padded.reshape(chunks, size, *table.shape[1:])

        by_tile = (jnp.swapaxes(matrices, 0, 1), jnp.asarray(batch.move.T), jnp.asarray(batch.final))
        run = jax.checkpoint(lambda xs: self._run(jnp.swapaxes(xs[0], 0, 1), xs[1].T, xs[2]))
        pauli_words, regions = shared(lambda *tables: lax.map(run, tables), *map(split, by_tile))

        def members(rows: jax.Array) -> jax.Array:
            return rows.reshape(rows.shape[0] * rows.shape[1], *rows.shape[2:])[: tiles * lanes]

        return members(pauli_words), tuple(members(region) for region in regions)

    def _run(self, matrices: jax.Array, move: jax.Array, final: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        """Shapes: `matrices` (steps, tiles, lanes, K * K), `move` (steps, tiles), `final` (tiles,)."""
        batch = self.batch
        steps, tiles, lanes, entries = matrices.shape
        size = round(entries**0.5)
        moves, inverse = jnp.asarray(batch.moves), jnp.asarray(batch.inverse)
        state = jnp.zeros((tiles, 2**batch.bits, lanes), matrices.dtype).at[:, 0].set(1)
        if steps:
            matrices = jnp.swapaxes(matrices, 2, 3).reshape(steps, tiles, size, size, lanes)
            run = apply_matrices if batch.density else apply_unitaries
            state = run(TileMoves(move, moves, inverse), matrices, state)
        return self._read(_reorder(state, moves[final], inverse[final]))

    def _read(self, state: jax.Array) -> tuple[jax.Array, tuple[jax.Array, ...]]:
        batch = self.batch
        seen = _distribution(batch, state) if batch.bits_only else _reduced(batch, state)
        dtype = seen.dtype
        pauli_words = _apply(batch.pauli_words.real if batch.bits_only else batch.pauli_words, seen).real
        regions = []
        for rows in batch.regions:
            size = round(len(rows) ** (1.0 if batch.bits_only else 0.5))
            values = _apply(rows, seen).astype(dtype)
            regions.append(values if batch.bits_only else values.reshape(-1, size, size))
        return pauli_words, tuple(regions)


def _apply(rows: np.ndarray[Any, Any], seen: jax.Array) -> jax.Array:
    """rows @ seen of every lane, shape (tiles * lanes, len(rows)); seen (tiles, entries, lanes)."""
    dtype = jnp.result_type(seen.dtype, jnp.complex64) if np.iscomplexobj(rows) else seen.dtype
    values = jnp.einsum("wx,txg->tgw", jnp.asarray(rows, dtype), seen, precision="highest")
    return values.reshape(seen.shape[0] * seen.shape[2], len(rows))


def _distribution(batch: TileBatch, state: jax.Array) -> jax.Array:
    """The distribution of the qubits that are read, shape (tiles, 2^read, lanes)."""
    tiles, _, lanes = state.shape
    if not batch.density:
        return jnp.sum(squared(state).reshape(tiles, 2**batch.read, -1, lanes), axis=2)
    side = 2 ** (batch.bits // 2)
    diagonal = state.reshape(tiles, side * side, lanes)[:, :: side + 1].real
    return jnp.sum(diagonal.reshape(tiles, 2**batch.read, -1, lanes), axis=2)


def _reduced(batch: TileBatch, state: jax.Array) -> jax.Array:
    """The state of the qubits that are read, shape (tiles, 4^read, lanes)."""
    tiles, _, lanes = state.shape
    size = 2**batch.read
    if batch.density:
        rho = jnp.einsum("txeyeg->txyg", state.reshape(tiles, size, 2 ** (batch.bits // 2) // size, size, -1, lanes))
    else:
        psi = state.reshape(tiles, size, -1, lanes)
        rho = jnp.einsum("txeg,tyeg->txyg", psi, psi.conj(), precision="highest")
    return rho.reshape(tiles, size * size, lanes)


_reorder = with_inverse(gather)
