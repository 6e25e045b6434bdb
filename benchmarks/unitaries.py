"""Unitary cells trained by their angles, by a generator, or on the group itself: `python -m benchmarks.unitaries`.

Two problems: lymphography's rows under a chain with a memory of one qubit (a Born machine of bond 2 whose memory is
not read at the end, 19 cells on 4 qubits), and strings of even parity by windows of 3 qubits that move along 8 bits
and back. The same cells and losses for each way, Adam with a cosine schedule and a few rates. Numbers start by
uniform(-pi, pi), matrices by the Haar distribution.

    angles     the quantum Shannon form, as `unitary(v)` of the language
    generator  exp(-i / 2^k sum a_P P), as `generator(v)` of the language
    manifold   Riemannian Adam: gradient and moments in the Lie algebra at the present point, retraction by QR
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

import qgl
from qgl.gates import GATES
from qgl.gates.generators import generator_numbers, hermitian
from qgl.gates.unitaries import unitary_angles
from qgl.kernels.hermitian import exponential

Array = Any
PROGRAM = Path(__file__).parent.parent / "examples" / "bayes" / "lymphography.qgl"
RATES = {"angles": (0.03, 0.1, 0.3), "generator": (0.1, 0.3, 1.0), "manifold": (0.03, 0.1, 0.3)}


class Problem(NamedTuple):
    """`cells` unitaries of `qubits` qubits; loss of their matrices, shape (cells, 2^qubits, 2^qubits), in nats."""

    qubits: int
    cells: int
    loss: Callable[[Array], Array]


def lymphography() -> Problem:
    """Mean negative log-likelihood of the 148 rows."""
    data = qgl.load(PROGRAM).program.data["patients"]
    rows = np.asarray(data.rows).reshape(len(data.rows), -1, 3) @ np.array([4, 2, 1])
    weights = jnp.asarray(np.asarray(data.weights), jnp.float32)

    def loss(matrices: Array) -> Array:
        tensors = matrices.reshape(-1, 2, 8, 2, 8)[..., 0]  # cell, memory after, value, memory before

        def step(state: tuple[Array, Array], each: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
            vector, logarithm = state
            tensor, values = each
            vector = jnp.einsum("mrb,rb->rm", tensor[:, values], vector)
            norm = jnp.sum(jnp.abs(vector) ** 2, -1) + 1e-30
            return (vector / jnp.sqrt(norm)[:, None], logarithm + jnp.log(norm)), None

        start = jnp.zeros((len(rows), 2), matrices.dtype).at[:, 0].set(1.0)
        (_, logarithm), _ = jax.lax.scan(step, (start, jnp.zeros(len(rows))), (tensors, jnp.asarray(rows.T)))
        return -jnp.sum(weights * logarithm)

    return Problem(4, rows.shape[1], loss)


def parity(bits: int = 8) -> Problem:
    """KL of the uniform distribution on strings of even parity from that of windows of three qubits, there and back."""
    windows = [*range(bits - 2), *range(bits - 4, -1, -1)]
    even = np.array([x.bit_count() % 2 == 0 for x in range(2**bits)])

    def loss(matrices: Array) -> Array:
        state = jnp.zeros(2**bits, matrices.dtype).at[0].set(1.0)
        for cell, first in enumerate(windows):
            state = jnp.einsum("ij,ajb->aib", matrices[cell], state.reshape(2**first, 8, -1)).reshape(-1)
        distribution = jnp.abs(state[even]) ** 2
        return -jnp.mean(jnp.log(distribution + 1e-12)) - np.log(even.sum())

    return Problem(3, len(windows), loss)


def haar(key: Array, problem: Problem) -> Array:
    """Matrices drawn from the Haar distribution."""
    size = 2**problem.qubits
    parts = jax.random.normal(key, (2, problem.cells, size, size))
    return retracted(parts[0] + 1j * parts[1])


def retracted(matrices: Array) -> Array:
    """The unitary factor of QR with a positive diagonal."""
    q, r = jnp.linalg.qr(matrices)
    diagonal = jnp.diagonal(r, axis1=-2, axis2=-1)
    return q * (diagonal / jnp.abs(diagonal))[..., None, :]


def by_numbers(problem: Problem, make: Callable[[Array], Array], count: int, rate: Any, steps: int) -> Any:
    """Losses of Adam on real numbers for one key."""
    adam = optax.adam(rate)
    derivative = jax.value_and_grad(lambda numbers: problem.loss(make(numbers)))

    def run(key: Array) -> Array:
        numbers = jax.random.uniform(key, (problem.cells, count), minval=-np.pi, maxval=np.pi)

        def step(state: Any, _: None) -> Any:
            numbers, memory = state
            value, gradient = derivative(numbers)
            change, memory = adam.update(gradient, memory)
            return (optax.apply_updates(numbers, change), memory), value

        return jax.lax.scan(step, (numbers, adam.init(numbers)), None, steps)[1]

    return run


def by_manifold(problem: Problem, rate: Any, steps: int) -> Any:
    """Losses of Adam in the Lie algebra: moments of real and imaginary parts, a step U (1 + A) and its QR factor."""
    adam = optax.adam(rate)

    def run(key: Array) -> Array:
        def moved(parts: Array, matrices: Array) -> Array:
            change = parts[0] + 1j * parts[1]
            skew = 0.5 * (change - jnp.swapaxes(change, -1, -2).conj())
            return matrices + matrices @ skew

        derivative = jax.value_and_grad(lambda parts, matrices: problem.loss(moved(parts, matrices)))

        def step(state: Any, _: None) -> Any:
            matrices, memory = state
            here = jnp.zeros((2, *matrices.shape))
            value, gradient = derivative(here, matrices)
            change, memory = adam.update(gradient, memory)
            return (retracted(moved(change, matrices)), memory), value

        matrices = haar(key, problem)
        return jax.lax.scan(step, (matrices, adam.init(jnp.zeros((2, *matrices.shape)))), None, steps)[1]

    return run


def way(name: str, problem: Problem, rate: Any, steps: int) -> Any:
    """A run of one way: key to losses."""
    qubits = problem.qubits
    if name == "manifold":
        return by_manifold(problem, rate, steps)
    if name == "angles":
        of_vector = GATES[f"unitary{qubits}"].of_vector
        assert of_vector is not None
        return by_numbers(problem, lambda x: of_vector(jnp, x), unitary_angles(qubits), rate, steps)
    numbers = generator_numbers(qubits)
    return by_numbers(problem, lambda x: exponential(hermitian(jnp, qubits, x)), numbers, rate, steps)


def main() -> None:
    """Prints a row for a way and a rate: losses (median, best of seeds) at 1/4, 1/2 and the end, time of a step."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--seeds", type=int, default=4)
    options = parser.parse_args()
    for name, problem in (("parity", parity()), ("lymphography", lymphography())):
        print(f"{name}: {problem.cells} cells on {problem.qubits} qubits; losses at 1/4, 1/2 and the end", flush=True)
        print("  way        rate   median     best    median     best    median     best   a step and seed")
        for kind, rates in RATES.items():
            for rate in rates:
                cosine = optax.cosine_decay_schedule(rate, options.steps, 0.01)
                run = jax.jit(jax.vmap(way(kind, problem, cosine, options.steps)))
                keys = jax.random.split(jax.random.key(1), options.seeds)
                began = time.perf_counter()
                program = run.lower(keys).compile()
                built = time.perf_counter()
                losses = np.asarray(program(keys))
                spent = (time.perf_counter() - built) / options.steps / options.seeds
                at = [losses[:, k * options.steps // 4 - 1] for k in (1, 2, 4)]
                figures = "  ".join(f"{np.median(each):8.4f} {each.min():8.4f}" for each in at)
                print(f"  {kind:9} {rate:5}  {figures}  {1000 * spent:7.2f} ms  (built in {built - began:.1f} s)")


if __name__ == "__main__":
    main()
