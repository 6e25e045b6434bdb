"""Every kind of diagnostic: its code stands, its examples do what they say, and it can be shown."""

from __future__ import annotations

import inspect
import json
import os
import re
from pathlib import Path

import pytest

from qgl.cli.code import explanation
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics import registry
from qgl.diagnostics.model import Diagnostic, Severity, kind_name
from qgl.source import Source

REGISTER = registry()
SNAPSHOT = Path(__file__).parent / "codes.json"
WITH_PROGRAMS = [code for code, kind in REGISTER.items() if kind.wrong]


def found(text: str, tmp_path: Path) -> tuple[Diagnostic, ...]:
    return diagnose(Source("example.qgl", text), FolderEnvironment(tmp_path))[1]


def test_codes_stand() -> None:
    """A code is never given to another fault. QGL_SNAPSHOTS=1 writes new ones down."""
    now = {code: kind_name(kind) for code, kind in REGISTER.items()}
    if os.environ.get("QGL_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(now, indent=2) + "\n", encoding="utf-8")
    assert now == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


def test_names_are_unique_and_codes_have_a_form() -> None:
    names = [kind_name(kind) for kind in REGISTER.values()]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"QGL(0[1-9]|1[01])\d\d", code) for code in REGISTER)


@pytest.mark.parametrize("code", REGISTER)
def test_each_is_explained(code: str) -> None:
    kind = REGISTER[code]
    doc = inspect.cleandoc(kind.__doc__ or "")
    assert len(doc) > 30
    assert not doc.startswith(f"{kind.__name__}(")
    assert doc.rstrip()[-1] in ".:"
    assert bool(kind.wrong) == bool(kind.right)


@pytest.mark.parametrize("code", WITH_PROGRAMS)
def test_the_wrong_program_has_the_fault_and_the_right_one_none(code: str, tmp_path: Path) -> None:
    kind = REGISTER[code]
    wrong = found(kind.wrong, tmp_path)
    assert code in [d.code for d in wrong], [(d.code, d.message) for d in wrong]
    assert [d.code for d in wrong if d.severity is Severity.ERROR and d.code != code] == []
    right = found(kind.right, tmp_path)
    assert [(d.code, d.message) for d in right if d.severity is Severity.ERROR or d.code == code] == []


@pytest.mark.parametrize("code", WITH_PROGRAMS)
def test_qglc_code_shows_what_check_says(code: str) -> None:
    text = explanation(REGISTER[code])
    assert f"[{code}]" in text
    assert "has not" in text
