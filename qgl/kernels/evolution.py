"""exp(-i H t) on a state, for H a sum of Pauli words.

Time is cut into segments of at most `SEGMENT` in units of the norm bound sum(|coefficients|). In each, the exponential
is its Chebyshev series: exp(-i z h) = sum over k of (2 - [k=0]) (-i)^k J_k(z) T_k(h) for h of norm at most 1
(Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967, 1984). The series is cut where the Bessel functions vanish.

The reverse rule evolves the state back segment by segment and runs the recurrence of each series forth and back beside
its transpose; a handful of states are kept.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.words import apply_word, index, walsh

SEGMENT = 8.0
CHUNK = 1 << 12  # amplitudes that are worked on at once where states are small
TERMS = {"float32": 32, "float64": 48}
_CIRCLE = 128  # points of the trapezium rule for Bessel functions


_Four = tuple[jax.Array, jax.Array, jax.Array, jax.Array]


class Hamiltonian(NamedTuple):
    """Masks of Z words, shape (m,), of other words, shape (terms - m,), and of control bits, shape ()."""

    diagonal: jax.Array
    x: jax.Array
    z: jax.Array
    ys: jax.Array
    controls: jax.Array


class Action(NamedTuple):
    """A Hamiltonian with its coefficients: the energies of all basis states, shape (2^n,), and the other words."""

    words: Hamiltonian
    energies: jax.Array
    coefficients: jax.Array

    def __call__(self, state: jax.Array) -> jax.Array:
        """H |state>, without regard to controls."""

        def body(total: jax.Array, chunk: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            *masks, coefficients = chunk
            return total + jnp.sum(coefficients[:, None] * _apply_words(state, *masks), axis=0), None

        terms = (self.words.x, self.words.z, self.words.ys, self.coefficients)
        return lax.scan(body, self.energies * state, _chunked(terms, len(state)))[0]

    def transposed(self, state: jax.Array) -> jax.Array:
        """The transpose of H, which is its conjugate."""
        return self(state.conj()).conj()

    @property
    def size(self) -> int:
        """How many coefficients there are."""
        return len(self.words.diagonal) + len(self.coefficients)


_apply_words = jax.vmap(apply_word, in_axes=(None, 0, 0, 0))


def _chunked(columns: tuple[jax.Array, ...], size: int) -> tuple[jax.Array, ...]:
    """Columns of words in rows of as many as are worth doing at once on a state of `size`, filled up with zeros."""
    count = len(columns[0])
    length = max(1, min(count, CHUNK // size))
    rows = -(-count // length)
    return tuple(jnp.pad(column, (0, rows * length - count)).reshape(rows, length) for column in columns)


def _action(hamiltonian: Hamiltonian, coefficients: jax.Array, size: int) -> Action:
    plain = len(hamiltonian.diagonal)
    energies = walsh(jnp.zeros(size, coefficients.dtype).at[hamiltonian.diagonal].add(coefficients[:plain]))
    return Action(hamiltonian, energies, coefficients[plain:])


@jax.custom_vjp
def evolve(hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array) -> jax.Array:
    """exp(-i time sum(coefficients * words)) |state>, where all control bits are one; shapes (terms,), (), (2^n,)."""
    bound, segments = _segments(coefficients, time)
    action = _action(hamiltonian, coefficients / bound, len(state))
    series = _series(bound * time / segments)

    def body(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        done, current = carry
        return done + 1, _chebyshev(action, series, current)

    return lax.while_loop(lambda carry: carry[0] < segments, body, (jnp.zeros_like(segments), state))[1]


def _segments(coefficients: jax.Array, time: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A positive bound of the norm, and the number of segments."""
    tiny = float(np.finfo(coefficients.dtype).tiny) ** 0.5
    bound = jnp.maximum(jnp.sum(jnp.abs(coefficients)), tiny)
    return bound, jnp.maximum(jnp.ceil(bound * jnp.abs(time) / SEGMENT), 1.0)


def _series(z: jax.Array) -> jax.Array:
    """Coefficients (2 - [k=0]) J_k(z) of the series, shape (TERMS,). Bessel functions as means over a circle."""
    terms = TERMS[z.dtype.name]
    point = np.arange(_CIRCLE)
    order = np.arange(terms)
    turns = order[:, None] * point % _CIRCLE  # whole turns are dropped: large angles have few digits
    angle = 2 * np.pi / _CIRCLE
    phase = jnp.asarray(turns * angle, z.dtype) - z * jnp.asarray(np.sin(point * angle), z.dtype)
    return jnp.mean(jnp.cos(phase), axis=1) * jnp.asarray(np.where(order == 0, 1.0, 2.0), z.dtype)


