"""Training from shots: estimates without bias, and runs that go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.statevector import StateVector
from qgl.model import Model
from qgl.program.calls.gradients import SPSA, GradientCall, ParameterShift
from qgl.program.calls.optimizers import LBFGS, Adam
from qgl.program.program import TrainSettings
from qgl.query import Probabilities
from qgl.report.display import Silent
from qgl.train import shots as module
from qgl.train.loop import train
from qgl.train.shots import FromShots
from qgl.train.strings import Estimator
from tests.train.quantile_engine import Failing, Quantiles

HEAD = 'data target = strings(["000", "110", "011", "111"], weights = [4, 3, 2, 1]);\n'
WIDE = """
data target = strings(["00000000000000000000000000", "01101111010101010110001010"]);
visible v[26];
model { ry(?) v; }
"""
OBJECTIVES = (
    "mmd(target, gaussian(variance = [0.5, 2]))",
    "mmd(target, hamming(sigma = 1), weight = 2, reach = 1)",
    "mmd(target, hamming(sigma = 1), pauli_words = 20)",
    "marginals(target, size = 2, distance = hilbert_schmidt)",
)
KINDS = """
visible v[3];
hidden h;
param a[3];
param e: probability;
channel flip(p: probability, q: qubit) { bit_flip(p) q; }
model {
    su2(a) v[0];
    ry(?) v[1], v[2], h;
    crx(a[0]) v[0], v[1];
    cx v[1], h;
    rzz(sin(a[2])) v[1], v[2];
    exp(i * a[1] * X[v[0]] * Y[v[2]]);
    flip(e) v[0];
    cry(?) h, v[2];
    amplitude_damping(0.5 * e) v[1];
    ry(a[2]) v;
}
"""
MIXTURE = """
visible v[3];
latent c[2] ~ bernoulli(0.3);
param a[2, 3];
model { for k in 0..2 { ry(a[0, k] + 2 * c[0]) v[k]; rx(a[1, k] + c[1]) v[k]; } }
"""
BRANCHES = """
visible v[3];
channel steer(a: angle, q: qubit, r: qubit) {
    fresh e;
    cx q, e;
    measure e -> seen;
    if seen { rx(a) r; } else { ry(0.5 * a) r; }
}
model { ry(?) v; steer(?) v[0], v[1]; crz(?) v[1], v[2]; ry(?) v[2]; }
"""
SMALL = HEAD + "visible v[3];\nmodel { ry(?) v; for (a, b) in chain(v) { cx a, b; } rx(?) v; }\n"


SPAN = qgl.loads(SMALL).program.train.optimizer.span
SHIFT = ParameterShift(400, span=SPAN)


def settings(model: Model, gradient: GradientCall = SHIFT, **changes: Any) -> TrainSettings:
    return replace(model.program.train, gradient=gradient, **changes)


def model_of(text: str, objective: str = OBJECTIVES[0], precision: str = "single") -> Model:
    return qgl.loads(f"{text}objective {objective};\n", precision=precision)


def flat(params: dict[str, Any]) -> NDArray[np.float64]:
    return np.concatenate([np.ravel(np.asarray(value, np.float64)) for _, value in sorted(params.items())])


class Estimates:
    """Estimates of the loss and its gradient at one place."""

    def __init__(self, loss: FromShots, params: dict[str, Any]) -> None:
        self.loss, self.params = loss, params
        self.ask = jax.jit(loss.ask)
        self.judge = jax.jit(jax.value_and_grad(lambda params, key, measured: loss.terms(params, key, measured)[0]))

    def __call__(self, key: jax.Array) -> tuple[float, NDArray[np.float64]]:
        measured = self.loss.measure(np.asarray(self.ask(self.params, key)), key)
        value, derivative = self.judge(self.params, key, measured)
        return float(value), flat(derivative)


# ---------------------------------------------------------------- estimates from strings


def test_mmd_is_the_sum_over_pairs_of_different_strings() -> None:
    """Against sums over all pairs: the loss, and equation 2 of Liu and Wang."""
    model = model_of(SMALL, precision="double")
    rng = np.random.default_rng(0)
    rows, other = (rng.integers(0, 2, (7, 3), dtype=np.uint8) for _ in range(2))
    data = model.program.data["target"]

    def kernel(x: NDArray[np.uint8], y: NDArray[np.uint8]) -> NDArray[np.float64]:
        distance = (x[:, None] != y[None]).sum(axis=2)
        return np.asarray((np.exp(-distance / 1.0) + np.exp(-distance / 4.0)) / 2)

    with jax.enable_x64(True):
        estimator, key = Estimator(model.objectives, jnp.float64), jax.random.key(0)
        pauli_words = estimator.pauli_words(key)
        values, derivatives = estimator.judged([estimator.means(row[None], pauli_words) for row in rows], key)
        along = estimator.along(derivatives, other, pauli_words)
    pairs = kernel(rows, rows)
    own = (pairs.sum() - np.trace(pairs)) / (7 * 6)
    cross = (kernel(rows, data.rows) @ data.weights).mean()
    theirs = data.weights @ kernel(data.rows, data.rows) @ data.weights
    np.testing.assert_allclose(values, [own - 2 * cross + theirs], atol=1e-12)
    expected = 2 * (kernel(other, rows).mean() - (kernel(other, data.rows) @ data.weights).mean())
    np.testing.assert_allclose(along, [expected], atol=1e-12)


@pytest.mark.parametrize(("text", "objective"), [*((SMALL, o) for o in OBJECTIVES), (WIDE, OBJECTIVES[2])])
def test_estimates_of_all_pairs_of_strings_average_to_the_loss(text: str, objective: str) -> None:
    """The expectation over two strings drawn from a distribution on some of them is the loss of the distribution."""
    model = model_of(text, objective, precision="double")
    rng = np.random.default_rng(1)
    p, direction = rng.dirichlet(np.ones(8)), rng.normal(size=8)
    every = rng.integers(0, 2, (8, model.width), dtype=np.uint8)
    with jax.enable_x64(True):
        estimator, key = Estimator(model.objectives, jnp.float64), jax.random.key(3)
        pauli_words = estimator.pauli_words(key)
        single = [estimator.means(row[None], pauli_words) for row in every]
        whole = tuple(np.tensordot(p, np.stack(part), axes=1) for part in zip(*single, strict=True))
        value = sum(p[x] * p[y] * estimator.judged([single[x], single[y]], key)[0] for x in range(8) for y in range(8))
        exact = estimator.judged([whole, whole], key)[0]  # where all groups agree, the loss itself
        np.testing.assert_allclose(value, exact, atol=1e-12)
        derivatives = estimator.judged([whole, whole], key)[1]
        moved = [
            tuple(a + t * sum(d * s[k] for d, s in zip(direction, single, strict=True)) for k, a in enumerate(whole))
            for t in (1e-3, -1e-3)
        ]
        derivative = (estimator.judged([moved[0]] * 2, key)[0] - estimator.judged([moved[1]] * 2, key)[0]) / 2e-3
        found = sum(
            d * estimator.along(derivatives, row[None], pauli_words) for d, row in zip(direction, every, strict=True)
        )
        np.testing.assert_allclose(found, derivative, rtol=1e-9)


# ---------------------------------------------------------------- gradients


def test_the_mean_of_many_gradients_is_the_gradient() -> None:
    """Of all kinds of gates, shared and trained in functions, of a trained strength, beside a hidden qubit."""
    model = model_of(HEAD + KINDS, f"{OBJECTIVES[0]} + 0.5 * {OBJECTIVES[1]} - 0.2 * {OBJECTIVES[3]}")
    params = model.init(jax.random.key(5))
    loss = FromShots(model, settings(model, ParameterShift(50, span=SPAN)), StateVector())
    estimate = Estimates(loss, params)
    found = [estimate(jax.random.key(k)) for k in range(60)]
    value, exact = model.value_and_grad(params)
    for estimates, expected in (
        (np.array([derivative for _, derivative in found]), flat(exact)),
        (np.array([[value] for value, _ in found]), np.array([float(value)])),
    ):
        error = estimates.std(axis=0, ddof=1) / np.sqrt(len(found))
        assert (error > 0).all()
        z = (estimates.mean(axis=0) - expected) / error
        assert np.abs(z).max() < 3.7 and np.sqrt(np.mean(z**2)) < 1.7, z


@pytest.mark.parametrize(
    ("text", "objective", "rows"),
    [
        (SMALL, OBJECTIVES[2], 1 + 2 * 6),
        (HEAD + MIXTURE, OBJECTIVES[0], 4 * (1 + 2 * 6)),
        (HEAD + BRANCHES, OBJECTIVES[0], 1 + 2 * 3 + 2 * 2 + 4 + 2),
    ],
    ids=["words", "latent", "feed-forward"],
)
def test_gradients_without_noise(text: str, objective: str, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose frequencies are the probabilities, asked in several tasks."""
    monkeypatch.setattr(module, "_TOGETHER", 5 * (20_000 * 3))
    model = model_of(text, objective)
    params, key = model.init(jax.random.key(2)), jax.random.key(4)
    engine = Quantiles()
    loss = FromShots(model, settings(model, ParameterShift(20_000, span=SPAN)), engine)
    value, derivative = Estimates(loss, params)(key)
    assert sum(len(task.shots) for task in engine.tasks) == rows and len(engine.tasks) > 2
    if not model.stochastic:
        exact, expected = model.value_and_grad(params)
    else:
        exact, expected = jax.jit(jax.value_and_grad(lambda p: by_pauli_words(model, p, key)))(params)
    np.testing.assert_allclose(value, exact, atol=5e-3)
    np.testing.assert_allclose(derivative, flat(expected), atol=2e-3)


