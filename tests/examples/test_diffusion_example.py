"""Diffusion models in small: they are trained stage by stage, go on, and leave as OpenQASM; and their figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openqasm3
import pytest
from numpy.typing import NDArray
from typer.testing import CliRunner

import qgl
from examples.diffusion.reproduce import HERE, Trained, fidelity, mmd, of_circle, wasserstein
from examples.published import kept, published
from qgl.cli.main import app
from qgl.train.loop import train
from tests.qasm.readers import qiskit_distribution

SMALL: dict[str, Any] = {"steps": 2, "depth": 1, "count": 3}
STAGED = (
    "cluster",
    "circle",
    "noise",
    "tfim_staged",
    "msquddpm",
    "msquddpm_circle",
    "msquddpm_circle_haar",
    "msquddpm_haar",
)


# Those that are the same circuits with other data or other first states are for the long tests.
ALIKE = {"cluster", "noise", "msquddpm", "msquddpm_haar"}


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.slow if n in ALIKE else ()) for n in STAGED])
def test_is_trained_goes_on_and_leaves(name: str, tmp_path: Path) -> None:
    given: dict[str, Any] = SMALL | ({"n": 2} if name == "tfim_staged" else {})
    model = qgl.load(HERE / f"{name}.qgl", **given)
    run = train(model, out=tmp_path / "run", steps=2, display="quiet", pictures=False)
    assert len(run.stages) == 2 and np.isfinite(run.history.loss).all() and run.report["metrics"]
    again = train(model, resume=tmp_path / "run", display="quiet", pictures=False)
    assert again.status == "finished" and np.array_equal(again.history.loss, run.history.loss)
    told = CliRunner().invoke(app, ["emit", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    openqasm3.parse(told.stdout)
    if name in ("msquddpm", "msquddpm_circle"):  # the others are emitted with the first of their random states
        kept_bits = sum(each.name == "measure" for each in model.program.operations)
        joint = qiskit_distribution(told.stdout).reshape(-1, 2**kept_bits)
        np.testing.assert_allclose(joint.sum(axis=1), np.asarray(model.probabilities(run.params)), atol=1e-5)


def test_a_circuit_is_the_critic(tmp_path: Path) -> None:
    model = qgl.load(HERE / "qgan.qgl", depth=1, layers=1, count=3)
    run = train(model, out=tmp_path / "run", steps=2, display="quiet", pictures=False)
    assert np.isfinite(run.history.loss).all() and run.report["metrics"] and set(run.params) == {"a", "start"}
    told = CliRunner().invoke(app, ["emit", str(tmp_path / "run")])
    assert told.exit_code == 0, told.output
    openqasm3.parse(told.stdout)


@pytest.mark.parametrize("name", ["end_to_end", "qgdm", "tfim"])
def test_all_steps_at_once_learn(name: str) -> None:
    n: dict[str, Any] = {"n": 2} if name == "tfim" else {}
    run = train(qgl.load(HERE / f"{name}.qgl", steps=2, depth=2, **n), steps=12, display="quiet", pictures=False)
    assert run.history.loss[-1].min() < 0.99 * run.history.loss[0].min()


def test_what_is_measured_is_what_is_published() -> None:
    found = kept("diffusion")
    _, figures = published("diffusion")
    assert found is not None and set(found["figures"]) == {figure.key for figure in figures}
    for figure in figures:
        ours = found["figures"][figure.key]
        assert figure.reached(ours) is not False or ours.note, f"{figure.key} is missed, and nothing says why"


def test_distances_are_those_of_their_definitions() -> None:
    random = np.random.default_rng(0)

    def states(count: int) -> NDArray[np.complex128]:
        drawn = random.normal(size=(count, 2)) + 1j * random.normal(size=(count, 2))
        return np.asarray(drawn / np.linalg.norm(drawn, axis=1, keepdims=True))

    one, other = states(5), states(7)
    pairs = (one, one), (one, other), (other, other)
    within, between, of_data = (np.mean(np.abs(a.conj() @ b.T) ** 4) for a, b in pairs)
    expected = within - 2 * between + of_data
    assert mmd(one, other, 2) == pytest.approx(expected, abs=1e-12)
    assert wasserstein(one, one) == pytest.approx(0, abs=1e-9)
    assert fidelity(np.eye(2, dtype=np.complex128)) == 0.5
    assert of_circle(np.array([[np.cos(0.3), np.sin(0.3)], [np.sqrt(0.5), 1j * np.sqrt(0.5)]])) == pytest.approx(0.5)


def test_data_of_another_seed_are_other_data() -> None:
    trained = Trained.of("cluster.qgl", 1, 1, **SMALL)
    data = trained.data()
    assert data.shape == (500, 2)
    own = qgl.load(HERE / "cluster.qgl", **SMALL).program.data["states"].states
    assert own is not None and not np.allclose(own[:500], data)
    (states,) = trained.generated()
    assert states.shape == (500, 2)
    np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-5)
