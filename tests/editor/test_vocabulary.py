"""The words that editors know are those of the language."""

from __future__ import annotations

from qgl.check.values.functions import USAGES
from qgl.check.values.types import OF_ARGUMENT, OF_PARAMETER
from qgl.editor.vocabulary import documentation, keywords
from qgl.editor.vocabulary.table import by_kind
from qgl.expression import FUNCTIONS
from qgl.gates import CHANNELS, GATES
from qgl.program.calls.table import KINDS
from qgl.source import Source
from qgl.syntax.grammar import keyword_of, tables
from qgl.syntax.parser import parse


def test_every_keyword_of_the_grammar_is_explained() -> None:
    told = {keyword for terminal in tables().terminals if (keyword := keyword_of(terminal.name)) is not None}
    assert set(keywords.KEYWORDS) == told == set(keywords.of_grammar())


def test_snippets_are_of_the_language() -> None:
    """Filled in with what they suggest, each is read without a fault of syntax."""
    import re

    for text, keyword in keywords.KEYWORDS.items():
        filled = keyword.snippet
        while (place := re.search(r"\$\{\d+:([^{}]*)\}", filled)) is not None:
            filled = filled.replace(place[0], place[1])
        filled = re.sub(r"\$2", "a", re.sub(r"\$3", "b", filled.replace("$0", "")))
        lead, end = {"statement": ("model { ", " }"), "reduction": ("const a = ", ";")}.get(keyword.kind, ("", ""))
        if filled:
            assert parse(Source("snippet", lead + filled + end)).diagnostics == (), text


def test_every_word_is_of_one_kind_and_none_is_a_keyword() -> None:
    kinds = by_kind()
    every = [text for texts in kinds.values() for text in texts]
    assert len(every) == len(set(every)) and not set(every) & set(keywords.KEYWORDS)
    calls = {callee.called for kind in KINDS.values() for callee in kind.classes}
    assert {*GATES, *CHANNELS, *USAGES, *OF_ARGUMENT, *OF_PARAMETER, *calls} <= {*every, *keywords.KEYWORDS}


def test_every_word_is_explained() -> None:
    kinds = by_kind()
    for text in (*kinds["gates"], *kinds["functions"], *keywords.KEYWORDS):
        if text not in ("angles", "amplitudes", "trotter"):
            assert documentation.of_identifier(text, statement=text in kinds["gates"]) is not None, text
    assert set(documentation.TYPES) == {*OF_ARGUMENT, *OF_PARAMETER}
    inner = {"multiply", "reciprocal", "power", "atan2", "choose"}  # that no program calls by name
    assert set(FUNCTIONS) - inner <= set(USAGES)
