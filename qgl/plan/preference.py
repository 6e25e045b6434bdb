"""Exact or truncated: the one rule for all that a program allows beside exact methods.

An exact method is taken wherever one fits into memory and its predicted time is within what the program says
(`exact_within`). Else the quicker one is: the best exact method, or the truncated one. The time of strings is that of
a thousand, however many are asked for, so that how many are drawn at once makes no difference to what they come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from qgl.diagnostics.size import duration
from qgl.plan.model import Cost, Method, Prepared
from qgl.plan.propagation.method import PauliPropagation
from qgl.plan.propagation.propagate import Limits
from qgl.plan.sweep.method import TruncatedSweep
from qgl.program.calls.gradients import STRINGS, Approximation, Sweep
from qgl.query import GivenStrings, LogProb, Query, Samples

LAST_RESORTS = ("ancestral", "exact propagation", "contraction", "gate by gate")  # to find what they take needs seconds
PATIENCE = 1.0  # seconds of a gradient up to which a last resort is not asked
LONG_TO_PLAN = ("cones", *LAST_RESORTS)  # wide light cones need minutes
LONG = 60.0  # seconds of an answer that are worth so long a search


@dataclass(frozen=True)
class Allowed:
    """A truncated method that a program allows.

    exact_within    predicted seconds of an exact answer up to which that is taken
    differentiates  training asks for the gradient of likelihoods, which truncated sweeps have not
    """

    method: Method
    exact_within: float
    differentiates: bool = False

    def patience(self, query: Query) -> float:
        """Seconds of an exact answer up to which that is taken."""
        graded = self.differentiates and isinstance(query, LogProb | GivenStrings)
        return math.inf if graded and isinstance(self.method, TruncatedSweep) else self.exact_within


def allowed_by(approximate: Approximation | None, differentiates: bool = False) -> Allowed | None:
    """The method of an approximation that a program declares."""
    if approximate is None:
        return None
    if isinstance(approximate, Sweep):
        return Allowed(
            TruncatedSweep(approximate.bond, approximate.tolerance), approximate.exact_within, differentiates
        )
    limits = Limits(approximate.weight, approximate.smallest, approximate.terms)
    return Allowed(PauliPropagation(limits), approximate.exact_within)


@dataclass(frozen=True)
class Weighing:
    """What methods would take for a query.

    costs    of every method, refused where it was not asked
    reasons  why a method is not taken that could answer within memory, by its name
    because  why a truncated method is taken; "" where none is
    """

    costs: dict[str, Cost]
    reasons: dict[str, str]
    because: str = ""


def weighing(
    query: Query,
    prepared: Mapping[str, Prepared],
    allowed: Allowed | None,
    cost: Callable[[str, Query], Cost],
    fits: Callable[[Cost], bool],
) -> Weighing:
    """Asks methods what a query takes, those that are slow to say so only where it matters, and applies the rule.

    cost: what a method takes for a query. fits: whether it can answer, within memory.
    """
    deciding = query if allowed is None else _deciding(query)
    costs: dict[str, Cost] = {}
    seconds: dict[str, float] = {}  # of the deciding query, of those that can answer
    for names, patience, reason in _stages(prepared, allowed, query):
        for name in names:
            if min(seconds.values(), default=math.inf) <= patience and seconds:
                costs[name] = Cost.refused(reason)
                continue
            costs[name] = cost(name, query)
            if fits(costs[name]):
                seconds[name] = costs[name].seconds if deciding == query else cost(name, deciding).seconds
    own = "" if allowed is None else allowed.method.name
    if allowed is None or own not in seconds:
        return Weighing(costs, {})
    of = "" if deciding == query else f" for {STRINGS:,} strings"
    exact = [name for name in seconds if name != own]
    best = min(exact, key=seconds.__getitem__, default="")
    if not best:
        return Weighing(costs, {}, "no exact method answers within memory")
    if seconds[best] <= max(seconds[own], allowed.patience(query)):
        instead = f"{best} is exact and takes {duration(seconds[best])}"
        return Weighing(costs, {own: f"{duration(seconds[own])}{of}; {instead}"})
    reasons = {name: f"{duration(seconds[name])}{of}" for name in exact}
    return Weighing(costs, reasons, f"{best} would take {duration(seconds[best])}{of}")


def _stages(
    prepared: Mapping[str, Prepared], allowed: Allowed | None, query: Query
) -> Iterator[tuple[list[str], float, str]]:
    """Methods in the order in which they are asked, the seconds of another up to which they are not, and why not.

    What needs minutes to plan is asked before a truncated method only where answers may take as long.
    """
    quick = "not tried, as others are quick"
    own = "" if allowed is None else allowed.method.name
    patience = math.inf if allowed is None else allowed.patience(query)
    long = LAST_RESORTS if patience >= LONG else LONG_TO_PLAN
    yield [name for name in prepared if name not in (*long, own)], -math.inf, ""
    within = "answers" if patience == math.inf else f"takes {duration(patience)} at most"
    truncated = [own] * bool(own), patience, f"not tried, as an exact method {within}"
    if patience < LONG:
        yield truncated
    yield [name for name in long if name in prepared], PATIENCE if patience >= LONG else LONG, quick
    if patience >= LONG:
        yield truncated


def _deciding(query: Query) -> Query:
    """The query whose time decides."""
    match query:
        case Samples():
            return Samples(STRINGS)
        case LogProb() | GivenStrings():
            return GivenStrings(STRINGS)
        case _:
            return query
