"""Tokens in the user's words, and the values of numbers."""

from __future__ import annotations

import re

from lark import Token

_WELL_FORMED = re.compile(r"[0-9]+(?:_[0-9]+)*(?P<fraction>\.[0-9]+(?:_[0-9]+)*)?(?P<exponent>[eE][+-]?[0-9]+)?")
_MARKS = {
    "SEMICOLON": ";",
    "COMMA": ",",
    "COLON": ":",
    "TILDE": "~",
    "QUESTION": "?",
    "ASSIGN": "=",
    "EQUAL": "==",
    "UNEQUAL": "!=",
    "LESS": "<",
    "AT_MOST": "<=",
    "GREATER": ">",
    "AT_LEAST": ">=",
    "ARROW": "->",
    "DOTS": "..",
    "PLUS": "+",
    "MINUS": "-",
    "TIMES": "*",
    "DIVIDE": "/",
    "REMAINDER": "%",
    "POWER": "**",
    "LEFT_PARENTHESIS": "(",
    "RIGHT_PARENTHESIS": ")",
    "LEFT_BRACKET": "[",
    "RIGHT_BRACKET": "]",
    "LEFT_BRACE": "{",
    "RIGHT_BRACE": "}",
}
_OPERATORS = {
    *("EQUAL", "UNEQUAL", "LESS", "AT_MOST", "GREATER", "AT_LEAST", "DOTS", "PLUS", "MINUS", "TIMES", "DIVIDE"),
    *("REMAINDER", "POWER", "AND", "OR"),
}
_EXPRESSION = {"NUMBER", "STRING", "TRUE", "FALSE", "QUESTION", "SUM", "PROD", "LIST", "NOT", "NAME"}
_STATEMENT = {"REPEAT", "FRESH", "MEASURE", "EVOLVE", "LET", "INVERSE", "CTRL", "FOR", "IF", "CHOOSE", "NAME"}
_DECLARATION = {"CONST", "LATTICE", "VISIBLE", "MODEL", "TRAIN", "OBJECTIVE"}
_GROUPS = (
    (_DECLARATION, None, "a declaration"),
    (_STATEMENT, None, "a statement"),
    (_EXPRESSION, {"PLUS", "MINUS", "LEFT_PARENTHESIS", "LEFT_BRACKET"}, "an expression"),
)
_MOST = 4


def is_keyword(token: Token) -> bool:
    return token.type.isupper() and token.type not in ("NAME", "NUMBER", "STRING") and str(token).isalpha()


def found_text(token: Token) -> str:
    """A token as the object of a message: "`for`", "a string", "the end of the file"."""
    if token.type == "$END":
        return "the end of the file"
    if token.type == "STRING":
        return "a string"
    text = str(token)
    return f"`{text if len(text) <= 40 else text[:37] + '...'}`"


def expected_text(types: set[str]) -> tuple[str, ...]:
    """What may stand at a place, at most a few words; empty if there is no short answer."""
    left = types - {"BROKEN"}
    texts: list[str] = []
    for members, more, text in _GROUPS:
        if members <= left:
            left -= members | (more or left)
            texts.append(text)
    if not texts and len(left & _OPERATORS) > 3:
        left -= _OPERATORS | {"LEFT_PARENTHESIS", "LEFT_BRACKET"}
    left -= {"$END"}
    for type_ in sorted(left, key=lambda t: (t in _MARKS, t)):
        texts.append("a name" if type_ == "NAME" else f"`{_MARKS.get(type_, type_.lower())}`")
    texts = ["a number" if w == "`number`" else "a string" if w == "`string`" else w for w in texts]
    return tuple(texts) if len(texts) <= _MOST else ()


def read_number(text: str) -> int | float | None:
    """The value of a literal; None if it is no well-formed number or too large to be one."""
    match = _WELL_FORMED.fullmatch(text)
    if match is None:
        return None
    if match["fraction"] is None and match["exponent"] is None:
        digits = text.replace("_", "").lstrip("0") or "0"
        return int(digits) if len(digits) < 19 else None
    value = float(text.replace("_", ""))
    return value if value != float("inf") else None
