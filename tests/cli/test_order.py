"""`qglc order`: the order of columns that a start from data would better have."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest
from typer.testing import CliRunner

import qgl
from qgl.cli.main import app

TEXT = """
const n = 4, order = [0, 1, 2, 3];
visible v[n];
data pairs = strings(["0000", "0101", "1010", "1111"]);
param stair[n - 1] : unitary(2) ~ mps(pairs, bond = 2, order = order);
param rest[n - 1] : generator(2) ~ mps(pairs, bond = 2, order = order);
model {
    for t in 0..n - 2 { unitary(stair[t]) v[order[t]], v[order[t + 1]]; }
    for t in 0..n - 2 { generator(rest[t]) v[order[t]], v[order[t + 1]]; }
}
"""
runner = CliRunner()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.qgl"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_the_order_is_told_with_what_it_is_worth(file: Path) -> None:
    done = runner.invoke(app, ["order", str(file), "--format", "json", "--fits", "6"])
    assert done.exit_code == 0, done.output
    (told,) = json.loads(done.stdout)
    assert told["parameters"] == ["stair", "rest"] and told["data"] == "pairs" and told["bond"] == 2
    assert told["given"]["order"] == [0, 1, 2, 3] and told["given"]["kl"] > 0.3
    assert told["found"]["kl"] < 1e-6
    order = told["found"]["order"]
    assert sorted(order) == [0, 1, 2, 3] and {order[0] % 2, order[1] % 2} in ({0}, {1})
    assert file.read_text(encoding="utf-8") == TEXT
    model = qgl.loads(TEXT, order=order)
    params = {name: value * (name == "stair") for name, value in model.init(jax.random.key(0)).items()}
    np.testing.assert_allclose(np.asarray(model.probabilities(params))[[0, 5, 10, 15]], 0.25, atol=1e-5)


def test_in_words(file: Path) -> None:
    done = runner.invoke(app, ["order", str(file), "--set", "order=[0, 2, 1, 3]", "--fits", "3"])
    assert done.exit_code == 0, done.output
    lines = done.stdout.splitlines()
    assert lines[0] == "stair, rest: mps(pairs, bond = 2)"
    assert lines[1].startswith("  given order = [0, 2, 1, 3], KL ") and len(lines) == 4
    assert lines[3] == "  no better one is among the 3 that were looked at at most"


def test_a_program_without_such_a_start_has_no_order(tmp_path: Path) -> None:
    (tmp_path / "p.qgl").write_text("visible v; model { h v; }", encoding="utf-8")
    done = runner.invoke(app, ["order", str(tmp_path / "p.qgl")])
    assert done.exit_code == 2 and "begins as `~ mps(data, ...)`" in " ".join(done.output.split())
