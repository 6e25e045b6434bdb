"""Ensembles of states: data, and their discrepancy from what a program with kept outcomes gives."""

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
from qgl.evaluate.exact import evaluate
from qgl.objectives.ensembles.discrepancy import EnsembleDiscrepancy
from qgl.objectives.model import Setting
from qgl.report.planned_queries import objective_of

STEP = """
data near = states_near("0", width = 0.08, count = 50, seed = 3, depolarised = {depolarised});
latent start : state(1) ~ haar() draws 6;
param a[2, 2] : angle ~ normal(0, 1);
visible system = start;
model {{
    for l in 0..1 {{
        fresh e;
        rx(a[l, 0]) e;
        ry(a[l, 1]) system;
        cz e, system;
        rx(0.4) e;
        {noise}
        measure e keep;
    }}
}}
objective mmd(near, {kernel});
report mmd(near, fidelity(power = 1)), mmd(near, fidelity(power = 2));
"""


def model_of(kernel: str, noise: str = "") -> tuple[qgl.Model, dict[str, Any]]:
    """With noise, the data are mixed too."""
    depolarised = "[0, 0.1]" if noise else "0"
    model = qgl.loads(STEP.format(kernel=kernel, noise=noise, depolarised=depolarised), precision="double")
    with jax.enable_x64(True):
        return model, model.init(jax.random.key(0))


def elements(states: NDArray[Any]) -> list[tuple[float, NDArray[Any]]]:
    """The weight and the density matrix of each."""
    matrices = [np.outer(s, s.conj()) if s.ndim == 1 else s for s in states]
    return [(np.trace(rho).real, rho / np.trace(rho).real) for rho in matrices]


def similarity(rho: NDArray[Any], sigma: NDArray[Any], kernel: str, power: int = 1) -> float:
    overlap, own, other = (np.trace(pair).real for pair in (rho @ sigma, rho @ rho, sigma @ sigma))
    mixed = (1 - purity if purity < 1 - 1e-12 else 0.0 for purity in (own, other))
    return float(overlap**power if kernel == "fidelity" else overlap + np.sqrt(next(mixed) * next(mixed)))


def discrepancy(model: NDArray[Any], data: NDArray[Any], kernel: str, power: int = 1) -> float:
    """By the definition, one pair after another."""

    def mean(left: Any, right: Any) -> float:
        return float(sum(p * q * similarity(rho, sigma, kernel, power) for p, rho in left for q, sigma in right))

    ours, theirs = elements(model), [(1 / len(data), rho) for _, rho in elements(data)]
    return mean(ours, ours) - 2 * mean(ours, theirs) + mean(theirs, theirs)


@pytest.mark.parametrize("moments", [True, False])
@pytest.mark.parametrize("noise", ["", "dephasing(0.2) system;"])
@pytest.mark.parametrize("kernel", ["fidelity", "fidelity(power = 2)", "fidelity(power = 3)", "superfidelity"])
def test_the_discrepancy_is_that_of_all_pairs(
    kernel: str, noise: str, moments: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EnsembleDiscrepancy, "_by_moments", moments)
    model, params = model_of(kernel, noise)
    states = model.program.data["near"].states
    assert states is not None
    found = np.asarray(model.ensemble(params))
    assert found.shape == ((24, 2) if not noise else (24, 2, 2))
    power = next((k for k in (2, 3) if f"= {k}" in kernel), 1)
    expected = discrepancy(found, states, kernel.partition("(")[0], power)
    assert float(model.loss(params)) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("precision", ["single", "double"])
@pytest.mark.parametrize("kernel", ["fidelity(power = 2)", "superfidelity"])
def test_derivatives_are_finite_at_pure_states_and_where_an_outcome_hardly_comes(kernel: str, precision: str) -> None:
    """Flips of no strength make density matrices that are pure; outcomes come with probabilities of 0 and 1e-22."""
    text = STEP.format(kernel=kernel, noise="fresh f; ry(t) f; cx f, system;", depolarised="[0, 0.1]").replace(
        "rx(0.4) e;", "rx(2e-11) e;"
    )
    model = qgl.loads(text.replace("latent start", "param t : angle;\nlatent start"), precision=precision)
    with jax.enable_x64(precision == "double"):
        params = {**model.init(jax.random.key(0)), "t": jnp.zeros(())}
        params["a"] = params["a"].at[:, 0].set(jnp.asarray([0.0, -2e-11]))
        value, gradient = model.value_and_grad(params)
        assert np.isfinite(value) and all(np.isfinite(each).all() for each in gradient.values())
        step = 1e-2 if precision == "single" else 1e-5
        ahead, behind = (float(model.loss({**params, "a": params["a"].at[1, 1].add(by)})) for by in (step, -step))
    tolerance = 1e-3 if precision == "single" else 1e-8
    assert float(gradient["a"][1, 1]) == pytest.approx((ahead - behind) / (2 * step), abs=tolerance)


