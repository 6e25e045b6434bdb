"""What can be wrong with `baseline`: classical models beside the circuit (QGL0740 to QGL0749)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, noted, says
from qgl.source import Span

_GOOD = """\
data target = parity(3);
visible v[3];
model { ry(?) v; for (a, b) in chain(v) { cx a, b; } }
objective nll(target);
baseline hmm(states = 2), markov(order = 1);
"""


class BaselineNotInstalled(Diagnostic):
    """A baseline is fitted by a library that is not part of qgl, and that library is not installed.

    `rbm` is fitted by scikit-learn and a stationary `hmm` by hmmlearn; both come with the extra `baselines`. This is
    said before the first step of training, since baselines are fitted at its end.
    """

    baseline: str
    package: str

    code = "QGL0740"
    message = says("the baseline `{baseline}` needs the package `{package}`, which is not installed")
    help = "install it: pip install 'qglc[baselines]'"


class RepeatedBaseline(Diagnostic):
    """The same baseline with the same arguments is declared twice; its two columns would hold the same figures."""

    written: str
    first: Span

    code = "QGL0741"
    wrong = _GOOD.replace("markov(order = 1)", "hmm(2)")
    right = _GOOD

    message = says("the baseline `{written}` is declared twice")
    notes = noted("first declared here", "first")

    help = "leave one of them out, or give it other arguments"


class BaselineNeedsData(Diagnostic):
    """Baselines are fitted to the rows of the first data set of the objective, and there is none."""

    baseline: str

    code = "QGL0742"
    wrong = _GOOD.replace("objective nll(target);\n", "report kl(target);\n")
    right = _GOOD

    message = says("the baseline `{baseline}` has no data to be fitted to")
    help = "declare an objective with a data set, such as `objective nll(rows);`"


class TooManyContexts(Diagnostic):
    """A Markov chain of order k has a distribution for each value of the k columns before a column: more than are
    counted here.

    It would be a table of the data, in which hardly a row is found twice.
    """

    order: int
    categories: int
    limit: int

    code = "QGL0743"
    wrong = _GOOD.replace("order = 1", "order = 7")
    right = _GOOD

    @property
    def message(self) -> str:
        return (
            f"a Markov chain of order {self.order} over columns of {self.categories} values has "
            f"{self.categories**self.order:,} contexts at each place"
        )

    help = says("at most {limit:,} are counted; lower the order")


class UnevenColumns(Diagnostic):
    """A stationary chain has one table for all columns, and these have different numbers of categories."""

    baseline: str
    data: str
    least: int
    most: int

    code = "QGL0744"
    message = says("`{data}` has columns of {least} to {most} categories, and one table cannot serve them all")
    help = says("leave out `stationary`, so that `{baseline}` has a table for each column")
