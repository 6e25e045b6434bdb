"""Words of circuits that only make phases, as they run: values, gradients and estimates."""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.kernels.iqp.cosines import cosines_and_sines, moments
from qgl.kernels.iqp.runner import IqpRunner
from qgl.kernels.packed_bits import bits_at, by_ones, packed, packed_columns, parities, unpacked, walk
from qgl.kernels.simulator import Simulator
from qgl.plan.iqp.method import Iqp, IqpProgram
from qgl.plan.planner import Planner
from qgl.query import Expectation, GivenPauliWords, Query
from tests.reference.density import gradient, probabilities
from tests.reference.iqp_programs import iqp_program
from tests.reference.programs import random_inputs

Array = jax.Array
PAULI_WORDS = np.array(list(itertools.product((0, 1), repeat=3)), np.uint8)
ALL = Expectation.of(["".join("IZ"[bit] for bit in pauli_word) for pauli_word in PAULI_WORDS])


def simulator(seed: int, *queries: Query, linear: bool = False) -> Simulator:
    circuit = Circuit.of(iqp_program(seed, 3, 2, linear))
    return Simulator(Planner(circuit, "double", methods=(Iqp(),)).plan(queries))


def wanted(seed: int, inputs: NDArray[np.float64], linear: bool = False) -> NDArray[np.float64]:
    distribution = probabilities(iqp_program(seed, 3, 2, linear), inputs)
    return np.asarray((-1.0) ** (PAULI_WORDS.astype(int) @ PAULI_WORDS.T) @ distribution)


@pytest.mark.parametrize(("seed", "linear"), [(1, False), (4, True)])
def test_exact_words_and_their_gradient(seed: int, linear: bool) -> None:
    inputs, weights = random_inputs(seed), np.random.default_rng(seed).normal(size=8)
    run = simulator(seed, ALL, linear=linear)
    with jax.enable_x64(True):

        def total(x: Array) -> tuple[Array, Array]:
            found = run.answer(x, ALL)
            return found @ weights, found

        derivatives, values = jax.jit(jax.grad(total, has_aux=True))(jnp.asarray(inputs))
    np.testing.assert_allclose(values, wanted(seed, inputs, linear), atol=1e-12)
    expected = gradient(lambda x: wanted(seed, x, linear) @ weights, inputs)
    np.testing.assert_allclose(derivatives, expected, atol=1e-7)
    assert np.abs(expected).max() > 1e-3


@pytest.mark.parametrize(("seed", "linear"), [(1, False), (4, True)])
def test_estimates_and_their_gradient_are_unbiased(seed: int, linear: bool) -> None:
    """Over keys, within five standard errors; and mean and mean square give an unbiased square."""
    samples, keys = 37, 800
    query = GivenPauliWords(8, samples)
    run, inputs = simulator(seed, ALL, query, linear=linear), random_inputs(seed)
    weights = jnp.asarray(np.random.default_rng(seed).normal(size=8))
    with jax.enable_x64(True):

        def estimate(x: Array, key: Array) -> tuple[Array, Array]:
            found = run.answers(x, (query,), key, {query: jnp.asarray(PAULI_WORDS)})[query]
            return weights @ found[0], found

        both = jax.jit(jax.vmap(jax.value_and_grad(estimate, has_aux=True), (None, 0)))
        (_, found), derivatives = both(jnp.asarray(inputs), jax.random.split(jax.random.key(seed), keys))
        derivative = jax.jit(jax.grad(lambda x: run.answer(x, ALL) @ weights))(jnp.asarray(inputs))
    exact = wanted(seed, inputs, linear)
    means, squares = np.moveaxis(np.asarray(found), 1, 0)
    _agree(means, exact)
    _agree((means**2 - squares / samples) * samples / (samples - 1), exact**2)
    _agree(np.asarray(derivatives), np.asarray(derivative))


def _agree(draws: NDArray[np.float64], exact: NDArray[np.float64]) -> None:
    error = 5 * np.std(draws, axis=0) / np.sqrt(len(draws)) + 1e-9
    assert np.all(np.abs(np.mean(draws, axis=0) - exact) < error)


