"""Where the cursor is in a text that is being typed: in which block and call, and what may follow.

Only tokens are looked at, those before the cursor, so that nothing behind it and no fault elsewhere matters. Which
keywords may follow the parser says, which is asked about the last statement alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from qgl.source import Source
from qgl.syntax.brackets import CLOSERS, DECLARATIONS
from qgl.syntax.grammar import Token, accepted_after, keyword_of, tokens_of
from qgl.syntax.keywords import is_keyword

CIRCUITS = ("model", "layer", "channel", "for", "repeat", "if", "else", "choose", "or")
_LEADS = {"train": "train { ", "stage": "stage a { ", "again": "again 1 { ", "": ""}


@dataclass
class Bracket:
    """A bracket that is open: what stands before it, and what was written in it so far."""

    type: str
    head: str  # the callee of `(`, the base of `[`, the first word of the statement that `{` is of
    begins: int  # the token behind it
    commas: int = 0
    named: list[str] = field(default_factory=list)  # arguments given by name


@dataclass(frozen=True)
class Context:
    """The tokens before a place, without the word that is typed there, and the brackets that are open."""

    tokens: Sequence[Token]
    open: tuple[Bracket, ...]
    statement: int  # the first token of the innermost statement
    inside: str  # "comment", "string" or ""
    typed: str  # what was typed of the word at the place

    @property
    def block(self) -> str:
        """The word that the innermost block begins with; empty outside of all."""
        return next((each.head for each in reversed(self.open) if each.type == "LEFT_BRACE"), "")

    @property
    def in_circuit(self) -> bool:
        return self.block in CIRCUITS

    @property
    def routine(self) -> str:
        """The word of the outermost block: "layer", "channel", "model"."""
        return next((each.head for each in self.open if each.type == "LEFT_BRACE"), "")

    @property
    def call(self) -> Bracket | None:
        """The innermost bracket, if it is one of a call or list."""
        return self.open[-1] if self.open and self.open[-1].type != "LEFT_BRACE" else None

    @property
    def written(self) -> Sequence[Token]:
        """What was written of the innermost statement, setting or declaration."""
        return self.tokens[self.statement :]

    @property
    def first(self) -> str:
        return str(self.written[0]) if self.written else ""

    @property
    def last(self) -> Token | None:
        return self.tokens[-1] if self.tokens else None

    @property
    def calls(self) -> tuple[Bracket, ...]:
        """The brackets that are open within the statement, outermost first."""
        return tuple(each for each in self.open if each.begins > self.statement)

    def written_type(self, type_: str, begins: int = 0) -> bool:
        """Whether the statement has a token of a type, from some token on."""
        return any(token.type == type_ for token in self.tokens[max(begins, self.statement) :])

    def named_in(self, bracket: Bracket) -> str | None:
        """The name of the argument whose value is being written in a bracket; None for one by position."""
        depth, name = 0, None
        for k in range(bracket.begins, len(self.tokens)):
            type_ = self.tokens[k].type
            depth += (type_ in CLOSERS) - (type_ in CLOSERS.values())
            if depth == 0 and type_ == "COMMA":
                name = None
            elif depth == 0 and type_ == "ASSIGN":
                name = str(self.tokens[k - 1])
        return name

    @cached_property
    def accepted(self) -> frozenset[str]:
        """The types of the tokens that may follow, as far as the last statement says; none if it is broken."""
        head = _LEADS.get(self.block, "model { " if self.in_circuit else "")
        return accepted_after(head, self.written)

    @property
    def keywords(self) -> list[str]:
        """The keywords that may follow."""
        return [keyword for type_ in sorted(self.accepted) if (keyword := keyword_of(type_)) is not None]


def context_at(source: Source, offset: int) -> Context:
    """What is before a place."""
    text = source.text[:offset]
    typed = ""
    while text and (text[-1].isalnum() or text[-1] == "_"):
        text, typed = text[:-1], text[-1] + typed
    if typed[:1].isdigit():
        text, typed = text + typed, ""
    tokens: list[Token] = []
    inside = ""
    for token in tokens_of(text):
        inside = ""
        if token.type.endswith("COMMENT"):
            ended = token.type == "BLOCK_COMMENT" or len(token) + (token.start_pos or 0) < len(text)
            inside = "" if ended else "comment"
        elif token.type == "OPEN_STRING":
            inside = "string"
            typed = str(token)[1:] + typed
        elif token.type != "UNKNOWN":
            tokens.append(token)
    return Context(tokens, *_brackets(tokens), inside, typed)


def _brackets(tokens: Sequence[Token]) -> tuple[tuple[Bracket, ...], int]:
    """The open brackets, and where the innermost statement begins."""
    opened: list[Bracket] = []
    statement = 0
    for k, token in enumerate(tokens):
        if token.type == "LEFT_BRACE":
            opened = [each for each in opened if each.type == "LEFT_BRACE"]
            opened.append(Bracket(token.type, _first_text(tokens, statement), k + 1))
            statement = k + 1
        elif token.type in CLOSERS:
            opened.append(Bracket(token.type, str(tokens[k - 1]) if k and _names(tokens[k - 1]) else "", k + 1))
        elif token.type == "RIGHT_BRACE":
            while opened and opened.pop().type != "LEFT_BRACE":
                continue
            statement = k + 1
        elif token.type in CLOSERS.values():
            if opened and opened[-1].type != "LEFT_BRACE":
                opened.pop()
        elif token.type == "SEMICOLON":
            opened = [each for each in opened if each.type == "LEFT_BRACE"]
            statement = k + 1
        elif token.type == "COMMA" and opened:
            opened[-1].commas += 1
        elif token.type == "ASSIGN" and opened and opened[-1].type == "LEFT_PARENTHESIS":
            opened[-1].named.append(str(tokens[k - 1]))
        elif token.type in DECLARATIONS and not opened and k > statement and tokens[k - 1].line != token.line:
            statement = k
    return tuple(opened), statement


def _first_text(tokens: Sequence[Token], statement: int) -> str:
    return str(tokens[statement]) if statement < len(tokens) else ""


def _names(token: Token) -> bool:
    return token.type == "NAME" or is_keyword(token)
