"""Texts through the checker and the formatter: each is answered in words, soon, and formatting keeps what it means."""

from __future__ import annotations

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from resource import RUSAGE_SELF, getrusage
from types import FrameType

from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.render import to_json, to_text
from qgl.source import Source
from qgl.syntax.formatter import format_file
from qgl.syntax.parser import parse
from tests.fuzz.found import Fallen, kept_texts
from tests.fuzz.mutation import ROOT, corpus, mutated, tokens
from tests.syntax.syntax_trees import bare

SECONDS = 10.0  # of a processor, for any text of less than a megabyte
MEMORY = 1 << 20  # kilobytes that one text may add to what the process takes
PATIENCE = 60.0  # seconds after which a text is given up
SHRINKING = 120  # trials of a smaller text


class _TooLongError(BaseException):
    """No `Exception`: what catches those must not catch this."""


@contextmanager
def _given_up_after(seconds: float) -> Iterator[None]:
    def stop(_: int, __: FrameType | None) -> None:
        raise _TooLongError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fault_of(text: str, folder: Path) -> str:
    """What is wrong with the answer to a text, its time and memory included, or "": the last line says what fell."""
    start, memory = time.process_time(), getrusage(RUSAGE_SELF).ru_maxrss
    try:
        with _given_up_after(PATIENCE):
            answered(text, folder)
    except _TooLongError:
        return f"gave no answer within {PATIENCE:.0f} s"
    except Exception:
        return traceback.format_exc(limit=-12).strip()
    if (seconds := time.process_time() - start) > SECONDS:
        return f"took more than {SECONDS:.0f} s: {seconds:.1f}"
    if (more := getrusage(RUSAGE_SELF).ru_maxrss - memory) > MEMORY:
        return f"took more than 1 GB: {more / 1e6:.1f}"
    return ""


def answered(text: str, folder: Path) -> set[str]:
    """The codes of what is said of a text.

    Raises:
        Exception: anything else than words came, or formatting changed what it means.
    """
    source = Source("fuzz.qgl", text)
    _, diagnostics = diagnose(source, FolderEnvironment(folder))
    assert bool(to_text(diagnostics)) == bool(diagnostics), "a diagnostic is shown"
    assert to_json(diagnostics), "diagnostics are written as JSON"
    codes = {diagnostic.code for diagnostic in diagnostics}
    parsed = parse(source)
    if parsed.diagnostics:
        return codes
    canonical = format_file(parsed.file)
    again = parse(Source("fuzz.qgl", canonical))
    assert not again.diagnostics, "what is formatted is read without faults"
    assert bare(again.file) == bare(parsed.file), "formatting keeps the tree"
    before, after = ([c.text.split() for c in file.comments] for file in (parsed.file, again.file))
    assert before == after, "formatting keeps the comments"
    assert format_file(again.file) == canonical, "what is formatted is canonical"
    return codes


def _kind(reason: str) -> str:
    return reason.splitlines()[-1].partition(":")[0] if reason else ""


def shrunk(fallen: Fallen) -> Fallen:
    """The same fault from fewer tokens: halves, quarters and so on are left out as long as it stays."""
    pieces, trials = tokens(fallen.text), 0
    width = len(pieces) // 2
    while width and trials < SHRINKING and _kind(fallen.reason) != "gave no answer within 60 s":
        at, before = 0, len(pieces)
        while at < len(pieces) and trials < SHRINKING:
            fewer, trials = pieces[:at] + pieces[at + width :], trials + 1
            reason = fault_of("".join(fewer), ROOT / fallen.folder)
            if _kind(reason) == _kind(fallen.reason):
                pieces, fallen = fewer, Fallen("".join(fewer), fallen.folder, reason)
            else:
                at += width
        width = width // 2 if len(pieces) == before else min(width, len(pieces) // 2)
    return fallen


def replayed() -> list[Fallen]:
    """The kept texts that still fall; those that do not are forgotten."""
    left = []
    for fallen in kept_texts():
        if reason := fault_of(fallen.text, ROOT / fallen.folder):
            left.append(Fallen(fallen.text, fallen.folder, reason))
        else:
            fallen.path.unlink()
    return left


def fall(random: Random, programs: list[tuple[Path, str]]) -> Fallen | None:
    """One mutated program of `programs`: None, or what fell."""
    path, text = random.choice(programs)
    damaged = mutated(text, random, [random.choice(programs)[1] for _ in range(3)])
    folder = path.parent.relative_to(ROOT)
    reason = fault_of(damaged, path.parent)
    return Fallen(damaged, str(folder), reason) if reason else None


def small_corpus(most: int = 4_000) -> list[tuple[Path, str]]:
    return [(path, text) for path, text in corpus() if len(text) <= most]
