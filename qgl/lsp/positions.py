"""Places as editors count them: lines from 0, columns in the units of an encoding, UTF-16 unless they agree on another.

Lines end at LF, CRLF or a lone CR, as in the protocol and in `qgl.source`.
"""

from __future__ import annotations

from lsprotocol import types

from qgl.source import Source, Span

_UNIT = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


class Encoding:
    """How columns are counted."""

    def __init__(self, name: str = "utf-16") -> None:
        self._codec, self._size = _UNIT.get(name, _UNIT["utf-16"])

    def units(self, text: str) -> int:
        """The number of columns of a text."""
        return len(text) if text.isascii() else len(text.encode(self._codec, "surrogatepass")) // self._size

    def position(self, source: Source, offset: int) -> types.Position:
        line = source.line_of(min(offset, len(source.text)))
        start = source.line_starts[line]
        return types.Position(line, self.units(source.text[start:offset]))

    def range(self, span: Span) -> types.Range:
        return types.Range(self.position(span.source, span.start), self.position(span.source, span.end))

    def offset(self, source: Source, position: types.Position) -> int:
        """The offset of a position; one behind the end of its line, or of the text, is the end of it."""
        if position.line >= len(source.line_starts):
            return len(source.text)
        start, text = source.line_starts[position.line], source.line_text(position.line)
        if text.isascii():
            return start + min(position.character, len(text))
        count = 0
        for k, character in enumerate(text):
            if count >= position.character:
                return start + k
            count += self.units(character)
        return start + len(text)
