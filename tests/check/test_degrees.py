"""Degrees where radians are meant: a warning, and none where the numbers are meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.render import to_text
from qgl.source import Source

ROOT = Path(__file__).parents[2]
HEAD = "visible v[4];\n"
WARNED = {
    f"{HEAD}model {{ ry(90) v; }}\n": ["90"],
    f"{HEAD}model {{ ry(-45.0) v; }}\n": ["-45.0"],
    f"{HEAD}model {{ ry([90, 180, 0.1, 0]) v; }}\n": ["90", "180"],
    f"{HEAD}const quarter = 90;\nmodel {{ p(quarter) v[0]; cp(quarter) v[0], v[1]; }}\n": ["quarter", "quarter"],
    f"{HEAD}layer f(n: int, q: qubit, a: angle) {{ repeat n {{ rx(a) q; }} }}\nmodel {{ f(30, 90) v; }}\n": ["90"],
    "visible v[4] = angles([90, 45, 60, 0]);\nmodel { h v; }\n": ["90", "45", "60"],
    "visible v[2] = angles([(90, 0.1), (0.2, 45)]);\nmodel { h v; }\n": ["90", "45"],
    f"{HEAD}model {{ for k in 0..3 {{ ry(90 * k) v[k]; }} }}\n": ["90 * k"],
    f"{HEAD}model {{ let a = 90; rx(a) v; let b = a; repeat 2 {{ rx(b) v; }} }}\n": ["a", "b"],
    f"{HEAD}const c = 45;\nmodel {{ let a = 2 * c; rx(a) v; let b = [90, 1]; rx(b[0]) v; }}\n": ["a", "b[0]"],
    f"{HEAD}layer f(q: qubit) {{ let a = 90; rx(a) q; }}\nmodel {{ f v; }}\n": ["a"],
}
MEANT = (
    f"{HEAD}model {{ for k in 0..45 {{ let a = k; ry(a) v; }} let n = 90; repeat n {{ h v; }} }}\n",
    f"{HEAD}model {{ ry(3) v; ry(6.28) v; ry(10) v; ry(-20) v; ry(1000) v; ry(90.5) v; ry(30 * pi) v; }}\n",
    f"{HEAD}model {{ for k in 0..45 {{ ry(k) v; }} }}\n",
    f"{HEAD}param t : angle;\nmodel {{ ry(90 * t) v; }}\n",
    f"{HEAD}layer f(n: int, q: qubit) {{ repeat n {{ h q; }} }}\nmodel {{ f(90) v; }}\n",
)


def told(text: str, folder: Path) -> list[str]:
    found = diagnose(Source("new.qgl", text), FolderEnvironment(folder))[1]
    return [each.span.text for each in found if each.code == "QGL0322" and each.span]


@pytest.mark.parametrize("text", WARNED)
def test_degrees_are_told(text: str, tmp_path: Path) -> None:
    assert told(text, tmp_path) == WARNED[text]


@pytest.mark.parametrize("text", MEANT)
def test_numbers_that_are_meant_are_left_alone(text: str, tmp_path: Path) -> None:
    assert told(text, tmp_path) == []


def test_what_is_said(tmp_path: Path) -> None:
    program, found = diagnose(Source("new.qgl", f"{HEAD}model {{ ry(90) v; }}\n"), FolderEnvironment(tmp_path))
    assert program is not None
    assert to_text(found) == (
        "warning[QGL0322]: angles are in radians; 90 looks like degrees\n --> new.qgl:2:12\n  |\n"
        "2 | model { ry(90) v; }\n  |            ^^\n  = help: 90 degrees are `pi / 2`\n\n"
        "1 warning; `qglc code QGL0322` explains\n"
    )


@pytest.mark.parametrize("degrees", [-720, -180, -45, 30, 75, 90, 180, 270, 360])
def test_the_angle_that_is_said_is_right(degrees: int, tmp_path: Path) -> None:
    from math import pi, radians

    found = diagnose(Source("new.qgl", f"{HEAD}model {{ ry({degrees}) v; }}\n"), FolderEnvironment(tmp_path))[1]
    said = found[0].help.split("`")[1]
    assert abs(eval(said, {"pi": pi}) - radians(degrees)) < 1e-12
    assert told(f"{HEAD}model {{ ry({said}) v; }}\n", tmp_path) == []


# Of the examples another test wants no word at all.
@pytest.mark.parametrize("path", [*ROOT.glob("tests/good/*.qgl")], ids=lambda p: p.stem)
def test_no_false_alarm(path: Path) -> None:
    found = diagnose(Source(str(path), path.read_text(encoding="utf-8")), FolderEnvironment(path.parent))[1]
    assert not any(each.code == "QGL0322" for each in found)
