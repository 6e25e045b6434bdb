"""What can be wrong with what a training watches (QGL073x)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says

_GOOD = """\
data valid = cardinality(4, 2);
data seen = subset(valid, count = 3);
data unseen = without(valid, seen);
visible v[4];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(seen);
train { watch coverage(seen, valid), every(20); stop early(nll(unseen), patience = 5); }
"""


class NoBetter(Diagnostic):
    """`early` stops by a report of which less or more is better.

    An entropy, a correlation length or a purity describes a model and has no good side; an exploration of 1 is that of
    the uniform distribution.
    """

    report: str
    known: tuple[str, ...]

    code = "QGL0730"
    wrong = _GOOD.replace("nll(unseen)", "entropy(v[0..1])")
    right = _GOOD

    message = says("neither less nor more of `{report}` is better, so that training cannot stop by it")

    @property
    def help(self) -> str:
        return f"name one of {', '.join(f'`{name}`' for name in self.known)}"


class NothingWatched(Diagnostic):
    """`watch` names reports to measure while training, and `every(...)` how often."""

    code = "QGL0731"
    wrong = _GOOD.replace("coverage(seen, valid), ", "").replace(" stop early(nll(unseen), patience = 5);", "")
    right = _GOOD

    message = "`watch` names nothing to measure"
    help = "write for instance `watch nll(unseen), every(10);`"


class OneEarlyStop(Diagnostic):
    """A seed hands out the parameters of its best measurement, and what is best goes by one report."""

    code = "QGL0732"
    wrong = _GOOD.replace(
        "stop early(nll(unseen), patience = 5)", "stop early(nll(unseen)), early(coverage(seen, valid))"
    )
    right = _GOOD

    message = "training stops early by one report, not by two"
    help = "leave one out; `watch` measures as many reports as you like"
