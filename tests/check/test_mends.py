"""The changes that diagnostics offer put the faults right."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics import registry
from qgl.diagnostics.model import Diagnostic, Mend, Severity
from qgl.source import Source
from tests.check.test_habits import HEAD, MENDED

MENDED_KINDS = {code: kind for code, kind in registry().items() if kind.wrong}


def told(text: str, folder: Path) -> tuple[Diagnostic, ...]:
    return diagnose(Source("new.qgl", text), FolderEnvironment(folder))[1]


def after(text: str, mend: Mend) -> str:
    return text[: mend.span.start] + mend.text + text[mend.span.end :]


@pytest.mark.parametrize("text", MENDED)
def test_foreign_phrases_are_put_into_the_language(text: str, tmp_path: Path) -> None:
    (fault,) = [each for each in told(text, tmp_path) if each.severity is Severity.ERROR]
    assert after(text, *fault.mends) == MENDED[text]


@pytest.mark.parametrize("code", MENDED_KINDS)
def test_a_mend_takes_its_fault_away(code: str, tmp_path: Path) -> None:
    """For each kind of fault whose failing program gets a mend; kinds without one are listed below."""
    text = MENDED_KINDS[code].wrong
    before = [each for each in told(text, tmp_path) if each.code == code]
    for mend in before[0].mends:
        left = [each for each in told(after(text, mend), tmp_path) if each.code == code]
        assert len(left) == len(before) - 1, mend.title
    assert bool(before[0].mends) == (code in WITH_MENDS)


WITH_MENDS = {
    *("QGL0102", "QGL0104", "QGL0105", "QGL0106", "QGL0107", "QGL0108", "QGL0109", "QGL0112", "QGL0118", "QGL0122"),
    *("QGL0201", "QGL0202", "QGL0203", "QGL0322", "QGL0701", "QGL0705", "QGL0715"),
}


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (f"{HEAD}model {{ rx(PI) v; }}\n", f"{HEAD}model {{ rx(pi) v; }}\n"),
        (f"{HEAD}model {{ h v; if m && n {{ h v; }} }}\n", f"{HEAD}model {{ h v; if m and n {{ h v; }} }}\n"),
        (f"{HEAD}model {{ rx(\u22120.1) v; }}\n", f"{HEAD}model {{ rx(-0.1) v; }}\n"),
        (f"{HEAD}model {{ h v; }}\ntrain {{ step 10; }}\n", f"{HEAD}model {{ h v; }}\ntrain {{ steps 10; }}\n"),
        ("visible v = pluss;\nmodel { h v; }\n", "visible v = plus;\nmodel { h v; }\n"),
        (
            "lattice l = lin(2);\nvisible v on l;\nmodel { h v; }\n",
            "lattice l = line(2);\nvisible v on l;\nmodel { h v; }\n",
        ),
    ],
)
def test_what_is_offered(text: str, mended: str, tmp_path: Path) -> None:
    assert mended in [after(text, mend) for fault in told(text, tmp_path) for mend in fault.mends]


def test_a_file_with_a_name_like_it(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("0,1\n")
    text = 'data d = csv("row.csv");\nvisible v[2];\nmodel { h v; }\nobjective nll(d);\n'
    (fault,) = told(text, tmp_path)
    assert after(text, *fault.mends) == text.replace("row.csv", "rows.csv")
