"""Contracts tensor networks: the groups of a scheme one after another, rows of closings side by side."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from numpy.typing import NDArray

from qgl.kernels.arrays import complex_like, product, squared, take
from qgl.kernels.mesh import mapped
from qgl.kernels.network import tensor_tables
from qgl.kernels.queries import Density, Final, from_words
from qgl.kernels.runner import given
from qgl.kernels.state import read
from qgl.kernels.words import walsh
from qgl.plan.contraction import Contracted, ContractionProgram
from qgl.plan.contraction_path import Group, Indices
from qgl.plan.network_bases import pauli_basis
from qgl.query import Expectation, GivenStrings, GivenWords, LogProb, Marginals, Query

_LAW = np.array([[[0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.0, -0.5]]])  # Pauli components of a qubit to its law

Sources = dict[int, jax.Array]


class Law:
    """The law of the visible bits alone, shape (2^visible,)."""

    def __init__(self, p: jax.Array) -> None:
        self.p = p
        self.visible = p.shape[0].bit_length() - 1

    def probabilities(self) -> jax.Array:
        return self.p

    def density(self) -> jax.Array:
        raise ValueError("the network was planned for bits only")

    def expectation(self, words: Any) -> jax.Array:
        raise ValueError("the network was planned for bits only")


class ContractionRunner:
    """Each network is contracted once for all that has the same rows."""

    def __init__(self, program: ContractionProgram) -> None:
        self.program = program

    def answers(
        self, inputs: jax.Array, asked: Mapping[Query, jax.Array | None], key: jax.Array | None
    ) -> dict[Query, Any]:
        """As `Runner` says."""
        networks = self.program.networks
        if "open" in networks:
            final = open_legs(networks["open"], inputs)
            return {query: read(final, query, array, key) for query, array in asked.items()}
        fixed = {name: _Rows(one, inputs) for name, one in networks.items()}
        return {query: self._answer(fixed, query, array) for query, array in asked.items()}

    def _answer(self, networks: Mapping[str, _Rows], query: Query, array: jax.Array | None) -> Any:
        match query:
            case LogProb():
                return networks["strings"].log_prob(jnp.asarray(query.rows))
            case GivenStrings():
                return networks["strings"].log_prob(given(array, query))
            case GivenWords():
                values = networks["words"].expectation(3 * given(array, query).astype(jnp.int32))
                return jnp.stack([values, values**2])
            case Expectation():
                return networks["words"].expectation(jnp.asarray(letters_of(query, self.program.visible)))
            case Marginals(regions, bits):
                letters, sizes = _region_words(regions, 2 if bits else 4, self.program.visible)
                parts = jnp.split(networks["words"].expectation(jnp.asarray(letters)), np.cumsum(sizes)[:-1])
                if bits:
                    return tuple(walsh(part) / len(part) for part in parts)
                return tuple(from_words(part, len(region)) for part, region in zip(parts, regions, strict=True))
            case _:
                raise ValueError(f"{type(query).__name__} is not answered by contraction")


def open_legs(one: Contracted, inputs: jax.Array) -> Final:
    """The state of the visible qubits, or their law if only their bits are asked for."""
    real = inputs.dtype
    sources = _tables(one, inputs, jnp.asarray(_LAW, real) if one.bits_only else None)
    state = _result(one, _contract(one, sources, one.scheme.groups, False)[0])
    if one.bits_only:
        return Law(state.reshape(-1))
    qubits = state.ndim
    basis = jnp.asarray(pauli_basis(1) / 2, complex_like(real))
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
        scaled = one.closing == "strings"
        shared = tuple(group for group in one.scheme.groups if not group.varies)
        self.fixed, self.log_scale = _contract(one, _tables(one, inputs, None), shared, scaled)

    def expectation(self, letters: jax.Array) -> jax.Array:
        """<P> of words, rows of letters 0 to 3, shape (rows, n)."""
        return self._over(lambda closing: self._value(closing)[0], jax.nn.one_hot(letters, 4, dtype=self.dtype))

    def log_prob(self, strings: jax.Array) -> jax.Array:
        """log p of rows of bits, shape (rows, n). Each leg is scaled by 2 in p, so that a uniform law has p = 1."""
        bits = strings.astype(self.dtype)
        if self.one.network.algebra == "amplitude":
            closings = math.sqrt(2) * jnp.stack([1 - bits, bits], -1)
        else:
            closings = jnp.stack([jnp.ones_like(bits), 0 * bits, 0 * bits, 1 - 2 * bits], -1)
        return self._over(self._log, closings) - bits.shape[1] * math.log(2)

    def _log(self, closing: jax.Array) -> jax.Array:
        value, log_scale = self._value(closing)
        if self.one.network.algebra == "amplitude":
            value, log_scale = squared(value), 2 * log_scale
        return jnp.log(jnp.maximum(value, float(np.finfo(value.dtype).tiny))) + log_scale

    def _value(self, closing: jax.Array) -> tuple[jax.Array, jax.Array]:
        """The contracted network over exp(log scale), and the log scale."""
        scheme = self.one.scheme
        varying = tuple(group for group in scheme.groups if group.varies)
        sources = self.fixed | {scheme.sources - 1: closing}
        sources, log_scale = _contract(self.one, sources, varying, self.one.closing == "strings")
        return _result(self.one, sources), self.log_scale + log_scale

    def _over(self, function: Callable[[jax.Array], jax.Array], closings: jax.Array) -> jax.Array:
        rows = len(closings)
        count, together = self.one.batches(rows)
        padding = jnp.broadcast_to(closings[:1], (count * together - rows, *closings.shape[1:]))
        filled = jnp.concatenate([closings, padding])
        run = jax.checkpoint(function) if count > 1 else function
        values: jax.Array = mapped(run, filled, batch_size=together)
        return values[:rows]


def _tables(one: Contracted, inputs: jax.Array, closings: jax.Array | None) -> Sources:
    tables: Sources = dict(enumerate(tensor_tables(one.network, inputs)))
    if closings is not None:
        tables[one.scheme.sources - 1] = closings
    return tables


def _contract(one: Contracted, sources: Sources, groups: tuple[Group, ...], scaled: bool) -> tuple[Sources, jax.Array]:
    """`sources` with the results of some groups; with `scaled` each is divided by a number whose logarithm is kept."""
    sources = dict(sources)
    number = {id(group): one.scheme.sources + k for k, group in enumerate(one.scheme.groups)}
    log_scale = jnp.zeros((), next(iter(sources.values())).real.dtype)
    for group in groups:
        summed = ([axis + 1 for axis in group.left_axes], [axis + 1 for axis in group.right_axes])
        left, right = _stacked(sources, group.left), _stacked(sources, group.right)
        result = lax.dot_general(left, right, (summed, ([0], [0])), precision=lax.Precision.HIGHEST)
        if scaled:
            largest = jnp.max(jnp.abs(lax.stop_gradient(result)), axis=tuple(range(1, result.ndim)), keepdims=True)
            largest = jnp.where(largest > 0, largest, 1)
            result, log_scale = result / largest, log_scale + jnp.sum(jnp.log(largest))
        sources[number[id(group)]] = result
    return sources, log_scale


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
    back = np.argsort(np.concatenate(order)).astype(np.int32)
    joined = jnp.concatenate(parts)
    return joined if bool((back == np.arange(len(back))).all()) else take(joined, back)


def _result(one: Contracted, sources: Sources) -> jax.Array:
    source, row = one.scheme.result
    return sources[source][row].transpose(one.scheme.axes)


def letters_of(words: Expectation, width: int) -> NDArray[np.int32]:
    """A letter 0 to 3 for each of `width` qubits, shape (words, width)."""
    letters = np.zeros((words.count, width + 1), np.int32)  # the last column takes the padding
    np.put_along_axis(letters, words.places.astype(np.int64) % (width + 1), words.letters.astype(np.int32), axis=1)
    return letters[:, :width]


def _region_words(
    regions: tuple[tuple[int, ...], ...], letters: int, width: int
) -> tuple[NDArray[np.int32], list[int]]:
    """All words on each region, of I and Z or of all letters, first position most significant; and their numbers."""
    known = (0, 3) if letters == 2 else (0, 1, 2, 3)
    rows = []
    for region in regions:
        some = np.array(list(itertools.product(known, repeat=len(region))), np.int32).reshape(-1, len(region))
        rows.append(np.zeros((len(some), width), np.int32))
        rows[-1][:, list(region)] = some
    return np.concatenate(rows), [len(row) for row in rows]
