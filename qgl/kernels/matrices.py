"""The pool of small matrices, and the products of them that make blocks."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from qgl.gates import CHANNELS, GATES
from qgl.gates.generators import generator_qubits, hermitian
from qgl.gates.isometries import embedded, entries, isometry_shape
from qgl.kernels.arrays import chain, complex_like, permute_rows, take, with_inverse
from qgl.kernels.functions import Numbers
from qgl.kernels.hermitian import exponential, nearest_isometry
from qgl.kernels.rounding import perturbed
from qgl.plan.matrix_pool import MatrixGroup, Pool
from qgl.plan.state.tables import Products


def pool_entries(pool: Pool, numbers: jax.Array) -> jax.Array:
    """All matrices flat, shape (pool.size,) or twice that with conjugates; `numbers` are the expression outputs."""
    dtype = complex_like(numbers.dtype)
    parts = [jnp.asarray(pool.constants, dtype)]
    parts += [group_matrices(group, numbers).astype(dtype).reshape(-1) for group in pool.groups]
    entries = perturbed(jnp.concatenate(parts))
    return jnp.concatenate([entries, entries.conj()]) if pool.conjugates else entries


def group_matrices(group: MatrixGroup, numbers: jax.Array) -> jax.Array:
    """All matrices of a group, shape (count, size, size), from the expression outputs."""
    columns = group.angles.shape[1]
    together = take(numbers, group.angles) if columns else jnp.zeros((group.count, 0))
    if group.kind == "channel":
        kraus = jnp.asarray(CHANNELS[group.name].kraus(Numbers(), *_columns(together)))
        return jnp.broadcast_to(superoperator(kraus), (group.count, group.size, group.size))
    if group.kind == "pauli":
        assert group.pauli_words is not None
        angle = together[:, 0, None, None]
        matrix = jnp.cos(angle) * np.eye(group.pauli_words.shape[-1]) + 1j * jnp.sin(angle) * group.pauli_words
    elif (qubits := generator_qubits(group.name)) is not None:
        matrix = exponential(hermitian(jnp, qubits, together))
    elif (shape := isometry_shape(group.name)) is not None:
        matrix = embedded(jnp, shape, nearest_isometry(entries(shape, together)))
    elif (of_vector := GATES[group.name].of_vector) is not None:
        matrix = of_vector(jnp, together)
    else:
        matrix = jnp.asarray(GATES[group.name].matrix(jnp, *_columns(together)))
    inner = matrix.shape[-1]
    matrix = matrix * matrix.conj() if group.kind == "chances" else matrix
    matrix = jnp.broadcast_to(matrix, (group.count, inner, inner))
    if not group.controls:
        return matrix
    rest = group.size - inner
    corner = jnp.pad(matrix, ((0, 0), (rest, 0), (rest, 0)))
    return corner + np.diag([1.0] * rest + [0.0] * inner)


def _columns(numbers: jax.Array) -> list[jax.Array]:
    return [numbers[:, column] for column in range(numbers.shape[1])]


def superoperator(kraus: jax.Array) -> jax.Array:
    """sum K x K*, shape (..., 4^k, 4^k), of Kraus operators of shape (..., count, 2^k, 2^k)."""
    product = jnp.einsum("...aij,...akl->...ikjl", kraus, kraus.conj())
    size = kraus.shape[-1] ** 2
    return product.reshape(*product.shape[:-4], size, size)


def block_matrices(products: Products, entries: jax.Array) -> jax.Array:
    """The matrices of all blocks, shape (blocks, K, K)."""
    blocks, rows = products.finish.shape
    if not blocks:
        return jnp.zeros((0, rows, rows), entries.dtype)
    size = 2**products.arity
    still = np.broadcast_to(np.arange(size, dtype=np.int32), products.units.shape[:3])
    units = chain(take(entries, products.units), still, still)
    factors = take(units, products.members)
    product = chain(factors, products.moves, products.inverse)
    return _reorder(product, products.finish, products.unfinish)


_reorder = with_inverse(permute_rows)
