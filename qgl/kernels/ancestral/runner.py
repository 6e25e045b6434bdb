"""Runs `qgl.plan.ancestral.tables.AncestralProgram`: strings as products over their bits."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.arrays import squared, take
from qgl.kernels.expressions import evaluate
from qgl.kernels.matrices import pool_entries
from qgl.kernels.rounding import LogLikelihood
from qgl.kernels.runner import GivenArrays, given, needed
from qgl.plan.ancestral.method import together
from qgl.plan.ancestral.tables import AncestralProgram
from qgl.query import GivenStrings, LogProb, Query, Samples, impossible, most_of_remainder

Tables = tuple[jax.Array, jax.Array, jax.Array]  # matrices, inside, outside: first axes (rounds, cells)


class AncestralRunner:
    """The matrices of all turns are made once; strings go in batches, one after another."""

    def __init__(self, program: AncestralProgram) -> None:
        self.program = program

    def answers(self, inputs: jax.Array, queries: GivenArrays, key: jax.Array | None) -> dict[Query, Any]:
        """As `Runner` says.

        Raises:
            ValueError: there is no key for samples, or a query is none that was planned for.
        """
        program = self.program
        entries = pool_entries(program.pool, evaluate(program.expressions, inputs))
        matrices = take(entries, program.entries).reshape(*program.entries.shape[:3], 2, 2)
        tables = matrices, jnp.asarray(program.inside), jnp.asarray(program.outside)
        answers: dict[Query, Any] = {}
        for number, (query, array) in enumerate(queries.items()):
            match query:
                case LogProb():
                    answers[query] = self._log_prob(tables, jnp.asarray(query.rows))
                case GivenStrings():
                    answers[query] = self._log_prob(tables, given(array, query))
                case Samples(shots):
                    own = jax.random.fold_in(needed(key, "samples"), number)
                    answers[query] = self._strings(tables, own, shots)
                case _:
                    raise ValueError(f"{type(query).__name__} was not planned for")
        return answers

    def _log_prob(self, tables: Tables, rows: jax.Array) -> LogLikelihood:
        """log p of strings, shape (batch, n)."""
        count, width = rows.shape
        each = together(count, self.program.cells, len(self.program.entries))
        batches = -(-count // each)
        padded = jnp.pad(rows.astype(jnp.uint8), ((0, batches * each - count), (0, 0)))
        matrices, inside, outside = tables
        cells = matrices[:, :-1], inside[:, :-1], outside[:, :-1]

        @jax.checkpoint
        def batch(bits: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
            columns = jnp.pad(bits, ((0, 0), (0, 1)))
            final = amplitudes(cells, jnp.pad(columns, ((0, 0), (0, 1)), constant_values=1))
            p = squared(jnp.where(bits == 1, final[..., 1], final[..., 0]))
            comes = p >= float(np.finfo(p.dtype).tiny)
            logs = jnp.log(jnp.where(comes, p, 1.0))
            return logs.sum(axis=1), comes.all(axis=1), logs.min(axis=1)

        found, comes, least = lax.map(batch, padded.reshape(batches, each, width))
        doubtful = least < most_of_remainder(found.dtype, of_amplitudes=True)  # no bit's may be a remainder
        log_prob, comes = jnp.where(comes, found, impossible(width)).reshape(-1), comes.reshape(-1)
        return LogLikelihood(log_prob[:count], (comes & doubtful.reshape(-1))[:count])

    def _strings(self, tables: Tables, key: jax.Array, shots: int) -> jax.Array:
        """Strings, shape (shots, n): level by level, each bit given those that control it."""
        program, (matrices, inside, outside) = self.program, tables
        each = together(shots, program.cells, len(program.entries))

        def batch(key: jax.Array) -> jax.Array:
            bits = jnp.zeros((each, program.cells + 2), jnp.uint8).at[:, -1].set(1)

            def level(bits: jax.Array, at: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, None]:
                cells, key = at
                p = squared(amplitudes((matrices[:, cells], inside[:, cells], outside[:, cells]), bits))
                drawn = jax.random.uniform(key, p.shape[:2], p.dtype) * p.sum(axis=-1) < p[..., 1]
                return bits.at[:, cells].set(drawn.astype(jnp.uint8)), None

            keys = jax.random.split(key, len(program.levels))
            drawn, _ = lax.scan(level, bits, (jnp.asarray(program.levels), keys))
            return drawn[:, program.visible]

        strings: jax.Array = lax.map(batch, jax.random.split(key, -(-shots // each)))
        return strings.reshape(-1, len(program.visible))[:shots]


def amplitudes(tables: Tables, bits: jax.Array) -> jax.Array:
    """What the turns make of a qubit in zero, shape (batch, cells, 2), for bits that control them, (batch, columns)."""
    choices = tables[0].shape[2]

    def turn(state: jax.Array, table: Tables) -> tuple[jax.Array, None]:
        matrices, inside, outside = table
        weights = 2 ** jnp.arange(inside.shape[-1])
        number = (bits[:, inside].astype(jnp.int32) * weights).sum(axis=-1)
        turned = jnp.einsum("kvij,bkj->bkvi", matrices, state, precision=lax.Precision.HIGHEST)
        chosen = (number[..., None] == jnp.arange(choices)).astype(state.dtype)
        happens = (bits[:, outside] == 1).all(axis=-1)
        return jnp.where(happens[..., None], (turned * chosen[..., None]).sum(axis=2), state), None

    start = jnp.zeros((len(bits), tables[0].shape[1], 2), tables[0].dtype).at[..., 0].set(1)
    final, _ = lax.scan(jax.checkpoint(turn), start, tables)
    return final
