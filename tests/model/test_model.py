"""The Python interface: that it composes with plain JAX, and that mixtures, conditions and precisions mean what they
say.
"""

from __future__ import annotations

import itertools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import qgl
from qgl.query import Marginals

BORN = """
data seen = strings(["000", "011", "101", "111"]);
visible v[3];
hidden h;
param theta[2, v] : angle ~ normal(0, 0.7);
param strength : probability ~ uniform(0.1, 0.4);
random field[v] ~ uniform(-1, 1);
model {
    ry(theta[0]) v;
    cx v[0], v[1]; cx v[1], h; crx(?) h, v[2];
    for q in v { rz(field[q]) q; ry(theta[1, q]) q; bit_flip(strength) q; }
}
objective nll(seen) + 0.5 * mmd(seen, gaussian(variance = [0.5, 2]));
"""


@pytest.fixture(scope="module")
def born() -> qgl.Model:
    return qgl.loads(BORN)


@pytest.fixture(scope="module")
def double() -> qgl.Model:
    return qgl.loads(BORN, precision="double")


def bits(width: int) -> np.ndarray[Any, Any]:
    return np.array(list(itertools.product([0, 1], repeat=width)), dtype=np.uint8)


def test_parameters_are_named_arrays_of_the_declared_shapes(born: qgl.Model) -> None:
    params = born.init(jax.random.key(0))
    assert {name: value.shape for name, value in params.items()} == {
        "theta": (2, 3),
        "strength": (),
        "field": (3,),
        "crx_1": (1,),
    }
    assert born.trainable == {"theta": True, "strength": True, "field": False, "crx_1": True}
    assert all(value.dtype == jnp.float32 for value in params.values())


def test_a_probability_is_stored_as_its_logit(born: qgl.Model) -> None:
    drawn = [jax.nn.sigmoid(born.init(jax.random.key(k))["strength"]) for k in range(20)]
    assert all(0.1 <= p <= 0.4 for p in drawn)


def test_init_is_a_function_of_its_key(born: qgl.Model) -> None:
    first, again, other = (born.init(jax.random.key(k)) for k in (1, 1, 2))
    assert jax.tree.all(jax.tree.map(lambda a, b: (a == b).all(), first, again))
    assert not (first["theta"] == other["theta"]).all()


def test_the_loss_composes_with_jit_grad_and_vmap(born: qgl.Model) -> None:
    keys = jax.random.split(jax.random.key(3), 4)
    many = jax.vmap(born.init)(keys)
    losses = jax.jit(jax.vmap(born.loss))(many)
    gradients = jax.jit(jax.vmap(jax.grad(born.loss)))(many)
    for k in range(4):
        one = jax.tree.map(lambda a, k=k: a[k], many)
        value, gradient = born.value_and_grad(one)
        np.testing.assert_allclose(losses[k], value, rtol=1e-5)
        for name, part in gradient.items():
            np.testing.assert_allclose(gradients[name][k], part, atol=2e-5)


def test_gradients_equal_central_differences(double: qgl.Model) -> None:
    params = double.init(jax.random.key(5))
    gradient = double.value_and_grad(params)[1]
    step = 1e-5
    for name, moves in double.trainable.items():
        if not moves:
            assert not np.asarray(gradient[name]).any()
            continue
        for k in range(params[name].size):
            with jax.enable_x64(True):
                flat = params[name].reshape(-1)
                up, down = (
                    float(double.loss({**params, name: flat.at[k].add(sign * step).reshape(params[name].shape)}))
                    for sign in (1, -1)
                )
            np.testing.assert_allclose(np.ravel(gradient[name])[k], (up - down) / (2 * step), atol=1e-8)


def test_terms_add_up_to_the_loss(born: qgl.Model) -> None:
    params = born.init(jax.random.key(0))
    total, terms = jax.jit(born.terms)(params)
    assert sorted(terms) == ["mmd", "nll"]
    np.testing.assert_allclose(total, terms["nll"] + 0.5 * terms["mmd"], rtol=1e-6)
    np.testing.assert_allclose(total, born.loss(params), rtol=1e-6)


def test_terms_of_one_kind_get_labels_of_their_own() -> None:
    text = BORN.replace("mmd(seen, gaussian(variance = [0.5, 2]))", "nll(seen)")
    model = qgl.loads(text)
    assert list(jax.eval_shape(model.terms, model.init(jax.random.key(0)))[1]) == ["nll", "nll_2"]


