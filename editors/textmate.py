"""The grammar for TextMate's highlighting: VS Code and GitHub."""

from __future__ import annotations

from typing import Any

from qgl.editor.vocabulary.keywords import (
    CLAUSE,
    CONSTANT,
    DECLARATION,
    KEYWORDS,
    MODIFIER,
    OPERATOR,
    REDUCTION,
    STATEMENT,
    of_kind,
)
from qgl.editor.vocabulary.table import by_kind

NAME = r"[^\W\d][\w\u0300-\u036f]*"
SCOPES = {
    DECLARATION: "storage.type.qgl",
    STATEMENT: "keyword.control.qgl",
    CLAUSE: "keyword.control.qgl",
    MODIFIER: "storage.modifier.qgl",
    REDUCTION: "keyword.operator.reduction.qgl",
    OPERATOR: "keyword.operator.logical.qgl",
    CONSTANT: "constant.language.qgl",
}
_WORDS = {
    "gates": "support.function.gate.qgl",
    "functions": "support.function.qgl",
    "types": "support.type.qgl",
    "constants": "support.constant.qgl",
}


def _listed(texts: tuple[str, ...], scope: str) -> dict[str, Any]:
    return {"name": scope, "match": rf"\b(?:{'|'.join(sorted(texts))})\b"}


def _declared() -> dict[str, Any]:
    """The name behind a keyword that declares one, so that it is not taken for a word of the language."""
    named = ["lattice", "visible", "hidden", "data", "param", "random", "latent", "condition", "layer", "channel"]
    named += ["hamiltonian", "output", "stage", "const"]
    return {
        "match": rf"\b({'|'.join(named)})\s+({NAME})",
        "captures": {"1": {"name": SCOPES[DECLARATION]}, "2": {"name": "entity.name.qgl"}},
    }


def textmate() -> dict[str, Any]:
    """The grammar, as JSON has it."""
    assert {keyword.kind for keyword in KEYWORDS.values()} == set(SCOPES)
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "qgl",
        "scopeName": "source.qgl",
        "fileTypes": ["qgl"],
        "patterns": [
            {"name": "comment.line.double-slash.qgl", "match": "//.*$"},
            {"name": "comment.block.qgl", "begin": r"/\*", "end": r"\*/"},
            {
                "name": "string.quoted.double.qgl",
                "begin": '"',
                "end": '"|$',
                "patterns": [{"name": "constant.character.escape.qgl", "match": r"\\."}],
            },
            {
                "name": "constant.numeric.qgl",
                "match": r"\b[0-9][0-9_]*(?:\.[0-9][0-9_]*)?(?:[eE][+-]?[0-9]+)?\b",
            },
            _declared(),
            *(_listed(of_kind(kind), scope) for kind, scope in SCOPES.items()),
            {"match": rf"\b({NAME})\s*=(?!=)", "captures": {"1": {"name": "variable.parameter.qgl"}}},
            *(_listed(by_kind()[kind], scope) for kind, scope in _WORDS.items()),
            {"name": "variable.other.qgl", "match": rf"\b{NAME}"},
            {"name": "constant.language.hole.qgl", "match": r"\?"},
            {"name": "keyword.operator.qgl", "match": r"->|\.\.|\*\*|[=!<>]=|[-+*/%=<>~]"},
        ],
    }
