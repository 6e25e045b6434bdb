"""Columns that share a loop: the same numbers as each by itself, and as the reference; the rule of their gradient."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.boundary.columns import outside
from qgl.kernels.boundary.crossing import Body, Boundary, Data, Passed, across, dense, exponent_of, two_to
from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.loops import Loop, loops_of
from qgl.plan.boundary.method import BoundaryProgram
from qgl.plan.boundary.paths import path_of
from qgl.plan.network.columns import Columns
from qgl.program.program import Program
from qgl.query import Expectation, LogProb
from tests.kernels.boundary.test_boundary_likelihood import angle, brick_chain, channel_chain, check, planned
from tests.reference.programs import op, parameter, program_of


def irregular_chain(n: int) -> Program:
    """Other gates on every site and bond, so that hardly two columns are alike."""
    rng = np.random.default_rng(n)
    gates = [op("ry", k, args=[angle(k % 4) + 0.1 * k]) for k in range(n)]
    for k in range(n - 1):
        gates += [op("rxx", k, k + 1, args=[angle(k % 3) * 0.5])] if rng.uniform() < 0.6 else []
        gates += [op("rz", k, args=[0.2 * k]), op("cz", k, k + 1), op("ry", k + 1, args=[angle(k % 2)])]
        gates += [op("amplitude_damping", k, args=[0.1])] if k == n // 2 else []
    return program_of(n, 0, *gates, parameters=(parameter("theta", 4),))


def loops(program: Program, rows: int = 4) -> tuple[Columns, tuple[Loop, ...]]:
    query = LogProb.of(np.zeros((rows, len(program.visible)), np.uint8))
    lowered = planned(program, query).lowered["boundary"]
    assert isinstance(lowered, BoundaryProgram)
    columns = lowered.columns(query)
    narrow = columns.network.algebra == "pauli_transfer"
    found = loops_of(columns, [path_of(column, rows, narrow) for column in columns.classes])
    assert found is not None
    taken = [
        loop.start + np.arange(sum(len(piece.places) for place in loop.places for piece in place)) for loop in found
    ]
    np.testing.assert_array_equal(np.concatenate(taken), np.arange(len(columns.kinds)))
    return columns, found


def test_the_ends_of_a_chain_are_in_the_loop_of_what_is_between_them() -> None:
    columns, (loop,) = loops(brick_chain(20, 4))
    assert len(columns.segments) == 3
    assert loop.sizes == ((2, 2, 4), (4, 2, 2)) and loop.repeats == 10


def test_columns_of_one_size_share_a_body() -> None:
    _, (loop,) = loops(channel_chain(20, 4))
    assert loop.sizes == ((16, 2, 16),) and len(loop.places) == 2


def test_what_the_rounds_of_a_loop_do_not_take_stays_beside_it() -> None:
    _, found = loops(brick_chain(21, 4))
    assert sorted(len(loop.places) * loop.repeats for loop in found) == [1, 20]


@pytest.mark.parametrize("program", [brick_chain(10, 4), brick_chain(11, 3), channel_chain(8, 2), irregular_chain(9)])
def test_the_same_as_each_column_by_itself(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    loops(program)
    n, rng = len(program.visible), np.random.default_rng(1)
    strings = LogProb.of(rng.integers(0, 2, (7, n)).astype(np.uint8))
    words = Expectation.of(["".join(rng.choice(list("IXYZ"), n)) for _ in range(3)] + ["Z" * n, "I" * n])
    inputs = rng.normal(size=sum(each.size for each in program.parameters))

    def answered() -> list[Any]:
        run = Simulator(planned(program, strings, words))

        def loss(values: jax.Array) -> tuple[jax.Array, Any]:
            found = run.answers(values, (strings, words))
            weighted = [jnp.arange(1.0, len(found[query]) + 1) @ found[query] for query in (strings, words)]
            return weighted[0] + 3 * weighted[1], [found[strings], found[words]]

        with jax.enable_x64(True):
            return jax.tree.leaves(jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs)))

    together = answered()
    monkeypatch.setattr("qgl.kernels.boundary.stretches.loops_of", lambda *_: None)
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-10), together, answered())


def test_a_chain_in_one_loop_against_the_reference() -> None:
    program = brick_chain(8, 2)
    assert len(loops(program)[1]) == 1
    check(program, np.random.default_rng(0).normal(size=6))


@pytest.mark.parametrize("kind", [np.float64, np.complex128])
@pytest.mark.parametrize("keep", [False, True])
def test_the_gradient_is_that_of_the_products_written_out(kind: Any, keep: bool) -> None:
    rng = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        real, imaginary = rng.normal(size=(2, *shape))
        return (real + 1j * imaginary if kind == np.complex128 else real) * 1e3

    rounds, rows = 4, 3
    tensors = [drawn(rounds, 2, 2, 4), drawn(rounds, 4, 2, 2)]
    caps, begins = rng.normal(size=(rounds, 2, rows, 1, 2)), rng.integers(0, 2, (rounds, 2, rows)).astype(bool)
    body = Body(rounds, (dense, dense), partial(jnp.asarray, dtype=kind))
    data = Data((None, None), caps, jnp.asarray(begins))

    def value(numbers: Any, exponents: Any) -> jax.Array:
        """A number of log2 |boundary|, shape ()."""
        return jnp.sum(jnp.log2(jnp.abs(jnp.sum(numbers, axis=-1))) + exponents)

    def by_rule(tensors: Any) -> jax.Array:
        start = outside(rows, kind)
        start = Boundary(jnp.pad(start.values, ((0, 0), (0, 1))), start.exponents)
        end, before = across(body, keep, tensors, data, Passed(start, start.exponents))
        kept = [value(*each) for each in before or ()]
        return value(*end.boundary) + sum(kept)

    def written_out(tensors: Any) -> jax.Array:
        values, total = jnp.asarray(np.eye(1, 2).repeat(rows, 0), kind), jnp.zeros(())
        for number in range(rounds):
            for place in range(2):
                total += value(values, 0) if keep else 0
                values = jnp.where(begins[number, place][:, None], values[:1], values)
                values = jnp.einsum("rb,rl,bla->ra", values, caps[number, place, :, 0], tensors[place][number])
        return total + value(values, 0)

    with jax.enable_x64(True):
        found, expected = (jax.value_and_grad(each)([*map(jnp.asarray, tensors)]) for each in (by_rule, written_out))
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-9, atol=1e-12), found, expected)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_powers_of_two_are_exact_up_to_the_largest_numbers(kind: Any) -> None:
    info = np.finfo(kind)
    with jax.enable_x64(True):
        numbers = jnp.asarray([info.max, info.max / 2, 1.5, 1.0, 0.75, info.tiny, 0.0], kind)
        exponents = exponent_of(numbers)
        scaled = numbers * two_to(-exponents, kind)
        np.testing.assert_array_equal(np.ldexp(np.asarray(scaled), np.asarray(exponents)), numbers)
    assert np.asarray(scaled).max() < 4 and np.asarray(scaled)[:-1].min() >= 1