def test_power_one_sees_the_mean_state_only() -> None:
    model, params = model_of("fidelity")
    mean = model.program.data["near"].state
    assert mean is not None
    difference = np.asarray(model.state(params)) - mean
    assert float(model.loss(params)) == pytest.approx(np.sum(np.abs(difference) ** 2), abs=1e-12)


def test_gradients_and_reports() -> None:
    model, params = model_of("fidelity(power = 2)")
    direction = np.random.default_rng(1).normal(size=(2, 2))
    with jax.enable_x64(True):
        _, gradient = model.value_and_grad(params)
        step = 1e-5
        ahead, behind = (float(model.loss({**params, "a": params["a"] + s * step * direction})) for s in (1, -1))
        derivative = float(jnp.sum(gradient["a"] * direction))
    assert derivative == pytest.approx((ahead - behind) / (2 * step), rel=1e-6)
    rows = evaluate(model.program.reports, Setting.of(model.program), lambda query, *_: model.answer(params, query))
    assert rows[1].value == pytest.approx(float(model.loss(params)), abs=1e-12)
    assert [len(planned.queries) for planned in objective_of(model)] == [1]


def test_states_near_a_basis_state() -> None:
    """The published cluster has fidelity .9876 with |0> (arXiv 2310.05866); the mean over our draw of 20,000."""
    model = qgl.loads('data d = states_near("0", width = 0.08, count = 20000);\nvisible v;\nmodel { h v; }')
    states = model.program.data["d"].states
    assert states is not None
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1)
    assert np.mean(np.abs(states[:, 0]) ** 2) == pytest.approx(0.9874, abs=5e-4)


def test_archives(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    states = rng.normal(size=(5, 4)) + 1j * rng.normal(size=(5, 4))
    states /= np.linalg.norm(states, axis=1, keepdims=True)
    wrong = states.copy()
    wrong[3] *= 2
    np.savez(tmp_path / "good.npz", states)
    np.savez(tmp_path / "wrong.npz", wrong)
    np.savez(tmp_path / "three.npz", states[:, :3])
    text = 'data d = ensemble("{}.npz");\nvisible v[2];\nmodel {{ ry(?) v; }}\nobjective mmd(d, fidelity);\n'
    for name, part in (("good", ""), ("wrong", "row 3 is no state: its norm is 2"), ("three", "2^n amplitudes")):
        path = tmp_path / f"{name}.qgl"
        path.write_text(text.format(name))
        if not part:
            data = qgl.load(path).program.data["d"]
            assert data.states is not None
            np.testing.assert_allclose(data.states, states, atol=1e-12)
            continue
        with pytest.raises(QglError) as caught:
            qgl.load(path)
        assert [each.code for each in caught.value.diagnostics] == ["QGL0609"]
        assert part in caught.value.diagnostics[0].message


@pytest.mark.parametrize(
    ("objective", "settings", "code"),
    [
        ("mmd(near, fidelity, samples = 10)", "", "QGL0702"),
        ("mmd(even, fidelity)", "", "QGL0622"),
        ("mmd(even, superfidelity)", "", "QGL0622"),
        ("mmd(near, fidelity(power = 9))", "", "QGL0703"),
        ("mmd(near, fidelity)", "train { gradient parameter_shift(shots = 100); }", "QGL1160"),
        ("wasserstein(near)", "train { gradient parameter_shift(shots = 100); }", "QGL1160"),
    ],
)
def test_refused(objective: str, settings: str, code: str) -> None:
    text = (
        'data near = states_near("00", width = 0.1, count = 5);\ndata even = parity(2);\nvisible v[2];\n'
        f"model {{ ry(?) v; }}\nobjective {objective} + 0.1 * nll(even);\n{settings}\n"
    )
    with pytest.raises(QglError) as caught:
        qgl.loads(text.replace(" + 0.1 * nll(even)", "") if code == "QGL1160" else text)
    assert code in [diagnostic.code for diagnostic in caught.value.diagnostics]
