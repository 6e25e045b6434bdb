"""`qglc sample` of labelled data: a label by its name, and its column in what is written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import qgl
from tests.command import qglc

PROGRAM = """
data seen = csv("table.csv", LABELLED, label = "kind");
visible v[2];
condition label : category(2);
param a : angle ~ normal(0, 0);
model { for q in v { ry(pi * label) q; } rz(a) v[0]; }
objective nll(seen);
train { steps 1; }
"""
TABLE = 'kind,level,rate\n"cat, wild",1,0\ncat,2,1\n"cat, wild",1,0\ncat,2,1\n'


def trained(folder: Path, labelled: str, table: str = TABLE) -> Path:
    (folder / "table.csv").write_text(table)
    (folder / "program.qgl").write_text(PROGRAM.replace("LABELLED", labelled))
    qgl.load(folder / "program.qgl").train(out=folder / "run", display="quiet", pictures=False)
    return folder / "run"


def test_the_label_is_the_last_column_under_its_name(tmp_path: Path) -> None:
    run = trained(tmp_path, "bits = 1")
    assert qglc("sample", run, "-n", "2", "--condition", "label=cat, wild")[1] == (
        'level,rate,kind\n2,1,"cat, wild"\n2,1,"cat, wild"\n'
    )
    assert qglc("sample", run, "-n", "1", "--condition", "0")[1] == "level,rate,kind\n1,0,cat\n"
    assert qglc("sample", run, "-n", "1", "--condition", "1", "--bits")[1] == "1,1\n"
    assert qglc("sample", run, "-n", "2", "--condition", "cat", "-o", tmp_path / "rows.npz")[0] == 0
    with np.load(tmp_path / "rows.npz") as archive:
        assert archive["label"].tolist() == ["cat", "cat"] and archive["x"].tolist() == [[1, 0], [1, 0]]
    status, _, errors = qglc("sample", run, "--condition", "label=dog")
    assert status == 2 and "'dog' is none of the labels cat, cat, wild" in errors


def test_without_a_condition_each_row_has_a_label_as_the_data_have_them(tmp_path: Path) -> None:
    run = trained(tmp_path, "bits = 1", TABLE + "cat,2,1\ncat,2,1\n")
    head, *lines = qglc("sample", run, "-n", "3000")[1].splitlines()
    assert head == "level,rate,kind" and len(lines) == 3000
    shares = [line.endswith(",cat") for line in lines]
    assert abs(np.mean(shares) - 2 / 3) < 0.05
    for line in lines:
        assert line.startswith("1,0") == line.endswith(",cat")
    assert qglc("sample", run, "-n", "3", "--bits")[0] == 2


def test_what_it_takes_is_said_beforehand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = trained(tmp_path, "bits = 1")
    assert "take about" not in qglc("sample", run, "-n", "3", "--condition", "0")[2]
    monkeypatch.setattr("qgl.cli.sample.TOLD_SECONDS", 0.0)
    assert "3 strings take about" in qglc("sample", run, "-n", "3", "--condition", "0")[2]


def test_of_bits_too(tmp_path: Path) -> None:
    run = trained(tmp_path, 'columns = ["rate", "level"]', TABLE.replace(",2,", ",1,"))
    assert qglc("sample", run, "-n", "1", "--condition", "label=cat")[1] == "rate,level,kind\n0,0,cat\n"
