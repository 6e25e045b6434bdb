"""Offsets of a text as browsers count them, in UTF-16 units, and as Python does, in characters."""

from __future__ import annotations

from bisect import bisect_left


class Units:
    """The offsets of one text. They differ behind characters that take two units."""

    def __init__(self, text: str) -> None:
        self._wide = [] if text.isascii() else [k for k, character in enumerate(text) if ord(character) > 0xFFFF]
        self._wide_units = [k + before for before, k in enumerate(self._wide)]

    def units(self, offset: int) -> int:
        """The offset in units of one in characters."""
        return offset + bisect_left(self._wide, offset)

    def offset(self, units: int) -> int:
        """The offset in characters of one in units; one within a character is that of its head."""
        return units - bisect_left(self._wide_units, units)
