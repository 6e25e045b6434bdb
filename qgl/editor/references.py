"""Where a name is declared, where it is used, and the changes that give it another name."""

from __future__ import annotations

from collections.abc import Iterable

from qgl.check.names.modules import RESERVED
from qgl.data.environment import LIBRARY
from qgl.editor.analysis import Analysis, Location
from qgl.editor.vocabulary.keywords import KEYWORDS
from qgl.source import Span


class CannotRenameError(Exception):
    """The argument says why, in words for the user."""


def definition(analysis: Analysis, offset: int) -> Span | None:
    """The declaration of the name at a place, or the head of the file that an import at the place names."""
    if analysis.module is not None:
        for span, source in analysis.module.imports:
            if span.source is analysis.source and span.start <= offset <= span.end:
                return Span(source, 0, 0)
    named = analysis.name_at(offset)
    return None if named is None else named[1]


def uses(analysis: Analysis, declared: Location) -> list[Location]:
    """Every place in a file and its imports where what is declared at a place is named, that place included."""
    places = [analysis.location(use) for use, place in analysis.index.uses if analysis.location(place) == declared]
    return list(dict.fromkeys([declared, *(each for each in places if each is not None)]))


def in_all(analyses: Iterable[Analysis], declared: Location) -> list[Location]:
    """The same in all files that are known, those of the declaration's file first."""
    places = dict.fromkeys(each for analysis in analyses for each in uses(analysis, declared))
    return sorted(places, key=lambda each: (each.path != declared.path, str(each.path), each.start))


def renamed(analyses: Iterable[Analysis], declared: Location, name: str) -> list[Location]:
    """The places to change.

    Raises:
        CannotRenameError: the new name is no name, or means something already where the old one is used.
    """
    if not name.isidentifier() or name in KEYWORDS or name in RESERVED:
        raise CannotRenameError(f"`{name}` cannot be a name")
    if declared.path.parent == LIBRARY:
        raise CannotRenameError("it comes with qgl")
    known = list(analyses)
    for analysis in known:
        places = uses(analysis, declared)
        if len(places) > 1 or declared.path == analysis.path.resolve():
            _free(analysis, places, name)
    return in_all(known, declared)


def _free(analysis: Analysis, found: list[Location], name: str) -> None:
    """
    Raises:
        CannotRenameError: the name is taken in a file, or in a block where what is renamed is used.
    """
    taken = analysis.module is not None and name in analysis.module.names
    starts = [each.start for each in found if each.path == analysis.path.resolve()]
    for local in analysis.index.locals:
        here = local.span.source is analysis.source and local.name == name
        taken = taken or (here and any(local.block.start <= start <= local.block.end for start in starts))
    if taken:
        raise CannotRenameError(f"there is a `{name}` already")
