"""Every program in the documents is checked as it stands."""

from __future__ import annotations

import pytest

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import Diagnostic, Severity
from qgl.source import Source
from tests.docs.doc_blocks import DOCUMENTS, ROOT, Block, blocks


def diagnostics_of(block: Block) -> tuple[Diagnostic, ...]:
    environment = FolderEnvironment(ROOT / "examples")
    return diagnose(Source(block.name, block.program), environment)[1]


def test_there_are_programs() -> None:
    assert len(blocks("qgl")) > 20
    assert all(document.exists() for document in DOCUMENTS)


@pytest.mark.parametrize("block", blocks("qgl"), ids=lambda b: b.name)
def test_program_is_as_the_document_says(block: Block) -> None:
    found = diagnostics_of(block)
    code = block.label_after("fails")
    if code is not None:
        assert code in [d.code for d in found], [f"[{d.code}] {d.message}" for d in found]
        return
    # A fragment need not use all that its prelude declares; a whole program is without warnings.
    faults = [d for d in found if d.severity is Severity.ERROR or "in" not in block.labels]
    assert not faults, [f"line {d.span.start if d.span else '?'} [{d.code}] {d.message}" for d in faults]


def test_every_system_that_is_measured_is_sketched() -> None:
    design = (ROOT / "docs" / "design" / "systems.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in (ROOT / "docs" / "systems").glob("*.md"))
    assert len(pages) > 20 and [page for page in pages if f"(../systems/{page})" not in design] == []
