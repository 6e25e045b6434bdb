"""What a generator gives beyond its training set.

Source: Gili et al., arXiv 2201.08770 (fidelity, rate, coverage) and arXiv 2207.13645 (exploration, precision).
"""

from __future__ import annotations

from qgl.program.calls.arguments import Data, Integer
from qgl.program.calls.call import argument, call
from qgl.program.calls.reports.report import ReportCall


@call()
class Generalisation(ReportCall):
    """A report on what a generator gives beyond its training set."""

    seen: str = argument(Data(), "the strings that the model was trained on")
    valid: str = argument(
        Data(rule_will_do=True), "the valid strings; or held-out rows, the valid ones being these and `seen`"
    )
    queries: int = argument(Integer(1, 10**7), "strings that the model is asked for", default=10_000)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return self.seen, self.valid


@call("exploration")
class Exploration(Generalisation):
    """The part of the generated strings that were not seen."""


@call("fidelity")
class Fidelity(Generalisation):
    """Of the generated strings that were not seen, the part that is valid."""


@call("rate")
class Rate(Generalisation):
    """The part of the generated strings that is valid and was not seen."""


@call("coverage")
class Coverage(Generalisation):
    """The part of the valid strings that were not seen which is among the generated ones."""


@call("precision")
class Precision(Generalisation):
    """The part of the generated strings that is valid, seen or not."""
