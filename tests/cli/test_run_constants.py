"""A run keeps the constants that it was given, lists too, and every verb reads its program with them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import qgl
from qgl.diagnostics.model import QglError
from qgl.train.loop import train
from tests.command import qglc

TEXT = """
const order = [0, 1, 2];
const pairs = [[0, 1], [1, 2]];
visible v[3];
data target = strings(["100", "001"]);
model { x v[order[0]]; for p in pairs { cx v[p[0]], v[p[1]]; } ry(?) v[2]; }
objective nll(target);
train { steps 0; }
"""


def test_lists_that_are_given_are_kept_and_strings_are_of_the_circuit_that_was_trained(tmp_path: Path) -> None:
    path, folder = tmp_path / "lists.qgl", tmp_path / "run"
    path.write_text(TEXT)
    given = ["--set", "order=[1, 0, 2]", "--set", "pairs=[[1, 2]]"]
    assert qglc("train", path, "--out", folder, "--quiet", "--no-pictures", *given)[0] == 0
    assert json.loads((folder / "manifest.json").read_text())["constants"] == {"order": [1, 0, 2], "pairs": [[1, 2]]}
    rows = qglc("sample", folder, "-n", "20")[1].splitlines()
    assert rows and all(row.replace(",", "")[:2] == "01" for row in rows), "the file's own lists begin with 11"
    with pytest.raises(QglError, match="QGL0902"):
        train(qgl.load(path, order=[2, 1, 0], pairs=[[1, 2]]), resume=folder, display="quiet", pictures=False)
