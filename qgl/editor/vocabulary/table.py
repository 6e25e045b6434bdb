"""The words of the language that are no keywords, by what they are. All come from the tables that the checker reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from qgl.check.declarations.distributions import ARGUMENTS
from qgl.check.declarations.initial import CALLED, ROWS, STATES
from qgl.check.names.callees import COUNTS
from qgl.check.names.modules import RESERVED
from qgl.check.settings.training import SETTINGS
from qgl.check.values.functions import USAGES
from qgl.check.values.lattices import EXTENTS
from qgl.check.values.types import OF_ARGUMENT, OF_PARAMETER
from qgl.editor.vocabulary.keywords import KEYWORDS
from qgl.program.calls.arguments import Choice
from qgl.program.calls.call import parameters
from qgl.program.calls.table import KINDS
from qgl.record import record

LATTICES = (*EXTENTS, "graph")
DISTRIBUTIONS = (*ARGUMENTS, "moments", "near", "mps", "marginal", "recovered", "run")
INITIAL = (*STATES, *CALLED, ROWS)
ENDINGS = ("keep", "anew")  # of `measure` and of `draws`
METHODS = ("trotter",)
BOUNDS = ("depth", "cone")  # of `local`, beside the keywords `within` and `channel`


@record
class Vocabulary:
    """Words by what highlighting calls them. A word may be of several kinds; the first one wins."""

    gates: tuple[str, ...]
    functions: tuple[str, ...]  # of values, lattices, distributions, data sets, objectives, and all other calls
    types: tuple[str, ...]
    constants: tuple[str, ...]  # states, numbers and matrices with names, choices of arguments
    settings: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    calls = [each for kind in KINDS.values() for each in kind.classes]
    choices = [
        option for each in calls for p in parameters(each) if isinstance(p.type, Choice) for option in p.type.options
    ]
    taken: set[str] = set(KEYWORDS)

    def new(*names: str) -> tuple[str, ...]:
        fresh = tuple(sorted(set(names) - taken))
        taken.update(fresh)
        return fresh

    return Vocabulary(
        gates=new(*COUNTS),
        types=new(*OF_ARGUMENT, *OF_PARAMETER),
        settings=new(*SETTINGS, "set"),
        functions=new(*USAGES, *LATTICES, *DISTRIBUTIONS, *CALLED, *METHODS, *(each.called for each in calls)),
        constants=new(*RESERVED, *STATES, *ENDINGS, *BOUNDS, *choices),
    )


def by_kind() -> Mapping[str, tuple[str, ...]]:
    """The same, for writers of grammars."""
    return {name: getattr(vocabulary(), name) for name in ("gates", "functions", "types", "constants", "settings")}
