"""exp(-i H t) on a state by its Chebyshev series, for any Hermitian H that is given as a map of states.

exp(-i z h) = sum over k of (2 - [k=0]) (-i)^k J_k(z) T_k(h) for h with spectrum in [-1, 1] (Tal-Ezer and Kosloff,
J. Chem. Phys. 81, 3967, 1984). The generator H t is cut into segments of a norm of at most `SEGMENT`, and the series
where the Bessel functions vanish: the longer a segment, the nearer to one application of H for each unit.

A Krylov space would need the inner products of its vectors, and a number of them that depends on the state; here
states that are run side by side take the same steps. The reverse rule evolves the state back segment by segment
and runs the recurrence of each series forth and back beside its transpose; a handful of states are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax
from jax.custom_batching import custom_vmap
from numpy.typing import NDArray

SEGMENT = 64.0
LEAST_BOUND = 1.0
TERMS = {"float32": 96, "float64": 128}
_CIRCLE = 256  # points of the trapezium rule for Bessel functions


class Action(Protocol):
    """A Hermitian map with spectrum in [-1, 1], and how it depends on its coefficients. States have one shape, (2^n,)
    or (D,).
    """

    def __call__(self, state: jax.Array) -> jax.Array:
        """h |state>."""
        ...

    def transposed(self, state: jax.Array) -> jax.Array:
        """The transpose of h on a state, of the state's shape."""
        ...

    def overlaps(self, left: jax.Array, right: jax.Array) -> Any:
        """Re(-i sum over x of left[x] (P right)[x]) for the derivative P of h by each coefficient: a pytree of the
        shapes of these.
        """
        ...


@custom_vmap
def largest_of_batch(number: jax.Array) -> jax.Array:
    """The largest of the numbers, shape (), of all states that are run together: how often a loop of all runs."""
    return number


@largest_of_batch.def_vmap
def _largest_of_all(_: int, batched: list[bool], number: jax.Array) -> tuple[jax.Array, bool]:
    return largest_of_batch(jnp.max(number, axis=0)) if batched[0] else largest_of_batch(number), False


class Exponential(NamedTuple):
    """exp(-i G) = exp(-i z h)^segments for a generator G = bound h, where h has a norm of at most 1. All fields have
    shape ().

    The bound is never below `LEAST_BOUND`: the derivative by a coefficient of G is that by one of G / bound, divided by
    the bound, and rounding errors with it. A bound above the norm costs a few terms of the series.

    Of a norm that is no number, or so large that phases have no digits left, the bound is no number, in one segment:
    then no amplitude is a number either, and no loop runs for ever.
    """

    bound: jax.Array
    segments: jax.Array
    z: jax.Array

    @classmethod
    def of(cls, norm: jax.Array) -> Exponential:
        """For a generator of norm at most `norm`, shape ()."""
        known = norm * float(np.finfo(norm.dtype).eps) < 1
        bound = jnp.where(known, jnp.maximum(norm, LEAST_BOUND), jnp.nan)
        segments = largest_of_batch(jnp.where(known, jnp.maximum(jnp.ceil(norm / SEGMENT), 1.0), 1.0))
        return cls(bound, segments, bound / segments)

    def apply(self, action: Action, state: jax.Array) -> jax.Array:
        """exp(-i G) |state>, of the state's shape, for h as `action`."""
        coefficients = series(self.z)
        result: jax.Array = self._repeated(lambda current: propagate(action, coefficients, current), state)
        return result

    def pull_back(self, action: Action, final: jax.Array, gradient: jax.Array) -> tuple[jax.Array, jax.Array, Any]:
        """From the state after exp(-i G) and its cotangent, of one shape: both before, and the cotangents of the
        coefficients of G.
        """
        there, back = series(self.z), series(-self.z)

        def body(carry: tuple[Any, ...]) -> tuple[Any, ...]:
            state, cotangent, total = carry
            before = propagate(action, back, state)
            cotangent, cotangents = _cotangents(action, there, before, cotangent)
            return before, cotangent, jax.tree.map(jnp.add, total, cotangents)

        start = (final, gradient, _nothing(action, gradient, final))
        before, cotangent, total = self._repeated(body, start)
        return before, cotangent, jax.tree.map(lambda each: each / self.bound, total)

    def _repeated(self, body: Callable[[Any], Any], start: Any) -> Any:
        """`body` for each segment; as often for all states that are run side by side."""
        return lax.fori_loop(0, self.segments.astype(jnp.int32), lambda _, carry: body(carry), start)


