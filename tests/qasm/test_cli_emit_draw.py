"""`qglc emit` and `qglc draw`, as a user calls them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from tests.command import qglc
from tests.qasm.readers import parse, qiskit_distribution

PROGRAM = """
visible v[2];
hidden bath;
param theta[v];
model { ry(theta) v; ry(?) bath; cx bath, v[0]; bit_flip(?) v[1]; rz(?) v[1]; }
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "little.qgl"
    path.write_text(PROGRAM, encoding="utf-8")
    return path


def test_emit_with_open_parameters(program: Path) -> None:
    status, text, _ = qglc("emit", program, "--free", "--profile", "qiskit")
    assert status == 0
    parse(text)
    assert re.findall(r"^input float\[64\] (\w+);", text, re.MULTILINE) == ["theta_0", "theta_1", "ry_1_0", "flip_0"]


def test_emit_with_drawn_parameters_is_the_model_of_that_seed(program: Path, tmp_path: Path) -> None:
    import jax

    import qgl

    status, _, _ = qglc("emit", program, "--seed", "3", "-o", tmp_path / "a.qasm")
    assert status == 0
    text = (tmp_path / "a.qasm").read_text(encoding="utf-8")
    assert "angles drawn from seed 3, not trained" in text
    model = qgl.load(program)
    expected = np.asarray(model.probabilities(model.init(jax.random.key(3))))
    np.testing.assert_allclose(qiskit_distribution(text), expected, atol=1e-5)
    assert re.search(r"^rz\(.*q\[1\];", qglc("emit", program, "--seed", "3", "--as-written")[1], re.MULTILINE)
    assert not re.search(r"^rz\(.*q\[1\];", text, re.MULTILINE)


@pytest.mark.parametrize(
    "arguments", [[], ["--free", "--seed", "1"], ["--free", "--set", "nonsense"]], ids=["neither", "both", "set"]
)
def test_wrong_usage_of_emit(program: Path, arguments: list[str]) -> None:
    assert qglc("emit", program, *arguments)[0] == 2


def test_an_unknown_profile_is_a_diagnostic(program: Path) -> None:
    status, _, errors = qglc("emit", program, "--free", "--profile", "quil")
    assert status == 1
    assert "QGL1001" in errors


def test_no_permission_and_missing_folders_are_diagnostics(program: Path, tmp_path: Path) -> None:
    status, _, errors = qglc("emit", program, "--free", "-o", tmp_path / "none" / "a.qasm")
    assert status == 1
    assert "QGL09" in errors


@pytest.mark.parametrize(("suffix", "start"), [("png", b"\x89PNG"), ("svg", b"<svg"), ("pdf", b"%PDF")])
def test_draw_writes_pictures(program: Path, tmp_path: Path, suffix: str, start: bytes) -> None:
    out = tmp_path / f"a.{suffix}"
    assert qglc("draw", program, "-o", out)[0] == 0
    assert out.read_bytes().startswith(start)


def test_draw_writes_characters(program: Path) -> None:
    status, text, _ = qglc("draw", program)
    assert status == 0
    assert "bath[0]: " in text or "bath: " in text
    assert "●" in text


def test_draw_refuses_other_kinds_of_files(program: Path, tmp_path: Path) -> None:
    assert qglc("draw", program, "-o", tmp_path / "a.docx")[0] == 2


OUTCOMES = """
latent z : state(2) ~ haar() draws 1;
param a[3] : angle;
visible v[2] = z;
model {
    fresh e = plus;
    ry(a[0]) v[0];
    cx v[0], e;
    ry(a[1]) e;
    measure e -> m keep;
    rx(a[2]) v[1];
    postselect(0) v[1];
    h v[1];
}
"""


def test_kept_and_required_outcomes_are_bits_of_the_output(tmp_path: Path) -> None:
    import jax

    import qgl

    path = tmp_path / "outcomes.qgl"
    path.write_text(OUTCOMES, encoding="utf-8")
    status, text, _ = qglc("emit", path, "--seed", "3")
    assert status == 0
    for note in ("`z` is the first of its 1 draws", "bit 2 is the kept outcome m", "whose output bit 3 is 1"):
        assert note in text
    model = qgl.load(path)
    params = model.init(jax.random.key(3))
    joint = qiskit_distribution(text).reshape(4, 2, 2)[:, :, 0]  # visible bits, kept outcome, required outcome
    np.testing.assert_allclose(joint.sum(), float(model.success(params)), atol=1e-5)
    np.testing.assert_allclose(joint.sum(axis=1) / joint.sum(), model.probabilities(params), atol=1e-5)
    weights = np.sum(np.abs(np.asarray(model.ensemble(params))) ** 2, axis=1)
    np.testing.assert_allclose(joint.sum(axis=0) / joint.sum(), weights, atol=1e-5)
    status, _, errors = qglc("emit", path, "--seed", "3", "--observable", "Z[v[0]]")
    assert status == 1 and "QGL0416" in errors
    assert qglc("emit", path, "--free")[0] == 1


def test_jobs_of_programs_that_require_outcomes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "data d = parity(2);\nobjective nll(d);\ntrain { steps 1; }\n" + OUTCOMES.replace("h v[1];", "ry(?) v;")
    (tmp_path / "outcomes.qgl").write_text(text, encoding="utf-8")
    status, _, errors = qglc("train", "outcomes.qgl", "--out", "run", "--no-pictures")
    assert status == 0, errors
    status, _, errors = qglc("run", "run", "--on", "statevector")
    assert status == 1 and "QGL0416" in errors
