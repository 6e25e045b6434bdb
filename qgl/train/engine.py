"""The compiled part of training: all seeds advance together, many steps in one call of the device.

A call runs `count` steps with `count` known at run time only, so that one compiled program serves chunks of every
length and the numbers do not depend on how a run is cut into chunks: the key of a step is made from the seed and the
number of the step, and nothing else is carried beside the state.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qgl.check.program import TrainSettings
from qgl.train.history import History
from qgl.train.methods import Look
from qgl.train.optimisers import method
from qgl.train.stopping import RUNNING, StopRule
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
    """Compiled functions of one model under one set of settings. Seed s of a run does not know how many others run."""

    def __init__(self, model: Trainable, settings: TrainSettings) -> None:
        self._model = model
        self._method = method(settings)
        self._rule = StopRule.of(settings.stop)
        root = jax.random.key(settings.seed, impl="threefry2x32")
        seeds = jax.vmap(lambda s: jax.random.fold_in(root, s))(jnp.arange(settings.seeds))
        self._init_keys = jax.vmap(lambda key: jax.random.fold_in(key, 0))(seeds)
        self._step_keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(seeds)

    def initial(self) -> State:
        """The state before the first step."""
        state: State = jax.jit(jax.vmap(self._initial))(self._init_keys)
        return state

    def shape(self) -> State:
        """The state's shapes and types, computing nothing."""
        shape: State = jax.eval_shape(jax.vmap(self._initial), self._init_keys)
        return shape

    def compile(self, state: State) -> None:
        """Compiles `advance`, which takes most of the time before the first step."""
        zero = jnp.zeros((), dtype=jnp.int32)
        self._advance = jax.jit(self._chunk).lower(state, self._step_keys, zero, zero).compile()

    def advance(self, state: State, step: int, count: int) -> tuple[State, History]:
        """At most `count` <= CAPACITY steps, the first of which is number `step`.

        Returns:
            the state after them and what happened, in fewer steps if all seeds have finished.
        """
        first, number = (jnp.asarray(n, dtype=jnp.int32) for n in (step, count))
        state, done, record = self._advance(state, self._step_keys, first, number)
        loss, terms, norm, status = jax.tree.map(lambda a: np.asarray(a)[: int(done)], record)
        return state, History(loss, terms, norm, status)

    def verdict(self, state: State, step: int) -> Verdict:
        """What each seed hands out when the run ends after `step` steps: the last parameters are looked at too."""
        after, _ = self.advance(state, step, 1)
        return Verdict(*jax.device_get(({**after.fixed, **after.kept}, after.kept_loss, after.kept_terms)))

    # ------------------------------------------------------------ one seed

    def _initial(self, key: jax.Array) -> State:
        params = self._model.init(key)
        moves = self._model.trainable
        trained = {name: value for name, value in params.items() if moves[name]}
        fixed = {name: value for name, value in params.items() if not moves[name]}
        shapes = jax.eval_shape(self._model.terms, params, key)
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

    def _step(self, state: State, key: jax.Array, step: jax.Array) -> State:
        def terms_at(moved: Params) -> tuple[jax.Array, dict[str, jax.Array]]:
            return self._model.terms({**state.fixed, **moved}, jax.random.fold_in(key, step))

        evaluate = jax.value_and_grad(terms_at, has_aux=True)
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
        keep = finite & (self._model.stochastic | (look.loss < state.kept_loss))
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

    def _chunk(
        self, state: State, keys: jax.Array, first: jax.Array, count: jax.Array
    ) -> tuple[State, jax.Array, Record]:
        def goes_on(carry: tuple[jax.Array, State, Record]) -> jax.Array:
            done, state, _ = carry
            return (done < count) & jnp.any(state.status == RUNNING)

        def body(carry: tuple[jax.Array, State, Record]) -> tuple[jax.Array, State, Record]:
            done, state, record = carry
            state = jax.vmap(self._step, in_axes=(0, 0, None))(state, keys, first + done)
            return done + 1, state, jax.tree.map(lambda rows, row: rows.at[done].set(row), record, _record(state))

        blank = jax.tree.map(lambda a: jnp.zeros((CAPACITY, *a.shape), dtype=a.dtype), _record(state))
        done, state, record = jax.lax.while_loop(goes_on, body, (jnp.zeros((), dtype=jnp.int32), state, blank))
        return state, done, record


def _record(state: State) -> Record:
    return Record(state.loss, state.terms, state.gradient_norm, state.status)


def _choose(condition: jax.Array, yes: Any, no: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), yes, no)
