"""Columns that come once each share a body: the same numbers as each by itself, and as the reference."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from qgl.kernels.simulator import Simulator
from qgl.plan.boundary.padded import PaddedRun, parts_of
from qgl.plan.boundary.paths import path_of
from qgl.program.program import Program
from qgl.query import Expectation, GivenPauliWords, LogProb, Query
from tests.kernels.boundary.test_boundary_likelihood import angle, planned
from tests.reference.density import probabilities
from tests.reference.programs import op, parameter, program_of


def grid(rows: int, columns: int, noisy: bool) -> Program:
    """Rotations on all sites and RXX on all edges, row by row; noisy: what leaves the first column is damped."""
    site = np.arange(rows * columns).reshape(rows, columns)
    edges = [*zip(site[:, :-1].ravel(), site[:, 1:].ravel(), strict=True)]
    edges += zip(site[:-1].ravel(), site[1:].ravel(), strict=True)
    gates = [op("ry", int(k), args=[angle(int(k) % 4) + 0.1 * k]) for k in site.ravel()]
    gates += [op("rxx", int(a), int(b), args=[angle(int(a + b) % 4) * 0.5]) for a, b in edges]
    gates += [op("amplitude_damping", int(k), args=[0.2]) for k in site[:, 0]] if noisy else []
    gates += [op("rz", int(k), args=[angle(int(k) % 3) + 0.2]) for k in site.ravel()]
    gates += [op("ry", int(k), args=[0.3 + 0.1 * k]) for k in site.ravel()]
    return program_of(site.size, 0, *gates, parameters=(parameter("theta", 4),))


def runs(program: Program, query: Any, rows: int) -> list[PaddedRun]:
    columns = planned(program, query).lowered["boundary"].columns(query)  # type: ignore[attr-defined]
    narrow = columns.network.algebra == "pauli_transfer"
    parts = parts_of(columns, [path_of(column, rows, narrow) for column in columns.classes])
    flat = [number for part in parts for number in (part.segments if isinstance(part, PaddedRun) else (part,))]
    assert flat == list(range(len(columns.segments)))
    return [part for part in parts if isinstance(part, PaddedRun)]


@pytest.mark.parametrize("noisy", [False, True])
def test_likelihoods_of_a_grid_and_their_gradient(noisy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    program = grid(2, 4, noisy)
    strings = (np.arange(256)[::23, None] >> np.arange(7, -1, -1) & 1).astype(np.uint8)
    query, inputs = LogProb.of(strings), np.random.default_rng(0).normal(size=4)
    assert sum(len(run.segments) for run in runs(program, query, len(strings))) > 4

    def answered() -> list[Any]:
        run = Simulator(planned(program, query))
        with jax.enable_x64(True):
            weights = jnp.arange(1.0, len(strings) + 1)

            def loss(values: jax.Array) -> tuple[jax.Array, jax.Array]:
                answer = run.answer(values, query)
                return (weights * answer).sum(), answer

            return jax.tree.leaves(jax.jit(jax.grad(loss, has_aux=True))(jnp.asarray(inputs)))

    padded = answered()
    expected = probabilities(program, inputs)[strings.astype(int) @ 2 ** np.arange(7, -1, -1)]
    np.testing.assert_allclose(padded[1], np.log(expected), rtol=1e-9)
    monkeypatch.setattr("qgl.kernels.boundary.stretches.parts_of", lambda columns, _: range(len(columns.segments)))
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-9), padded, answered())


def test_pauli_words_given_with_the_call_on_a_grid() -> None:
    program, inputs = grid(2, 4, noisy=True), np.random.default_rng(1).normal(size=4)
    given, letters = GivenPauliWords(3), np.array([[1, 1, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, 1], [1] * 8])
    assert runs(program, given, 3)
    fixed = Expectation.of(["".join("IZ"[bit] for bit in row) for row in letters])
    with jax.enable_x64(True):
        run = Simulator(planned(program, given, fixed))
        put: dict[Query, jax.Array] = {given: jnp.asarray(letters, jnp.uint8)}

        def answers(values: jax.Array) -> tuple[Any, Any]:
            found = run.answers(values, (given, fixed), given=put)
            return found[given], found[fixed]

        padded, plain = jax.jit(answers)(jnp.asarray(inputs))
    np.testing.assert_allclose(padded[0], plain, rtol=1e-9, atol=1e-12)