def test_rows_of_seeds_are_each_as_if_alone() -> None:
    """Words, keys and inputs that are mapped over, sparse words beside dense ones."""
    query = GivenPauliWords(8, 64)
    run, inputs = simulator(2, query), jnp.asarray(random_inputs(2), jnp.float32)
    batch = jnp.stack([inputs, 0.5 * inputs])
    keys = jax.random.split(jax.random.key(0), 2)
    pauli_words = jnp.stack([jnp.asarray(np.eye(8, 3, dtype=np.uint8)), jnp.ones((8, 3), jnp.uint8)])

    def total(x: Array, key: Array, rows: Array) -> Array:
        return jnp.sum(run.answers(x, (query,), key, {query: rows})[query])

    one = jax.jit(jax.value_and_grad(total))
    together = jax.jit(jax.vmap(jax.value_and_grad(total)))(batch, keys, pauli_words)
    for row in range(2):
        alone = one(batch[row], keys[row], pauli_words[row])
        np.testing.assert_allclose(together[0][row], alone[0], rtol=1e-5)
        np.testing.assert_allclose(together[1][row], alone[1], rtol=1e-4, atol=1e-5)


def test_few_and_many_ones_have_the_same_sums() -> None:
    """The two ways of adding up phases, and their derivatives, on more words than one chunk holds."""
    run = simulator(1, GivenPauliWords(8, 64))
    (runner,) = run._runners.values()
    assert isinstance(runner, IqpRunner) and isinstance(runner.program, IqpProgram)
    sums, rng = runner.sums, np.random.default_rng(0)
    pauli_words = jnp.asarray(rng.integers(0, 2, (300, 3)), jnp.uint8)
    strings = jax.random.bits(jax.random.key(0), (runner.program.variables, 2))
    signs = sums._signs(strings)
    angles = jnp.asarray(rng.normal(size=len(runner.program.angles)), jnp.float32)
    few, many = jax.jit(lambda: (sums._sparse(angles, pauli_words, signs), sums._dense(angles, pauli_words, signs)))()
    np.testing.assert_allclose(few, many, atol=1e-5)
    few, many = jax.jit(
        lambda: (
            sums._sparse_cotangents(few, pauli_words, signs),
            sums._dense_cotangents(few, pauli_words, signs),
        )
    )()
    np.testing.assert_allclose(few, many, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("weight", [0.0, 3.0])
def test_a_weight_that_is_known_changes_no_answer(weight: float) -> None:
    """Either way is laid out, whatever the Pauli words are."""
    known, unknown = GivenPauliWords(8, 64, weight), GivenPauliWords(8, 64)
    run, inputs, key = simulator(2, known, unknown), jnp.asarray(random_inputs(2), jnp.float32), jax.random.key(4)

    def total(x: Array, query: GivenPauliWords) -> tuple[Array, Array]:
        found = run.answers(x, (query,), key, {query: jnp.asarray(PAULI_WORDS)})[query]
        return jnp.sum(jnp.sin(found)), found

    each = [jax.jit(jax.grad(total, has_aux=True), static_argnums=1)(inputs, query) for query in (known, unknown)]
    for own, other in zip(*each, strict=True):
        np.testing.assert_allclose(own, other, atol=2e-6)
        assert np.abs(own).max() > 0.1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_cosines_of_turns(dtype: type[np.floating[Any]]) -> None:
    """Within four units of rounding, next to 0 and far from it."""
    turns = np.concatenate([np.linspace(-0.75, 0.75, 2001), np.random.default_rng(0).normal(0, 30, 2000)]).astype(dtype)
    with jax.enable_x64(dtype is np.float64):
        cosine, sine = cosines_and_sines(jnp.asarray(turns))
    assert cosine.dtype == dtype
    angles = 2 * np.longdouble(np.pi) * (turns - np.rint(turns))
    bound = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(cosine, np.cos(angles).astype(float), atol=bound, rtol=0)
    np.testing.assert_allclose(sine, np.sin(angles).astype(float), atol=bound, rtol=0)


def test_moments_and_their_gradient_leave_out_columns_to_fill() -> None:
    turns, weights = np.random.default_rng(1).normal(size=(3, 9)), jnp.asarray([[1.0, -2, 3], [0.5, 1, -1]])

    def plain(turns: Array) -> Array:
        draws = jnp.cos(2 * jnp.pi * turns[:, :7])
        return jnp.stack([jnp.mean(draws, axis=1), jnp.mean(draws**2, axis=1)])

    with jax.enable_x64(True):
        own = jax.value_and_grad(lambda turns: jnp.sum(weights * moments(turns, 7)))(jnp.asarray(turns))
        other = jax.value_and_grad(lambda turns: jnp.sum(weights * plain(turns)))(jnp.asarray(turns))
    np.testing.assert_allclose(own[0], other[0], atol=1e-13)
    np.testing.assert_allclose(own[1], other[1], atol=1e-12)


def test_words_in_blocks_are_as_all_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    query = GivenPauliWords(8, 50)
    inputs, key = jnp.asarray(random_inputs(5), jnp.float32), jax.random.key(1)
    run = simulator(5, query)

    def found() -> Array:
        result: Array = run.answers(inputs, (query,), key, {query: jnp.asarray(PAULI_WORDS)})[query]
        return result

    whole = jax.jit(found)()
    monkeypatch.setattr("qgl.plan.iqp.method.MOST_ANGLES", 150)
    np.testing.assert_allclose(jax.jit(lambda: found())(), whole, atol=1e-6)


def test_estimates_need_a_key() -> None:
    query = GivenPauliWords(8, 50)
    with pytest.raises(ValueError, match="key"):
        simulator(5, query).answers(jnp.zeros(11), (query,), None, {query: jnp.asarray(PAULI_WORDS)})


def test_ones_are_walked_through_in_order() -> None:
    rows = np.random.default_rng(0).random((40, 70)) < 0.05
    start = (jnp.zeros((40, 71), jnp.int32), jnp.int32(0))

    def visit(carry: tuple[Array, Array], at: Array) -> tuple[Array, Array]:
        return carry[0].at[jnp.arange(40), at].set(carry[1]), carry[1] + 1

    visits, times = walk(packed(jnp.asarray(rows, jnp.uint8)), 70, start, visit)
    numbers = np.cumsum(rows, axis=1) - 1
    np.testing.assert_array_equal(np.asarray(visits)[:, :70], np.where(rows, numbers, 0))
    assert times == rows.sum(axis=1).max()


def test_bits_unpack_to_the_signs_of_what_was_packed() -> None:
    bits = np.random.default_rng(1).integers(0, 2, (3, 70), dtype=np.uint8)
    numbers = packed(jnp.asarray(bits))
    signs = np.asarray(unpacked(numbers, jnp.dtype(jnp.float32))).reshape(3, -1)
    np.testing.assert_array_equal(signs[:, :70], 1 - 2.0 * bits)
    assert numbers.shape == (3, 3) and np.all(signs[:, 70:] == 1)
    rows, positions = np.indices(bits.shape, np.int32)
    np.testing.assert_array_equal(bits_at(numbers, jnp.asarray(rows), jnp.asarray(positions)), bits)
    np.testing.assert_array_equal(packed_columns(bits.T), numbers)


def test_parities_of_rows() -> None:
    table = np.random.default_rng(2).integers(0, 2**32, (6, 2), dtype=np.uint32)
    members = np.array([[0, 6, 6, 6, 6], [1, 2, 3, 4, 5], [6, 6, 6, 6, 6]], np.int32)
    exact = [table[0], np.bitwise_xor.reduce(table[1:]), [0, 0]]
    np.testing.assert_array_equal(parities(jnp.asarray(table), members), exact)


def test_rows_of_most_ones_come_first() -> None:
    bits = np.random.default_rng(3).integers(0, 2, (20, 5), dtype=np.uint8)
    rows = np.asarray(by_ones(jnp.asarray(bits)))
    assert np.all(np.diff(rows.sum(axis=1, dtype=int)) <= 0)
    assert sorted(map(tuple, rows)) == sorted(map(tuple, bits))
