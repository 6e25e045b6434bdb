"""Contracts tensor networks: small tensors by tables, large ones group by group, rows of projections side by side."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import complex_like, product, squared, take
from qgl.kernels.contraction.sums import small_contractions
from qgl.kernels.devices.mesh import mapped
from qgl.kernels.final_state import Bits, Density, Final, from_pauli_words_of, read
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import GivenArrays, given
from qgl.plan.contraction.method import DISTRIBUTION, Contracted, ContractionProgram
from qgl.plan.contraction.scheme import Group, Indices, Part
from qgl.plan.network.bases import pauli_basis
from qgl.plan.network.pauli_words import pauli_words_of
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Query

Sources = dict[int, jax.Array]


class ContractionRunner:
    """Each network is contracted once for all that has the same rows."""

    def __init__(self, program: ContractionProgram) -> None:
        self.program = program

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """As `Runner` says."""
        networks = self.program.networks
        if "open" in networks:
            final = open_legs(networks["open"], inputs)
            return {query: read(final, query, array, key) for query, array in queries.items()}
        fixed = {name: _Rows(one, inputs) for name, one in networks.items()}
        return {query: self._answer(fixed, query, array) for query, array in queries.items()}

    def _answer(self, networks: Mapping[str, _Rows], query: Query, array: jax.Array | None) -> Any:
        match query:
            case LogProb():
                return networks["strings"].log_prob(jnp.asarray(query.rows))
            case GivenStrings():
                return networks["strings"].log_prob(given(array, query))
            case GivenPauliWords():
                values = networks["pauli_words"].expectation(3 * given(array, query).astype(jnp.int32))
                return jnp.stack([values, values**2])
            case Expectation() | Marginals():
                letters = letters_of(pauli_words_of(query), self.program.visible)
                values = networks["pauli_words"].expectation(jnp.asarray(letters))
                return from_pauli_words_of(query, values)
            case _:
                raise ValueError(f"{type(query).__name__} is not answered by contraction")


def open_legs(one: Contracted, inputs: jax.Array) -> Final:
    """The visible density matrix, shape (V, V), or the distribution of the bits, (V,), if only these are asked for."""
    _, sources, _ = _once(one, inputs)
    state = _result(one, sources)
    if one.bits_only:
        return Bits(state.reshape(-1))
    qubits = state.ndim
    basis = jnp.asarray(pauli_basis(1) / 2, complex_like(inputs.dtype))
    state = state.astype(basis.dtype)
    for _ in range(qubits):  # a leg at the front becomes a row and a column at the back
        state = product(state, basis, (0, 0))
    rows, columns = range(0, 2 * qubits, 2), range(1, 2 * qubits, 2)
    return Density(state.transpose(*rows, *columns).reshape(2**qubits, 2**qubits))


class _Rows:
    """A network whose legs are closed anew in each row; what is the same in all rows is contracted once."""

    def __init__(self, one: Contracted, inputs: jax.Array) -> None:
        self.one = one
        self.dtype = inputs.dtype
        handed, self.fixed, self.log_scale = _once(one, inputs)
        self.taken = take(handed, one.scheme.each.entries)
        self.small = small_contractions(one.scheme.each.small)

    def expectation(self, letters: jax.Array) -> jax.Array:
        """<P> of Pauli words, rows of letters 0 to 3, shape (rows, n)."""
        projections = jax.nn.one_hot(letters, 4, dtype=self.dtype)
        means: jax.Array = self._over(lambda projection: self._value(projection)[0], projections)
        return means

    def log_prob(self, strings: jax.Array) -> LogLikelihood:
        """log p of rows of bits, shape (rows, n). Each leg is scaled by 2 in p, so that a uniform distribution has p =
        1.
        """
        bits = strings.astype(self.dtype)
        if self.one.network.algebra == "amplitude":
            projections = math.sqrt(2) * jnp.stack([1 - bits, bits], -1)
        else:
            projections = 2 * jnp.stack([1 - bits, bits], -1)
        logs: LogLikelihood = self._over(self._log, projections)
        return logs

    def _log(self, projection: jax.Array) -> LogLikelihood:
        value, log_scale = self._value(projection)
        of_amplitudes = self.one.network.algebra == "amplitude"
        if of_amplitudes:
            value, log_scale = squared(value), 2 * log_scale
        width = len(projection)
        return LogLikelihood.of(value, width, log_scale - width * math.log(2), of_amplitudes=of_amplitudes)

    def _value(self, projection: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The contracted network over exp(log scale), and the log scale."""
        part = self.one.scheme.each
        closed = projection.reshape(-1)[jnp.asarray(part.projections)].astype(self.taken.dtype)
        handed = self.small(jnp.concatenate([self.taken, closed]))
        sources = self.fixed | _sources(part, handed, len(self.one.scheme.once.sources))
        sources, log_scale = _large(self.one, sources, varies=True)
        return _result(self.one, sources), self.log_scale + log_scale

    def _over(self, function: Callable[[jax.Array], Any], projections: jax.Array) -> Any:
        rows = len(projections)
        count, together = self.one.batches(rows)
        padding = jnp.broadcast_to(projections[:1], (count * together - rows, *projections.shape[1:]))
        filled = jnp.concatenate([projections, padding])
        run = jax.checkpoint(function) if count > 1 else function
        return jax.tree.map(lambda values: values[:rows], mapped(run, filled, batch_size=together))


