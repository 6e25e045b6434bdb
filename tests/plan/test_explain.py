"""`qglc explain`: a table for people, JSON for programs; nothing is run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qgl.cli.explain import duration
from qgl.cli.main import app

NOISY = """\
data target = parity(4, even = true);
const strength = 0.05;
visible v[4];
hidden h;
model {
    repeat 6 {
        ry(?) v; ry(?) h;
        for q in v { cx h, q; }
        depolarizing(strength) v;
    }
}
objective nll(target) + 0.5 * mmd(target, gaussian(sigma = [1]));
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "noisy.qgl"
    path.write_text(NOISY, encoding="utf-8")
    return str(path)


def test_table_names_methods_and_reasons(program: str) -> None:
    result = CliRunner().invoke(app, ["explain", program], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    for text in ("4 visible, 1 hidden", "nll", "mmd", "sample", "density", "dense", "may be used", "steps"):
        assert text in result.output


def test_json(program: str) -> None:
    result = CliRunner().invoke(app, ["explain", program, "--format", "json"])
    facts = json.loads(result.output)
    assert facts["wires"] == {"visible": 4, "hidden": 1, "fresh": 0}
    assert [(row["for"], row["method"]) for row in facts["queries"]] == [
        ("nll", "density"),
        ("mmd", "density"),
        ("sample", "density"),
    ]


def test_what_is_too_large_is_a_fault_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "large.qgl"
    path.write_text("visible v[40];\nmodel { rx(?) v; cx v[0], v[1]; }\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from qgl.cli.main import run; run()", "explain", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "QGL0810" in done.stderr and "40 qubits" in done.stderr and "large.qgl:1:9" in done.stderr


def test_it_does_not_load_jax(program: str) -> None:
    code = f"import sys; from qgl.cli.explain import explain; explain({program!r}); print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("False")


def test_durations() -> None:
    assert [duration(x) for x in (2e-5, 0.0031, 0.25, 12.0)] == ["20 us", "3.1 ms", "250 ms", "12 s"]
