"""Quantum states in archives: what is read, what is refused, and that a run folder keeps them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgl.runs import data as run_data
from tests.data.data_calls import fault, load

RNG = np.random.default_rng(0)
PSI = RNG.normal(size=8) + 1j * RNG.normal(size=8)
PSI /= np.linalg.norm(PSI)
ROOT = RNG.normal(size=(4, 4)) + 1j * RNG.normal(size=(4, 4))
RHO = ROOT @ ROOT.conj().T / np.trace(ROOT @ ROOT.conj().T).real


def save(folder: Path, **arrays: Any) -> None:
    np.savez_compressed(folder / "a.npz", **arrays)


def test_a_vector_is_its_distribution_and_itself(tmp_path: Path) -> None:
    save(tmp_path, x=PSI)
    data = load("state", tmp_path, path="a.npz")
    assert data.width == 3 and data.exact
    np.testing.assert_array_equal(data.rows @ [4, 2, 1], np.arange(8))
    np.testing.assert_allclose(data.weights, np.abs(PSI) ** 2, atol=1e-12)
    assert data.state is not None
    np.testing.assert_allclose(data.state, PSI, atol=1e-12)
    save(tmp_path, x=PSI * np.exp(1j * np.arange(8)))
    assert load("state", tmp_path, path="a.npz").sha256 != data.sha256  # of the same distribution


def test_a_density_matrix_and_a_real_vector(tmp_path: Path) -> None:
    save(tmp_path, rho=RHO.astype(np.complex64), ghz=np.array([1, 0, 0, 1]) / np.sqrt(2))
    data = load("state", tmp_path, path="a.npz", array="rho")
    assert data.state is not None
    np.testing.assert_allclose(data.state, RHO, atol=1e-6)
    np.testing.assert_allclose(data.weights, np.diag(RHO).real, atol=1e-6)
    ghz = load("state", tmp_path, path="a.npz", array="ghz")
    np.testing.assert_array_equal(ghz.rows, [[0, 0], [1, 1]])


def test_a_run_folder_keeps_states(tmp_path: Path) -> None:
    save(tmp_path, x=PSI)
    data = load("state", tmp_path, path="a.npz")
    (tmp_path / run_data.FILE).write_bytes(run_data.encode({"d": data}))
    back = run_data.decode(tmp_path / run_data.FILE)["d"]
    np.testing.assert_array_equal(back.state, data.state)


@pytest.mark.parametrize(
    ("array", "wording"),
    [
        (np.ones(4), "its norm is 2"),
        (np.ones(3), "shape (3,)"),
        (np.ones((4, 2)), "shape (4, 2)"),
        (np.ones(1), "shape (1,)"),
        (np.ones((2, 2, 2)), "shape (2, 2, 2)"),
        (np.full(4, np.nan), "not finite"),
        (np.array(["a", "b"]), "not numbers"),
        (np.array([[0.5, 0.1], [0.2, 0.5]]), "not Hermitian"),
        (np.eye(2), "trace is 2"),
        (np.diag([1.5, -0.5]), "eigenvalue -0.5"),
        (np.zeros(2**21, np.int8), "2,097,152 numbers"),
    ],
)
def test_what_is_no_state_is_refused(tmp_path: Path, array: Any, wording: str) -> None:
    save(tmp_path, x=array)
    diagnostic = fault("state", tmp_path, path="a.npz")
    assert diagnostic.code == "QGL0609" and wording in diagnostic.message
