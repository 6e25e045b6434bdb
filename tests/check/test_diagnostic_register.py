"""Every kind of diagnostic: its code stands, its examples do what they say, and it can be shown."""

from __future__ import annotations

import inspect
import json
import re
import string
from dataclasses import fields
from pathlib import Path

import pytest

from qgl.cli.code import explanation
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics import registry
from qgl.diagnostics.model import Diagnostic, PlaceOf, Severity, Template, kind_name
from qgl.diagnostics.render import to_text
from qgl.source import Source
from tests.golden import assert_golden

REGISTER = registry()
SNAPSHOT = Path(__file__).parent / "codes.json"
MESSAGES = Path(__file__).parent / "messages"
WITH_PROGRAMS = [code for code, kind in REGISTER.items() if kind.wrong]
FAMILIES = sorted({code[:5] for code in WITH_PROGRAMS})


def found(text: str, tmp_path: Path) -> tuple[Diagnostic, ...]:
    return diagnose(Source("example.qgl", text), FolderEnvironment(tmp_path))[1]


def test_codes_stand() -> None:
    """A code is never given to another fault. `make golden` writes new ones down."""
    now = {code: kind_name(kind) for code, kind in REGISTER.items()}
    assert_golden(SNAPSHOT, json.dumps(now, indent=2) + "\n")


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


@pytest.mark.parametrize("family", FAMILIES)
def test_what_is_shown_of_the_wrong_programs_is_written_down(family: str, tmp_path: Path) -> None:
    """A golden text for each family of codes: what `qglc check` shows of each failing program, whole."""
    kinds = [kind for code, kind in REGISTER.items() if code.startswith(family)]
    shown = [
        f"==== {kind.code} {kind_name(kind)}\n\n{to_text(found(kind.wrong, tmp_path))}" for kind in kinds if kind.wrong
    ]
    assert_golden(MESSAGES / f"{family}.txt", "\n".join(shown))


def templates(kind: type[Diagnostic]) -> dict[str, str]:
    """The texts with fields of a kind of fault, its own and those of its bases, by the name of the attribute."""
    names = dir(kind)
    held = {name: inspect.getattr_static(kind, name) for name in names}
    said = {name: value.template for name, value in held.items() if isinstance(value, Template)}
    return said | {name: f"{one.template}{{{one.place}}}" for name, one in held.items() if isinstance(one, PlaceOf)}


def test_texts_name_fields_of_their_own_class() -> None:
    """A misspelt `{field}` would be found only when the fault is shown; here it is found for every kind."""
    wrong = []
    for kind in REGISTER.values():
        for attribute, text in templates(kind).items():
            used = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            wrong += [
                f"{kind.__name__}.{attribute}: {{{name}}}"
                for name in sorted(used - {each.name for each in fields(kind)})
            ]
    assert wrong == []
    assert sum(len(templates(kind)) for kind in REGISTER.values()) > 100
