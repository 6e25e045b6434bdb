"""Balance the brackets of a token stream, so that one that is missing or too many spoils one declaration only."""

from __future__ import annotations

from collections.abc import Callable

from lark import Token

from qgl.diagnostics import syntax as faults
from qgl.diagnostics.model import Diagnostic, Note
from qgl.source import Source, Span

MAX_NESTING = 64
CLOSERS = {"LEFT_PARENTHESIS": "RIGHT_PARENTHESIS", "LEFT_BRACKET": "RIGHT_BRACKET", "LEFT_BRACE": "RIGHT_BRACE"}
TEXTS = {"RIGHT_PARENTHESIS": ")", "RIGHT_BRACKET": "]", "RIGHT_BRACE": "}"}

_NAMED = {
    "CONST",
    "LATTICE",
    "VISIBLE",
    "HIDDEN",
    "LOCAL",
    "DATA",
    "PARAM",
    "RANDOM",
    "LATENT",
    "CONDITION",
    "LAYER",
    "CHANNEL",
    "HAMILTONIAN",
    "OUTPUT",
    "STAGE",
}
_BLOCKS = {"MODEL", "TRAIN"}
_FREE = {"OBJECTIVE", "REPORT", "BASELINE", "AGAIN"}
_OF_STAGES = {"OBJECTIVE", "TRAIN", "REPORT"}  # they stand in the block of a stage too
DECLARATIONS = _NAMED | _BLOCKS | _FREE | {"IMPORT"}


def starts_declaration(source: Source, token: Token, following: Token | None) -> bool:
    """Whether a declaration must begin here: its keyword is first on a line, and what follows suits it."""
    if token.type not in DECLARATIONS or not first_on_line(source, token):
        return False
    if token.type in _FREE:
        return True
    if following is None:
        return False
    if token.type in _NAMED:
        return following.isidentifier()
    return following.type == ("LEFT_BRACE" if token.type in _BLOCKS else "STRING")


def first_on_line(source: Source, token: Token) -> bool:
    text, at = source.text, (token.start_pos or 0) - 1
    while at >= 0 and text[at] in " \t\f\v\ufeff":
        at -= 1
    return at < 0 or text[at] in "\r\n"


class Balancer:
    """Reads tokens in order; `tokens` is the balanced stream and `patched` the positions in it that were put right."""

    def __init__(self, source: Source, report: Callable[[Diagnostic], None]) -> None:
        self.source = source
        self.report = report
        self.tokens: list[Token] = []
        self.patched: set[int] = set()
        self.unclosed: set[int] = set()  # positions where a `)` or `]` was put in that is written nowhere
        self._open: list[tuple[Token, int]] = []  # with positions in `tokens`
        self._previous: Token | None = None
        self._in_stage = False  # whether the declaration that began last is a stage
        self._askew: tuple[Token, Token] | None = None  # the first block whose braces are indented differently

    def balance(self, tokens: list[Token]) -> bool:
        """False if the nesting is too deep to go on."""
        for k, token in enumerate(tokens):
            following = tokens[k + 1] if k + 1 < len(tokens) else None
            if starts_declaration(self.source, token, following):
                inside = self._in_stage and token.type in _OF_STAGES and bool(self._open)
                self._close(len(self._open) - inside)
                self._in_stage = inside or token.type == "STAGE"
            elif token.type in ("SEMICOLON", "LEFT_BRACE", "RIGHT_BRACE"):
                self._close(self._round(), sure=token.type == "LEFT_BRACE")
            elif token.type == "STAGE" and not self._open:
                self._in_stage = True  # a comment or a declaration stands before it on its line
            if token.type in CLOSERS:
                if len(self._open) == MAX_NESTING:
                    self.report(faults.BracketsTooDeep(self._span(token), MAX_NESTING))
                    return False
                self._open.append((token, len(self.tokens)))
                self.tokens.append(token)
            elif token.type in TEXTS:
                self._closer(token)
            else:
                self.tokens.append(token)
            self._previous = token
        self._close(len(self._open))
        return True

    def _closer(self, token: Token) -> None:
        round_ones = self._round() if token.type != "RIGHT_BRACE" else len(self._open)
        depth = next((k for k in range(1, round_ones + 1) if CLOSERS[self._open[-k][0].type] == token.type), None)
        if depth is None and round_ones and token.type != "RIGHT_BRACE":
            opener, _ = self._open.pop()
            self.report(faults.MismatchedBracket(self._span(token), str(token), self._span(opener)))
            self._insert(CLOSERS[opener.type], token)
        elif depth is None:
            self.report(faults.UnopenedBracket(self._span(token), str(token)))
            self.patched.add(len(self.tokens))
        else:
            self._close(depth - 1)
            opener, _ = self._open.pop()
            if self._askew is None and first_on_line(self.source, token) and self._differ(opener, token):
                self._askew = opener, token
            self.tokens.append(token)

    def _round(self) -> int:
        """How many of the innermost open brackets are `(` or `[`."""
        count = 0
        while count < len(self._open) and self._open[-1 - count][0].type != "LEFT_BRACE":
            count += 1
        return count

    def _close(self, count: int, sure: bool = False) -> None:
        """Put in what closes the innermost `count` brackets; say so of the innermost one only. `sure`: it is here."""
        for k in range(count):
            opener, position = self._open.pop()
            if k == 0:
                self.report(faults.UnclosedBracket(self._span(opener), str(opener), self._doubt(opener)))
            self.patched.add(position)
            if opener.type != "LEFT_BRACE" and not sure:
                self.unclosed.add(len(self.tokens))
            self._insert(CLOSERS[opener.type], self._previous or opener)

    def _doubt(self, opener: Token) -> Note | None:
        """A block inside of an unclosed one whose indentation says that it is the one that was not closed."""
        if self._askew is None or (self._askew[0].start_pos or 0) < (opener.start_pos or 0):
            return None
        first, last = map(self._span, self._askew)
        return Note(f"this `{first.text}` is closed on line {last.line}, which is indented otherwise", first)

    def _differ(self, *tokens: Token) -> bool:
        """Whether the lines of tokens are indented differently."""
        lines = [self.source.line_text(self.source.line_of(token.start_pos or 0)) for token in tokens]
        return len({line[: len(line) - len(line.lstrip())] for line in lines}) > 1

    def _insert(self, type_: str, near: Token) -> None:
        self.patched.add(len(self.tokens))
        end = near.end_pos or 0
        self.tokens.append(Token(type_, TEXTS[type_], start_pos=end, end_pos=end))

    def _span(self, token: Token) -> Span:
        return Span(self.source, token.start_pos or 0, token.end_pos or 0)