def by_pauli_words(model: Model, params: dict[str, Any], key: jax.Array) -> jax.Array:
    """The loss at the words that training draws at this key."""
    own = jax.random.fold_in(jax.random.fold_in(key, 0), 0)
    return model.objectives[0].objective.loss({Probabilities(): model.probabilities(params)}, own)


def test_spsa_averages_to_the_gradient() -> None:
    model = model_of(SMALL)
    params = model.init(jax.random.key(5))
    spsa = SPSA(2000, 0.05, 400, span=SPAN)
    loss = FromShots(model, settings(model, spsa), StateVector())
    key = jax.random.key(0)
    measured = loss.measure(np.asarray(loss.ask(params, key)), key)
    values, derivatives = measured
    signs = jax.jacrev(lambda p: loss.rule.moves(p, key, jnp.eye(400)))(params)  # of each direction, over 400
    each = (
        400 * derivatives * np.concatenate([np.asarray(signs[name]).reshape(400, -1) for name in sorted(signs)], axis=1)
    )
    np.testing.assert_allclose(np.abs(each / derivatives), 1.0, rtol=1e-6)
    value, exact = model.value_and_grad(params)
    z = (each.mean(axis=0) - flat(exact)) / (each.std(axis=0, ddof=1) / 20)
    assert np.abs(z).max() < 3.7, z
    assert abs(values[0] - float(value)) < 2e-3
    found = flat(jax.grad(lambda p: loss.terms(p, key, measured)[0])(params))
    np.testing.assert_allclose(found, each.mean(axis=0), rtol=1e-4, atol=1e-7)


