"""The LALR tables of `grammar/qgl.lark`, kept between runs in the user's cache folder.

Making the tables takes longer than checking a program. What is kept is JSON, so that reading it runs no code; a file
that is missing, damaged or of another version is made anew, and where nothing can be written nothing is kept.
What editors ask of the lexer and the tables alone is here, too.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import lark
from lark import Token as Token
from lark.grammar import Rule
from lark.lexer import TerminalDef

_OPTIONS: dict[str, Any] = {
    "parser": "lalr",
    "lexer": "basic",
    "start": ["file", "noise"],
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}


def grammar_text() -> str:
    """The grammar: inside the package when installed, at the root of the repository when not."""
    installed = files("qgl") / "grammar" / "qgl.lark"
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).parents[2] / "grammar" / "qgl.lark").read_text(encoding="utf-8")


@cache
def tables() -> lark.Lark:
    text = grammar_text()
    versions = f"{lark.__version__} {sys.version_info[:2]} {sorted(_OPTIONS.items())}"
    kept = _folder() / f"tables-{hashlib.sha256((versions + text).encode()).hexdigest()[:16]}.json"
    parser = _load(kept)
    if parser is None:
        parser = lark.Lark(text, **_OPTIONS)
        _save(parser, kept)
    return parser


def tokens_of(text: str) -> list[Token]:
    """All tokens but spaces, of any text."""
    parser: Any = tables().parse_interactive(text, start="file")
    return list(parser.lexer_thread.lex(parser.parser_state))


def accepted_after(head: str, tokens: Iterable[Token]) -> frozenset[str]:
    """The types of what may follow a text and some tokens behind it; none if these do not follow each other."""
    parser: Any = tables().parse_interactive(head, start="file")
    try:
        parser.exhaust_lexer()
        for token in tokens:
            parser.feed_token(token)
    except Exception:  # whatever half a statement does to the parser
        return frozenset()
    return frozenset(parser.accepts())


def keyword_of(type_: str) -> str | None:
    """The keyword of a type of token; None for what is no keyword."""
    pattern = next((each.pattern for each in tables().terminals if each.name == type_), None)
    value = str(pattern.value) if pattern is not None else ""
    return value if value.isalpha() else None


def _folder() -> Path:
    """`$QGL_CACHE_DIR`, else `qgl` in the user's cache folder."""
    given = os.environ.get("QGL_CACHE_DIR")
    if given:
        return Path(given)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA") or Path("~/.cache").expanduser()
    return Path(base) / "qgl"


def _load(path: Path) -> lark.Lark | None:
    try:
        data, memo = json.loads(path.read_text(encoding="utf-8"))
        table = data["parser"]["parser"]
        table["states"] = {int(state): actions for state, actions in table["states"].items()}
        load: Any = lark.Lark._load_from_dict
        parser: lark.Lark = load(data, {int(key): value for key, value in memo.items()})
        return parser
    except Exception:  # whatever is wrong with it, it can be made anew
        return None


def _save(made: lark.Lark, path: Path) -> None:
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tables-")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(made.memo_serialize([TerminalDef, Rule]), file)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
