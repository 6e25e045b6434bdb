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
from qgl.train.optimisers import optimiser
from qgl.train.stopping import FAILED, RUNNING, StopRule
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
    status: jax.Array
    updates: jax.Array
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
        self._optimiser = optimiser(settings)
        self._rule = StopRule.of(settings.stop)
        root = jax.random.key(settings.seed, impl="threefry2x32")
        seeds = jax.vmap(lambda s: jax.random.fold_in(root, s))(jnp.arange(settings.seeds))
        self._init_keys = jax.vmap(lambda key: jax.random.fold_in(key, 0))(seeds)
        self._step_keys = jax.vmap(lambda key: jax.random.fold_in(key, 1))(seeds)
        weights = [term.weight for term in model.program.objective]
        self._only_weight = weights[0] if len(weights) == 1 and weights[0] != 0 else None

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
        """What each seed hands out when the run ends after `step` steps."""
        verdict: Verdict = jax.jit(jax.vmap(self._verdict, in_axes=(0, 0, None, None)))(
            state, self._step_keys, self._step_keys[0], jnp.asarray(step, dtype=jnp.int32)
        )
        return jax.device_get(verdict)  # type: ignore[no-any-return]

    # ------------------------------------------------------------ one seed

    def _initial(self, key: jax.Array) -> State:
        params = self._model.init(key)
        moves = self._model.trainable
        trained = {name: value for name, value in params.items() if moves[name]}
        fixed = {name: value for name, value in params.items() if not moves[name]}
        optimizer_state = self._optimiser.transformation.init(trained)
        if self._optimiser.line_search:
            (loss, terms), gradient = self._value_and_grad(trained, fixed, key)
            optimizer_state = optax.tree.set(optimizer_state, value=loss, grad=gradient)
        else:
            loss, terms = self._model.terms(params, key)
        infinite = jnp.full_like(loss, jnp.inf)
        zero = jnp.zeros((), dtype=jnp.int32)
        return State(
            trained=trained,
            fixed=fixed,
            optimizer=optimizer_state,
            kept=trained,
            kept_loss=infinite,
            status=zero + RUNNING,
            updates=zero,
            loss=infinite,
            terms=jax.tree.map(lambda value: jnp.full_like(value, jnp.inf), terms),
            gradient_norm=infinite,
            plateau_best=self._rule.initial(loss)[0],
            plateau_since=self._rule.initial(loss)[1],
        )

    def _value_and_grad(
        self, trained: Params, fixed: Params, key: jax.Array
    ) -> tuple[tuple[jax.Array, dict[str, jax.Array]], Params]:
        def loss(moved: Params) -> tuple[jax.Array, dict[str, jax.Array]]:
            return self._model.terms({**fixed, **moved}, key)

        return jax.value_and_grad(loss, has_aux=True)(trained)

    def _look(self, state: State, key: jax.Array) -> tuple[jax.Array, dict[str, jax.Array], Params]:
        """Loss, terms and gradient at the present parameters; a line search has left the first and the last."""
        if not self._optimiser.line_search:
            (loss, terms), gradient = self._value_and_grad(state.trained, state.fixed, key)
            return loss, terms, gradient
        loss, gradient = optax.tree.get(state.optimizer, "value"), optax.tree.get(state.optimizer, "grad")
        if self._only_weight is not None and len(state.terms) == 1:
            return loss, dict.fromkeys(state.terms, loss / self._only_weight), gradient
        return loss, self._model.terms({**state.fixed, **state.trained}, key)[1], gradient

    def _step(self, state: State, key: jax.Array, step: jax.Array) -> State:
        key = jax.random.fold_in(key, step)
        loss, terms, gradient = self._look(state, key)
        norm = optax.tree.norm(gradient)
        finite = jnp.isfinite(loss) & jnp.isfinite(norm)
        status, best, since = self._rule.judge(loss, finite, state.plateau_best, state.plateau_since)
        keep = finite & (self._model.stochastic | (loss < state.kept_loss))
        seen = state._replace(
            kept=_choose(keep, state.trained, state.kept),
            kept_loss=jnp.where(keep, loss, state.kept_loss),
            status=status,
            loss=loss,
            terms=terms,
            gradient_norm=norm.astype(loss.dtype),
            plateau_best=best,
            plateau_since=since,
        )
        seen = _choose(state.status == RUNNING, seen, state)
        moves = seen.status == RUNNING
        # A finished seed has a gradient of zero, so that its line search ends at once while others search.
        moved = self._update(seen, loss, _choose(moves, gradient, _zeros(gradient)), key)
        chosen: State = _choose(moves, moved, seen)
        return chosen

    def _update(self, state: State, loss: jax.Array, gradient: Params, key: jax.Array) -> State:
        updates, optimizer_state = self._optimiser.transformation.update(
            gradient,
            state.optimizer,
            state.trained,
            value=loss,
            grad=gradient,
            value_fn=lambda moved: self._model.terms({**state.fixed, **moved}, key)[0],
        )
        trained = optax.apply_updates(state.trained, updates)
        return state._replace(trained=trained, optimizer=optimizer_state, updates=state.updates + 1)

    def _verdict(self, state: State, key: jax.Array, common: jax.Array, step: jax.Array) -> Verdict:
        loss, _ = self._model.terms({**state.fixed, **state.trained}, jax.random.fold_in(key, step))
        better = self._model.stochastic | (loss < state.kept_loss)
        kept = _choose(jnp.isfinite(loss) & better & (state.status != FAILED), state.trained, state.kept)
        params = {**state.fixed, **kept}
        return Verdict(params, *self._model.terms(params, jax.random.fold_in(common, step)))

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


def _zeros(tree: Any) -> Any:
    return jax.tree.map(jnp.zeros_like, tree)
