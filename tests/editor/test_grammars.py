"""Highlighters have the keywords of the grammar, and colour programs as the lexer of the language reads them.

That the generated files are in step is held with the documents, in tests/docs/test_documents.py.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from pygments.token import Comment, Keyword, Number, String, _TokenType

from editors import queries
from editors.generate import snippets
from editors.rules import Choice, Optional, Ref, Repeat, Rule, Seq, Text, rules
from editors.textmate import SCOPES, textmate
from qgl.editor.vocabulary.keywords import KEYWORDS, of_grammar
from qgl.editor.vocabulary.lexer import QglLexer
from qgl.syntax.grammar import tokens_of
from qgl.syntax.keywords import is_keyword

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted([*(ROOT / "tests" / "good").glob("*.qgl"), *(ROOT / "examples").glob("**/*.qgl")])


def of_textmate() -> set[str]:
    """The words in the lists of keywords."""
    lists = [each["match"] for each in textmate()["patterns"] if each.get("name") in SCOPES.values()]
    return {text for each in lists for text in re.findall(r"[a-z]+", each.removeprefix(r"\b(?:").removesuffix(r")\b"))}


def of_pygments() -> set[str]:
    lexer = QglLexer()
    return {text for text in KEYWORDS if next(lexer.get_tokens(text))[0] in Keyword}


def texts(rule: Rule) -> Iterator[str]:
    match rule:
        case Text(text):
            yield text
        case Seq(items) | Choice(items):
            for item in items:
                yield from texts(item)
        case Repeat(item, _) | Optional(item):
            yield from texts(item)
        case Ref():
            return


def of_tree_sitter() -> set[str]:
    return {text for rule in rules().values() for text in texts(rule) if text.isalpha()}


@pytest.mark.parametrize("listed", [of_textmate, of_pygments, of_tree_sitter, queries.listed, lambda: set(KEYWORDS)])
def test_every_keyword_is_in_every_list_and_no_other(listed) -> None:  # type: ignore[no-untyped-def]
    assert listed() == set(of_grammar())


def test_snippets_are_of_keywords() -> None:
    assert set(snippets()) <= set(of_grammar())


def scopes(text: str) -> dict[int, tuple[str, str]]:
    """What the TextMate grammar makes of a text: scope and stretch by place. The first pattern that matches wins."""
    patterns = textmate()["patterns"]
    found: dict[int, tuple[str, str]] = {}
    at = 0
    while at < len(text):
        line_end = text.find("\n", at) + 1 or len(text)
        hits = [
            (match, each)
            for each in patterns
            if (match := re.compile(each.get("match") or each["begin"]).search(text[:line_end].rstrip("\r\n"), at))
        ]
        if not hits:
            at = line_end
            continue
        match, pattern = min(hits, key=lambda hit: hit[0].start())
        end = match.end()
        if "begin" in pattern:
            closed = re.compile(pattern["end"], re.MULTILINE)
            inner = re.compile(r"\\.")
            while True:
                close = closed.search(text, end)
                escape = inner.search(text, end) if pattern.get("patterns") else None
                if close is None or escape is None or escape.start() >= close.start():
                    break
                end = escape.end()
            end = close.end() if close else len(text)
        for group, capture in pattern.get("captures", {}).items():
            found[match.start(int(group))] = capture["name"], match[int(group)]
        if "name" in pattern:
            found[match.start()] = pattern["name"], text[match.start() : end]
        at = max(end, at + 1)
    return found


def coloured(text: str) -> dict[int, tuple[_TokenType, str]]:
    return {at: (kind, piece) for at, kind, piece in QglLexer().get_tokens_unprocessed(text)}


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_are_coloured_as_they_are_read(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    by_textmate, by_pygments = scopes(text), coloured(text)
    for token in tokens_of(text):
        at, piece = token.start_pos or 0, str(token)
        if token.type == "SEMICOLON" or (not piece[0].isalnum() and piece[0] not in '"/'):
            continue
        scope, shown = by_textmate[at]
        kind, told = by_pygments[at]
        assert shown == told == piece
        assert (scope in SCOPES.values()) == is_keyword(token) == (kind in Keyword and kind is not Keyword.Type), piece
        for type_, prefix, group in (("NUMBER", "constant.numeric", Number), ("STRING", "string", String)):
            assert (token.type == type_) == scope.startswith(prefix) == (kind in group), piece
        assert token.type.endswith("COMMENT") == scope.startswith("comment") == (kind in Comment), piece


def test_pygments_finds_the_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = project["entry-points"]["pygments.lexers"]
    assert named == {"qgl": f"{QglLexer.__module__}:{QglLexer.__name__}"}


def test_nothing_is_left_uncoloured() -> None:
    text = (ROOT / "examples" / "hidden.qgl").read_text(encoding="utf-8")
    assert "".join(piece for _, piece in coloured(text).values()) == text
    assert [piece for kind, piece in coloured(text).values() if str(kind).endswith("Error")] == []
