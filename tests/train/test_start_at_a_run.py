"""`~ run("folder")`: parameters begin at what a run handed out, which the folder of the new run keeps."""

from __future__ import annotations

import shutil
from pathlib import Path

import jax
import numpy as np
import pytest

import qgl
from qgl.compiler import diagnose
from qgl.data.environment import open_program
from qgl.runs.reload import model_of
from qgl.runs.run import Run

FIRST = """
data rows = parity(2);
visible v[2];
param a[v] : angle;
param p : probability;
model { ry(a) v; cx v[0], v[1]; depolarizing(p) v; }
objective nll(rows);
train { steps 3; seeds 2; }
"""
SECOND = FIRST.replace(": angle;", ': angle ~ run("first");').replace(": probability;", ': probability ~ run("first");')


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("start") / "first"
    qgl.loads(FIRST).train(out=path, display="quiet", pictures=False)
    return path


@pytest.fixture
def folder(tmp_path: Path, first: Path) -> Path:
    shutil.copytree(first, tmp_path / "first")
    (tmp_path / "second.qgl").write_text(SECOND)
    return tmp_path


def test_parameters_begin_where_the_run_ended(folder: Path) -> None:
    first = Run.load(folder / "first")
    model = qgl.load(folder / "second.qgl")
    begun = model.init(jax.random.key(5))
    for name, value in first.params.items():
        np.testing.assert_allclose(begun[name], value, rtol=1e-5)
    run = model.train(out=folder / "again", display="quiet", pictures=False)
    shutil.rmtree(folder / "first")
    kept = model_of(folder / "again")
    np.testing.assert_allclose(kept.init(jax.random.key(5))["a"], first.params["a"], rtol=1e-5)
    assert run.loss < first.loss


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('run("first")', 'run("none")', "QGL0601"),
        ('run("first")', 'run("../first")', "QGL0602"),
        ("a[v] : angle", "a[3] : angle", "QGL0316"),
        ('run("first")', 'run("first", 1, 2)', "QGL0316"),
        ('probability ~ run("first")', 'probability ~ run("first", 0.1)', "QGL0316"),
    ],
)
def test_what_is_no_start_is_refused(folder: Path, old: str, new: str, code: str) -> None:
    (folder / "second.qgl").write_text(SECOND.replace(old, new))
    _, faults = diagnose(*open_program(folder / "second.qgl"))
    assert code in [fault.code for fault in faults], [str(fault.message) for fault in faults]


def test_weights_that_were_changed_are_refused(folder: Path) -> None:
    file = folder / "first" / "weights.safetensors"
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(bytes(content))
    _, faults = diagnose(*open_program(folder / "second.qgl"))
    assert [fault.code for fault in faults] == ["QGL0609"] * 2
    file.write_bytes(b"none")
    _, faults = diagnose(*open_program(folder / "second.qgl"))
    assert [fault.code for fault in faults] == ["QGL0609"] * 2
