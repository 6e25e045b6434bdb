"""What circuits have in common is made once: the answers and gradients are those of each circuit by itself."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.expression import Input, Real
from qgl.plan.state.shared import varying_blocks
from qgl.program.program import Program
from tests.kernels.test_simulator import METHODS, check_state_and_gradient, in_double, simulator
from tests.reference.programs import EVERYTHING, UNITARY, op, parameter, program_of, random_inputs, random_program


def programs(method: str) -> list[Program]:
    features = UNITARY if method == "state vector" else EVERYTHING
    size: dict[str, Any] = {"operations": (8, 16)} if method == "state vector" else {"live": 3, "operations": (4, 8)}
    return [random_program(300 + seed, features, visible=(1, 3), **size) for seed in range(3)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("number", range(3))
def test_answers_and_gradients_are_those_of_the_circuit(method: str, number: int) -> None:
    program = programs(method)[number]
    run = simulator(program, method)
    rng = np.random.default_rng(number)
    inputs = random_inputs(number)
    varies = rng.random(len(inputs)) < 0.3
    moved = 0.02 * varies * rng.normal(size=len(inputs))
    weights = rng.normal(size=(2, 2 ** len(program.visible), 2 ** len(program.visible)))

    def weighed(state: jax.Array) -> jax.Array:
        return jnp.sum(weights[0] * state.real + weights[1] * state.imag)

    def shared(inputs: jax.Array, moved: jax.Array) -> jax.Array:
        one = run.sharing(inputs, varies)
        return jnp.stack([weighed(one.state(inputs + move)) for move in (moved, 0 * moved)])

    def plain(inputs: jax.Array, moved: jax.Array) -> jax.Array:
        return jnp.stack([weighed(run.state(inputs + move)) for move in (moved, 0 * moved)])

    both = [in_double(lambda *given, f=f: (f(*given), jax.jacrev(f)(*given)), inputs, moved) for f in (shared, plain)]
    for found, wanted in zip(*both, strict=True):
        np.testing.assert_allclose(found, wanted, atol=1e-11)


def test_only_what_depends_on_an_input_that_varies_is_made_again() -> None:
    """A block depends on an input through functions of functions, in any factor of any unit."""
    first, last = Real(0.0, ((1.0, Input(0, 0)),)), Real(0.5, ((1.0, Input(0, 1)), (2.0, Input(0, 2))))
    gates = [op("cx", a, b) for a, b in pairwise(range(8))]
    program = program_of(
        8, 0, op("rx", 0, args=[first]), *gates, op("ry", 7, args=[last]), parameters=(parameter("a", 3),)
    )
    tables = simulator(program, "state vector").plan.lowered["state vector"].tables  # type: ignore[attr-defined]
    found = [varying_blocks(tables, np.arange(3) == k) for k in range(3)]
    assert found[0].any() and not found[0].all()
    assert found[1].sum() == 1 and (found[1] == found[2]).all() and not (found[0] & found[1]).any()


NUMBERS = (parameter("z", 8), parameter("y", 4))


def state_of(index: int, count: int) -> list[Real]:
    return [Real(0.1 * k, ((1.0, Input(index, k)),)) for k in range(count)]


@pytest.mark.parametrize("method", METHODS)
def test_states_that_a_circuit_begins_in(method: str) -> None:
    """At the head, on a wire that comes later, in any order of qubits, and twice the same numbers."""
    operations = [
        op("state2", 2, 0, args=state_of(0, 8)),
        op("rx", 1, args=[Real(0.0, ((1.0, Input(1, 0)),))]),
        op("cx", 0, 1),
        op("fresh", 4),
        op("state1", 4, args=state_of(1, 4)),
        op("cy", 4, 2),
        op("discard", 4),
        op("fresh", 5),
        op("state1", 5, args=state_of(1, 4)),
        op("crx", 5, 3, args=[0.7]),
        op("discard", 5),
    ]
    if method == "density matrix":
        operations += [op("amplitude_damping", 1, args=[0.3])]
    program = program_of(3, 1, *operations, parameters=NUMBERS)
    check_state_and_gradient(program, method, np.random.default_rng(2).normal(size=12))


def test_a_mixture_under_conditions_shares_its_gates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Likelihoods, with their second look at rounding, of rows with conditions; double precision against each alone."""
    text = (
        'data words = npz("words.npz", columns = [0, 1], condition = [2]);\n'
        "condition c[1];\nlatent z ~ bernoulli(0.3);\n"
        "visible v[2];\nparam a[3, v] : angle;\n"
        "model { repeat 3 as k { ry(a[k]) v; cx v[0], v[1]; } rx(c[0] + z) v; "
        "repeat 3 as k { rz(a[k]) v; rx(1) v; } }\n"
        "objective nll(words);\n"
    )
    rows = np.array([[0, 1, 0], [1, 1, 1], [1, 0, 1], [0, 0, 0], [1, 1, 0]])
    monkeypatch.chdir(tmp_path)
    np.savez("words.npz", rows)
    model = qgl.loads(text, precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        logs = [float(model.log_prob(params, row[None, :2], row[2:])[0]) for row in rows]
        value, gradient = model.value_and_grad(params)
        by_rows = [jax.grad(lambda p, r=row: model.log_prob(p, r[None, :2], r[2:])[0])(params)["a"] for row in rows]
    assert float(value) == pytest.approx(-np.mean(logs), abs=1e-12)
    np.testing.assert_allclose(gradient["a"], -np.mean(by_rows, axis=0), atol=1e-12)