def _chebyshev(action: Action, series: jax.Array, state: jax.Array) -> jax.Array:
    count = _terms(series)

    def body(carry: _Four) -> _Four:
        k, total, before, now = carry
        # With u_k = (-i)^k T_k(h) |state> the recurrence is u_{k+1} = -2i h u_k + u_{k-1}.
        following = -2j * action(now) + before
        return k + 1, total + series[k + 1] * following, now, following

    first = -1j * action(state)
    start = (jnp.ones_like(count), series[0] * state + series[1] * first, state, first)
    total = lax.while_loop(lambda carry: carry[0] + 1 < count, body, start)[1]
    return _controlled(action.words, total, state)


def _terms(series: jax.Array) -> jax.Array:
    """How many terms matter; at least two."""
    significant = jnp.abs(series) > float(np.finfo(series.dtype).eps) / 4
    return jnp.max(jnp.where(significant, jnp.arange(len(series)), 1)) + 1


def _controlled(hamiltonian: Hamiltonian, changed: jax.Array, state: jax.Array) -> jax.Array:
    controls = hamiltonian.controls
    return jnp.where(index(state.shape[0]) & controls == controls, changed, state)


def _overlaps(hamiltonian: Hamiltonian, left: jax.Array, right: jax.Array) -> jax.Array:
    """Re(-i sum over x of left[x] (P right)[x]) of every word P where the controls are one, shape (terms,)."""
    left = _controlled(hamiltonian, left, jnp.zeros_like(left))

    def body(_: None, chunk: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
        return None, jnp.sum(left * _apply_words(right, *chunk), axis=1).imag

    masks = (hamiltonian.x, hamiltonian.z, hamiltonian.ys)
    others = lax.scan(body, None, _chunked(masks, len(right)))[1].reshape(-1)[: len(hamiltonian.x)]
    return jnp.concatenate([walsh((left * right).imag)[hamiltonian.diagonal], others])


_Kept = tuple[Hamiltonian, jax.Array, jax.Array, jax.Array]


def _forward(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array
) -> tuple[jax.Array, _Kept]:
    final = evolve(hamiltonian, coefficients, time, state)
    return final, (hamiltonian, coefficients, time, final)


def _backward(kept: _Kept, gradient: jax.Array) -> tuple[None, jax.Array, jax.Array, jax.Array]:
    _, slope, row = pull_back(*kept, gradient)
    return None, row[0], row[1], slope


evolve.defvjp(_forward, _backward)


def pull_back(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, final: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, jax.Array, tuple[jax.Array, jax.Array]]:
    """The state before the evolution, its cotangent, and the cotangents of coefficients and time."""
    bound, segments = _segments(coefficients, time)
    z = bound * time / segments
    action = _action(hamiltonian, coefficients / bound, len(final))

    def body(carry: _Four) -> _Four:
        done, state, slope, total = carry
        before = _chebyshev(action, _series(-z), state)
        slope, slopes = _chebyshev_slopes(action, _series(z), before, slope)
        return done + 1, before, slope, total + slopes

    start = (jnp.zeros_like(segments), final, gradient, jnp.zeros_like(coefficients))
    _, state, slope, total = lax.while_loop(lambda carry: carry[0] < segments, body, start)
    energy_slope = jnp.sum(coefficients * _overlaps(hamiltonian, gradient, final))
    return state, slope, (total / bound, energy_slope)


def _chebyshev_slopes(
    action: Action, series: jax.Array, state: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """Reverse mode of `_chebyshev`: cotangents of the state and, for a fixed series, of the scaled coefficients.

    The recurrence of the u_k runs back as it ran forward, so that they need not be kept. The cotangents a_k obey its
    transpose, a_k = series_k g - 2i h^T a_{k+1} + a_{k+2}; at k = 0 the factor 2 is absent.
    """
    words = action.words
    inside = _controlled(words, gradient, jnp.zeros_like(gradient))
    count = _terms(series)

    def forward(_: jax.Array, pair: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        before, now = pair
        return now, -2j * action(now) + before

    pair = lax.fori_loop(1, count - 1, forward, (state, -1j * action(state)))

    def body(carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        # `now` is u_k, `after` u_{k+1}; `near` is a_{k+1} and `far` is a_{k+2}
        k, now, after, near, far, total = carry
        total = total + 2 * _overlaps(words, near, now)
        following = series[k] * inside - 2j * action.transposed(near) + far
        return k - 1, after + 2j * action(now), now, following, near, total

    last = series[count - 1] * inside
    start = (count - 2, *pair, last, jnp.zeros_like(last), jnp.zeros(action.size, series.dtype))
    _, now, _, near, far, total = lax.while_loop(lambda carry: carry[0] > 0, body, start)
    total = total + _overlaps(words, near, now)
    slope = series[0] * inside - 1j * action.transposed(near) + far
    return _controlled(words, slope, gradient), total