def test_answers_agree_with_each_other(double: qgl.Model) -> None:
    params = double.init(jax.random.key(7))
    p = np.asarray(double.probabilities(params))
    rho = np.asarray(double.state(params))
    assert p.sum() == pytest.approx(1, abs=1e-12)
    np.testing.assert_allclose(np.diagonal(rho).real, p, atol=1e-12)
    np.testing.assert_allclose(np.exp(double.log_prob(params, jnp.asarray(bits(3)))), p, atol=1e-12)
    x, z, y = np.array([[0, 1], [1, 0]]), np.diag([1, -1]), np.array([[0, -1j], [1j, 0]])
    pauli_words = {"ZIX": np.kron(np.kron(z, np.eye(2)), x), "IYI": np.kron(np.kron(np.eye(2), y), np.eye(2))}
    found = double.expectation(params, list(pauli_words))
    np.testing.assert_allclose(
        found, [np.trace(rho @ pauli_word).real for pauli_word in pauli_words.values()], atol=1e-12
    )
    reduced = np.einsum("abcdbf->acdf", rho.reshape([2] * 6)).reshape(4, 4)
    np.testing.assert_allclose(double.marginals(params, [(0, 2)])[0], reduced, atol=1e-12)


def test_words_and_regions_are_answered_in_their_light_cone() -> None:
    text = """const n = 12; lattice chain = line(n); visible v on chain; param a[n] : angle;
              model { repeat 2 as l {
                  ry(a) v; for (q, r) in brick(chain, l) { fresh e; cx q, e; crx(0.7) e, r; rzz(0.4) q, r; rx(0.3) q; }
              } }"""
    model = qgl.loads(text, n=4)
    params = model.init(jax.random.key(0))
    rho = np.asarray(model.state(params)).reshape([2] * 8)
    left = np.einsum("abcdefcd->abef", rho).reshape(4, 4)
    np.testing.assert_allclose(model.marginals(params, [(0, 1)])[0], left, atol=1e-6)
    found = model.expectation(params, ["ZXII", "IYII", "IIII"])
    y = np.kron(np.eye(2), [[0, -1j], [1j, 0]])
    zx = np.kron(np.diag([1, -1]), [[0, 1], [1, 0]])
    np.testing.assert_allclose(found, [np.trace(left @ zx).real, np.trace(left @ y).real, 1], atol=1e-6)
    # far too wide for the whole machine, but not for the cone; the same angles give the same answer
    wide = qgl.loads(text, n=100)
    angles = jnp.concatenate([params["a"], jnp.zeros(96)])
    assert wide.plan(Marginals(((0, 1),))).width == 2
    np.testing.assert_allclose(wide.marginals({"a": angles}, [(0, 1)])[0], left, atol=1e-6)
    with pytest.raises(ValueError, match="not a Pauli word of 100 letters"):
        wide.expectation({"a": angles}, ["ZZ"])
    with pytest.raises(ValueError, match="not a region"):
        wide.marginals({"a": angles}, [(0, 100)])


def test_samples_follow_the_probabilities(born: qgl.Model) -> None:
    params = born.init(jax.random.key(0))
    shots = 40_000
    drawn = np.asarray(born.sample(params, jax.random.key(1), shots))
    assert drawn.shape == (shots, 3) and drawn.dtype == np.uint8
    counts = np.bincount(drawn @ [4, 2, 1], minlength=8)
    expected = np.asarray(born.probabilities(params), dtype=np.float64) * shots
    chi_square = ((counts - expected) ** 2 / expected).sum()
    assert chi_square < 29.9  # 1 - 1e-4 quantile with 7 degrees of freedom


def test_training_by_hand_with_optax(born: qgl.Model) -> None:
    params = born.init(jax.random.key(2))
    optimiser = optax.adam(0.05)
    state = optimiser.init(params)
    before = float(born.loss(params))
    field = params["field"]
    for _ in range(30):
        _, gradient = born.value_and_grad(params)
        updates, state = optimiser.update(gradient, state)
        params = optax.apply_updates(params, updates)
    assert float(born.loss(params)) < before - 0.05
    assert (params["field"] == field).all()


def test_precision_is_local(double: qgl.Model) -> None:
    single = qgl.loads(BORN)
    params = single.init(jax.random.key(0))
    values = single.loss(params), double.loss(double.init(jax.random.key(0))), single.loss(params)
    assert [value.dtype for value in values] == [jnp.float32, jnp.float64, jnp.float32]
    assert jnp.zeros(1).dtype == jnp.float32
    assert double.value_and_grad(double.init(jax.random.key(0)))[1]["theta"].dtype == jnp.float64


def test_latent_bits_are_summed_over() -> None:
    latent = qgl.loads(
        "latent z[2] ~ bernoulli(0.3); visible v[2]; model { rx(1.1 * z[0]) v[0]; ry(0.4 + z[1]) v[1]; }"
    )
    total = np.zeros(4)
    for z in itertools.product([0, 1], repeat=2):
        weight = np.prod([0.3 if bit else 0.7 for bit in z])
        one = qgl.loads(f"visible v[2]; model {{ rx(1.1 * {z[0]}) v[0]; ry(0.4 + {z[1]}) v[1]; }}")
        total += weight * np.asarray(one.probabilities({}))
    np.testing.assert_allclose(latent.probabilities({}), total, atol=1e-6)
    np.testing.assert_allclose(np.exp(latent.log_prob({}, jnp.asarray(bits(2)))), total, atol=1e-6)


