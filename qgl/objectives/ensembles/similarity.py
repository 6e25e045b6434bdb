"""How alike two quantum states are, for all pairs of elements of two ensembles.

Elements are as `qgl.query.Elements` gives them: amplitudes, shape (elements, d), or density matrices, shape
(elements, d, d), whose squared norms or traces are their weights. Similarities are those of the normalised states, and
0 where an element has no weight, which is no state.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.program.calls.kernels import Fidelity, KernelCall, Superfidelity

Array = jax.Array


def with_equal_weights(states: NDArray[np.complex128]) -> NDArray[np.complex128]:
    """Normalised states, vectors or density matrices, as elements with equal weights."""
    return states / (np.sqrt(len(states)) if states.ndim == 2 else len(states))


def weights(elements: Array) -> Array:
    """Shape (elements,)."""
    if elements.ndim == 2:
        return jnp.sum(elements.real**2 + elements.imag**2, axis=1)
    return jnp.einsum("lxx->l", elements).real


def similarities(left: Array, right: Array, kernel: KernelCall) -> Array:
    """The kernel of all pairs, shape (left, right)."""
    match kernel:
        case Fidelity(power=power):
            return _fidelities(left, right) ** power
        case Superfidelity():
            return _fidelities(left, right) + root_linear_entropy(left)[:, None] * root_linear_entropy(right)
        case _:
            raise ValueError(f"`{kernel.name}` is no kernel of states")


def purities(elements: Array) -> Array:
    """Tr rho^2 of the normalised states, shape (elements,); 0 of those without weight."""
    if elements.ndim == 2:
        return weights(elements) * inverse_weights(elements)
    return jnp.sum(elements.real**2 + elements.imag**2, axis=(1, 2)) * inverse_weights(elements) ** 2


def _fidelities(left: Array, right: Array) -> Array:
    """Tr(rho sigma) of the normalised states, shape (left, right)."""
    return _overlaps(left, right) * inverse_weights(left)[:, None] * inverse_weights(right)


def root_linear_entropy(elements: Array) -> Array:
    """sqrt(1 - Tr rho^2) of the normalised states, shape (elements,).

    It has no derivative at pure states: it grows as the root of what is mixed in, or, where a parameter passes through
    a pure state, has a kink there. To rounding its value and its derivative are 0 there, which is exact along pure
    states and lies between the two sides of a kink. Vectors are pure, whatever rounding says.
    """
    if elements.ndim == 2:
        return jnp.zeros(len(elements), elements.real.dtype)
    entropy = 1 - purities(elements)
    is_mixed = (inverse_weights(elements) > 0) & (entropy > 16 * float(np.finfo(entropy.dtype).eps))
    return jnp.where(is_mixed, jnp.sqrt(jnp.where(is_mixed, entropy, 1)), 0)


def inverse_weights(elements: Array) -> Array:
    """Shape (elements,); 0 of a weight that rounding alone makes: that of an amplitude of a unit in the last place."""
    own = weights(elements)
    comes = own > float(np.finfo(own.dtype).eps) ** 2
    return jnp.where(comes, 1 / jnp.where(comes, own, 1), 0)


def _overlaps(left: Array, right: Array) -> Array:
    """Tr(rho sigma) of the elements as they are, shape (left, right)."""
    if left.ndim == right.ndim == 2:
        products = left.conj() @ right.T
        return products.real**2 + products.imag**2
    if left.ndim == 2:
        return _overlaps(right, left).T
    if right.ndim == 2:
        return jnp.einsum("lxy,rx,ry->lr", left, right.conj(), right).real
    return jnp.einsum("lxy,ryx->lr", left, right).real
