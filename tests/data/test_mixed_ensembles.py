"""Ensembles whose elements are mixed: by formula, from archives, in run folders, and under the kernel of states."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.program.program import DataSet
from qgl.runs import data as folder

NEAR = 'data d = states_near("0", width = 0.08{}, count = 400, seed = 5);\nvisible v;\nmodel {{ ry(?) v; }}\n'


def elements(text: str) -> NDArray[np.complex128]:
    states = qgl.loads(text).program.data["d"].states
    assert states is not None
    return states


def purities(states: NDArray[np.complex128]) -> NDArray[np.float64]:
    return np.asarray(np.einsum("sxy,syx->s", states, states).real)


def test_states_near_are_depolarised() -> None:
    pure = elements(NEAR.format(""))
    mixed = elements(NEAR.format(", depolarised = [0.1, 0.3]"))
    strengths = 1 - np.sqrt(2 * purities(mixed) - 1)  # of a qubit: the length of the Bloch vector
    assert (
        strengths.min() > 0.1 and strengths.max() < 0.3 and np.std(strengths) == pytest.approx(0.2 / 12**0.5, rel=0.1)
    )
    expected = [(1 - q) * np.outer(s, s.conj()) + q * np.eye(2) / 2 for s, q in zip(pure, strengths, strict=True)]
    np.testing.assert_allclose(mixed, expected, atol=1e-12)
    same = elements(NEAR.format(", depolarised = 0.2"))
    np.testing.assert_allclose(purities(same), (1 + 0.8**2) / 2)


def test_archives_of_density_matrices(tmp_path: Path) -> None:
    good = elements(NEAR.format(", depolarised = [0, 1]"))
    wrong = good.copy()
    wrong[7] = [[1.5, 0], [0, -0.5]]
    np.savez(tmp_path / "good.npz", good)
    np.savez(tmp_path / "wrong.npz", wrong)
    text = 'data d = ensemble("{}.npz");\nvisible v;\nmodel {{ ry(?) v; }}\nobjective mmd(d, fidelity(power = 2));\n'
    for name in ("good", "wrong"):
        (tmp_path / f"{name}.qgl").write_text(text.format(name))
    data = qgl.load(tmp_path / "good.qgl").program.data["d"]
    assert data.states is not None and data.state is not None
    np.testing.assert_allclose(data.states, good, atol=1e-12)
    np.testing.assert_allclose(data.state, good.mean(axis=0), atol=1e-12)
    with pytest.raises(QglError, match=r"row 7 is no state: it has the eigenvalue -0\.5"):
        qgl.load(tmp_path / "wrong.qgl")


def test_the_kernel_takes_them() -> None:
    text = NEAR.format(", depolarised = [0, 1]") + "objective mmd(d, fidelity(power = 2));\n"
    model = qgl.loads(text, precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(0))
        state = np.asarray(model.ensemble(params))[0]
        loss = float(model.loss(params))
    data = model.program.data["d"].states
    assert data is not None
    ours = np.outer(state, state.conj())
    between = np.einsum("xy,syx->s", ours, data).real ** 2
    within = np.einsum("sxy,tyx->st", data, data).real ** 2
    assert loss == pytest.approx(1 - 2 * between.mean() + within.mean(), abs=1e-12)


@pytest.mark.parametrize("mixed", ["", ", depolarised = 0.1"])
def test_run_folders_keep_them(tmp_path: Path, mixed: str) -> None:
    data: DataSet = qgl.loads(NEAR.format(mixed)).program.data["d"]
    path = tmp_path / folder.FILE
    path.write_bytes(folder.encode({"d": data}, "here"))
    read = folder.decode(path, "here")["d"]
    assert data.states is not None and read.states is not None and read.state is not None
    np.testing.assert_array_equal(read.states, data.states)
    np.testing.assert_array_equal(read.state, data.state)


@pytest.mark.parametrize(("argument", "code"), [("[0, 0.1, 0.2]", "QGL0613"), ("1.5", "QGL0703")])
def test_strengths_are_refused(argument: str, code: str) -> None:
    with pytest.raises(QglError) as caught:
        qgl.loads(NEAR.format(f", depolarised = {argument}"))
    assert [each.code for each in caught.value.diagnostics] == [code]
