"""The LALR tables of `grammar/qgl.lark`."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from lark import Lark


def grammar_text() -> str:
    """The grammar: inside the package when installed, at the root of the repository when not."""
    installed = files("qgl") / "grammar" / "qgl.lark"
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "grammar" / "qgl.lark").read_text(encoding="utf-8")


@cache
def tables() -> Lark:
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="basic",
        start=["file", "noise"],
        keep_all_tokens=True,
        maybe_placeholders=False,
    )
