"""The compiled part of training: all seeds advance together, many steps in one call of the device.

A call runs `count` steps with `count` known at run time only, so that one compiled program serves chunks of every
length and the numbers do not depend on how a run is cut into chunks: the key of a step is made from the seed and the
number of the step, and nothing else is carried beside the state.

On several devices, each takes some of the seeds; where there are more devices than seeds, some share the work of a seed
(`qgl.kernels.mesh`). Between calls every device has the whole state.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import NamedSharding

from qgl.check.program import TrainSettings
from qgl.kernels import mesh
from qgl.train.history import History
from qgl.train.methods import Look
from qgl.train.optimisers import method
from qgl.train.stopping import PLATEAU, RUNNING, StopRule
from qgl.train.trainable import Params, Trainable

CAPACITY = 256  # longest chunk, in steps


class State(NamedTuple):
    """All that a run carries from step to step. Every array has a leading axis of seeds.

    `kept` are the parameters to hand out: the best seen where the loss is deterministic, else the latest whose loss
    was finite. `loss`, `terms` and `gradient_norm` are those of the last step that the seed was running.
    """

    trained: Params
    fixed: Params
    optimizer: Any
    kept: Params
    kept_loss: jax.Array
    kept_terms: dict[str, jax.Array]
    status: jax.Array
    loss: jax.Array
    terms: dict[str, jax.Array]
    gradient_norm: jax.Array
    plateau_best: jax.Array
    plateau_since: jax.Array


class Record(NamedTuple):
    """What is written down of each step; arrays of shape (steps, seeds)."""

    loss: jax.Array
    terms: dict[str, jax.Array]
    gradient_norm: jax.Array
    status: jax.Array


class Verdict(NamedTuple):
    """The parameters that each seed hands out, with their loss and its terms, shape (seeds,). On the host or traced."""

    params: dict[str, Any]
    loss: Any
    terms: dict[str, Any]


class Engine:
    """Compiled functions of one model under one set of settings. Seed s of a run does not know how many others run.

    devices: those that train; none or one is the first device.
    """

    def __init__(self, model: Trainable, settings: TrainSettings, devices: Sequence[jax.Device] = ()) -> None:
        self._model, self._stochastic = model, model.stochastic
        self._method = method(settings)
        self._rule = StopRule.of(settings.stop)
        self._seed = settings.seed
        self._seeds = np.arange(settings.seeds, dtype=np.int32)
        self._mesh = mesh.grid(devices, settings.seeds) if len(devices) > 1 else None

    def initial(self) -> State:
        """The state before the first step."""
        state: State = jax.jit(jax.vmap(self._initial))(self._seeds)
        return state

    def shape(self) -> State:
        """The state's shapes and types, computing nothing."""
        shape: State = jax.eval_shape(jax.vmap(self._initial), self._seeds)
        return shape

    def compile(self, state: State) -> State:
        """Compiles `advance`, which takes most of the time before the first step; returns the state on its devices."""
        zero = np.zeros((), dtype=np.int32)
        if self._mesh is None:
            self._advance = jax.jit(self._chunk).lower(state, self._seeds, zero, zero).compile()
            return state
        state = jax.device_put(jax.tree.map(np.asarray, state), NamedSharding(self._mesh, mesh.WHOLE))
        self._advance = (
            jax.jit(mesh.spread(self._chunk_of_a_device, self._mesh)).lower(state, self._seeds, zero, zero).compile()
        )
        return state

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """At most `count` <= CAPACITY steps, the first of which is number `step`.

        Returns:
            the state after them and what happened, in fewer steps if all seeds have finished.
        """
        state, done, record = self._advance(state, self._seeds, np.int32(step), np.int32(count))
        loss, terms, norm, status = jax.tree.map(lambda a: np.asarray(a)[: int(done)], record)
        return state, History(loss, terms, norm, status)

    def verdict(self, state: State, step: int) -> Verdict:
        """What each seed hands out when the run ends after `step` steps: the last parameters are looked at too."""
        after, _ = self.advance(state, step, 1)
        return Verdict(*jax.device_get(({**after.fixed, **after.kept}, after.kept_loss, after.kept_terms)))

    # ------------------------------------------------------------ one seed

    def _key(self, seed: jax.Array, use: int) -> jax.Array:
        root = jax.random.key(self._seed, impl="threefry2x32")
        return jax.random.fold_in(jax.random.fold_in(root, seed), use)

    def _initial(self, seed: jax.Array) -> State:
        key = self._key(seed, 0)
        params = self._model.init(key)
        moves = self._model.trainable
        trained = {name: value for name, value in params.items() if moves[name]}
        fixed = {name: value for name, value in params.items() if not moves[name]}
        shapes = jax.eval_shape(self._terms, params, key, self._blank())
        loss, terms = jax.tree.map(lambda leaf: jnp.full(leaf.shape, jnp.inf, dtype=leaf.dtype), shapes)
        zero = jnp.zeros((), dtype=jnp.int32)
        best, since = self._rule.initial(loss)
        return State(
            trained=trained,
            fixed=fixed,
            optimizer=self._method.initial(trained, loss, terms),
            kept=trained,
            kept_loss=loss,
            kept_terms=terms,
            status=zero + RUNNING,
            loss=loss,
            terms=terms,
            gradient_norm=loss,
            plateau_best=best,
            plateau_since=since,
        )

    def _step_key(self, seed: jax.Array, step: jax.Array) -> jax.Array:
        return jax.random.fold_in(self._key(seed, 1), step)

    def _blank(self) -> Any:
        """What `_terms` takes beside parameters and key."""
        return None

    def _terms(self, params: Params, key: jax.Array, measured: Any) -> tuple[jax.Array, dict[str, jax.Array]]:
        return self._model.terms(params, key)

    def _step(self, state: State, seed: jax.Array, step: jax.Array, measured: Any = None) -> State:
        key = self._step_key(seed, step)

        def terms_at(moved: Params) -> tuple[jax.Array, dict[str, jax.Array]]:
            return self._terms({**state.fixed, **moved}, key, measured)

        def evaluate(moved: Params) -> Any:
            return mesh.agreed(jax.value_and_grad(terms_at, has_aux=True)(moved))

        running = state.status == RUNNING
        look = self._method.look(state.trained, state.optimizer, evaluate, ~running)
        seen = self._seen(state, look)
        trained, memory = self._method.move(look)
        moved = seen._replace(trained=trained, optimizer=memory)
        return _choose(running, _choose(seen.status == RUNNING, moved, seen), state)  # type: ignore[no-any-return]

    def _seen(self, state: State, look: Look) -> State:
        """The state with what was seen written down, and the seed stopped if that is called for."""
        norm = optax.tree.norm(look.gradient).astype(look.loss.dtype)
        finite = jnp.isfinite(look.loss) & jnp.isfinite(norm)
        status, best, since = self._rule.judge(look.loss, finite, state.plateau_best, state.plateau_since)
        keep = finite & (self._stochastic | (look.loss < state.kept_loss))
        kept, kept_loss, kept_terms = _choose(
            keep, (look.params, look.loss, look.terms), (state.kept, state.kept_loss, state.kept_terms)
        )
        return state._replace(
            trained=look.params,
            optimizer=look.memory,
            kept=kept,
            kept_loss=kept_loss,
            kept_terms=kept_terms,
            status=status,
            loss=look.loss,
            terms=look.terms,
            gradient_norm=norm,
            plateau_best=best,
            plateau_since=since,
        )

    # ------------------------------------------------------------ all seeds, many steps

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
            return done + 1, state, jax.tree.map(lambda rows, row: rows.at[done].set(row), record, _record(state))

        blank = jax.tree.map(lambda a: jnp.zeros((CAPACITY, *a.shape), dtype=a.dtype), _record(state))
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
        record = jax.tree.map(lambda rows, last: jnp.where(ran, rows, last), record, _record(state))
        gather = functools.partial(mesh.all_seeds, count=len(self._seeds))
        return gather(state), mesh.longest(done), gather(record, axis=1)


def _record(state: State) -> Record:
    return Record(state.loss, state.terms, state.gradient_norm, state.status)


def _choose(condition: jax.Array, yes: Any, no: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
