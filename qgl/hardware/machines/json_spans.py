"""JSON in which every value knows where it stands, so that what is wrong in a file can be shown in it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from qgl.diagnostics.model import QglError
from qgl.diagnostics.targets import TargetFileWrong
from qgl.source import Source, Span

LIMIT = 8_000_000  # characters of a file
DEPTH = 16  # of lists in lists

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null')


@dataclass(frozen=True, eq=False)
class Node:
    """A JSON value and its place: a scalar, a list of nodes, or nodes by key."""

    value: str | int | float | bool | list[Node] | dict[str, Node] | None
    span: Span

    def wrong(self, reason: str, way_out: str = "") -> QglError:
        """The fault of this value, to be raised."""
        return QglError([TargetFileWrong(self.span, self.span.source.name, reason, way_out)])


def read_json(path: Path) -> Node:
    """The value of a file.

    Raises:
        QglError: QGL1124, the file cannot be read, is too long, or is not JSON; where, if it was read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is not UTF-8 text"
        raise QglError([TargetFileWrong(None, str(path), reason)]) from None
    if len(text) > LIMIT:
        raise QglError([TargetFileWrong(None, str(path), f"it is longer than {LIMIT} characters")])
    reader = _Reader(Source(str(path), text))
    value = reader.value(0)
    reader.end()
    return value


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.at = 0

    def value(self, depth: int) -> Node:
        start = self._skip()
        if depth > DEPTH:
            raise self._wrong(f"it is nested more than {DEPTH} deep")
        match self.source.text[start : start + 1]:
            case "{":
                return self._object(start, depth)
            case "[":
                return self._list(start, depth)
        match = _SCALAR.match(self.source.text, start)
        if not match:
            raise self._wrong("this is not JSON")
        self.at = match.end()
        try:
            return Node(json.loads(match.group()), self._span(start))
        except ValueError:
            raise self._wrong("this is not JSON", start) from None

    def end(self) -> None:
        if self._skip() < len(self.source.text):
            raise self._wrong("this comes after the end of the value")

    def _object(self, start: int, depth: int) -> Node:
        table: dict[str, Node] = {}
        self.at += 1
        while not self._ends("}", first=not table):
            key = self.value(depth + 1)
            if not isinstance(key.value, str):
                raise key.wrong("a key must be a string")
            if key.value in table:
                raise key.wrong(f"`{key.value}` is said twice")
            self._expect(":")
            table[key.value] = self.value(depth + 1)
        return Node(table, self._span(start))

    def _list(self, start: int, depth: int) -> Node:
        items: list[Node] = []
        self.at += 1
        while not self._ends("]", first=not items):
            items.append(self.value(depth + 1))
        return Node(items, self._span(start))

    def _ends(self, bracket: str, first: bool) -> bool:
        """Whether the bracket closes here; else, steps over the comma between two items."""
        if self.source.text[self._skip() : self.at + 1] == bracket:
            self.at += 1
            return True
        if not first:
            self._expect(",")
        return False

    def _expect(self, mark: str) -> None:
        if self.source.text[self._skip() : self.at + 1] != mark:
            raise self._wrong(f"`{mark}` is missing here")
        self.at += 1

    def _skip(self) -> int:
        match = _SPACE.match(self.source.text, self.at)
        self.at = match.end() if match else self.at
        return self.at

    def _span(self, start: int) -> Span:
        return Span(self.source, start, self.at)

    def _wrong(self, reason: str, start: int | None = None) -> QglError:
        at = self.at if start is None else start
        return Node(None, Span(self.source, at, min(at + 1, len(self.source.text)))).wrong(reason)
