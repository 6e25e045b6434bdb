"""Changes that put faults right: those that the diagnostics name."""

from __future__ import annotations

from collections.abc import Iterator

from qgl.diagnostics.model import Diagnostic, Mend
from qgl.editor.analysis import Analysis


def mends(analysis: Analysis, start: int, end: int) -> Iterator[tuple[Diagnostic, Mend]]:
    """The mends of faults that touch a stretch of the file, each with its fault."""
    for diagnostic in analysis.diagnostics:
        span = diagnostic.span
        if span is None or span.source is not analysis.source or span.end < start or span.start > end:
            continue
        for mend in diagnostic.mends:
            if mend.span.source is analysis.source:
                yield diagnostic, mend


def all_mends(analysis: Analysis) -> list[Mend]:
    """The first mend of every fault of the file, as far as they do not overlap; in order of place."""
    first = [each.mends[0] for each in analysis.diagnostics if each.mends]
    chosen: list[Mend] = []
    for mend in sorted(first, key=lambda mend: (mend.span.start, mend.span.end)):
        here = mend.span.source is analysis.source
        if here and (not chosen or chosen[-1].span.end <= mend.span.start) and mend not in chosen:
            chosen.append(mend)
    return chosen


def applied(text: str, changes: list[Mend]) -> str:
    """A text with changes made that do not overlap."""
    for mend in sorted(changes, key=lambda mend: mend.span.start, reverse=True):
        text = text[: mend.span.start] + mend.text + text[mend.span.end :]
    return text