def _once(one: Contracted, inputs: jax.Array) -> tuple[jax.Array, Sources, jax.Array]:
    """What is the same in all rows: small tensors handed on, sources of the large ones, and their log scale."""
    part = one.scheme.once
    handed = small_contractions(part.small)(take(_entries(one, inputs), part.entries))
    return handed, *_large(one, _sources(part, handed, 0), varies=False)


def _entries(one: Contracted, inputs: jax.Array) -> jax.Array:
    """All entries of the network, in the order that `Contracted` says."""
    tables = tensor_tables(one.network, inputs)
    cuts = [len(table.fixed) for table in one.network.tables]
    parts = [table[:cut] for table, cut in zip(tables, cuts, strict=True)]
    parts += [table[cut:] for table, cut in zip(tables, cuts, strict=True)]
    return jnp.concatenate(
        [jnp.asarray(DISTRIBUTION, tables[0].dtype).reshape(-1), *(part.reshape(-1) for part in parts)]
    )


def _sources(part: Part, handed: jax.Array, first: int) -> Sources:
    """The tensors of a part that are handed on to larger contractions, by shapes."""
    sources = {}
    for number, source in enumerate(part.sources, first):
        numbers = handed[source.first : source.first + source.count * math.prod(source.shape)]
        sources[number] = numbers.reshape(source.count, *source.shape)
    return sources


def _large(one: Contracted, sources: Sources, varies: bool) -> tuple[Sources, jax.Array]:
    """`sources` with the results of those groups.

    For strings each result is divided by a number, and the logarithms of these are summed.
    """
    scheme = one.scheme
    first = len(scheme.once.sources) + len(scheme.each.sources)
    sources = dict(sources)
    log_scale = jnp.zeros(())
    for number, group in enumerate(scheme.groups, first):
        if group.varies == varies:
            result = _group(group, sources)
            if one.projection == "strings":
                largest = jnp.max(jnp.abs(lax.stop_gradient(result)), axis=tuple(range(1, result.ndim)), keepdims=True)
                largest = jnp.where(largest > 0, largest, 1)
                result, log_scale = result / largest, log_scale + jnp.sum(jnp.log(largest))
            sources[number] = result
    return sources, log_scale


def _group(group: Group, sources: Sources) -> jax.Array:
    summed = ([axis + 1 for axis in group.left_axes], [axis + 1 for axis in group.right_axes])
    left, right = _stacked(sources, group.left), _stacked(sources, group.right)
    return lax.dot_general(left, right, (summed, ([0], [0])), precision=lax.Precision.HIGHEST)


def _stacked(sources: Sources, places: Indices) -> jax.Array:
    """Rows of sources, one for each of `places`, shape (members, 2)."""
    parts, order = [], []
    for source in np.unique(places[:, 0]).tolist():
        members = np.flatnonzero(places[:, 0] == source)
        rows = places[members, 1]
        array = sources[source]
        whole = len(rows) == len(array) and bool((rows == np.arange(len(rows))).all())
        parts.append(array if whole else take(array, rows))
        order.append(members)
    if len(parts) == 1:
        return parts[0]
    inverse = np.argsort(np.concatenate(order)).astype(np.int32)
    joined = jnp.concatenate(parts)
    return joined if bool((inverse == np.arange(len(inverse))).all()) else take(joined, inverse)


def _result(one: Contracted, sources: Sources) -> jax.Array:
    source, row = one.scheme.result
    return sources[source][row].transpose(one.scheme.axes)


def letters_of(pauli_words: Expectation, width: int) -> NDArray[np.int32]:
    """A letter 0 to 3 for each of `width` qubits, shape (pauli_words, width)."""
    letters = np.zeros((pauli_words.count, width + 1), np.int32)  # the last column takes the padding
    np.put_along_axis(
        letters, pauli_words.positions.astype(np.int64) % (width + 1), pauli_words.letters.astype(np.int32), axis=1
    )
    return letters[:, :width]
