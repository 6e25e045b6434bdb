"""L-BFGS: directions from optax, and a line search that evaluates the loss at one place of the program.

That one place is why the search is ours. A search with an evaluation in each branch compiles the whole circuit once per
branch, and under `vmap` it runs all branches for every seed.

The search is the one of Nocedal and Wright, "Numerical Optimization" (2006), algorithms 3.5 and 3.6, as one loop: a
point is accepted under the strong Wolfe conditions, or under the approximate ones of Hager and Zhang, SIAM J. Optim. 16
(2005) 170, which still hold where differences of the loss drown in rounding.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from qgl.kernels.devices.mesh import agreed
from qgl.train.methods import Evaluate, Look, Terms, choose
from qgl.train.trainable import Params

_DECREASE, _CURVATURE = 1e-4, 0.9  # c1 and c2 of the Wolfe conditions
_EVALUATIONS = 12  # at most, in one search
_GROWTH = 3.0  # of the step while the loss still falls


class Point(NamedTuple):
    """A point on the line: step length, parameters, loss with its terms, gradient, derivative along the line."""

    step: jax.Array
    params: Params
    loss: jax.Array
    terms: Terms
    gradient: Params
    derivative: jax.Array


class Memory(NamedTuple):
    """What L-BFGS carries: where it stands, the direction to search, the pairs of differences of optax.

    `stuck` counts searches in a row that found nothing: after the first the pairs are forgotten, after the second
    nothing more is to be had in this precision and the direction is zero.
    """

    loss: jax.Array
    terms: Terms
    gradient: Params
    direction: Params
    pairs: Any
    stuck: jax.Array


class Bracket(NamedTuple):
    """The state of a search. `low` is the best point that decreases enough; `high` bounds the step, if it is finite."""

    tries: jax.Array
    step: jax.Array
    trial: Point
    low: Point
    high: tuple[jax.Array, jax.Array, jax.Array]  # step, loss, derivative
    done: jax.Array


class LineSearch:
    """L-BFGS with `memory` pairs of differences, as a method of `qgl.train.methods`."""

    def __init__(self, memory: int) -> None:
        self._directions = optax.scale_by_lbfgs(memory_size=memory)

    def initial(self, params: Params, loss: jax.Array, terms: Terms) -> Memory:
        zeros = jax.tree.map(jnp.zeros_like, params)
        unknown = jnp.full_like(loss, jnp.inf)
        none = jax.tree.map(lambda value: jnp.full_like(value, jnp.inf), terms)
        return Memory(unknown, none, zeros, zeros, self._directions.init(params), jnp.zeros((), dtype=jnp.int32))

    def look(self, params: Params, memory: Memory, evaluate: Evaluate, idle: jax.Array) -> Look:
        """Searches along the direction; the first time, when there is none, evaluates where it stands."""
        derivative = _dot(memory.gradient, memory.direction)
        start = Point(
            jnp.zeros_like(derivative),
            params,
            memory.loss.astype(derivative.dtype),
            memory.terms,
            memory.gradient,
            derivative,
        )
        step = self._search(start, memory.direction, evaluate, idle)
        moved = (step.step > 0) & (derivative < 0)
        stuck = jnp.where(moved | ~jnp.isfinite(memory.loss), 0, memory.stuck + 1)
        memory = memory._replace(stuck=stuck.astype(jnp.int32))
        return Look(step.params, step.loss, step.terms, step.gradient, memory)

    def move(self, look: Look) -> tuple[Params, Memory]:
        """Stays, and leaves the next direction."""
        before: Memory = look.memory
        pairs = choose(before.stuck > 0, self._directions.init(look.params), before.pairs)
        scaled, pairs = self._directions.update(look.gradient, pairs, look.params)
        uphill = ~(_dot(scaled, look.gradient) > 0)
        scaled = choose(uphill, look.gradient, scaled)
        direction = jax.tree.map(lambda part: jnp.where(before.stuck > 1, 0.0, -part), scaled)
        return look.params, Memory(look.loss, look.terms, look.gradient, direction, pairs, before.stuck)

    def _search(self, start: Point, direction: Params, evaluate: Evaluate, idle: jax.Array) -> Point:
        unknown = ~jnp.isfinite(start.loss)

        def body(bracket: Bracket) -> Bracket:
            params = jax.tree.map(lambda x, p: x + bracket.step.astype(x.dtype) * p, start.params, direction)
            (loss, terms), gradient = evaluate(params)
            trial = Point(bracket.step, params, loss, terms, gradient, _dot(gradient, direction))
            narrowed = _narrow(start, bracket, trial, unknown)
            tries, step, done = agreed((narrowed.tries, narrowed.step, narrowed.done))
            return narrowed._replace(tries=tries, step=step, done=done)

        infinite = jnp.full_like(start.loss, jnp.inf)
        first = Bracket(
            tries=jnp.zeros((), dtype=jnp.int32),
            step=jnp.ones_like(start.step),
            trial=start,
            low=start,
            high=(infinite, infinite, infinite),
            done=idle,
        )
        last = jax.lax.while_loop(lambda b: ~b.done & (b.tries < _EVALUATIONS), body, first)
        chosen: Point = choose(last.done, last.trial, last.low)
        return chosen


def _narrow(start: Point, bracket: Bracket, trial: Point, unknown: jax.Array) -> Bracket:
    """The bracket once `trial` is known, and the next step to try."""
    low, high = bracket.low, bracket.high
    finite = jnp.isfinite(trial.loss) & jnp.isfinite(trial.derivative)
    falls = trial.loss <= start.loss + _DECREASE * trial.step * start.derivative
    rounding = 10 * _eps(trial.loss) * jnp.abs(start.loss)
    level = (trial.loss <= start.loss + rounding) & (trial.derivative <= (2 * _DECREASE - 1) * start.derivative)
    flat = jnp.abs(trial.derivative) <= _CURVATURE * jnp.abs(start.derivative)
    done = unknown | (finite & flat & (falls | level))
    worse = ~finite | ~falls | ((trial.loss >= low.loss) & (low.step > 0))
    towards_high = jnp.where(jnp.isfinite(high[0]), high[0] - low.step, 1.0)
    turned = trial.derivative * towards_high >= 0
    bound = choose(turned, (low.step, low.loss, low.derivative), high)
    high = choose(worse, (trial.step, trial.loss, trial.derivative), bound)
    low = choose(worse, low, trial)
    step = jnp.where(jnp.isfinite(high[0]), _between(low, high), _GROWTH * trial.step)
    exhausted = jnp.abs(high[0] - low.step) <= _eps(step) * low.step
    tries = jnp.where(exhausted, _EVALUATIONS, bracket.tries + 1)
    return Bracket(tries, step, trial, low, high, done)


def _between(low: Point, high: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
    """The minimum of the cubic through losses and derivatives of both ends, kept off the ends; else the middle."""
    step, loss, derivative = high
    width = step - low.step
    mean = low.derivative + derivative - 3 * (low.loss - loss) / (low.step - step)
    square = mean**2 - low.derivative * derivative
    root = jnp.sign(width) * jnp.sqrt(jnp.maximum(square, 0.0))
    cubic = step - width * (derivative + root - mean) / (derivative - low.derivative + 2 * root)
    share = (cubic - low.step) / width
    share = jnp.where(jnp.isfinite(share) & (square >= 0), jnp.clip(share, 0.1, 0.9), 0.5)
    return low.step + share * width


def _eps(like: jax.Array) -> float:
    """The spacing of numbers of a type at 1."""
    return float(np.finfo(like.dtype).eps)


def _dot(a: Params, b: Params) -> jax.Array:
    total: jax.Array = optax.tree.vdot(a, b)
    return total
