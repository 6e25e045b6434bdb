"""Carets at the end of a line stand right behind the text, whatever cells its characters take."""

from __future__ import annotations

from pathlib import Path

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.render import to_text
from qgl.source import Source


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("visible v[2]", 12),
        ("visible v[2]\t", 12),
        ("\tvisible v[2] \t ", 16),
        ("visible\tv[2]", 12),
        ("visible e\u0301[2]", 12),  # one letter of two characters
        ("visible \u0958[2]", 12),  # a letter that NFC makes two of
        ("visible \ufa0c[2]", 13),  # one that NFC makes another of; it is wide
    ],
)
def test_a_mark_that_is_missing_at_the_end(line: str, cells: int, tmp_path: Path) -> None:
    said = to_text(diagnose(Source("new.qgl", f"{line}\nmodel {{ }}\n"), FolderEnvironment(tmp_path))[1])
    carets = next(each for each in said.splitlines() if each.endswith("^ add `;` here"))
    assert carets.index("^") - len("  | ") == cells
