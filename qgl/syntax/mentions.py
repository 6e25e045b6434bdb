"""What a stretch of text that could not be read declares, and which names it uses for certain.

Only what tokens alone can say: of a name that may be a mistyped word, or that the stretch itself declares somewhere,
nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, takewhile

from lark import Token

from qgl.syntax.brackets import CLOSERS, DECLARATIONS, TEXTS
from qgl.syntax.keywords import is_keyword

MODIFIERS = ("INVERSE", "CTRL")
STATEMENTS = {"FOR", "REPEAT", "IF", "CHOOSE", "FRESH", "MEASURE", "EVOLVE", "LET", *MODIFIERS}
# Their names are words of their own, or what they would have declared for their block is not known.
_UNSAID = ("IMPORT", "LOCAL", "TRAIN", "AGAIN", "LAYER", "CHANNEL")
_OPERANDS = ("NAME", "NUMBER", "STRING", "RIGHT_PARENTHESIS", "RIGHT_BRACKET")
_NAMED = {"LET", "FRESH", *DECLARATIONS.difference(("OBJECTIVE", "REPORT", "BASELINE", "AGAIN"))}
_NAMING = {"AS", "ARROW", *_NAMED}
_MOST_TARGETS = 64  # and commas and brackets
_ENDS = ("SEMICOLON", "LEFT_BRACE", "RIGHT_BRACE")


def leading(tokens: Sequence[Token]) -> Sequence[Token]:
    """Tokens without modifiers of a statement that takes none."""
    if tokens[0].type not in MODIFIERS:
        return tokens
    lead = (k for k, token in enumerate(tokens) if token.type in STATEMENTS.difference(MODIFIERS))
    return tokens[next(lead, 0) :]


def declared(tokens: Sequence[Token]) -> list[Token]:
    """The names that it would have declared for what follows it."""
    keyword = tokens[0].type
    if keyword == "CONST":
        names = [a for a, b in pairwise(tokens) if b.type == "ASSIGN"]
    elif keyword == "MEASURE":
        names = [b for a, b in pairwise(tokens) if a.type == "ARROW"]
    elif keyword in _NAMED:
        names = list(tokens[1:2])
    else:
        names = []
    return [name for name in names if name.type == "NAME"]


def mentioned(tokens: Sequence[Token]) -> Iterator[tuple[Token, str]]:
    """The names that it uses, with their roles: "gate", "function", "Hamiltonian", "value" in brackets, "operand"."""
    if tokens[0].type in _UNSAID:
        return
    own = _declared_within(tokens)
    if own is None:
        return
    applied, depth = tokens[0].type in ("NAME", *MODIFIERS), 0
    last, beginning = "", True
    for k, token in enumerate(tokens):
        following = tokens[k + 1].type if k + 1 < len(tokens) else ""
        if token.type == "NAME" and str(token) not in own and not (last in _OPERANDS and not applied):
            if beginning:
                yield token, "gate"
            elif last == "EVOLVE":
                yield token, "Hamiltonian"
            elif following == "LEFT_PARENTHESIS" and last != "BY":
                yield token, "function"
            elif not _is_type(tokens, k):
                yield token, "value" if depth else "operand"
        depth += (token.type in CLOSERS and token.type != "LEFT_BRACE") - (token.type in TEXTS and depth > 0)
        if token.type in _ENDS:
            beginning, depth, applied = True, 0, following in ("NAME", *MODIFIERS)
        elif not depth and token.type not in (*MODIFIERS, "RIGHT_PARENTHESIS"):
            beginning = False
        last = token.type


def _declared_within(tokens: Sequence[Token]) -> set[str] | None:
    """Names that it declares anywhere, for itself or what follows, and names of arguments; None if that is unsure."""
    own = {str(token) for token in _formals(tokens) if token.type == "NAME"}
    evolves = False
    for k, token in enumerate(tokens):
        before = tokens[k - 1].type if k else ""
        after = tokens[k + 1].type if k + 1 < len(tokens) else ""
        if token.type == "NAME" and (before in _NAMING or after == "ASSIGN"):
            own.add(str(token))
        if token.type in ("EVOLVE", *_ENDS):
            evolves = token.type == "EVOLVE"
        loop = token.type == "FOR" and not evolves
        if loop or (token.type in ("SUM", "PROD", "LIST") and after == "LEFT_PARENTHESIS"):
            targets = _targets(tokens, k + 1 if loop else k + 2)
            if not targets:
                return None
            own.update(targets)
    return own


def _targets(tokens: Sequence[Token], k: int) -> list[str]:
    """The variables of a loop or sum from a place on; none if they could not be read."""
    types = [token.type for token in tokens[k : k + _MOST_TARGETS]]
    if types[:1] == ["NAME"]:
        return [str(tokens[k])]
    if types[:1] != ["LEFT_PARENTHESIS"] or "RIGHT_PARENTHESIS" not in types:
        return []
    inside = types[1 : types.index("RIGHT_PARENTHESIS")]
    fine = len(inside) >= 3 and len(inside) % 2 and set(inside[::2]) == {"NAME"} and set(inside[1::2]) == {"COMMA"}
    return [str(token) for token in tokens[k + 1 : k + 1 + len(inside) : 2]] if fine else []


def _formals(tokens: Sequence[Token]) -> Iterator[Token]:
    """What stands in the brackets behind the name of a Hamiltonian or data set."""
    if [token.type for token in tokens[:3:2]] in (["HAMILTONIAN", "LEFT_PARENTHESIS"], ["DATA", "LEFT_PARENTHESIS"]):
        yield from takewhile(lambda token: token.type != "RIGHT_PARENTHESIS", tokens[3:])


def _is_type(tokens: Sequence[Token], k: int) -> bool:
    """Whether a name stands for a type: behind the colon of a formal argument or of a declaration."""
    if k < 3 or tokens[k - 1].type != "COLON":
        return False
    lead = tokens[k - 3]
    return tokens[k - 2].type != "NAME" or lead.type in ("LEFT_PARENTHESIS", "COMMA") or is_keyword(lead)
