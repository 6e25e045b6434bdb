"""Every prefix of a good program, and every good program with a token deleted, is checked without a traceback."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import Severity
from qgl.diagnostics.render import to_json, to_text
from qgl.source import Source

ROOT = Path(__file__).parents[2]
GOOD = sorted(ROOT.glob("tests/good/*.qgl"))
TOKEN = re.compile(r'"[^"\n]*"|//[^\n]*|/\*.*?\*/|\d+(?:\.\d+)?(?:e[+-]?\d+)?|\w+|\*\*|\.\.|->|[=!<>]=|\S', re.DOTALL)
MOST = 60  # damaged programs of one file: with more tokens, every second, third, ... one


def is_explained(text: str, folder: Path) -> None:
    program, diagnostics = diagnose(Source("damaged.qgl", text), FolderEnvironment(folder))
    faulty = any(d.severity is Severity.ERROR for d in diagnostics)
    library = not re.search(r"^(visible|model)\b", text, re.MULTILINE)  # is no program, and may have no fault
    assert (program is None) == faulty or library
    assert bool(to_text(diagnostics)) == bool(diagnostics)
    assert to_json(diagnostics)
    for each in diagnostics:
        assert each.message and each.span is not None and 0 <= each.span.start <= each.span.end <= len(text)


def places(text: str) -> list[tuple[int, int]]:
    found = [match.span() for match in TOKEN.finditer(text)]
    return found[:: max(1, len(found) // MOST)]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_prefix(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for _, end in places(text):
        is_explained(text[:end], path.parent)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_every_deletion(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for start, end in places(text):
        is_explained(text[:start] + text[end:], path.parent)


@pytest.mark.slow
@pytest.mark.parametrize("path", [*GOOD, *sorted(ROOT.glob("examples/**/*.qgl"))], ids=lambda path: path.stem)
def test_every_one_of_them(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for match in TOKEN.finditer(text):
        is_explained(text[: match.end()], path.parent)
        is_explained(text[: match.start()] + text[match.end() :], path.parent)
        is_explained(text[: match.end()] + " " + match[0] + text[match.end() :], path.parent)
