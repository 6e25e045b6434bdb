"""The files that are sent to the browser: ours are as they are written, and CodeMirror is made of what is locked."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "qgl" / "play" / "page"
MADE = ROOT / "editors" / "playground"
OURS = sorted(path for path in PAGE.iterdir() if path.name != "codemirror.js")


def test_codemirror_is_made_of_what_is_locked() -> None:
    """`npm ci && npm run build` in editors/playground makes it anew."""
    hashed = hashlib.sha256((MADE / "codemirror.js").read_bytes() + (MADE / "package-lock.json").read_bytes())
    first = (PAGE / "codemirror.js").read_text(encoding="utf-8").partition("\n")[0]
    assert first.endswith(hashed.hexdigest())


def test_what_others_have_made_is_named_with_its_licence() -> None:
    text = (PAGE / "codemirror.js").read_text(encoding="utf-8")
    named = re.findall(r"((?:@[\w-]+/)?[\w-]+) (\d+\.\d+\.\d+)[,:]", text[: text.index("*/")])
    locked = json.loads((MADE / "package-lock.json").read_text())["packages"]
    assert len(named) > 8
    for package, version in named:
        assert locked[f"node_modules/{package}"]["version"] == version
        assert locked[f"node_modules/{package}"]["license"] == "MIT"
    assert text.count("Permission is hereby granted") >= 1
    assert "qgl/play/page/codemirror.js" in (ROOT / "NOTICE").read_text()


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_files_make_no_markup_and_ask_nobody_else(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    addresses = set(re.findall(r"https?://[^\s\"'<>]*", text))
    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc", text)
    assert not re.findall(r"\son\w+=\"|style=\"|<script>", text), "a policy would refuse it"
