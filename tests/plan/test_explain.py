"""`qglc explain`: a table for people, JSON for programs; nothing is run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qgl.cli.main import app
from qgl.diagnostics.size import duration

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

WIDE = """\
data given = strings(["0101010101010101010101010101010101010101"]);
visible v[40];
model {
    repeat 40 as l { ry(?) v; for k in 0..38 { rxx(?) v[k], v[k + 1]; } }
}
objective nll(given);
"""
CONDITIONAL = """\
data rows = csv("rows.csv", condition = [0]);
condition given[1];
visible v[2];
model { for q in v { ry(given[0]) q; rx(?) q; } }
objective nll(rows);
"""


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "noisy.qgl"
    path.write_text(NOISY, encoding="utf-8")
    return str(path)


def test_table_names_methods_and_reasons(program: str) -> None:
    result = CliRunner().invoke(app, ["explain", program], env={"COLUMNS": "160"})
    assert result.exit_code == 0, result.output
    for text in (
        "4 visible, 1 hidden",
        "nll",
        "mmd",
        "sample",
        "density matrix",
        "state vector",
        "may be used",
        "steps",
    ):
        assert text in result.output


def test_json(program: str) -> None:
    result = CliRunner().invoke(app, ["explain", program, "--format", "json"])
    facts = json.loads(result.output)
    assert facts["wires"] == {"visible": 4, "hidden": 1, "fresh": 0}
    assert [(row["for"], row["method"]) for row in facts["queries"]] == [
        ("objective nll", "density matrix"),
        ("objective mmd", "density matrix"),
        ("report kl(target)", "density matrix"),
        ("report tv(target)", "density matrix"),
        ("report moments(target)", "density matrix"),
        ("sample", "density matrix"),
    ]


@pytest.mark.parametrize("text", [NOISY, WIDE])
def test_every_field_of_the_json_is_documented(text: str, tmp_path: Path) -> None:
    path = tmp_path / "program.qgl"
    path.write_text(text)
    answered = json.loads(CliRunner().invoke(app, ["explain", str(path), "--format", "json"]).stdout)
    section = (Path(__file__).parents[2] / "docs/planner.md").read_text().split("## For programs")[1]
    known = set(re.findall(r"`(\w+)`", section.split("\n## ")[0]))
    queries = answered["queries"]
    candidates = [candidate for query in queries for candidate in query["candidates"]]
    for part in (answered, answered["wires"], *queries, *candidates):
        assert part.keys() <= known, part.keys() - known


def test_an_objective_without_a_method_is_a_fault_of_the_program(tmp_path: Path) -> None:
    path = tmp_path / "large.qgl"
    path.write_text(WIDE, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "from qgl.cli.main import run; run()", "explain", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "no method can answer this" in done.stdout
    assert "QGL0810" in done.stderr and "large.qgl:4:" in done.stderr and "gates that cross the cut" in done.stderr


def test_a_report_without_a_method_is_told_and_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "report.qgl"
    path.write_text("visible v[18];\nmodel { rx(?) v; }\nreport purity();\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["explain", str(path), "--format", "json"])
    assert result.exit_code == 0, result.output
    rows = {row["for"]: row["method"] for row in json.loads(result.output)["queries"]}
    assert rows["report purity()"] is None and rows["sample"]


def test_reports_that_ask_the_same_share_a_block(program: str) -> None:
    result = CliRunner().invoke(app, ["explain", program], env={"COLUMNS": "160"})
    assert "report kl(target), report tv(target)" in result.output


def test_conditions_are_counted(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("a,b,c\n0,0,1\n0,1,1\n1,0,0\n", encoding="utf-8")
    path = tmp_path / "conditional.qgl"
    path.write_text(CONDITIONAL, encoding="utf-8")
    result = CliRunner().invoke(app, ["explain", str(path), "--format", "json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["queries"][0]["times"] == 2


@pytest.mark.parametrize("arguments", [["--region", "1,2"], ["--pauli-word", "Z0*X3"], []])
def test_the_picture_of_a_cone(program: str, tmp_path: Path, arguments: list[str]) -> None:
    picture = tmp_path / "cone.svg"
    result = CliRunner().invoke(app, ["explain", program, "--picture", str(picture), *arguments])
    assert result.exit_code == 0, result.output
    assert picture.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "wording"),
    [
        (["--picture", "cone.txt"], "ends in"),
        (["--picture", "cone.png", "--region", "1,9"], "0 to 3"),
        (["--picture", "cone.png", "--region", "1;2"], "1;2"),
        (["--picture", "cone.png", "--pauli-word", "Q1"], "Z3*Z4"),
        (["--picture", "cone.png", "--pauli-word", "Z1", "--region", "1"], "not both"),
        (["--region", "1"], "--picture"),
    ],
)
def test_what_no_picture_can_be_made_of(program: str, arguments: list[str], wording: str) -> None:
    result = CliRunner().invoke(app, ["explain", program, *arguments], env={"COLUMNS": "200"})
    assert result.exit_code == 2 and wording in result.output


GRID = """\
data rows = cardinality(40, 1);
lattice board = grid(4, 10);
visible v on board;
model { repeat 2 { rx(?) v; rz(?) v; for (a, b) in edges(board) { rzz(?) a, b; } } }
objective nll(rows);
"""


def test_what_takes_long_to_compile_is_told(tmp_path: Path, program: str) -> None:
    """Columns at the rim of a grid differ; a state is one loop, however long."""
    path = tmp_path / "grid.qgl"
    path.write_text(GRID, encoding="utf-8")
    seconds = {}
    for name in (program, str(path)):
        found = json.loads(CliRunner().invoke(app, ["explain", name, "--format", "json"]).output)
        chosen, *others = found["queries"][0]["candidates"]
        seconds[name] = chosen["compile_seconds"]
        assert all((other["compile_seconds"] is None) == (other["seconds"] is None) for other in others)
    assert seconds[program] < 5 < seconds[str(path)]
    about = f"Tracing and compiling take about {seconds[str(path)]:.0f} s"
    assert about in CliRunner().invoke(app, ["explain", str(path)], env={"COLUMNS": "160"}).output
    assert "compiling" not in CliRunner().invoke(app, ["explain", program], env={"COLUMNS": "160"}).output


def test_durations() -> None:
    assert [duration(x) for x in (2e-5, 0.0031, 0.25, 12.0, 3000.0, 7.2e6)] == [
        "20 us",
        "3.1 ms",
        "250 ms",
        "12 s",
        "50 min",
        "2,000 h",
    ]
