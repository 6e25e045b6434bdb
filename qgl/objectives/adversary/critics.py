"""What critics say of strings, of rows of numbers and of quantum states.

A perceptron says a number c. A circuit that ends in a measurement is an effect E, 0 <= E <= 1: the probability that it
takes a state rho for one of the data is Tr(E rho), linear in rho, so that E is all there is to know of it. It is read
off one run on one half of each of n Bell pairs (A. Jamiolkowski, Rep. Math. Phys. 3, 275, 1972): the state of the other
halves that comes with a 0 of the measured qubit is the transpose of E over 2^n. What it says is the logarithm of the
odds, or, where means are compared, the mean of Z.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl import compiler
from qgl.ir.circuit import Circuit
from qgl.kernels.devices.memory import device_limit
from qgl.objectives.ensembles.similarity import inverse_weights
from qgl.parameters import Parameters
from qgl.program.calls import critics
from qgl.program.calls.objectives import Adversarial
from qgl.program.operations import Measurement, Operation, gate
from qgl.program.program import CriticCircuit, Wire
from qgl.query import Marginals
from qgl.source import Span

if TYPE_CHECKING:
    from qgl.kernels.simulator import Simulator

Array = jax.Array
Weights = Any  # a pytree of real arrays
_AT_ONCE = 2**14  # strings that a perceptron looks at together
_ACTIVATIONS = {"relu": jax.nn.relu, "leaky_relu": jax.nn.leaky_relu, "tanh": jnp.tanh}


class Critic(ABC):
    """A critic of elements of one kind; what it does not look at, the checker refuses."""

    @abstractmethod
    def start(self, key: Array, dtype: Any) -> Weights:
        """Weights to begin with."""

    def held(self, weights: Weights) -> Weights:
        """Weights within their bounds, if there are any."""
        return weights

    @abstractmethod
    def of_strings(self, weights: Weights) -> Array:
        """What it says of every string, shape (2^n,)."""

    def of_numbers(self, rows: Array, weights: Weights) -> Array:
        """What it says of rows of numbers, shape (rows, size)."""
        raise NotImplementedError

    def of_states(self, elements: Array, weights: Weights) -> Array:
        """What it says of states as `qgl.query.Elements` gives them."""
        raise NotImplementedError


def critic_of(call: Adversarial, size: int, circuit: CriticCircuit | None = None) -> Critic:
    """The critic of an objective, which looks at `size` bits, numbers or qubits; `circuit` if it is one.

    Raises:
        ValueError: there is no such critic.
    """
    means = call.loss == "wasserstein"
    if isinstance(call.critic, critics.MLP):
        return Perceptron(call.critic, size, call.clip if means else None)
    if isinstance(call.critic, critics.CircuitCritic) and circuit is not None:
        return Effect(circuit, call.critic.qubit, means, call.critic.span)
    raise ValueError(f"no critic {call.critic.name}")


class Perceptron(Critic):
    """Of each layer a matrix, shape (from, to), and a vector, shape (to,), whose numbers are within `bound`."""

    def __init__(self, call: critics.MLP, size: int, bound: float | None) -> None:
        self._call, self._size, self._bound = call, size, bound

    def start(self, key: Array, dtype: Any) -> Weights:
        """Normal numbers of variance 2 / (units before); no offsets (He et al., arXiv 1502.01852)."""
        sizes = [self._size, *self._call.widths, 1]
        keys = jax.random.split(key, len(sizes) - 1)
        return self.held(
            tuple(
                (
                    jax.random.normal(one, (before, after), dtype) * np.sqrt(2 / before).astype(dtype),
                    jnp.zeros(after, dtype),
                )
                for one, before, after in zip(keys, sizes[:-1], sizes[1:], strict=True)
            )
        )

    def held(self, weights: Weights) -> Weights:
        """See `Critic.held`."""
        bound = self._bound
        held: Weights = weights
        return held if bound is None else jax.tree.map(lambda array: jnp.clip(array, -bound, bound), held)

    def of_strings(self, weights: Weights) -> Array:
        """Bits are signs, 1 and -1."""
        together = min(_AT_ONCE, 2**self._size)
        firsts = jnp.arange(0, 2**self._size, together)
        shifts = jnp.arange(self._size - 1, -1, -1)

        def of_block(first: Array) -> Array:
            numbers = first + jnp.arange(together)
            signs = 1 - 2 * (numbers[:, None] >> shifts & 1)
            return self.of_numbers(signs.astype(weights[0][0].dtype), weights)

        if len(firsts) == 1:
            return of_block(firsts[0])
        blocks: Array = jax.lax.map(jax.checkpoint(of_block), firsts)
        return blocks.reshape(-1)

    def of_numbers(self, rows: Array, weights: Weights) -> Array:
        """See `Critic.of_numbers`."""
        activation = _ACTIVATIONS[self._call.activation]
        *hidden, (matrix, offset) = weights
        for inner, own in hidden:
            rows = activation(rows @ inner + own)
        logits: Array = (rows @ matrix + offset)[:, 0]
        return logits


class Effect(Critic):
    """A circuit, whose weights are its parameters by name."""

    def __init__(self, circuit: CriticCircuit, measured: int, means: bool, span: Span) -> None:
        self._qubits, self._means = circuit.qubits, means
        self._parameters = Parameters(circuit.parameters)
        self._circuit = _on_half_of_pairs(circuit, span)
        self._query = Marginals(((*range(self._qubits), self._qubits + measured),))
        self._simulator = cache(self._planned)

    def start(self, key: Array, dtype: Any) -> Weights:
        """Drawn from the declared distributions."""
        return {name: jnp.asarray(value, dtype) for name, value in self._parameters.init(key).items()}

    def of_strings(self, weights: Weights) -> Array:
        """A string is a basis state."""
        return self._says(jnp.diagonal(self.effect(weights)).real)

    def of_states(self, elements: Array, weights: Weights) -> Array:
        """See `Critic.of_states`; of an element without weight it says what it says of even odds."""
        effect = self.effect(weights).astype(elements.dtype)
        if elements.ndim == 2:
            means = jnp.einsum("lx,xy,ly->l", elements.conj(), effect, elements, precision="highest").real
        else:
            means = jnp.einsum("xy,lyx->l", effect, elements, precision="highest").real
        inverse = inverse_weights(elements)
        return self._says(jnp.where(inverse > 0, means * inverse, 0.5))

    def effect(self, weights: Weights) -> Array:
        """The effect E, shape (2^n, 2^n)."""
        precision = "double" if jax.tree.leaves(weights)[0].dtype == jnp.float64 else "single"
        real = jnp.float64 if precision == "double" else jnp.float32
        inputs = self._parameters.inputs(weights, None, real)[0]
        state: Array = self._simulator(precision).answer(inputs, self._query)[0]
        effect: Array = state[::2, ::2].T * 2**self._qubits
        return effect

    def _planned(self, precision: str) -> Simulator:
        from qgl.kernels.simulator import Simulator

        return Simulator(compiler.planner(self._circuit, precision, device_limit()).plan((self._query,)))

    def _says(self, chances: Array) -> Array:
        """Of the probabilities of being data; beyond rounding the odds neither grow nor have a gradient."""
        if self._means:
            return 2 * chances - 1
        least = float(np.finfo(chances.dtype).eps)
        bounded = jnp.clip(chances, least, 1 - least)
        return jnp.log(bounded) - jnp.log1p(-bounded)


def _on_half_of_pairs(critic: CriticCircuit, span: Span) -> Circuit:
    """A critic on the second halves of Bell pairs, whose first halves are the first qubits that are read."""
    qubits, operations = critic.qubits, list[Operation]()
    for k in range(qubits):
        operations += gate("h", (k,), span), gate("cx", (k, qubits + k), span)
    operations += (replace(each, wires=tuple(wire + qubits for wire in each.wires)) for each in critic.operations)
    bits = [each.bit for each in operations if isinstance(each, Measurement) and each.bit is not None]
    total = max(wire for each in operations for wire in each.wires) + 1
    wires = (Wire("visible" if k < 2 * qubits else "fresh", "critic", k, None, span) for k in range(total))
    read, kept = tuple(range(2 * qubits)), max(bits, default=-1) + 1
    return Circuit(tuple(wires), read, tuple(operations), kept, critic.parameters)
