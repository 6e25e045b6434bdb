"""`qglc sample --bases` and `qglc run --bases`: archives that `pauli_shots` reads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from tests.command import qglc

PROGRAM = "visible v[2];\ndata rows = strings(['00']);\nmodel { ry(0.5 * pi) v[0]; cx v[0], v[1]; rz(?) v[0]; }\n"
PROGRAM = PROGRAM.replace("'", '"') + "objective nll(rows);\ntrain { steps 1; }\n"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bases") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


def test_strings_in_bases_are_sampled(run: Path, tmp_path: Path) -> None:
    file, again = tmp_path / "shots.npz", tmp_path / "again.npz"
    assert qglc("sample", run, "-n", "300", "--bases", "random", "-o", file)[0] == 0
    with np.load(file) as archive:
        strings, bases = archive["strings"], archive["bases"]
    assert strings.shape == bases.shape == (300, 2) and set(np.unique(bases)) == {1, 2, 3}
    both_z = (bases == 3).all(axis=1)
    assert (strings[both_z, 0] == strings[both_z, 1]).all() and 0 < strings[both_z].mean() < 1
    assert qglc("sample", run, "--bases", file, "-n", "300", "-o", again)[0] == 0
    with np.load(again) as archive:
        np.testing.assert_array_equal(archive["bases"], bases)
        np.testing.assert_array_equal(archive["strings"], strings)
    text = 'visible v[2];\ndata shots = pauli_shots("shots.npz");\nmodel { ry(?) v; }\nobjective nll(shots);\n'
    (tmp_path / "p.qgl").write_text(text)
    assert qgl.load(tmp_path / "p.qgl").program.data["shots"].bases is not None


def test_strings_in_bases_of_an_engine(run: Path, tmp_path: Path) -> None:
    file = tmp_path / "shots.npz"
    asked = ("run", run, "--on", "statevector", "--bases", "random", "-n", "5", "--shots", "20", "-o", file)
    status, text, _ = qglc(*asked)
    assert status == 0 and "strings with their bases" in text
    with np.load(file) as archive:
        strings, bases = archive["strings"], archive["bases"]
    settings = np.unique(bases, axis=0)
    assert len(strings) == 20 * len(settings) and len(settings) > 2
    both_z = (bases == 3).all(axis=1)
    assert both_z.sum() == 20 and (strings[both_z, 0] == strings[both_z, 1]).all()
    file.unlink()
    assert qglc(*asked)[0] == 0 and file.exists()  # of the job that is there


def test_bases_that_cannot_be(run: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "wide.npz", bases=np.ones((3, 4), np.uint8))
    np.savez(tmp_path / "other.npz", x=np.ones((3, 2), np.uint8))
    for bases, said in (("wide.npz", "no bases of 2 qubits"), ("other.npz", "no array"), ("none.npz", "no archive")):
        status, _, error = qglc("sample", run, "--bases", tmp_path / bases, "-o", tmp_path / "x.npz")
        assert status == 2 and said in " ".join(error.split())
    assert qglc("sample", run, "--bases", "random")[0] == 2
    assert qglc("run", run, "--on", "statevector", "-o", tmp_path / "x.npz")[0] == 2
