"""exp(-i H t) on a state, for H a sum of Pauli words.

Time is cut into segments of at most `SEGMENT` in units of the norm bound sum(|coefficients|). In each, the exponential
is its Chebyshev series: exp(-i z h) = sum over k of (2 - [k=0]) (-i)^k J_k(z) T_k(h) for h of norm at most 1
(Tal-Ezer and Kosloff, J. Chem. Phys. 81, 3967, 1984). The series is cut where the Bessel functions vanish.

The reverse rule evolves the state back and the cotangent along with it; the gradient of a coefficient is the integral
over time of a matrix element, by Gauss-Legendre quadrature on each segment, exact to rounding for these functions.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from qgl.kernels.words import apply_word, index

SEGMENT = 8.0
TERMS = {"float32": 32, "float64": 48}
NODES = {"float32": 12, "float64": 18}
_CIRCLE = 128  # points of the trapezium rule for Bessel functions


class Hamiltonian(NamedTuple):
    """Words as masks, shape (terms,), and the mask of control bits, shape ()."""

    x: jax.Array
    z: jax.Array
    ys: jax.Array
    controls: jax.Array


@jax.custom_vjp
def evolve(hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array) -> jax.Array:
    """exp(-i time sum(coefficients * words)) |state>, where all control bits are one; shapes (terms,), (), (2^n,)."""
    bound, segments = _segments(coefficients, time)
    step = time / segments
    series = _series(bound * step)

    def body(carry: tuple[jax.Array, jax.Array]) -> tuple[jax.Array, jax.Array]:
        count, current = carry
        return count + 1, _chebyshev(hamiltonian, coefficients / bound, series, current)

    _, final = lax.while_loop(lambda carry: carry[0] < segments, body, (jnp.zeros_like(segments), state))
    return final


def _segments(coefficients: jax.Array, time: jax.Array) -> tuple[jax.Array, jax.Array]:
    """A positive bound of the norm, and the number of segments."""
    bound = jnp.maximum(jnp.sum(jnp.abs(coefficients)), jnp.finfo(coefficients.dtype).tiny ** 0.5)
    return bound, jnp.maximum(jnp.ceil(bound * jnp.abs(time) / SEGMENT), 1.0)


def _series(z: jax.Array) -> jax.Array:
    """Coefficients (2 - [k=0]) J_k(z) of the series, shape (TERMS,). Bessel functions as means over a circle."""
    terms = TERMS[z.dtype.name]
    angle = np.arange(_CIRCLE) * (2 * np.pi / _CIRCLE)
    order = np.arange(terms)
    phase = jnp.asarray(order[:, None] * angle, z.dtype) - z * jnp.asarray(np.sin(angle), z.dtype)
    return jnp.mean(jnp.cos(phase), axis=1) * jnp.asarray(np.where(order == 0, 1.0, 2.0), z.dtype)


def _chebyshev(hamiltonian: Hamiltonian, scaled: jax.Array, series: jax.Array, state: jax.Array) -> jax.Array:
    significant = jnp.abs(series) > jnp.finfo(series.dtype).eps / 4
    count = jnp.max(jnp.where(significant, jnp.arange(len(series)), 0)) + 1

    def body(carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        k, total, before, now = carry
        # With u_k = (-i)^k T_k(h) the recurrence is u_{k+1} = -2i h u_k + u_{k-1}.
        following = -2j * apply_hamiltonian(hamiltonian, scaled, now) + before
        return k + 1, total + series[k + 1] * following, now, following

    first = -1j * apply_hamiltonian(hamiltonian, scaled, state)
    start = (jnp.ones_like(count), series[0] * state + series[1] * first, state, first)
    _, total, _, _ = lax.while_loop(lambda carry: carry[0] + 1 < count, body, start)
    return _controlled(hamiltonian, total, state)


def _controlled(hamiltonian: Hamiltonian, changed: jax.Array, state: jax.Array) -> jax.Array:
    controls = hamiltonian.controls
    return jnp.where(index(state.shape[0]) & controls == controls, changed, state)


def apply_hamiltonian(hamiltonian: Hamiltonian, coefficients: jax.Array, state: jax.Array) -> jax.Array:
    """sum(coefficients * words) |state>, without regard to controls."""

    def body(total: jax.Array, term: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
        x, z, ys, coefficient = term
        return total + coefficient * apply_word(state, x, z, ys), None

    terms = (hamiltonian.x, hamiltonian.z, hamiltonian.ys, coefficients)
    total, _ = lax.scan(body, jnp.zeros_like(state), terms)
    return total


def _overlaps(hamiltonian: Hamiltonian, left: jax.Array, right: jax.Array) -> jax.Array:
    """Re(-i sum over x of left[x] (P right)[x]) of every word P where the controls are one, shape (terms,)."""
    left = _controlled(hamiltonian, left, jnp.zeros_like(left))

    def body(_: None, term: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
        return None, jnp.sum(left * apply_word(right, *term)).imag

    _, overlaps = lax.scan(body, None, (hamiltonian.x, hamiltonian.z, hamiltonian.ys))
    return overlaps


_Kept = tuple[Hamiltonian, jax.Array, jax.Array, jax.Array]


def _forward(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, state: jax.Array
) -> tuple[jax.Array, _Kept]:
    final = evolve(hamiltonian, coefficients, time, state)
    return final, (hamiltonian, coefficients, time, final)


def _backward(kept: _Kept, gradient: jax.Array) -> tuple[None, jax.Array, jax.Array, jax.Array]:
    hamiltonian, coefficients, time, final = kept
    integrals, state_gradient = pull_back(hamiltonian, coefficients, time, final, gradient)[:2]
    at_end = _overlaps(hamiltonian, gradient, final)
    return None, time * integrals, jnp.sum(coefficients * at_end), state_gradient


evolve.defvjp(_forward, _backward)


def pull_back(
    hamiltonian: Hamiltonian, coefficients: jax.Array, time: jax.Array, final: jax.Array, gradient: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array]:
    """Means over time of the overlaps of every word, the cotangent of the state before, and that state."""
    bound, segments = _segments(coefficients, time)
    count = NODES[coefficients.dtype.name]
    nodes, weights = np.polynomial.legendre.leggauss(count)
    gaps = np.diff(np.concatenate([[-1.0], nodes, [1.0]])) / 2
    series = jax.vmap(_series)(bound * time / segments * jnp.asarray(gaps, coefficients.dtype))
    weights = jnp.asarray(np.concatenate([weights / 2, [0.0]]), coefficients.dtype)
    # The cotangent is multiplied by the transpose of each step, so its conjugate goes back as a state does.
    flow = jax.vmap(lambda z, pair: _chebyshev(hamiltonian, -coefficients / bound, z, pair), in_axes=(None, 0))

    def node(
        carry: tuple[jax.Array, jax.Array], xs: tuple[jax.Array, jax.Array]
    ) -> tuple[tuple[jax.Array, jax.Array], None]:
        pair, total = carry
        z, weight = xs
        pair = flow(z, pair)
        return (pair, total + weight * _overlaps(hamiltonian, pair[1].conj(), pair[0])), None

    def body(carry: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
        done, pair, total = carry
        (pair, total), _ = lax.scan(node, (pair, total), (series, weights))
        return done + 1, pair, total

    start = (jnp.zeros_like(segments), jnp.stack([final, gradient.conj()]), jnp.zeros_like(coefficients))
    _, pair, total = lax.while_loop(lambda carry: carry[0] < segments, body, start)
    return total / segments, pair[1].conj(), pair[0]
