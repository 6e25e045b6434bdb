"""Phrases of Qiskit, Python and paper that are not of this language: each is said once, and read as what is meant.

They are looked for in the tokens before brackets are balanced. Each is a sequence that no program may hold, so that a
program without faults comes out as it went in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from lark import Token

from qgl.diagnostics.lexical import ForeignPhrase
from qgl.source import Source, Span

MODULES = {"np", "numpy", "math", "cmath", "jnp", "scipy", "torch"}
MODIFIERS = {"inv": "inverse", "adjoint": "inverse", "dagger": "inverse", "control": "ctrl", "controlled": "ctrl"}
_OPEN = {"LEFT_PARENTHESIS": "RIGHT_PARENTHESIS", "LEFT_BRACKET": "RIGHT_BRACKET", "LEFT_BRACE": "RIGHT_BRACE"}
_ENDS = ("SEMICOLON", "LEFT_BRACE", "RIGHT_BRACE")
_VALUES = ("NUMBER", "NAME", "STRING", "TRUE", "FALSE")
_KET = re.compile(r"\|\s*([01]+|\+|-)\s*>")
_STATES = {"0": "zero", "1": "one", "+": "plus", "-": "minus"}

Report = Callable[[ForeignPhrase], None]


def translated(source: Source, tokens: Sequence[Token], report: Report) -> list[Token]:
    """`tokens` with foreign phrases put into this language, each of them reported."""
    return _Translator(source, tokens, report).read()


class _Translator:
    def __init__(self, source: Source, tokens: Sequence[Token], report: Report) -> None:
        self.source = source
        self.given = tokens
        self.report = report
        self.out: list[Token] = []
        self.open: list[str] = []  # what the open brackets are: a type of bracket, or the word before a brace's block
        self.keyword = ""  # the word that began the outermost declaration

    def read(self) -> list[Token]:
        k = 0
        while k < len(self.given):
            after = self._phrase(k)
            if after == k:
                self._keep(self.given[k])
                after = k + 1
            k = after
        return self.out

    def _keep(self, token: Token) -> None:
        if token.type in _OPEN:
            self.open.append(token.type)
        elif token.type in _OPEN.values() and self.open:
            self.open.pop()
        elif not self.open and token.type.isupper() and token.type not in ("NAME", "NUMBER", "STRING", "LINE_COMMENT"):
            self.keyword = token.type if str(token).isalpha() else self.keyword
        self.out.append(token)

    def _phrase(self, k: int) -> int:
        """Where to go on behind the foreign phrase at token `k`; `k` if there is none."""
        token = self.given[k]
        if token.type == "UNKNOWN":
            return self._ket(k) if token == "|" else self._method(k) if token == "." else k
        if token.type == "NAME":
            return self._name(k)
        if token.type in ("VISIBLE", "HIDDEN"):
            return self._round_size(k)
        if token.type == "COMMA" and self.keyword == "TRAIN" and self.open == ["LEFT_BRACE"]:
            return self._next_setting(k)
        return k

    def _name(self, k: int) -> int:
        token, following = self.given[k], self._types(k + 1, 2)
        if following == ("UNKNOWN", "NAME") and self.given[k + 1] == "." and token in MODULES:
            name = self.given[k + 2]
            self._say(k, k + 3, f"numbers and functions need no module: write `{name}`", str(name))
            return k + 2
        if not self._in_circuit() or not self.out or self.out[-1].type not in _ENDS:
            return k
        if token == "elif" and self.out[-1].type == "RIGHT_BRACE":
            self._say(k, k + 1, "here it is written `else if`", "else if")
            self._put("ELSE", "else", token)
            self._put("IF", "if", token)
            return k + 1
        if token in MODIFIERS and following in (("NAME", "NAME"), ("NAME", "LEFT_PARENTHESIS")):
            keyword = MODIFIERS[str(token)]
            self._say(k, k + 1, f"here it is called `{keyword}`: `{keyword} {self.given[k + 1]} ...`", keyword)
            self._put(keyword.upper(), keyword, token)
            return k + 1
        if following[:1] == ("LEFT_BRACKET",) and (end := self._closer(k + 1)) and self._types(end + 1) == ("NAME",):
            inner = self._text(k + 2, end)
            written = f"{token}({inner})"
            self._say(k, end + 1, f"the arguments of a gate stand in parentheses: `{written} ...`", written)
            return self._round(k, end)
        return k

    def _round(self, k: int, end: int) -> int:
        self._keep(self.given[k])
        self._put("LEFT_PARENTHESIS", "(", self.given[k + 1])
        for inner in self.given[k + 2 : end]:
            self._keep(inner)
        self._put("RIGHT_PARENTHESIS", ")", self.given[end])
        return end + 1

    def _round_size(self, k: int) -> int:
        """`visible v(4)`."""
        if self._types(k + 1, 2) != ("NAME", "LEFT_PARENTHESIS") or not (end := self._closer(k + 2)):
            return k
        name, inner = self.given[k + 1], self._text(k + 3, end)
        text = f"the size of a register stands in square brackets: `{self.given[k]} {name}[{inner}]`"
        self._say(k + 2, end + 1, text, f"[{inner}]")
        self._keep(self.given[k])
        self._keep(name)
        self._put("LEFT_BRACKET", "[", self.given[k + 2])
        for each in self.given[k + 3 : end]:
            self._keep(each)
        self._put("RIGHT_BRACKET", "]", self.given[end])
        return end + 1

    def _next_setting(self, k: int) -> int:
        """`train { optimizer adam(), steps 100 }`."""
        if self._types(k + 1) != ("NAME",) or not set(self._types(k + 2)) & set(_VALUES):
            return k
        written = f"; {self._text(k + 1, k + 3)}"
        self._say(k, k + 3, f"settings end with `;`: `{written}`", written)
        self._put("SEMICOLON", ";", self.given[k])
        return k + 1

    def _ket(self, k: int) -> int:
        match = _KET.match(self.source.text, self.given[k].start_pos or 0)
        if match is None:
            return k
        end = next(j for j in range(k, len(self.given)) if (self.given[j].end_pos or 0) >= match.end())
        text = _STATES.get(match[1], f'"{match[1]}"')
        self._say(k, end + 1, f"an initial state is written `{text}`", text)
        self._put("NAME" if match[1] in _STATES else "STRING", text, self.given[k])
        return end + 1

    def _method(self, k: int) -> int:
        """`v.h()`, `v[0].rx(0.1)`: what stands before the point is taken back and put behind the gate."""
        if not self._in_circuit() or self._types(k + 1, 2) != ("NAME", "LEFT_PARENTHESIS"):
            return k
        start = len(self.out)
        while start and self.out[start - 1].type not in _ENDS:
            start -= 1
        end = self._closer(k + 2)
        operand = self.out[start:]
        if not end or not operand or operand[0].type != "NAME" or self.open[-1] != "LEFT_BRACE":
            return k
        gate, inner = self.given[k + 1], self.given[k + 3 : end]
        written = f"{gate}({self._text(k + 3, end)})" if inner else str(gate)
        what = self.source.text[operand[0].start_pos or 0 : operand[-1].end_pos or 0]
        start_pos = operand[0].start_pos or 0
        span = Span(self.source, start_pos, self.given[end].end_pos or 0)
        mended = f"{written} {what}"
        self.report(ForeignPhrase(span, span.text[:40], f"a gate stands before its qubits: `{mended};`", mended))
        del self.out[start:]
        self.out += [gate, *self.given[k + 2 : end + 1]] if inner else [gate]
        self.out += operand
        return end + 1

    # ------------------------------------------------------------ places

    def _in_circuit(self) -> bool:
        return bool(self.open) and self.keyword in ("MODEL", "LAYER", "CHANNEL")

    def _types(self, k: int, count: int = 1) -> tuple[str, ...]:
        return tuple(token.type for token in self.given[k : k + count])

    def _closer(self, k: int) -> int | None:
        """The partner of the bracket at `k`, on the same statement."""
        depth = 0
        for j in range(k, len(self.given)):
            type_ = self.given[j].type
            depth += (type_ in _OPEN) - (type_ in _OPEN.values())
            if type_ in _ENDS:
                return None
            if depth == 0:
                return j
        return None

    def _text(self, start: int, end: int) -> str:
        if start >= end:
            return ""
        return self.source.text[self.given[start].start_pos or 0 : self.given[end - 1].end_pos or 0]

    def _say(self, start: int, end: int, text: str, replacement: str) -> None:
        first, last = self.given[start], self.given[end - 1]
        span = Span(self.source, first.start_pos or 0, last.end_pos or 0)
        self.report(ForeignPhrase(span, span.text[:40], text, replacement))

    def _put(self, type_: str, text: str, near: Token) -> None:
        self._keep(Token(type_, text, start_pos=near.start_pos, end_pos=near.end_pos))
