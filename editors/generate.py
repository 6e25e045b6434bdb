"""Writes what editors need from the grammar and the tables of the language: python -m editors.generate.

`python docs/generate.py` does so, too, and says with `--check` whether anything is out of step.
"""

from __future__ import annotations

import json
from pathlib import Path

from editors.grammar_js import grammar_js
from editors.parser_c import parser_c
from editors.queries import highlights
from editors.textmate import textmate
from qgl.editor.vocabulary.keywords import KEYWORDS

HERE = Path(__file__).parent


def snippets() -> dict[str, dict[str, object]]:
    """Those of VS Code: what keywords begin."""
    return {
        text: {"prefix": text, "body": keyword.snippet.split("\n"), "description": keyword.doc}
        for text, keyword in KEYWORDS.items()
        if keyword.snippet
    }


def files() -> dict[Path, str]:
    """Every generated file."""
    tree_sitter, vscode = HERE / "tree-sitter-qgl", HERE / "vscode"
    return {
        tree_sitter / "grammar.js": grammar_js(),
        tree_sitter / "src" / "parser.c": parser_c(),
        tree_sitter / "queries" / "highlights.scm": highlights(),
        vscode / "syntaxes" / "qgl.tmLanguage.json": _json(textmate()),
        vscode / "snippets" / "qgl.json": _json(snippets()),
    }


def _json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def renew(write: bool) -> list[str]:
    """The names of the files that are out of step; they are written, or not."""
    stale = []
    for path, text in files().items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if write:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return stale


if __name__ == "__main__":
    print("written:", ", ".join(renew(write=True)) or "nothing")
