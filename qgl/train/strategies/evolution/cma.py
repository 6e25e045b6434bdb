"""CMA-ES: a normal distribution over the parameters is moved, stretched and narrowed towards the best of its draws.

It asks for losses only, and of these only which is lower. Each step judges a population of candidates and the mean of
the distribution, of all seeds in one compiled call; between two calls the library `cma` works on the host, in double
precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from qgl.kernels.devices import mesh
from qgl.kernels.devices.large_tables import compiled
from qgl.program.calls.strategies import CMA
from qgl.program.program import TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_status import RUNNING
from qgl.train.methods import Terms, choose
from qgl.train.strategies.candidates import Judged, together
from qgl.train.strategies.common import Common
from qgl.train.strategies.evolution.cma_steps import Memory, Sampler
from qgl.train.strategies.strategy import Record, State
from qgl.train.trainable import Params, Trainable

_USE = 0xC3A  # keeps the random numbers of the candidates apart from others that are made of the same seeds


class Cma(Common):
    """`cma(population, sigma)`: the memory is the state of CMA-ES, the parameters are the mean of its distribution.

    A deterministic loss is written down, and handed out, of the best candidate of the step; a stochastic one of the
    mean, which is not the luckiest of many.

    Raises:
        QglError: the library is not installed (QGL0922).
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings)
        given = settings.strategy
        assert isinstance(given, CMA)
        self._spread = mesh.grid(devices) if len(devices) > 1 else None
        self._together = together(model, 1)
        of_all: Params = super().shape().trained
        self._shapes: Params = jax.eval_shape(
            lambda: {name: jnp.zeros(a.shape[1:], a.dtype) for name, a in of_all.items()}
        )
        self._size = sum(leaf.size for leaf in self._shapes.values())
        self._sampler = Sampler(self._size, given.sigma, given.population)

    def initial(self) -> State:
        """See `Strategy.initial`."""
        state = super().initial()
        rows = [np.asarray(state.trained[name]).reshape(len(self._seeds), -1) for name in self._shapes]
        means = np.concatenate(rows, axis=1)
        return state._replace(memory=_stacked([self._sampler.initial(mean) for mean in means]))

    def shape(self) -> State:
        """See `Strategy.shape`."""
        one = self._sampler.initial(np.zeros(self._size))
        count = len(self._seeds)
        return super().shape()._replace(memory=jax.tree.map(lambda a: np.broadcast_to(a, (count, *a.shape)), one))

    def compile(self, state: State) -> State:
        """Compiles what judges the candidates of all seeds; returns the state on its devices."""
        judge, shown = self._judge, state._replace(memory=())
        if self._spread is not None:
            judge = mesh.spread(self._judge, self._spread)
            shown = jax.device_put(jax.tree.map(np.asarray, shown), NamedSharding(self._spread, mesh.WHOLE))
        points = self._points(state.memory, np.zeros((len(self._seeds), self._sampler.population, self._size)))
        self._judged = compiled(judge, shown, points, np.zeros((), np.int32))
        return shown._replace(memory=state.memory)

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`."""
        records = [_record(state)]
        for number in range(step, step + count):
            if not (np.asarray(state.status) == RUNNING).any():
                break
            state = self._advance_all(state, number)
            records.append(_record(state))
        return state, History(*jax.tree.map(lambda *rows: np.stack(rows)[1:], *records))

    # ------------------------------------------------------------ on the host

    def _advance_all(self, state: State, step: int) -> State:
        memories = [_of_seed(state.memory, seed) for seed in range(len(self._seeds))]
        steps = [
            self._sampler.ask(memory, np.random.default_rng((_USE, self._seed, seed, step)))
            for seed, memory in enumerate(memories)
        ]
        points = self._points(state.memory, np.stack([one.candidates for one in steps]))
        after, losses = self._judged(state._replace(memory=()), points, np.int32(step))
        running, losses = np.asarray(after.status) == RUNNING, np.asarray(losses)
        moves = running & np.isfinite(losses).any(axis=1)
        told = [one.tell(losses[k]) if moves[k] else memories[k] for k, one in enumerate(steps)]
        memory = _stacked(told)
        moved: State = after._replace(trained=self._named(memory.mean), memory=memory)
        return moved

    def _points(self, memory: Memory, candidates: np.ndarray[Any, Any]) -> Any:
        """The mean of each seed before its candidates, in the type of the parameters."""
        points = np.concatenate([memory.mean[:, None], candidates], axis=1)
        return points.astype(next(iter(self._shapes.values())).dtype)

    def _named(self, points: Any) -> Params:
        """Parameters by name from points, which lie along the last axis."""
        ends = np.cumsum([0, *(leaf.size for leaf in self._shapes.values())]).tolist()
        return {
            name: points[..., start:end].reshape(*points.shape[:-1], *leaf.shape).astype(leaf.dtype)
            for (name, leaf), (start, end) in zip(self._shapes.items(), pairwise(ends), strict=True)
        }

    # ------------------------------------------------------------ compiled

    def _memory(self, trained: Params, loss: jax.Array, terms: Terms) -> Any:
        return ()  # what there is, is on the host

    def _judge(self, state: State, points: jax.Array, step: jax.Array) -> tuple[State, jax.Array]:
        """The state with what was seen at `points`, (seeds, 1 + population, n), and the losses of the candidates."""
        keys = jax.vmap(self._step_key, in_axes=(0, None))(self._seeds, step)

        def loss(point: jax.Array, place: jax.Array) -> tuple[jax.Array, Terms]:
            fixed = jax.tree.map(lambda array: array[place], state.fixed)
            return self._terms({**fixed, **self._named(point)}, keys[place], None)

        owners = jnp.repeat(jnp.arange(points.shape[0]), points.shape[1])
        evaluated = mesh.mapped(loss, points.reshape(-1, self._size), owners, batch_size=self._together)
        losses, terms = jax.tree.map(lambda array: array.reshape(points.shape[:2]), evaluated)
        return jax.vmap(self._taken)(state, Judged(self._named(points), losses, terms)), losses[:, 1:]

    def _taken(self, state: State, judged: Judged) -> State:
        mean = judged.at(0)
        seen: Judged = choose(self._stochastic & jnp.isfinite(mean.loss), mean, judged.best())
        after = self._seen(state, seen.params, seen.loss, seen.terms, None)
        return choose(state.status == RUNNING, after, state)


def _stacked(memories: list[Memory]) -> Memory:
    stacked: Memory = jax.tree.map(lambda *rows: np.stack(rows), *memories)
    return stacked


def _of_seed(memory: Memory, seed: int) -> Memory:
    one: Memory = jax.tree.map(lambda array: array[seed], memory)
    return one


def _record(state: State) -> Record:
    record: Record = jax.tree.map(np.asarray, Record.of(state))
    return record
