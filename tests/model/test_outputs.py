"""Numbers that elements of an ensemble hand out, against instruments as lists of Kraus operators."""

from __future__ import annotations

import itertools
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.query import Expectation, Marginals, Numbers
from tests.model.test_outcomes import labelled, random_program

OUTPUTS = """
output x[2] = list(q in v: expect(X[q]));
output p[2, 2] = clip(3 * prob(v[1], v[0]), 0, 1) - a[0];
output mixed = expect(0.5 * Z[v[0]] * Y[v[1]] - a[1] * X[v[0]] + 2) ** 2 / (1 + exp(x[1]));
output under[2, 2] = prob(v[0], given = v[1]) * a[2];
"""
PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0, -1.0]),
}


def made(seed: int, **options: Any) -> tuple[qgl.Model, dict[str, Any]]:
    model = qgl.loads(random_program(seed, **options) + OUTPUTS, precision="double")
    with jax.enable_x64(True):
        return model, model.init(jax.random.key(seed))


def mean(state: NDArray[Any], pauli_word: str) -> float:
    return float(np.trace(state @ reduce(np.kron, [PAULIS[letter] for letter in pauli_word])).real)


def numbers_of(state: NDArray[Any], a: NDArray[np.float64]) -> dict[str, Any]:
    """What `OUTPUTS` says, of one normalised state of two qubits."""
    x = [mean(state, "XI"), mean(state, "IX")]
    p = np.diag(state).real.reshape(2, 2).T
    chance = p.sum(axis=1, keepdims=True)
    under = a[2] * np.where(chance > 1e-9, p / np.maximum(chance, 1e-9), np.nan)
    inner = 0.5 * mean(state, "ZY") - a[1] * x[0] + 2
    return {"x": x, "p": np.clip(3 * p, 0, 1) - a[0], "mixed": inner**2 / (1 + np.exp(x[1])), "under": under}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("noise", [False, True])
def test_random_programs(seed: int, noise: bool) -> None:
    model, params = made(seed, noise=noise)
    states = np.array(labelled(model, params))
    weights = np.trace(states, axis1=1, axis2=2).real
    found = model.outputs(params)
    np.testing.assert_allclose(model.weights(params), weights / weights.sum(), atol=1e-12)
    assert {name: array.shape for name, array in found.items()} == {
        "x": (len(states), 2),
        "p": (len(states), 2, 2),
        "mixed": (len(states),),
        "under": (len(states), 2, 2),
    }
    for label, (state, weight) in enumerate(zip(states, weights, strict=True)):
        if weight < 1e-9:
            assert np.isnan(found["mixed"][label])
            continue
        for name, wanted in numbers_of(state / weight, np.asarray(params["a"])).items():
            np.testing.assert_allclose(found[name][label], wanted, atol=1e-10)


def judged(model: qgl.Model, params: dict[str, Any], a: NDArray[np.float64], factors: NDArray[np.float64]) -> float:
    """The mean over labels of a sum of all numbers, by Kraus operators; numbers that are none count as 0."""
    states = np.array(labelled(model, {**params, "a": jnp.asarray(a)}))
    weights = np.trace(states, axis1=1, axis2=2).real
    total = 0.0
    for state, weight in zip(states, weights, strict=True):
        if weight >= 1e-9:
            numbers = numbers_of(state / weight, a)
            row = np.concatenate([np.ravel(numbers[name]) for name in ("x", "p", "mixed", "under")])
            total += weight * np.where(np.isnan(row), 0, row) @ factors
    return float(total / weights.sum())


