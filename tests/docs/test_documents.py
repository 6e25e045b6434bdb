"""Links lead somewhere, codes exist, and generated parts are in step with the program."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import qgl.diagnostics
from qgl.diagnostics.model import REGISTRY
from tests.docs.doc_blocks import DOCUMENTS, FENCE, ROOT

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def prose(document: Path) -> str:
    return FENCE.sub("", document.read_text(encoding="utf-8"))


def anchors(document: Path) -> set[str]:
    """The anchors that a page has: explicit ones, and those made of its headings."""
    text = prose(document)
    found = set(re.findall(r'<a id="([^"]+)">', text))
    for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE):
        kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
        found.add(kept.strip().replace(" ", "-"))
    return found


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in LINK.findall(prose(document)):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = target.partition("#")
        page = (document.parent / path).resolve() if path else document
        assert page.exists(), f"{target} leads nowhere"
        if anchor:
            assert anchor in anchors(page), f"{target}: {page.name} has no such heading"


def test_codes_exist() -> None:
    for module in pkgutil.iter_modules(qgl.diagnostics.__path__):
        importlib.import_module(f"qgl.diagnostics.{module.name}")
    for document in DOCUMENTS:
        unknown = set(re.findall(r"\bQGL\d{4}\b", document.read_text(encoding="utf-8"))) - set(REGISTRY)
        assert not unknown, f"{document.name} speaks of {unknown}"


def test_generated_parts_are_in_step() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"run `python docs/generate.py`: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda d: d.name)
def test_lines_are_not_too_long(document: Path) -> None:
    for number, line in enumerate(prose(document).splitlines(), start=1):
        table_or_generated = line.lstrip().startswith(("|", "-", "**"))
        assert len(line) <= 150 or table_or_generated, f"line {number} has {len(line)} characters"