# ---------------------------------------------------------------- runs


def test_training_lowers_the_loss_by_both_rules() -> None:
    model = model_of(SMALL)
    before = float(model.loss(model.init(jax.random.key(0))))
    adam = Adam(0.1, span=SPAN)
    for gradient in (SHIFT, SPSA(400, 0.1, 4, span=SPAN)):
        run = model.train(settings=settings(model, gradient, optimizer=adam, steps=30), display="quiet")
        assert run.status == "finished" and run.history.loss.shape == (30, 1)
        assert float(model.loss(run.params)) < 0.3 * before


def test_an_engine_that_fails_leaves_a_run_that_goes_on_to_the_same_numbers(tmp_path: Path) -> None:
    model = model_of(SMALL)
    given = settings(model, steps=6, seeds=2, seed=3)
    whole = train(model, given, engine=Quantiles(), display="quiet")
    with pytest.raises(QglError, match=r"QGL1103.*quantiles.*TimeoutError: the machine is being calibrated") as failed:
        train(model, given, engine=Failing(Quantiles(), 7), out=tmp_path / "run", display="quiet", pictures=False)
    assert isinstance(failed.value.__cause__, TimeoutError)
    broken = qgl.open_run(tmp_path / "run")
    assert (broken.status, broken.reason, broken.steps) == ("interrupted", "engine failed", 3)
    with pytest.raises(QglError, match=r"QGL1101.*quantiles"):
        train(model, resume=tmp_path / "run", display="quiet")
    run = train(model, resume=tmp_path / "run", engine=Quantiles(), display="quiet", pictures=False)
    assert run.status == "finished" and run.steps == 6
    np.testing.assert_array_equal(run.history.loss, whole.history.loss)
    np.testing.assert_array_equal(flat(run.all_params), flat(whole.all_params))
    with pytest.raises(QglError, match=r"QGL0902.*`engine`"):
        train(model, resume=tmp_path / "run", engine=StateVector(), steps=9, display="quiet")


def test_a_seed_does_not_know_of_others() -> None:
    model = model_of(SMALL)
    runs = [train(model, settings(model, steps=3, seeds=seeds), display="quiet") for seeds in (1, 2)]
    np.testing.assert_array_equal(runs[0].history.loss[:, 0], runs[1].history.loss[:, 0])


def test_the_cost_is_told_before_the_start() -> None:
    class Notes(Silent):
        def __init__(self) -> None:
            self.told: list[str] = []

        def note(self, text: str) -> None:
            self.told.append(text)

    model, notes = model_of(SMALL), Notes()
    train(model, settings(model, steps=2, seeds=2), display=notes)
    assert notes.told == [
        "statevector: 13 circuits a step for each of 2 seeds, 5,200 shots; 52 circuits and 20,800 shots in 2 steps"
    ]


class Wrong:
    name = "wrong"

    def samples(self, task: object) -> list[NDArray[np.uint8]]:
        return [np.zeros((3, 3), np.uint8)]


@pytest.mark.parametrize(
    ("changes", "options", "code"),
    [
        ({"gradient": None}, {"engine": Quantiles()}, "QGL1161"),
        ({"engine": "abacus"}, {}, "QGL1101"),
        ({"optimizer": LBFGS(span=SPAN)}, {}, "QGL0908"),
        ({}, {"engine": Wrong()}, "QGL1108"),
    ],
)
def test_what_is_refused(changes: dict[str, Any], options: dict[str, Any], code: str, tmp_path: Path) -> None:
    model = model_of(SMALL)
    with pytest.raises(QglError, match=code):
        train(model, settings(model, **changes), **options, out=tmp_path / "run", display="quiet")
    assert (tmp_path / "run").exists() == (code == "QGL1108")


def test_a_likelihood_cannot_be_trained_from_shots() -> None:
    model = qgl.loads(f"{SMALL}objective nll(target);\n")
    with pytest.raises(QglError, match="QGL1160"):
        train(model, settings(model), display="quiet")
