"""What is safe to send to a terminal: the one place that decides it.

Names of files, strings of programs, and what an engine answers may hold escape sequences, which a terminal obeys: they
retitle its window, move its cursor, write over what stands there. So no character of them that steers a terminal, or
the direction of writing, is sent; it is shown as a picture. There are three ways out:

text    `protect` puts a filter in front of the standard streams, which all messages pass.
rich    `console` makes a console of rich whose texts are filtered, and whose own colours and moves are not.
data    `write_data` writes what other programs read (OpenQASM, strings, canonical text), as it is but for a terminal;
        `json_text` writes such characters as JSON's escapes, which mean the same.
"""

from __future__ import annotations

import json
import os
import re
import sys
import unicodedata
from typing import TYPE_CHECKING, Any, TextIO, cast

if TYPE_CHECKING:
    from rich.console import Console


def visible(text: str) -> str:
    """Text with control characters as pictures and invisible ones as marks, except line ends and tabs."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or c.isprintable() or c == "\u3000" else _picture(c) for c in text)


def one_line(text: str) -> str:
    """Visible text without line ends and tabs: a name in a message cannot pretend to be a message of its own."""
    return visible(text).replace("\n", "\u240a").replace("\t", "\u2409")


def _picture(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return " " if unicodedata.category(character) == "Zs" else "\ufffd"


# ---------------------------------------------------------------- the standard streams


class _Filter:
    """A text stream that shows what it is given. Consoles of rich write to `rich_proxied_file`, past it."""

    def __init__(self, stream: TextIO, quiet: bool) -> None:
        self.rich_proxied_file = stream
        self._quiet = quiet  # nobody reads any more: go on in silence, as what is told there is beside the work

    def write(self, text: str) -> int:
        try:
            return self.rich_proxied_file.write(visible(text) if isinstance(text, str) else text)
        except BrokenPipeError:
            if not self._quiet:
                raise
            silence(self.rich_proxied_file)
            return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        try:
            self.rich_proxied_file.flush()
        except BrokenPipeError:
            if not self._quiet:
                raise
            silence(self.rich_proxied_file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.rich_proxied_file, name)


def protect() -> None:
    """From here on what is written to the standard streams of this process is visible text."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, _Filter):
            setattr(sys, name, cast(TextIO, _Filter(stream, name == "stderr")))


def silence(stream: TextIO) -> None:
    """Whatever is written to a stream from here on, and what it still holds, is thrown away."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def write_data(text: str) -> None:
    """Write data to standard output: exactly, or visibly if a person reads it there on a terminal."""
    if sys.stdout is None:
        return
    exact: TextIO = getattr(sys.stdout, "rich_proxied_file", sys.stdout)
    (sys.stdout if exact.isatty() else exact).write(visible(text) if exact.isatty() else text)


def write_over(text: str, last: bool) -> None:
    """Write a line to standard error in place of the one before it; the last one stays."""
    exact: TextIO = getattr(sys.stderr, "rich_proxied_file", sys.stderr)
    exact.write(f"\r{one_line(text)}" + "\n" * last)
    exact.flush()


# ---------------------------------------------------------------- rich and JSON


def console(**options: Any) -> Console:
    """A console of rich that shows visible text only. When nobody reads standard error any more, it is silent.

    Text is what it says: `[bold]` or `:smile:` in a name is no markup, so that styles are given to `Text` and columns.
    """
    from rich.console import Console
    from rich.segment import Segment

    class Visible(Console):
        def render_str(self, text: str, **how: Any) -> Any:  # before it is measured, so that cells are wide enough
            return super().render_str(visible(text), **how)

        def render(self, renderable: Any, options: Any = None) -> Any:
            for segment in super().render(renderable, options):
                if segment.control or segment.text.isprintable():
                    yield segment
                else:
                    yield Segment(visible(segment.text), segment.style)

        def on_broken_pipe(self) -> None:
            if not self.stderr:
                raise BrokenPipeError
            self.quiet = True
            silence(cast(TextIO, self.file))

    return Visible(**{"markup": False, "emoji": False, **options})


def json_text(value: Any, indent: int | None = 2) -> str:
    """JSON without a character that steers a terminal; reading it gives the same value."""
    return re.sub(r"[^\n -~]+", _escaped, json.dumps(value, indent=indent, ensure_ascii=False))


def _escaped(found: re.Match[str]) -> str:
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in found[0])
