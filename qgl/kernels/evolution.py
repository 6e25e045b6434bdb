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

from qgl.kernels.words import apply_word, index, walsh

SEGMENT = 8.0
TERMS = {"float32": 32, "float64": 48}
NODES = {"float32": 12, "float64": 18}
_CIRCLE = 128  # points of the trapezium rule for Bessel functions


_Three = tuple[jax.Array, jax.Array, jax.Array]
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

        def body(total: jax.Array, term: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            x, z, ys, coefficient = term
            return total + coefficient * apply_word(state, x, z, ys), None

        terms = (self.words.x, self.words.z, self.words.ys, self.coefficients)
        return lax.scan(body, self.energies * state, terms)[0]


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
    angle = np.arange(_CIRCLE) * (2 * np.pi / _CIRCLE)
    order = np.arange(terms)
    phase = jnp.asarray(order[:, None] * angle, z.dtype) - z * jnp.asarray(np.sin(angle), z.dtype)
    return jnp.mean(jnp.cos(phase), axis=1) * jnp.asarray(np.where(order == 0, 1.0, 2.0), z.dtype)


def _chebyshev(action: Action, series: jax.Array, state: jax.Array) -> jax.Array:
    significant = jnp.abs(series) > float(np.finfo(series.dtype).eps) / 4
    count = jnp.max(jnp.where(significant, jnp.arange(len(series)), 0)) + 1

    def body(carry: _Four) -> _Four:
        k, total, before, now = carry
        # With u_k = (-i)^k T_k(h) |state> the recurrence is u_{k+1} = -2i h u_k + u_{k-1}.
        following = -2j * action(now) + before
        return k + 1, total + series[k + 1] * following, now, following

    first = -1j * action(state)
    start = (jnp.ones_like(count), series[0] * state + series[1] * first, state, first)
    total = lax.while_loop(lambda carry: carry[0] + 1 < count, body, start)[1]
    return _controlled(action.words, total, state)


def _controlled(hamiltonian: Hamiltonian, changed: jax.Array, state: jax.Array) -> jax.Array:
    controls = hamiltonian.controls
    return jnp.where(index(state.shape[0]) & controls == controls, changed, state)


def _overlaps(hamiltonian: Hamiltonian, left: jax.Array, right: jax.Array) -> jax.Array:
    """Re(-i sum over x of left[x] (P right)[x]) of every word P where the controls are one, shape (terms,)."""
    left = _controlled(hamiltonian, left, jnp.zeros_like(left))

    def body(_: None, term: tuple[jax.Array, ...]) -> tuple[None, jax.Array]:
        return None, jnp.sum(left * apply_word(right, *term)).imag

    _, others = lax.scan(body, None, (hamiltonian.x, hamiltonian.z, hamiltonian.ys))
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
    nodes, halves = np.polynomial.legendre.leggauss(NODES[coefficients.dtype.name])
    gaps = np.diff(np.concatenate([[-1.0], nodes, [1.0]])) / 2
    weights = jnp.asarray(np.append(halves / 2, 0.0), coefficients.dtype)
    series = jax.vmap(_series)(bound * time / segments * jnp.asarray(gaps, coefficients.dtype))
    # The cotangent is multiplied by the transpose of each step, so its conjugate goes back as a state does.
    back = _action(hamiltonian, -coefficients / bound, len(final))

    def node(carry: _Three, xs: tuple[jax.Array, jax.Array]) -> tuple[_Three, None]:
        state, slope, total = carry
        state, slope = _chebyshev(back, xs[0], state), _chebyshev(back, xs[0], slope)
        return (state, slope, total + xs[1] * _overlaps(hamiltonian, slope.conj(), state)), None

    def body(carry: _Four) -> _Four:
        done, state, slope, total = carry
        moved, _ = lax.scan(node, (state, slope, total), (series, weights))
        return done + 1, *moved

    start = (jnp.zeros_like(segments), final, gradient.conj(), jnp.zeros_like(coefficients))
    _, state, slope, total = lax.while_loop(lambda carry: carry[0] < segments, body, start)
    energy_slope = jnp.sum(coefficients * _overlaps(hamiltonian, gradient, final))
    return state, slope.conj(), (time / segments * total, energy_slope)
