"""Comments inside of statements: each stays between the same two tokens, on the line of the one that it stood beside.

A statement is written without them. Its tokens are then set beside those of the source, of which the canonical form
leaves out some (brackets that change nothing, commas before a bracket) and puts in few (the brackets of `layer()`), and
every comment goes into the gap that is its own.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from lark import Token

from qgl.source import Source
from qgl.syntax import tree
from qgl.syntax.brackets import CLOSERS, TEXTS
from qgl.syntax.comments import after, has_line_end, text_of
from qgl.syntax.grammar import tables
from qgl.syntax.layout import HARD, Document, Group

_DROPPED = {"LEFT_PARENTHESIS", "RIGHT_PARENTHESIS", "LEFT_BRACE", "RIGHT_BRACE", "COMMA"}
_NO_SPACE_BEFORE = {*TEXTS, "COMMA", "SEMICOLON"}
_COMMENTS = ("LINE_COMMENT", "BLOCK_COMMENT")

Path = tuple[int, ...]


@dataclass(frozen=True)
class _Gap:
    """Comments between two tokens that stay: on the line of the first, and before the second; with lines' ends."""

    left: int  # places of the two in the written text's tokens
    right: int
    head: list[tree.Comment]
    tail: list[tuple[tree.Comment, bool]]  # whether a line ends after it
    own: bool  # whether the tail begins a line
    closing: bool  # whether the tail ends what is in brackets


def weave(document: Document, source: Source, comments: Sequence[tree.Comment]) -> Document:
    """A document with the comments that stand inside of its statements."""
    if not comments:
        return document
    written = _Written(document)
    for gap in _gaps(source, comments, written.tokens):
        written.insert(gap)
    return written.woven(document)


# ---------------------------------------------------------------- gaps of the source


def _tokens(text: str) -> list[Token]:
    return [token for token in tables().lex(text) if token.type not in _COMMENTS]


def _gaps(source: Source, comments: Sequence[tree.Comment], written: Sequence[Token]) -> list[_Gap]:
    tokens = _tokens(source.text)
    kept = _kept(tokens, written)
    places = [k for k, place in enumerate(kept) if place is not None]
    starts = [token.start_pos or 0 for token in tokens]
    waiting: dict[int, list[tree.Comment]] = defaultdict(list)  # by how many tokens before it stay
    for comment in comments:
        waiting[bisect_right(places, bisect_right(starts, comment.span.start) - 1)].append(comment)
    gaps = []
    for count, group in waiting.items():
        before = tokens[places[count - 1]]
        behind = places[count] if count < len(places) else len(tokens)
        right = kept[behind] if behind < len(tokens) else None
        ends = [before.end_pos or 0, *(each.span.end for each in group)]
        begins = [*(each.span.start for each in group), starts[behind] if behind < len(tokens) else len(source.text)]
        breaks = [has_line_end(source.text[a:b]) for a, b in zip(ends, begins, strict=True)]
        first = breaks.index(True) if True in breaks else 0
        following = tokens[min(bisect_right(starts, group[-1].span.start), len(tokens) - 1)].type
        tail = list(zip(group[first:], breaks[first + 1 :], strict=True))
        place = len(written) if right is None else right
        gaps.append(_Gap(place - 1, place, group[:first], tail, True in breaks, following in TEXTS))
    return gaps


def _kept(tokens: Sequence[Token], written: Sequence[Token]) -> list[int | None]:
    """For each token of the source its place among those that are written, None if it is left out."""
    kept: list[int | None] = []
    opened: list[bool] = []
    at = 0
    for token in tokens:
        if token.type not in _DROPPED:
            while written[at].type != token.type:
                at += 1
        same = at < len(written) and written[at].type == token.type
        if token.type in TEXTS:
            same = opened.pop()
        elif token.type in CLOSERS:
            opened.append(same)
        kept.append(at if same else None)
        at += same
    return kept


# ---------------------------------------------------------------- places of the written text


@dataclass
class _Written:
    """The tokens of a document, each with the text that holds it, and what is to be put beside them."""

    document: Document
    tokens: list[Token] = field(default_factory=list)
    _texts: list[tuple[int, Path, str]] = field(default_factory=list)
    _sizes: dict[Path, tuple[int, bool]] = field(default_factory=dict)
    _flat: str = ""
    _beside: dict[Path, tuple[list[Document], list[Document]]] = field(default_factory=dict)
    _within: dict[Path, list[tuple[int, list[Document]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pieces: list[str] = []
        length = 0
        todo: list[tuple[Path, Document]] = [((), self.document)]
        while todo:
            path, part = todo.pop()
            if isinstance(part, Group):
                self._sizes[path] = len(part.parts), part.indented
                todo += [((*path, k), inner) for k, inner in reversed(list(enumerate(part.parts)))]
                continue
            if isinstance(part, str):
                self._texts.append((length, path, part))
                piece = part + "\n" if part.startswith("//") else part
            else:
                piece = "\n" if part.hard else part.flat
            pieces.append(piece)
            length += len(piece)
        self._flat = "".join(pieces)
        self.tokens = _tokens(self._flat)

    def insert(self, gap: _Gap) -> None:
        left, right = self.tokens[gap.left], self.tokens[gap.right] if gap.right < len(self.tokens) else None
        if gap.head:
            self._after(left, [*(part for each in gap.head for part in after(each)), HARD])
        if not gap.tail:
            return
        parts: list[Document] = []
        for comment, ends in gap.tail:
            parts += [text_of(comment), HARD if ends else " "]
        apart = self._flat[left.end_pos : right.start_pos] if right else ""
        if gap.own and HARD in parts:
            parts.insert(0, HARD)
        elif (gap.closing or not apart) and left.type not in CLOSERS:
            parts.insert(0, " ")
        if parts[-1] == " " and (gap.closing or right is None or right.type in _NO_SPACE_BEFORE):
            parts.pop()
        if gap.closing or right is None:
            self._after(left, parts)
        else:
            self._before(right, parts)

    def _after(self, token: Token, parts: list[Document]) -> None:
        start, path, text = self._text_of(token)
        end = (token.end_pos or 0) - start
        if end < len(text):
            self._within.setdefault(path, []).append((end, parts))
            return
        while len(path) > 1 and path[-1] == self._sizes[path[:-1]][0] - 1 and not self._sizes[path[:-1]][1]:
            path = path[:-1]
        self._beside.setdefault(path, ([], []))[1].extend(parts)

    def _before(self, token: Token, parts: list[Document]) -> None:
        start, path, _ = self._text_of(token)
        begin = (token.start_pos or 0) - start
        if begin > 0:
            self._within.setdefault(path, []).append((begin, parts))
            return
        while len(path) > 1 and path[-1] == 0 and not self._sizes[path[:-1]][1]:
            path = path[:-1]
        self._beside.setdefault(path, ([], []))[0].extend(parts)

    def _text_of(self, token: Token) -> tuple[int, Path, str]:
        return self._texts[bisect_right(self._texts, token.start_pos or 0, key=lambda each: each[0]) - 1]

    def woven(self, document: Document, path: Path = ()) -> Group:
        left, right = self._beside.get(path, ([], []))
        if isinstance(document, Group):
            inner = tuple(self.woven(part, (*path, k)) for k, part in enumerate(document.parts))
            document = Group(inner, document.indented, document.sealed)
        if not isinstance(document, str) or path not in self._within:
            return Group((*left, document, *right), sealed=False)
        parts: list[Document] = []
        last = 0
        for at, inserted in self._within[path]:
            parts += [document[last:at], *inserted]
            last = at
        return Group((*left, *parts, document[last:], *right), sealed=False)
