"""Text to tree. One fault never hides another: what cannot be read becomes a `Broken` node and reading goes on.

Tokens, balanced brackets, then an LALR parse that repairs what it can: a missing mark is reported and put in, and
anything else makes the innermost statement, setting or declaration broken.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lark import Token
from lark.grammar import Rule

from qgl.diagnostics import lexical
from qgl.diagnostics import syntax as faults
from qgl.diagnostics.model import Diagnostic
from qgl.source import Source, Span
from qgl.syntax import tree
from qgl.syntax.brackets import CLOSERS, Balancer, first_on_line, starts_declaration
from qgl.syntax.builder import Builder
from qgl.syntax.foreign import translated
from qgl.syntax.grammar import tables
from qgl.syntax.keywords import expected_text, found_text, is_keyword
from qgl.syntax.mentions import MODIFIERS, STATEMENTS, declared, leading, mentioned
from qgl.syntax.rules import callbacks

MAX_CHARACTERS = 1 << 20
MAX_TOKENS = 400_000  # to read one takes some ten microseconds, and what it says is to be checked after that
MAX_FAULTS = 100
_COMMENTS = ("LINE_COMMENT", "BLOCK_COMMENT", "OPEN_COMMENT")
_MARKS = {"SEMICOLON": ";", "COMMA": ",", "ASSIGN": "=", "COLON": ":", "EQUAL": "=="}
_SWAPPED = {"ASSIGN": "EQUAL", "EQUAL": "ASSIGN"}
_GOING_ON = ("ELSE", "OR")  # behind a block, the statement goes on
_DIVISION = re.compile(r"//\s*[\w.]+\s*[;)\]]")


@dataclass(frozen=True)
class Parsed:
    file: tree.File
    diagnostics: tuple[Diagnostic, ...]


def parse(source: Source) -> Parsed:
    """The tree of a source and all faults of its syntax in order of place. Never raises."""
    if len(source.text) > MAX_CHARACTERS:
        start = Span(source, 0, 0)
        fault = lexical.ProgramTooLong(start, f"{len(source.text):,} characters", MAX_CHARACTERS)
        return Parsed(tree.File(source, (tree.Broken(start, "", ()),), ()), (fault,))
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.diagnostics: list[Diagnostic] = []
        self.comments: list[tree.Comment] = []
        self.builder = Builder(source, self._report)
        interactive: Any = tables().parse_interactive(source.text, start="file")
        self.lexer = interactive.lexer_thread.lex(interactive.parser_state)
        self.state = interactive.parser_state
        self.state.parse_conf = copy(self.state.parse_conf)
        self.state.parse_conf.callbacks = callbacks(self.builder)
        self.tokens: list[Token] = []
        self.partners: dict[int, int] = {}
        self.patched: set[int] = set()  # tokens beside a fault that is reported already
        self.spoiled: set[int] = set()  # offsets of tokens where text was left out or put in
        self.unclosed: set[int] = set()  # what was put in for a closing `)` or `]`
        self._resumed = -1
        self._divided = -1  # where a comment was last told that was meant as a division

    def read(self) -> Parsed:
        declarations: tuple[tree.Declaration, ...] = (tree.Broken(Span(self.source, 0, 0), "", ()),)
        balancer = Balancer(self.source, self._report)
        tokens = list(islice(self._significant(), MAX_TOKENS + 1))
        if len(tokens) > MAX_TOKENS:
            many = f"more than {MAX_TOKENS:,} words and marks"
            self._report(lexical.ProgramTooLong(self._span(tokens[-1]), many, MAX_TOKENS))
        elif balancer.balance(tokens):
            end = len(self.source.text)
            self.tokens = [*balancer.tokens, Token("$END", "", start_pos=end, end_pos=end)]
            spoiled = {k for k, token in enumerate(self.tokens) if token.start_pos in self.spoiled}
            self.patched = balancer.patched | spoiled
            self.unclosed = balancer.unclosed
            self.partners = _partners(self.tokens)
            declarations = self._declarations()
        diagnostics = sorted(self.diagnostics, key=lambda d: d.span.start if d.span else 0)
        return Parsed(tree.File(self.source, declarations, tuple(self.comments)), tuple(diagnostics))

    def _report(self, diagnostic: Diagnostic) -> None:
        if len(self.diagnostics) < MAX_FAULTS:
            self.diagnostics.append(diagnostic)

    def _significant(self) -> Iterator[Token]:
        """The tokens of the grammar; comments are set aside and text that is no token is reported."""
        last_unknown, spoiled = -1, False
        for token in translated(self.source, list(self.lexer), self._report):
            span = self._span(token)
            if token.type in _COMMENTS:
                if token.type == "OPEN_COMMENT":
                    self._report(lexical.UnclosedComment(span))
                self.comments.append(tree.Comment(span, str(token)))
            elif token.type == "OPEN_STRING":
                self._report(lexical.UnclosedString(span))
                self.spoiled.add(span.start)
                yield Token("STRING", '""', start_pos=token.start_pos, end_pos=token.end_pos)
            elif token.type == "UNKNOWN" or (token.type == "NAME" and not _is_name(str(token))):
                if last_unknown != span.start:
                    self._report(lexical.UnknownCharacter(span, str(token)))
                last_unknown, spoiled = span.end, True
            else:
                if spoiled:
                    self.spoiled.add(span.start)
                    spoiled = False
                yield token

    # ------------------------------------------------------------ the parse

    def _declarations(self) -> tuple[tree.Declaration, ...]:
        k, result = 0, None
        while result is None:
            token = self.tokens[k]
            if k in self.unclosed:  # nobody knows where the bracket was to end
                k = self._break(k)
            elif self._accepts(token.type):
                result = self.state.feed_token(token, token.type == "$END")
                k += 1
            else:
                k = self._repair(k)
        return tuple(result)

    def _repair(self, k: int) -> int:
        """Report the fault at token `k`, put it right if one token does that, and return where to go on."""
        if len(self.diagnostics) >= MAX_FAULTS:
            return self._leave_out(k, len(self.tokens) - 1, ("$END",))  # the rest of the file is not read
        if self._is_silent(k):
            return self._break(k)
        token, at = self.tokens[k], self._end_before(k)
        modifier = self._modifier_before(k)
        if modifier is not None and token.type in STATEMENTS.difference(MODIFIERS):
            self._report(faults.UnfitForModifier(self._span(token), str(modifier), str(token)))
            self.patched.add(k)  # one fault, whatever follows of the statement
            return self._break(k)
        if is_keyword(token) and self._accepts("NAME", self.tokens[k + 1].type) and not self._is_start(k):
            self._report_keyword(token)
            self._put("NAME", str(token), token.start_pos or 0, token.end_pos or 0)
            return k + 1
        if (comment := self._division(k)) is not None:
            self._divided = self._end_before(k)
            said = "`//` starts a comment; the quotient of whole numbers is `div(a, b)`"
            self._report(lexical.ForeignPhrase(comment.span, comment.text[:40], said))
            self._resumed = self._leave_out(self._start_of(k), k)  # the operands of the division are no more of it
            return k
        for type_ in _inserted(same_line=self._same_line(at, token)):
            if self._accepts(type_, token.type):
                self._report(faults.MissingToken(Span(self.source, at, at), _MARKS[type_], found_text(token)))
                self._put(type_, _MARKS[type_], at, at)
                return k
        swapped = _SWAPPED.get(token.type)
        if swapped and self._accepts(swapped, self.tokens[k + 1].type):
            self._report(faults.WrongOperator(self._span(token), str(token), _MARKS[swapped]))
            self._put(swapped, _MARKS[swapped], token.start_pos or 0, token.end_pos or 0)
            return k + 1
        return self._break(k)

    def _modifier_before(self, k: int) -> Token | None:
        """The `inverse`, `ctrl` or `ctrl(...)` that ends right before token `k`."""
        j = k - 1
        if j >= 0 and self.tokens[j].type == "RIGHT_PARENTHESIS":
            j = self.partners.get(j, 0) - 1
        return self.tokens[j] if j >= 0 and self.tokens[j].type in MODIFIERS else None

    def _break(self, k: int) -> int:
        """Give up the innermost statement, setting or declaration around token `k` and skip to its end."""
        start = self._start_of(k)
        if not self._is_silent(k):
            self._report_unexpected(k)
        end = self._end_of(k, start)
        if end == k == self._resumed and self.tokens[k].type != "$END":
            end += 1  # nothing was left out the last time either, as of `again 3 { }`: go on behind it
        elif end == k == start:
            self.patched.add(k)
        self._resumed = self._leave_out(start, end)
        return self._resumed

    def _leave_out(self, start: int, end: int, following: tuple[str, ...] = ()) -> int:
        """Read tokens as broken, before what else is `following`, and say nothing; gives `end`."""
        while not self._accepts("BROKEN", *following):
            self.state.state_stack.pop()
            self.state.value_stack.pop()
        self._put("BROKEN", "", 0, 0)
        self.state.value_stack[-1] = self._broken(self.tokens[start : max(end, start + 1)])
        return end

    def _is_silent(self, k: int) -> bool:
        """Whether what is wrong at token `k` may follow from a fault that is reported already."""
        return any(j in self.patched for j in range(self._start_of(k), k + 2))

    def _division(self, k: int) -> tree.Comment | None:
        """The comment before token `k` that was meant as a division: `7 // 2;`."""
        at = self._end_before(k)
        place = bisect_left(self.comments, at, key=lambda comment: comment.span.start)
        comment = self.comments[place] if place < len(self.comments) else None
        if comment is None or not _DIVISION.match(comment.text):
            return None
        between = self.source.text[at : comment.span.start]
        if self._start_of(k) == k or at == self._divided:
            return None
        operand = self.tokens[k - 1].type in ("NAME", "NUMBER", "RIGHT_PARENTHESIS", "RIGHT_BRACKET")
        return comment if operand and not between.strip(" \t") else None

    def _report_unexpected(self, k: int) -> None:
        token = self.tokens[k]
        choices = self.state.parse_conf.states[self.state.position]
        expected = {type_ for type_ in choices if type_.isupper() and self._accepts(type_)}
        self._report(faults.UnexpectedToken(self._span(token), found_text(token), expected_text(expected)))

    def _report_keyword(self, token: Token) -> None:
        self._report(faults.KeywordAsName(self._span(token), str(token)))

    def _broken(self, tokens: Sequence[Token]) -> tree.Broken:
        """What stands for a stretch of tokens; its names are those that it would have declared."""
        span = self._span(tokens[0]).to(self._span(tokens[-1]))
        tokens = leading(tokens)
        names = tuple(unicodedata.normalize("NFC", str(name)) for name in declared(tokens))
        return tree.Broken(span, str(tokens[0]) if is_keyword(tokens[0]) else "", names, self._mentions(tokens))

    def _mentions(self, tokens: Sequence[Token]) -> tuple[tree.Mention, ...]:
        """The names that a broken stretch uses; none where text was left out, or no more is read."""
        if len(self.diagnostics) >= MAX_FAULTS or any(token.start_pos in self.spoiled for token in tokens):
            return ()
        return tuple(
            tree.Mention(self._span(name), tree.Name(self._span(name), unicodedata.normalize("NFC", str(name))), role)
            for name, role in mentioned(tokens)
        )

    # ------------------------------------------------------------ places

    def _start_of(self, k: int) -> int:
        """The first token of the statement, setting or declaration around token `k`."""
        j = k - 1
        while j >= 0:
            type_ = self.tokens[j].type
            if type_ in ("SEMICOLON", "LEFT_BRACE"):
                return j + 1
            if type_ == "RIGHT_BRACE" and self.tokens[j + 1].type not in _GOING_ON:
                return j + 1
            if self._is_start(j):
                return j
            j = self.partners.get(j, j) - 1 if type_ in CLOSERS.values() else j - 1
        return 0

    def _end_of(self, k: int, start: int) -> int:
        """Where to go on after a fault at token `k`: behind the end of what is broken, or at a sure new beginning."""
        j = k
        while (type_ := self.tokens[j].type) != "$END":
            fresh = j > k or (start < k != self._resumed)
            if type_ == "RIGHT_BRACE" or (fresh and (self._is_start(j) or self._is_statement(j))):
                return j
            if type_ == "LEFT_BRACE":
                j = self.partners[j]
                if self.tokens[j + 1].type not in _GOING_ON:
                    return j + 1
            elif type_ == "SEMICOLON":
                return j + 1
            j += 1
        return j

    def _is_start(self, k: int) -> bool:
        following = self.tokens[k + 1] if k + 1 < len(self.tokens) else None
        return starts_declaration(self.source, self.tokens[k], following)

    def _is_statement(self, k: int) -> bool:
        return self.tokens[k].type in STATEMENTS and first_on_line(self.source, self.tokens[k])

    def _end_before(self, k: int) -> int:
        return (self.tokens[k - 1].end_pos or 0) if k else 0

    def _same_line(self, at: int, token: Token) -> bool:
        return not any(c in "\r\n" for c in self.source.text[at : token.start_pos])

    def _put(self, type_: str, text: str, start: int, end: int) -> None:
        self.state.feed_token(Token(type_, text, start_pos=start, end_pos=end))

    def _accepts(self, *types: str) -> bool:
        """Whether tokens of these types, one after the other, would be read from the present state.

        Asked before each token is fed: a parser that has met a wrong one has made reductions that cannot be undone.
        """
        states, stack = self.state.parse_conf.states, self.state.state_stack
        kept, new = len(stack) - 1, stack[-1:]  # what is tried is stack[:kept] + new; the stack may be deep
        for type_ in types:
            while True:
                target = states[new[-1]].get(type_, (None, None))[1]
                if not isinstance(target, Rule):
                    break
                size = len(target.expansion)
                while size >= len(new):
                    kept -= 1
                    new.insert(0, stack[kept])
                if size:
                    del new[-size:]
                new.append(states[new[-1]][target.origin.name][1])
                if type_ == "$END" and new[-1] == self.state.parse_conf.end_state:
                    return True
            if target is None:
                return False
            new.append(target)
        return True

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)


def _inserted(same_line: bool) -> tuple[str, ...]:
    """What is put in where a token is missing, the likeliest first."""
    return ("COMMA", "SEMICOLON", "ASSIGN", "COLON") if same_line else ("SEMICOLON", "COMMA", "ASSIGN", "COLON")


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """Positions of matching brackets, both ways."""
    partners: dict[int, int] = {}
    opened: list[int] = []
    for k, token in enumerate(tokens):
        if token.type in CLOSERS:
            opened.append(k)
        elif token.type in CLOSERS.values():
            partners[k] = opened.pop()
            partners[partners[k]] = k
    return partners


def _is_name(text: str) -> bool:
    return unicodedata.normalize("NFC", text).replace("\u0300", "").isidentifier()
