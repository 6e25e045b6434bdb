"""Whole programs: those that are good, and those whose faults are all named in comments.

Beside each bad program stands what is shown of it, whole; `make golden` renews these texts.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import Severity
from qgl.diagnostics.render import to_text
from qgl.source import Source
from tests.check.checking import faults
from tests.golden import assert_golden

ROOT = Path(__file__).parents[2]
GOOD = sorted(ROOT.glob("tests/good/*.qgl"))
BAD = sorted(ROOT.glob("tests/bad/*.qgl"))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_good_programs_have_no_fault(path: Path) -> None:
    found = faults(path.read_text(encoding="utf-8"), path.parent)
    assert [f"{d.span}: {d.message}" for d in found if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_all_faults_of_bad_programs_are_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = re.findall(r"^// expect: (QGL\d{4})$", text, re.MULTILINE)
    assert expected
    found = faults(text, path.parent)
    lines = [f"{d.code} {d.span}: {d.message}" for d in found]
    assert sorted(d.code for d in found) == sorted(expected), "\n".join(lines)
    for d in found:
        assert d.message and d.span is not None and d.span.source.text == text


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_what_is_shown_of_bad_programs_stands_beside_them(path: Path) -> None:
    source = Source(path.name, path.read_text(encoding="utf-8"))
    _, found = diagnose(source, FolderEnvironment(path.parent))
    assert_golden(path.with_suffix(".txt"), to_text(found))


def test_no_text_stands_beside_no_program() -> None:
    texts = sorted(path.stem for path in ROOT.glob("tests/bad/*.txt"))
    assert texts == [path.stem for path in BAD]