def test_latent_draws_are_averaged_over_and_not_trained() -> None:
    text = """latent z[2] ~ normal(0, 1) draws 5; data d = strings(["01"]);
              visible v[2]; param w : real ~ constant(0.8);
              model { ry(w * z[0]) v[0]; ry(z[1]) v[1]; } objective nll(d);"""
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    draws = np.asarray(params["z"], dtype=np.float64)
    assert draws.shape == (5, 2) and not model.trainable["z"]
    ones = np.sin(np.stack([0.8 * draws[:, 0], draws[:, 1]], axis=1) / 2) ** 2
    expected = np.mean((1 - ones[:, 0]) * ones[:, 1])
    np.testing.assert_allclose(model.probabilities(params)[0b01], expected, rtol=1e-5)
    assert not np.asarray(model.value_and_grad(params)[1]["z"]).any()


def test_conditions_come_with_the_rows() -> None:
    text = """condition c[1]; visible v[2]; param w : real ~ constant(0.7);
              model { ry(w + c[0]) v[0]; cx v[0], v[1]; }"""
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    for value in (0.0, 1.3):
        one = np.sin((0.7 + value) / 2) ** 2
        found = model.probabilities(params, condition=jnp.array([value]))
        np.testing.assert_allclose(found, [1 - one, 0, 0, one], atol=1e-6)
    for wrong in (None, jnp.zeros(2)):
        with pytest.raises(ValueError, match="give `condition`, 1 numbers"):
            model.probabilities(params, condition=wrong)


def test_a_stochastic_loss_needs_a_key() -> None:
    model = qgl.loads(BORN.replace("[0.5, 2])", "[0.5, 2]), samples = 50"))
    params = model.init(jax.random.key(0))
    assert model.stochastic
    with pytest.raises(ValueError, match="stochastic"):
        model.loss(params)
    first, again, other = (float(model.loss(params, jax.random.key(k))) for k in (0, 0, 1))
    assert first == again != other


def test_a_program_without_objective_has_no_loss() -> None:
    model = qgl.loads("visible v[1]; model { h v; }")
    with pytest.raises(ValueError, match="no objective"):
        model.loss({})


def test_constants_are_given_by_keyword() -> None:
    text = "const n = 2; visible v[n]; model { h v; }"
    assert qgl.loads(text, n=4).width == 4
    with pytest.raises(qgl.QglError, match="m"):
        qgl.loads(text, m=4)


def test_faults_are_raised_with_all_diagnostics() -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads("visible v[2]; model { rx(0.1) w; cx v[0], v[0]; }")
    assert len([d for d in caught.value.diagnostics if d.severity == "error"]) == 2


def test_precision_has_two_values() -> None:
    with pytest.raises(ValueError, match="'single' or 'double'"):
        qgl.loads("visible v[1]; model { h v; }", precision="half")


def test_a_model_shows_itself_in_a_notebook(born: qgl.Model) -> None:
    assert "<svg" in born._repr_html_()


def test_qasm_of_a_mixture_needs_free_parameters() -> None:
    latent = qgl.loads("latent z ~ bernoulli(0.5); visible v[1]; model { rx(z) v[0]; }")
    with pytest.raises(ValueError, match="mixture"):
        latent.qasm({})
    assert "input float" in latent.qasm()


def test_forward_mode_is_refused_in_words_where_a_kernel_has_none() -> None:
    text = 'visible v[2]; data d = strings(["01", "11"]); param t[2]; objective nll(d);'
    text += "hamiltonian h = t[0] * X[v[0]] * X[v[1]] + t[1] * Z[v[0]]; model { ry(0.3) v; evolve h for 1; }"
    model, params = qgl.loads(text), {"t": jnp.array([0.3, 0.4])}
    along: Any = lambda p: jax.jvp(model.loss, (p,), (p,))  # noqa: E731 - one of three transformed functions
    questions: list[Any] = [along, jax.hessian(model.loss), jax.jacfwd(model.probabilities)]
    for asked in questions:
        with pytest.raises(TypeError, match="reverse mode only"):
            asked(params)
    derivative = jax.jit(jax.grad(model.loss))(params)["t"]
    rows = jax.jit(jax.vmap(jax.grad(model.loss)))({"t": jnp.stack([params["t"]] * 2)})["t"]
    assert np.asarray(rows) == pytest.approx(np.stack([derivative] * 2), abs=1e-6)