def _nothing(action: Action, left: jax.Array, right: jax.Array) -> Any:
    """Zeros of the shapes of `overlaps`."""
    return jax.tree.map(lambda each: jnp.zeros(each.shape, each.dtype), jax.eval_shape(action.overlaps, left, right))


def series(z: jax.Array) -> jax.Array:
    """Coefficients (2 - [k=0]) J_k(z) of the series, shape (TERMS,), for |z| <= SEGMENT.

    Bessel functions are means over a circle, with rounding errors of one size for all k. The map T_k(h) turns one
    of these into k times as much in a derivative, so that coefficients which are known to be smaller are put to 0.
    """
    terms, eps = TERMS[z.dtype.name], float(np.finfo(z.dtype).eps)
    point, order = np.arange(_CIRCLE), np.arange(terms)
    phase = (
        2 * np.pi / _CIRCLE * (order[:, None] * point % _CIRCLE)
    )  # whole turns are dropped: large angles lose digits
    scale = np.where(order == 0, 1.0, 2.0)[:, None] / _CIRCLE
    along = z * jnp.asarray(np.sin(2 * np.pi / _CIRCLE * point), z.dtype)
    even, odd = jnp.asarray(scale * np.cos(phase), z.dtype), jnp.asarray(scale * np.sin(phase), z.dtype)
    coefficients = jnp.matmul(even, jnp.cos(along), precision="highest") + jnp.matmul(
        odd, jnp.sin(along), precision="highest"
    )
    # |J_k(z)| <= |z / 2|^k / k!, which is below eps / 8 where |z| is below this
    largest = 2 * np.exp((np.log(eps / 8) + _log_factorials(terms)) / np.maximum(order, 1))
    return jnp.where((jnp.abs(z) < jnp.asarray(largest, z.dtype)) & (order > 0), 0, coefficients)


def _log_factorials(count: int) -> NDArray[np.float64]:
    """log k! for k below `count`."""
    return np.cumsum(np.log(np.maximum(np.arange(count), 1)))


def count_of(coefficients: jax.Array) -> jax.Array:
    """How many terms of a series, shape (TERMS,), matter, shape (); at least two."""
    significant = jnp.abs(coefficients) > float(np.finfo(coefficients.dtype).eps) / 4
    count: jax.Array = largest_of_batch(jnp.max(jnp.where(significant, jnp.arange(len(coefficients)), 1)) + 1)
    return count


def propagate(action: Action, coefficients: jax.Array, state: jax.Array) -> jax.Array:
    """exp(-i z h) |state>, of the state's shape, with the series of z, shape (TERMS,)."""
    count = count_of(coefficients)

    def body(k: jax.Array, carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        total, before, now = carry
        # With u_k = (-i)^k T_k(h) |state> the recurrence is u_{k+1} = -2i h u_k + u_{k-1}.
        following = -2j * action(now) + before
        return total + coefficients[k + 1] * following, now, following

    first = -1j * action(state)
    start = (coefficients[0] * state + coefficients[1] * first, state, first)
    total: jax.Array = lax.fori_loop(1, count - 1, body, start)[0]
    return total


def _cotangents(
    action: Action, coefficients: jax.Array, state: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, Any]:
    """Reverse mode of `propagate`: cotangents of the state and, for a fixed series, of the coefficients of h.

    The recurrence of the u_k runs back as it ran forward, so that they need not be kept. The cotangents a_k obey its
    transpose, a_k = series_k g - 2i h^T a_{k+1} + a_{k+2}; at k = 0 the factor 2 is absent.
    """
    count = count_of(coefficients)

    def forward(_: jax.Array, pair: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        before, now = pair
        return now, -2j * action(now) + before

    pair = lax.fori_loop(1, count - 1, forward, (state, -1j * action(state)))

    def body(step: jax.Array, carry: tuple[Any, ...]) -> tuple[Any, ...]:
        # `now` is u_k, `after` u_{k+1}; `near` is a_{k+1} and `far` is a_{k+2}
        k = count - 2 - step
        now, after, near, far, total = carry
        total = jax.tree.map(lambda old, new: old + 2 * new, total, action.overlaps(near, now))
        following = coefficients[k] * gradient - 2j * action.transposed(near) + far
        return after + 2j * action(now), now, following, near, total

    last = coefficients[count - 1] * gradient
    start = (*pair, last, jnp.zeros_like(last), _nothing(action, last, state))
    now, _, near, far, total = lax.fori_loop(0, count - 2, body, start)
    total = jax.tree.map(jnp.add, total, action.overlaps(near, now))
    return coefficients[0] * gradient - 1j * action.transposed(near) + far, total
