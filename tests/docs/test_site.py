"""What the site is made of, without building it, which `make docs` does: all pages, all programs, fences and links."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests.docs.doc_blocks import ROOT

sys.path.insert(0, str(ROOT / "docs" / "site"))
gallery: Any = importlib.import_module("gallery")
markdown_of: Any = importlib.import_module("markdown_of")
CONFIG = yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))


def pages(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from pages(part)


def test_every_page_is_in_the_navigation_once() -> None:
    docs = ROOT / "docs"
    written = [path.relative_to(docs).as_posix() for path in (*docs.rglob("*.md"), *docs.rglob("*.ipynb"))]
    assert sorted(pages(CONFIG["nav"])) == sorted([*written, "gallery/index.md"])


def test_every_example_has_a_page_with_its_words_and_its_program() -> None:
    programs = sorted((ROOT / "examples").rglob("*.qgl"))
    assert sorted(gallery.programs()) == programs
    named = [page for entry in gallery.navigation() for page in pages(entry)]
    assert len(set(named)) == len(named) == len(programs)
    for path in programs:
        text = gallery.page_with(path, {"qubits": "3 visible"})
        assert gallery.words(path) and path.read_text(encoding="utf-8").strip() in text, path
    assert gallery.page_of("examples/born/bars.qgl") == "gallery/born/bars.md"


def test_words_of_a_comment_are_no_markup(tmp_path: Path) -> None:
    program = tmp_path / "a.qgl"
    program.write_text("// p < q, a_b and `c_d` * 2.\n// Goes on.\n//\n// Source: arXiv 1804.04168.\n\n// not these\n")
    source = r"**Source:** [arXiv 1804.04168](https://arxiv.org/abs/1804.04168)."
    assert gallery.words(program) == [r"p &lt; q, a\_b and `c_d` \* 2. Goes on.", source]


def test_links_out_of_the_documents_lead_to_pages_of_the_site() -> None:
    text = "[a](../examples/born/bars.qgl), [b](../qgl/query.py#L3), [c](language.md#text)\n"
    assert markdown_of.page(text, "python.md") == (
        "[a](gallery/born/bars.md), [b](files/qgl/query.py.md#L3), [c](language.md#text)\n"
    )
    assert markdown_of.page("[d](../../examples/mbl/)", "systems/mbl.md") == "[d](../files/examples/mbl.md)"
    assert markdown_of.outside("[a](../qgl/query.py) [c](language.md)", "python.md") == {"qgl/query.py"}
    assert "````python\n" in markdown_of.shown("examples/demo.py")
    assert "- `mbl.qgl`" in markdown_of.shown("examples/mbl")


def test_labels_of_fences_become_titles_and_means_stay() -> None:
    text = "<Z_a Z_b>\n```qgl in body fails QGL0404\n<Z_a>\n```\n- a\n  - b\n"
    assert markdown_of.page(text, "x.md") == (
        '&lt;Z_a Z_b>\n```qgl title="refused: QGL0404"\n<Z_a>\n```\n- a\n    - b\n'
    )
    assert markdown_of.page("```qgl saved a.qgl\n```", "x.md") == '```qgl title="a.qgl"\n```'
    assert markdown_of.page("```qgl in top\n```", "x.md") == "```qgl\n```"


def test_columns_of_fields_are_a_section() -> None:
    text = "A cost.\n\nseconds  rough, on\n         a machine\nmemory   bytes\n\nMore  words: here."
    assert markdown_of.sectioned(text) == (
        "A cost.\n\nAttributes:\n    seconds: rough, on\n        a machine\n    memory: bytes\n\nMore  words: here."
    )


def test_programs_stand_side_by_side_on_the_pages_for_newcomers() -> None:
    text = "```python\na\n\nb\n```\n\n```qgl saved a.qgl\nc\n```\n\ntext\n\n```python\nd\n```\n"
    sides = '<div class="sides" markdown>\n\n```python\na\n\nb\n```\n\n```qgl title="a.qgl"\nc\n```\n\n</div>'
    assert markdown_of.page(text, "from/a.md") == f"{sides}\n\ntext\n\n```python\nd\n```\n"
    assert "<div" not in markdown_of.page(text, "python.md")
