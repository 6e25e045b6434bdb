"""What a tree of tree-sitter is highlighted by, for Neovim, Helix and Zed."""

from __future__ import annotations

import json

from qgl.editor.vocabulary.keywords import (
    CLAUSE,
    DECLARATION,
    KEYWORDS,
    MODIFIER,
    OPERATOR,
    REDUCTION,
    STATEMENT,
    of_kind,
)
from qgl.editor.vocabulary.table import by_kind

# The last pattern that fits wins in Neovim and Zed, the first in Helix; so no two of these fit the same node.
_FIXED = """\
(comment) @comment
(string) @string
(number) @number
(boolean) @boolean
(hole) @constant.builtin

(routine (identifier) @function)
(argument (identifier) @variable.parameter)
(type_name (identifier) @type)
(apply (identifier) @function)
(call (identifier) @function.call)
(keyword (identifier) @property)
(setting . (identifier) @property)
(constants . (identifier) @keyword)
(hamiltonian . "hamiltonian" . (identifier) @function)
(binding . (identifier) @constant)

["==" "!=" "<" "<=" ">" ">=" "+" "-" "*" "/" "%" "**" ".." "->" "=" "~"] @operator
["(" ")" "[" "]" "{" "}"] @punctuation.bracket
["," ";" ":"] @punctuation.delimiter
"""
_NAMES = {
    (DECLARATION,): "keyword",
    (STATEMENT, CLAUSE, REDUCTION): "keyword.control",
    (MODIFIER,): "keyword.modifier",
    (OPERATOR,): "keyword.operator",
}


def highlights() -> str:
    """The text of `highlights.scm`."""
    lines = ["; Written by `python -m editors.generate`; a test holds it in step.", "", _FIXED]
    for kinds, name in _NAMES.items():
        lines.append(f"[{' '.join(json.dumps(text) for text in of_kind(*kinds))}] @{name}")
    return "\n".join(lines) + "\n"


def listed() -> set[str]:
    """The keywords that are highlighted; truth values are nodes of their own."""
    return {text for kinds in _NAMES for text in of_kind(*kinds)} | {
        text for text, keyword in KEYWORDS.items() if keyword.kind == "constant"
    }


def gates() -> tuple[str, ...]:
    return by_kind()["gates"]
