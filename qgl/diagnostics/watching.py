"""What can be wrong with what a training watches (QGL073x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic

_GOOD = """\
data valid = cardinality(4, 2);
data seen = subset(valid, count = 3);
data unseen = without(valid, seen);
visible v[4];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(seen);
train { watch coverage(seen, valid), every(20); stop early(nll(unseen), patience = 5); }
"""


@dataclass(frozen=True)
class NoBetter(Diagnostic):
    """`early` stops by a report of which less or more is better.

    An entropy, a correlation length or a purity describes a model and has no good side; an exploration of 1 is that of
    fair coins.
    """

    report: str
    known: tuple[str, ...]

    code: ClassVar[str] = "QGL0730"
    wrong: ClassVar[str] = _GOOD.replace("nll(unseen)", "entropy(v[0..1])")
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return f"neither less nor more of `{self.report}` is better, so that training cannot stop by it"

    @property
    def help(self) -> str:
        return f"name one of {', '.join(f'`{name}`' for name in self.known)}"


@dataclass(frozen=True)
class NothingWatched(Diagnostic):
    """`watch` names reports to measure while training, and `every(...)` how often."""

    code: ClassVar[str] = "QGL0731"
    wrong: ClassVar[str] = _GOOD.replace("coverage(seen, valid), ", "").replace(
        " stop early(nll(unseen), patience = 5);", ""
    )
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return "`watch` names nothing to measure"

    @property
    def help(self) -> str:
        return "write for instance `watch nll(unseen), every(10);`"


@dataclass(frozen=True)
class OneEarlyStop(Diagnostic):
    """A seed hands out the parameters of its best measurement, and what is best goes by one report."""

    code: ClassVar[str] = "QGL0732"
    wrong: ClassVar[str] = _GOOD.replace(
        "stop early(nll(unseen), patience = 5)", "stop early(nll(unseen)), early(coverage(seen, valid))"
    )
    right: ClassVar[str] = _GOOD

    @property
    def message(self) -> str:
        return "training stops early by one report, not by two"

    @property
    def help(self) -> str:
        return "leave one out; `watch` measures as many reports as you like"
