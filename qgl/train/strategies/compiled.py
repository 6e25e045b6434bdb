"""Strategies whose steps are compiled: all seeds advance together, many steps in one call of the device.

A call runs `count` steps with `count` known at run time only, so that one compiled program serves chunks of every
length and the numbers do not depend on how a run is cut into chunks: the key of a step is made from the seed and the
number of the step, and nothing else is carried beside the state.

On several devices, each takes some of the seeds; where there are more devices than seeds, some share the work of a seed
(`qgl.kernels.devices.mesh`). Between calls every device has the whole state.
"""

from __future__ import annotations

import functools
from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import NamedSharding

from qgl.kernels.devices import mesh
from qgl.program.program import TrainSettings
from qgl.runs.history import History
from qgl.runs.seed_status import PLATEAU, RUNNING
from qgl.train.kept import programs
from qgl.train.strategies.common import Common
from qgl.train.strategies.strategy import CAPACITY, Record, State
from qgl.train.trainable import Trainable


class Compiled(Common):
    """A strategy says what it remembers and what a step of one seed is.

    devices: those that train; none or one is the first device.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        super().__init__(model, settings)
        self._compiled: dict[Any, Callable[..., Any]] = {}
        self._mesh = mesh.grid(devices, settings.seeds) if len(devices) > 1 else None

    @abstractmethod
    def _step(self, state: State, seed: jax.Array, step: jax.Array) -> State:
        """The state of one seed after a step; that of a seed which has finished stays as it is. Traced."""

    def compile(self, state: State) -> State:
        """Compiles `advance`, which takes most of the time before the first step; returns the state on its devices."""
        self._hold(self._held(state))
        if self._mesh is not None:
            state = jax.device_put(jax.tree.map(np.asarray, state), NamedSharding(self._mesh, mesh.WHOLE))
        self._advancing(state)
        return state

    @property
    def is_kept(self) -> bool:
        """See `Common.is_kept`."""
        return self._mesh is None and programs.holds(self._identity, "advance")

    def _hold(self, beside: dict[str, Any]) -> None:
        """Takes what steps take beside the state from now on."""
        self._beside = beside
        leaves, tree = jax.tree.flatten(beside)
        self._shapes = tree, tuple((np.shape(leaf), np.result_type(leaf)) for leaf in leaves)

    def _advancing(self, state: State) -> Callable[..., Any]:
        """What advances the state, compiled once for each shape of what is held beside it."""
        if self._shapes not in self._compiled:
            zero = np.zeros((), dtype=np.int32)
            arguments = self._holding(state), self._seeds, zero, zero
            if self._mesh is None:
                result = functools.partial(_result, arguments[0])
                made = self._shared(
                    ("advance", self._form), lambda: self._kept("advance", self._chunk, result, *arguments)
                )
            else:
                made = jax.jit(mesh.spread(self._chunk_of_a_device, self._mesh)).lower(*arguments).compile()
            self._compiled[self._shapes] = made
        return self._compiled[self._shapes]

    def _holding(self, state: State) -> State:
        """The state, with what a step takes beside it among what is fixed."""
        return state._replace(fixed={**state.fixed, **self._beside})

    def _alone(self, state: State) -> State:
        """The state without what `_holding` put into it."""
        return state._replace(fixed={name: value for name, value in state.fixed.items() if name not in self._beside})

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """See `Strategy.advance`."""
        advance = self._advancing(state)
        state, done, record = advance(self._holding(state), self._seeds, np.int32(step), np.int32(count))
        state = self._alone(state)
        loss, terms, norm, status = jax.tree.map(lambda a: np.asarray(a)[: int(done)], record)
        return state, History(loss, terms, norm, status)

    def _step_of_all(self, state: State, seeds: jax.Array, step: jax.Array) -> State:
        """One step of every seed. A single one runs by itself: in batches of one, XLA 0.10 crashes on some products."""
        after: State
        if len(seeds) > 1:
            after = jax.vmap(self._step, in_axes=(0, 0, None))(state, seeds, step)
        else:
            alone = self._step(jax.tree.map(lambda array: array[0], state), seeds[0], step)
            after = jax.tree.map(lambda array: array[None], alone)
        return after

    def _chunk(
        self, state: State, seeds: jax.Array, first: jax.Array, count: jax.Array
    ) -> tuple[State, jax.Array, Record]:
        def goes_on(carry: tuple[jax.Array, State, Record]) -> jax.Array:
            done, state, _ = carry
            return (done < count) & jnp.any(state.status == RUNNING)

        def body(carry: tuple[jax.Array, State, Record]) -> tuple[jax.Array, State, Record]:
            done, state, record = carry
            state = self._step_of_all(state, seeds, first + done)
            return done + 1, state, jax.tree.map(lambda rows, row: rows.at[done].set(row), record, Record.of(state))

        blank = jax.tree.map(lambda a: jnp.zeros((CAPACITY, *a.shape), dtype=a.dtype), Record.of(state))
        done, state, record = jax.lax.while_loop(goes_on, body, (jnp.zeros((), dtype=jnp.int32), state, blank))
        return state, done, record

    def _chunk_of_a_device(
        self, state: State, seeds: jax.Array, first: jax.Array, count: jax.Array
    ) -> tuple[State, jax.Array, Record]:
        """The steps of the seeds of one device; the answer is that of all. No device waits for the seeds of others."""
        rows, real = mesh.own_seeds(len(seeds))
        state, seeds = jax.tree.map(lambda array: array[rows], (mesh.agreed(state), seeds))
        state = state._replace(status=jnp.where(real, state.status, PLATEAU))
        state, done, record = self._chunk(state, seeds, first, count)
        ran = jnp.arange(CAPACITY)[:, None] < done
        record = jax.tree.map(lambda rows, last: jnp.where(ran, rows, last), record, Record.of(state))
        gather = functools.partial(mesh.all_seeds, count=len(self._seeds))
        return gather(state), mesh.longest(done), gather(record, axis=1)


def _result(state: State) -> tuple[State, jax.Array, Record]:
    """The shapes and types of what `_chunk` makes of such a state."""

    def blank(state: State) -> tuple[State, jax.Array, Record]:
        record = jax.tree.map(lambda a: jnp.zeros((CAPACITY, *a.shape), a.dtype), Record.of(state))
        return state, jnp.zeros((), jnp.int32), record

    made: tuple[State, jax.Array, Record] = jax.eval_shape(blank, state)
    return made
