"""A circuit as critic: what it says against Kraus operators, losses and gradients of both sides, resuming, faults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.query import Elements, Numbers, Probabilities
from tests.reference.density import probabilities

Real = NDArray[np.float64]
JUDGE = """
channel judge(q: qubit[2]) {
    fresh e;
    ry(w[0]) q[0]; rx(w[1]) q[1]; cx q[0], e; ry(w[2]) e;
    cz e, q[1]; amplitude_damping(0.2) q[0];
    measure e -> m;
    if m { rx(w[3]) q[1]; }
    cx q[1], q[0];
}
param w[4] : angle ~ normal(0, 1);
"""
PROGRAM = """
data given = states_near("01", width = 0.4, count = 3{mixed});
latent start : state(2) ~ haar() draws 2;
param a[3] : angle ~ normal(0, 1);
visible v[2] = start;
model {{ fresh e; ry(a[0]) e; cz e, v[0]; rx(a[1]) v; cx v[0], e; ry(a[2]) e; measure e keep; }}
objective adversarial(given, circuit(judge, qubit = 1), loss = {loss});
"""
SURE = """
data given = states_near("0", width = 0.000001, count = 2);
param w : angle ~ constant(0);
layer judge(q: qubit) { rx(w) q; }
visible v = "1";
model { rz(?) v; }
objective adversarial(given, circuit(judge));
"""
TRAIN = "train { strategy adversarial(opponent = adam(rate = 0.05), steps = 2); steps 20; seeds 2; checkpoint 7; }"


def text(loss: str = "cross_entropy", mixed: bool = False) -> str:
    return JUDGE + PROGRAM.format(loss=loss, mixed=", depolarised = [0, 0.3]" if mixed else "")


def taken(element: NDArray[np.complex128], weights: Real) -> float:
    """The probability that qubit 1 of a vector is 0 behind the critic, by Kraus operators."""
    body = JUDGE + "condition x : state(2); visible v[2] = x; model { judge v; }"
    program = qgl.loads(body).program
    numbers = np.stack([element.real, element.imag], axis=-1).ravel()
    inputs = np.concatenate([numbers if p.kind == "condition" else weights for p in program.parameters])
    return float(probabilities(program, inputs).reshape(2, 2)[:, 0].sum())


def of_any(element: NDArray[np.complex128], weights: Real) -> tuple[float, float]:
    """The same of an element as `Elements` gives it, vector or matrix, and its weight."""
    if element.ndim == 1:
        weight = float(np.linalg.norm(element) ** 2)
        return taken(element / np.sqrt(weight), weights), weight
    weight = float(np.trace(element).real)
    values, vectors = np.linalg.eigh(element / weight)
    parts = [(value, taken(vector, weights)) for value, vector in zip(values, vectors.T, strict=True) if value > 1e-12]
    return sum(value * chance for value, chance in parts), weight


def losses(model: Any, params: Any, weights: Real, loss: str) -> tuple[float, float]:
    """Of the model and of the critic, by the definition."""
    elements = np.asarray(model.answer(params, Elements(1)))
    ours = np.array([of_any(each, weights) for each in elements])
    theirs = np.array([of_any(each, weights)[0] for each in model.program.data["given"].states])
    assert ours[:, 1].sum() == pytest.approx(1)
    if loss == "wasserstein":
        apart = 2 * np.mean(theirs) - 2 * ours[:, 1] @ ours[:, 0]
        return float(apart), float(-apart)
    of_model = -ours[:, 1] @ np.log(ours[:, 0])
    return float(of_model), float(-np.mean(np.log(theirs)) - ours[:, 1] @ np.log(1 - ours[:, 0]))


@pytest.mark.parametrize(("loss", "mixed"), [("cross_entropy", False), ("wasserstein", True)])
def test_losses_and_gradients(loss: str, mixed: bool) -> None:
    model = qgl.loads(text(loss, mixed), precision="double")
    assert set(model.parameters.shapes) == {"a", "start"}, "the critic's parameters are not the model's"
    objective = model.adversary
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        critic = objective.start(jax.random.key(1), jnp.float64)
        assert {name: each.shape for name, each in critic.items()} == {"w": (4,)}
        weights = np.asarray(critic["w"])
        of_model, of_critic = losses(model, params, weights, loss)
        value, gradient = jax.jit(jax.value_and_grad(lambda params: model.terms(params, None, critic)[0]))(params)
        assert float(value) == pytest.approx(of_model, abs=1e-10)
        answers = model.answers(params, objective.queries)
        own, by_weights = jax.jit(jax.value_and_grad(lambda critic: objective.of_critic(answers, critic)))(critic)
        assert float(own) == pytest.approx(of_critic, abs=1e-10)
        turns = np.random.default_rng(2).normal(size=7)
        step = 1e-5
        ahead, behind = (
            losses(model, {**params, "a": params["a"] + s * step * turns[:3]}, weights, loss)[0] for s in (1, -1)
        )
        assert float(jnp.sum(gradient["a"] * turns[:3])) == pytest.approx((ahead - behind) / (2 * step), abs=1e-7)
        ahead, behind = (losses(model, params, weights + s * step * turns[3:], loss)[1] for s in (1, -1))
        assert float(jnp.sum(by_weights["w"] * turns[3:])) == pytest.approx((ahead - behind) / (2 * step), abs=1e-7)


def test_of_strings() -> None:
    """A string is a basis state: what it is taken for stands on the diagonal of the effect."""
    game = "data d = parity(2); visible v[2]; model { ry(?) v; } objective adversarial(d, circuit(judge, qubit = 1));"
    objective = qgl.loads(JUDGE + game).adversary
    critic = objective.start(jax.random.key(1), jnp.float32)
    chances = [taken(np.eye(4, dtype=np.complex128)[k], np.asarray(critic["w"])) for k in range(4)]
    seen = jax.jit(lambda critic: objective.seen({Probabilities(): jnp.ones(4) / 4}, critic))(critic)
    np.testing.assert_allclose(1 / (1 + np.exp(-np.asarray(seen.model))), chances, atol=1e-5)
    np.testing.assert_allclose(seen.data, seen.model[jnp.array([0, 3])], atol=1e-6)


def test_a_critic_that_is_sure_gives_finite_losses() -> None:
    """What is told apart for certain costs what rounding leaves, and no gradient is none."""
    model = qgl.loads(SURE)
    objective, params = model.adversary, model.init(jax.random.key(0))
    critic = objective.start(jax.random.key(1), jnp.float32)
    of_model = jax.jit(lambda critic: model.terms(params, None, critic)[0])
    assert float(of_model(critic)) == pytest.approx(-np.log(np.finfo(np.float32).eps), rel=1e-3)
    answers = model.answers(params, objective.queries)
    gradient = jax.jit(jax.grad(lambda critic: objective.of_critic(answers, critic)))(critic)
    assert np.isfinite(float(gradient["w"]))


@pytest.mark.slow  # weights of another tree than those of tests/train/test_adversarial.py
def test_resumes_bit_for_bit(tmp_path: Path) -> None:
    (tmp_path / "game.qgl").write_text(text() + TRAIN)
    model = qgl.load(tmp_path / "game.qgl")
    whole = model.train(out=tmp_path / "whole", display="quiet", pictures=False)
    model.train(out=tmp_path / "broken", steps=9, display="quiet", pictures=False)
    model.train(resume=tmp_path / "broken", steps=20, display="quiet", pictures=False)
    for name in ("metrics.jsonl", "weights.safetensors", "checkpoint.safetensors"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "broken" / name).read_bytes(), name
    assert np.isfinite(np.asarray(whole.history.loss)).all() and set(whole.params) == {"a", "start"}


@pytest.mark.parametrize(
    ("layer", "model", "critic", "fault"),
    [
        ("rx(a) q;", "rx(a) v;", "circuit(judge)", "moves with the model"),
        ("rx(f) q;", "rx(a) v;", "circuit(judge)", "it depends on `f`"),
        ("rx(?) q; cx q[0], v[1];", "rx(a) v;", "circuit(judge)", "a qubit of the model"),
        ("rx(?) q; postselect(0) q[1];", "rx(a) v;", "circuit(judge)", "requires an outcome"),
        ("rx(?) q;", "rx(a) v;", "circuit(judge, qubit = 2)", "no qubit 2"),
        ("h q;", "rx(a) v;", "circuit(judge)", "nothing to learn"),
    ],
)
def test_refused(layer: str, model: str, critic: str, fault: str) -> None:
    source = f"""
        data d = parity(2);
        random f ~ uniform(0, 1);
        param a : angle;
        visible v[2];
        channel judge(q: qubit[2]) {{ {layer} }}
        model {{ {model} ry(f) v; }}
        objective adversarial(d, {critic});
    """
    with pytest.raises(QglError) as caught:
        qgl.loads(source)
    assert [each.code for each in caught.value.diagnostics] == ["QGL0726"]
    assert fault in str(caught.value.diagnostics[0])


def test_outputs_keep_their_parameters_where_data_have_latents_of_their_own() -> None:
    """What only data are drawn with is no input of the model: those that are left have other numbers in outputs too."""
    program = """
        latent w ~ uniform(0, 1);
        param a ~ constant(0.5);
        param b ~ constant(0.25);
        layer push(q: qubit) { ry(w) q; }
        data zero = strings(["0"]);
        data pushed = through(zero, push, count = 3);
        visible q;
        model { ry(b) q; }
        output y = a + expect(Z[q]);
        objective mmd(pushed, fidelity(power = 1));
    """
    model = qgl.loads(program)
    _, numbers = model.answer(model.init(jax.random.key(0)), Numbers())
    assert float(numbers[0, 0]) == pytest.approx(0.5 + np.cos(0.25), abs=1e-6)