def gradient_is_that_of_the_reference(seed: int, **options: Any) -> None:
    """Of the mean over labels of all numbers, in which those of the weights and of the success are."""
    model, params = made(seed, **options)
    rng = np.random.default_rng(seed)
    factors, direction, a = rng.normal(size=11), rng.normal(size=20), np.asarray(params["a"])

    def function(a: Any) -> Any:
        here = {**params, "a": a}
        weights, rows = model.answer(here, Numbers())
        return jnp.sum(weights[:, None] * jnp.where(jnp.isnan(rows), 0, rows) @ factors)

    with jax.enable_x64(True):
        value, gradient = jax.value_and_grad(function)(params["a"])
        ahead, behind = (judged(model, params, a + sign * 1e-5 * direction, factors) for sign in (1, -1))
        assert float(value) == pytest.approx(judged(model, params, a, factors), abs=1e-9)
    np.testing.assert_allclose(np.asarray(gradient) @ direction, (ahead - behind) / 2e-5, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("noise", [False, True])
def test_gradients(noise: bool) -> None:
    gradient_is_that_of_the_reference(1, noise=noise)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_a_hundred_random_programs(seed: int) -> None:
    """States in, kept and required outcomes and numbers out, all together: values and gradients."""
    noise, keep, require = seed % 2 == 1, seed // 2 % 3, seed // 6 % 3
    gradient_is_that_of_the_reference(100 + seed, noise=noise, keep=keep, require=require)


def test_hidden_qubits_conditions_and_hamiltonians() -> None:
    text = (
        "condition c[2];\nparam w : real;\nvisible v[2];\nhidden h;\n"
        "hamiltonian energy(g) = Z[v[0]] * Z[h] + g * X[v[1]];\n"
        "model { ry(c[0]) v[0]; cx v[0], h; ry(0.4) v[1]; cz v[1], h; }\n"
        "output e = w * expect(energy(0.5)) + c[1];\noutput both[4] = prob(h, v[1]);\n"
    )
    model = qgl.loads(text, precision="double")
    params = {"w": jnp.asarray(0.5)}
    for first in (0.3, 1.1):
        found = model.outputs(params, condition=np.array([first, 5.0]))
        chance = np.sin(first / 2) ** 2
        wanted = 0.5 * (1 + 0.5 * np.sin(0.4) * np.cos(first)) + 5
        assert float(found["e"][0]) == pytest.approx(wanted, abs=1e-12)
        other = np.sin(0.2) ** 2
        table = [(1 - chance) * (1 - other), (1 - chance) * other, chance * (1 - other), chance * other]
        np.testing.assert_allclose(found["both"][0], table, atol=1e-12)


def test_forty_qubits_are_eight_light_cones_of_five() -> None:
    """The generator of MosaiQ (arXiv 2308.11096): eight circuits of five qubits, never a state of 2^40."""
    text = """
    latent z[5] ~ uniform(0, pi / 8) draws 2;
    visible q[40];
    param w[8, 6, 5] : angle ~ uniform(0, 1);
    model {
        repeat 8 as k {
            let own = q[k * 5..k * 5 + 4];
            for j in 0..4 { ry(z[j]) own[j]; rx(z[j]) own[j]; }
            repeat 6 as l { for j in 0..4 { ry(w[k, l, j]) own[j]; } for (a, b) in chain(own) { cz a, b; } }
        }
    }
    output feature[40] = list(a in q: expect(X[a]));
    """
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    (share,) = model.readings.shares((Numbers(),))
    (row,) = share.weigh().rows
    assert row.chosen == "cones"
    assert row.candidates[0].cost.width == 5
    found = np.asarray(model.outputs(params)["feature"])
    small = qgl.loads(
        "param z[5] : real;\nparam w[6, 5] : angle;\nvisible q[5];\n"
        "model { for j in 0..4 { ry(z[j]) q[j]; rx(z[j]) q[j]; }"
        " repeat 6 as l { for j in 0..4 { ry(w[l, j]) q[j]; } for (a, b) in chain(q) { cz a, b; } } }"
    )
    pauli_words = ["I" * k + "X" + "I" * (4 - k) for k in range(5)]
    for draw, part in itertools.product(range(2), (0, 7)):
        alone = small.expectation({"z": params["z"][draw], "w": params["w"][part]}, pauli_words)
        np.testing.assert_allclose(found[draw, 5 * part : 5 * part + 5], alone, atol=1e-5)
    gradient = jax.grad(lambda w: jnp.sum(model.outputs({**params, "w": w})["feature"] ** 2))(params["w"])
    assert float(jnp.min(jnp.max(jnp.abs(gradient), axis=(1, 2)))) > 1e-3


def test_shots() -> None:
    model = qgl.loads(
        "visible v[2];\nmodel { ry(0.7) v[0]; ry(2.0) v[1]; }\noutput y[5] = [expect(Z[v[0]]), 2, 3, 4, 5];"
        "\noutput p[4] = prob(v);"
    )
    exact = model.outputs({})
    drawn = [model.outputs({}, shots=50, key=jax.random.key(k)) for k in range(200)]
    means = np.array([float(each["y"][0, 0]) for each in drawn])
    assert set(np.round((means + 1) * 25, 4) % 1) == {0.0}
    error = np.sqrt((1 - np.cos(0.7) ** 2) / 50)
    assert abs(means.mean() - float(exact["y"][0, 0])) < 4 * error / np.sqrt(200)
    assert means.std() == pytest.approx(error, rel=0.2)
    rows = np.array([each["p"][0] for each in drawn])
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(rows.mean(axis=0), exact["p"][0], atol=4 * 0.5 / np.sqrt(50 * 200))
    with pytest.raises(ValueError, match="give `key`"):
        model.outputs({}, shots=50)


def test_what_is_read_twice_is_read_once() -> None:
    model = qgl.loads(
        "visible v[3];\nmodel { h v; }\noutput a = expect(X[v[0]]) + expect(X[v[0]] + X[v[1]]);\n"
        "output b[2] = [prob(v[0])[1] * prob(v[0])[0], a];"
    )
    assert len(model.program.outputs.pauli_words) == 2 and len(model.program.outputs.regions) == 1
    (share,) = model.readings.shares((Numbers(),))
    assert [type(query) for query in share.queries] == [Expectation, Marginals]
    np.testing.assert_allclose(model.outputs({})["b"], [[0.25, 3]], atol=1e-6)


def test_probabilities_under_a_condition() -> None:
    """Of several given qubits, hidden ones too, in the order in which they are named; NaN under what never comes."""
    model = qgl.loads(
        "param a[4] : angle;\nvisible v[3];\nhidden h;\n"
        "model { ry(a[0]) v[0]; ry(a[1]) v[1]; rx(a[2]) h; cx v[0], v[2]; cx h, v[1]; ry(a[3]) v[2]; fresh e; }\n"
        "output p = prob(v[1], v[2], given = [h, v[0]]);\noutput one = prob(v[1], given = v[0])[1][0];",
        precision="double",
    )
    angles = np.array([0.4, 1.3, 2.1, 0.7])
    with jax.enable_x64(True):
        params = {"a": jnp.asarray(angles)}
        never = {"a": jnp.asarray(angles * [0, 1, 1, 1])}  # v[0] is surely 0
    found = model.outputs(params)
    joint = np.zeros((2, 2, 2, 2))  # h, v[0], v[1], v[2]
    for h, first, second in itertools.product(range(2), repeat=3):
        chance = [np.cos(angle / 2) ** 2 for angle in angles]
        weight = np.prod([c if bit == 0 else 1 - c for c, bit in zip(chance, (first, second, h), strict=False)])
        turned = chance[3] if first == 0 else 1 - chance[3]
        joint[h, first, second ^ h] += weight * np.array([turned, 1 - turned])
    table = joint.reshape(4, 4)
    np.testing.assert_allclose(found["p"][0], table / table.sum(axis=1, keepdims=True), atol=1e-12)
    assert float(found["one"][0]) == pytest.approx(joint[:, 1, 0].sum() / joint[:, 1].sum(), abs=1e-12)
    np.testing.assert_array_equal(np.isnan(model.outputs(never)["p"][0]), [[0] * 4, [1] * 4] * 2)
    with jax.enable_x64(True):  # what is not used of it does not harm a gradient
        gradient = jax.grad(lambda a: model.outputs({"a": a})["p"][0, 0, 1])(never["a"])
    assert np.isfinite(gradient).all() and abs(float(gradient[1])) > 0.05


def test_shots_under_a_condition() -> None:
    model = qgl.loads("visible v[2];\nmodel { ry(0.02) v[0]; ry(2.0) v[1]; }\noutput p[4] = prob(v[1], given = v[0]);")
    drawn = np.array([model.outputs({}, shots=5000, key=jax.random.key(k))["p"][0] for k in range(20)])
    assert np.isnan(drawn[:, 2:]).any() and not np.isnan(drawn[:, 2:]).all()  # one shot in 10,000 has a one there
    np.testing.assert_allclose(drawn[:, 1].mean(), np.sin(1.0) ** 2, atol=4 * 0.5 / np.sqrt(20 * 5000))
    counted = drawn[:, 2:].sum(axis=1)
    np.testing.assert_allclose(counted[~np.isnan(counted)], 1, atol=1e-6)


def test_an_outcome_that_never_comes_has_no_numbers() -> None:
    model = qgl.loads("visible v;\nmodel { fresh e; measure e keep; }\noutput z = expect(Z[v]);")
    np.testing.assert_array_equal(model.weights({}), [1, 0])
    found = np.asarray(model.outputs({})["z"])
    assert found[0] == 1 and np.isnan(found[1])
    with pytest.raises(ValueError, match="declares no `output`"):
        qgl.loads("visible v;\nmodel { h v; }").outputs({})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("output y = expect(2);", "QGL0303"),
        ("output y = expect(i * X[v[0]]);", "QGL0312"),
        ("output y = 3;", "QGL0331"),
        ("output y[3] = prob(v);", "QGL0331"),
        ("output y = [prob(v), prob(v[0])];", "QGL0331"),
        ("output y = prob(v, v[0]);", "QGL0331"),
        ("output y = prob(3);", "QGL0413"),
        ("output y = prob(v[0], given = v);", "QGL0331"),
        ("output y = prob(v[0], given = 2);", "QGL0413"),
        ("output y = prob(v[0], when = v[1]);", "QGL0317"),
        ("output y = prob(v[0], given = v[1], given = v[1]);", "QGL0317"),
        ("output y[2] = prob(v[0], given = v[1]);", "QGL0331"),
        ("output y = prob(v) + prob(v[0]);", "QGL0303"),
        ("output y = X[v[0]] + 0 * expect(X[v[0]]);", "QGL0331"),
        ("const c = expect(X[v[0]]);", "QGL0330"),
        ("output y = y + expect(X[v[0]]);", "QGL0208"),
        ("output y[2] = list(k in 0..2: expect(X[v[k]]));", "QGL0307"),
        ("output v = expect(X[v[0]]);", "QGL0204"),
        ("output y = expect(?);", "QGL0310"),
        ("output y = expect(X[v[0]]) + z;", "QGL0201"),
    ],
)
def test_faults(text: str, code: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"visible v[2];\nmodel {{ h v; }}\n{text}\n")
    assert code in [diagnostic.code for diagnostic in caught.value.diagnostics]
    assert all(diagnostic.span is not None for diagnostic in caught.value.diagnostics)


def test_an_output_is_too_late_for_the_circuit() -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads("visible v[2];\nmodel { rx(y) v; }\noutput y = expect(X[v[0]]);\n")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["QGL0330"]


def test_too_many_labels_are_refused() -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads("visible v;\nmodel { repeat 13 { fresh e; h e; measure e keep; } h v; }\noutput y = expect(X[v]);")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == ["QGL0803"]
