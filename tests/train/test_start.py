"""Training that begins with given parameters: of each seed or of all, kept in the folder, by the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.runs.run import Run
from qgl.train import loop
from tests.command import qglc

PROGRAM = """
data d = strings(["00", "11"]);
visible v[2];
param a[v] : angle ~ normal(0, 1);
model { for q in v { ry(a[q]) q; } cx v[0], v[1]; }
objective nll(d);
train { optimizer adam(rate = 0.1); steps 4; seeds 2; }
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("start")
    run: Run = qgl.loads(PROGRAM).train(out=folder / "first", display="quiet", pictures=False)
    return run


def losses(params: NDArray[Any]) -> list[float]:
    model = qgl.loads(PROGRAM)
    return [float(model.loss({"a": jax.numpy.asarray(row)})) for row in params]


def test_each_seed_goes_on_from_its_own_or_all_from_one(first: Run) -> None:
    model = qgl.loads(PROGRAM)
    own = model.train(params=first.all_params, display="quiet")
    np.testing.assert_allclose(own.history.loss[0], losses(first.all_params["a"]), rtol=1e-6)
    alike = model.train(params=first.params, display="quiet")
    np.testing.assert_allclose(alike.history.loss[0], losses(first.params["a"][None]) * 2, rtol=1e-6)
    drawn = model.train(display="quiet")  # the model itself stays as it was
    np.testing.assert_array_equal(drawn.history.loss, first.history.loss)


def test_a_run_that_is_killed_before_its_first_checkpoint_begins_with_them_again(
    first: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = qgl.loads(PROGRAM)
    whole = model.train(params=first.all_params, display="quiet")

    def killed(self: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(loop._Training, "run", killed)
        with pytest.raises(KeyboardInterrupt):
            model.train(params=first.all_params, out=tmp_path / "run", display="quiet")
    again = qgl.loads(PROGRAM).train(resume=tmp_path / "run", display="quiet", pictures=False)
    np.testing.assert_array_equal(again.history.loss, whole.history.loss)
    np.testing.assert_array_equal(again.all_params["a"], whole.all_params["a"])


def test_a_start_that_is_gone_is_told(first: Run, tmp_path: Path) -> None:
    qgl.loads(PROGRAM).train(params=first.all_params, out=tmp_path / "run", display="quiet", pictures=False)
    (tmp_path / "run" / "start.safetensors").unlink()
    with pytest.raises(qgl.QglError, match="QGL0904"):
        qgl.loads(PROGRAM).train(resume=tmp_path / "run", steps=6, display="quiet", pictures=False)


def test_what_does_not_fit_is_told(first: Run, tmp_path: Path) -> None:
    model = qgl.loads(PROGRAM)
    with pytest.raises(ValueError, match="there is no `b` among the parameters"):
        model.train(params={**first.params, "b": np.zeros(1)}, display="quiet")
    with pytest.raises(ValueError, match=r"`a`"):
        model.train(params={"a": np.zeros((3, 2))}, display="quiet")
    with pytest.raises(ValueError, match="a dictionary"):
        model.train(params=np.zeros(2), display="quiet")
    with pytest.raises(ValueError, match="a resumed run"):
        model.train(params=first.params, resume=first.path, display="quiet")


def test_the_command(first: Run, tmp_path: Path) -> None:
    program = tmp_path / "program.qgl"
    program.write_text(PROGRAM)
    np.savez(tmp_path / "a.npz", **first.params)
    np.savez(tmp_path / "b.npz", b=np.zeros(2))
    quiet = ("--quiet", "--no-pictures", "--steps", "2")
    assert qglc("train", program, "--start", first.path or "", "--out", tmp_path / "x", *quiet)[0] == 0
    found = qgl.open_run(tmp_path / "x")
    np.testing.assert_allclose(found.history.loss[0], losses(first.all_params["a"]), rtol=1e-6)
    assert qglc("train", program, "--start", tmp_path / "a.npz", "--out", tmp_path / "y", *quiet)[0] == 0
    found = qgl.open_run(tmp_path / "y")
    np.testing.assert_allclose(found.history.loss[0], losses(first.params["a"][None]) * 2, rtol=1e-6)
    for place, part in (("b.npz", "`a` is missing"), ("program.qgl", "neither a run nor an npz file")):
        status, _, errors = qglc("train", program, "--start", tmp_path / place, "--out", tmp_path / "z", *quiet)
        assert status == 2 and part in " ".join(errors.replace("│", " ").split())
        assert not (tmp_path / "z").exists()


def test_the_first_stage_of_a_program_begins_with_them(first: Run, tmp_path: Path) -> None:
    text = PROGRAM + "stage t in [1, 2] { train { steps 2; } }\n"
    run = qgl.loads(text).train(params=first.all_params, out=tmp_path / "run", display="quiet", pictures=False)
    np.testing.assert_allclose(run.stages[0].history.loss[0], losses(first.all_params["a"]), rtol=1e-6)
    np.testing.assert_allclose(run.stages[1].history.loss[0], losses(run.stages[0].all_params["a"]), rtol=1e-6)
