"""Strings and likelihoods by truncated sweeps: tensors from the inputs by JAX, chains on the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.strategies import NoGradient
from qgl.kernels.devices.host import Real, on_host
from qgl.kernels.gate_by_gate.tensors import of_network
from qgl.kernels.network.tensors import tensor_tables
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import GivenArrays, given, needed
from qgl.kernels.sweep.chain import Bits, Chain, Sites, parts_of
from qgl.plan.sweep.method import TruncatedProgram
from qgl.plan.sweep.steps import Act, Open, cuts_of
from qgl.query import LogProb, Query, Samples, impossible, most_of_remainder

Pick = Callable[[int, NDArray[np.float64]], Bits]  # of a wire, from the probabilities of 1
SEEDS, SEED_BITS = 8, 16  # numbers that begin a generator on the host; each is exact in single precision


@dataclass(frozen=True, eq=False)
class Swept:
    """What a sweep gives for each string.

    bits      (wires, strings)
    log_prob  (strings,) natural logarithm of the probability; minus infinity of what cannot come
    least     (strings,) the smallest probability of a bit, given those before it
    lost      (strings,) the sum of the roots of all weights that were cut off
    """

    bits: Bits
    log_prob: NDArray[np.float64]
    least: NDArray[np.float64]
    lost: NDArray[np.float64]


class TruncatedRunner:
    """Strings go in batches, one after another; there is no gradient."""

    def __init__(self, program: TruncatedProgram) -> None:
        self.program = program

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """As `Runner` says; all queries for samples get the same key."""
        flat = self._flat(inputs)
        return {query: self._answer(flat, query, array, key) for query, array in queries.items()}

    def lost(self, inputs: jax.Array, rows: NDArray[np.uint8]) -> NDArray[np.float64]:
        """The sum of the roots of all weights that are cut off, shape (count,), for strings of shape (count, n)."""
        return self._swept(np.asarray(self._flat(inputs), np.float64), rows).lost

    def drawn(self, inputs: jax.Array, count: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Strings, shape (count, n), and the sum of the roots of all weights that were cut off for each."""
        draw = np.random.default_rng([seed, 11])
        swept = self._swept(np.asarray(self._flat(inputs), np.float64), count, draw)
        return swept.bits[self.program.visible].T.astype(np.uint8), swept.lost

    def _flat(self, inputs: jax.Array) -> jax.Array:
        tables = [table.reshape(-1) for table in tensor_tables(self.program.network, inputs)]
        flat = jnp.concatenate(tables)
        return jnp.concatenate([flat.real, flat.imag])

    def _answer(self, flat: jax.Array, query: Query, array: jax.Array | None, key: jax.Array | None) -> Any:
        width = len(self.program.visible)
        if isinstance(query, Samples):
            seeds = jax.random.randint(needed(key, "samples"), (SEEDS,), 0, 1 << SEED_BITS)
            numbers = jnp.concatenate([flat, seeds.astype(flat.dtype)])
            bits = on_host(lambda flat: self._drawn(flat, query.shots), numbers, query.shots * width)
            return bits.reshape(query.shots, width).astype(jnp.uint8)
        rows = jnp.asarray(query.rows) if isinstance(query, LogProb) else given(array, query)
        count = len(rows)
        numbers = jnp.concatenate([flat, rows.reshape(-1).astype(flat.dtype)])

        def likelihoods(numbers: jax.Array) -> jax.Array:
            return on_host(lambda flat: self._likelihoods(flat, count), numbers, 2 * count)

        found = _without_derivative(likelihoods)(numbers)
        return LogLikelihood(found[:count], jnp.log(found[count:]) < most_of_remainder(flat.dtype, of_amplitudes=True))

    def _drawn(self, flat: Real, shots: int) -> Real:
        """Bits of the visible qubits, shape (shots * n,), from tensors and seeds; NaN where a tensor is not finite."""
        if not np.isfinite(flat).all():
            return np.full(shots * len(self.program.visible), np.nan)
        seeds = np.random.default_rng(flat[-SEEDS:].astype(int).tolist())
        bits: Real = self._swept(flat[:-SEEDS], shots, seeds).bits[self.program.visible].T.astype(float).ravel()
        return bits

    def _likelihoods(self, flat: Real, count: int) -> Real:
        """log p of strings, then the smallest probability of a bit of each, shape (2 count,), from tensors and bits."""
        size = count * len(self.program.visible)
        if not np.isfinite(flat).all():
            return np.full(2 * count, np.nan)
        swept = self._swept(flat[:-size], flat[-size:].reshape(count, -1))
        log_prob = np.where(np.isfinite(swept.log_prob), swept.log_prob, impossible(len(self.program.visible)))
        return np.concatenate([log_prob, np.where(np.isfinite(swept.log_prob), swept.least, 1.0)])

    def _swept(self, flat: Real, of: int | NDArray[Any], draw: np.random.Generator | None = None) -> Swept:
        """So many strings that are drawn, or rows of bits, shape (count, n), which are gone through."""
        from threadpoolctl import threadpool_limits

        program = self.program
        tensors = of_network(program.network, flat, np.complex128)
        gates = {step.node: self._gate(step, tensors) for step in program.design.steps if isinstance(step, Act)}
        count = of if isinstance(of, int) else len(of)
        together = program.design.together(count)
        parts = []
        for first in range(0, count, together):
            number = min(together, count - first)
            pick: Pick
            if isinstance(of, int):
                pick = partial(_drawn, draw or np.random.default_rng(0), number)
            else:
                known = np.zeros((program.wires, number), bool)
                known[program.visible] = of[first : first + number].T > 0.5
                pick = partial(_known, known)
            with threadpool_limits(1):  # threads that wait for each other take ten times as long on a busy machine
                parts.append(self._batch(tensors, gates, number, pick))
        names = ("log_prob", "least", "lost")
        each = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return Swept(np.concatenate([part.bits for part in parts], axis=1), *each)

    def _batch(self, tensors: list[NDArray[Any]], gates: dict[int, list[Sites]], count: int, pick: Pick) -> Swept:
        chain = Chain(self.program.bond, self.program.tolerance, cuts_of(self.program.design.steps))
        bits = np.zeros((self.program.wires, count), bool)
        log_prob: NDArray[np.float64] = np.zeros(count)
        least: NDArray[np.float64] = np.ones(count)
        for step in self.program.design.steps:
            if isinstance(step, Open):
                chain.open(step.place, tensors[step.start])
            elif isinstance(step, Act):
                chain.act(step.places, gates[step.node])
            else:
                bits[step.wire], p = chain.take(step.place, partial(pick, step.wire))
                with np.errstate(divide="ignore"):
                    log_prob += np.log(p)
                least = np.minimum(least, p)
        return Swept(bits, log_prob, least, np.broadcast_to(chain.lost, count).copy())

    def _gate(self, step: Act, tensors: list[NDArray[Any]]) -> list[Sites]:
        """A node as parts, one for each of its qubits in the order of the chain."""
        nodes = self.program.nodes
        own = [(nodes.tensors[number], tensors[number]) for number in nodes.nodes[step.node].tensors]
        before: dict[int, int] = {}
        after: dict[int, int] = {}
        terms: list[Any] = []
        place: dict[int, int] = {}  # labels of the network by small numbers
        for tensor, values in own:
            count = len(tensor.wires)
            inner = len(tensor.labels) - 2 * count
            out, into = tensor.labels[inner : inner + count], tensor.labels[inner + count :]
            for wire, label in zip(tensor.wires, into, strict=True):
                before.setdefault(wire, label)
            after.update(zip(tensor.wires, out, strict=True))
            terms += [values, [place.setdefault(label, len(place)) for label in tensor.labels]]
        ends = [place[labels[wire]] for labels in (after, before) for wire in step.wires]
        return parts_of(np.einsum(*terms, ends, optimize=len(own) > 2), len(step.wires))


def _without_derivative(function: Callable[[jax.Array], jax.Array]) -> Callable[[jax.Array], jax.Array]:
    """`function`, which refuses to be differentiated: numbers that go to the host as bits would have a derivative of 0.

    Raises:
        QglError: it is (QGL0924).
    """
    guarded = jax.custom_jvp(function)

    @guarded.defjvp
    def _(_primals: Any, _tangents: Any) -> Any:
        raise QglError([NoGradient(None, "likelihoods of strings")])

    return guarded


def _drawn(draw: np.random.Generator, count: int, _wire: int, ones: NDArray[np.float64]) -> Bits:
    return draw.random(count) < ones


def _known(bits: Bits, wire: int, _ones: NDArray[np.float64]) -> Bits:
    known: Bits = bits[wire]
    return known
