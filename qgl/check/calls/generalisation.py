"""The tables of what is asked of a generator beyond its training set: parts of data sets, and the reports on them.

Source of the reports: Gili et al., arXiv 2201.08770 (fidelity, rate, coverage) and arXiv 2207.13645 (exploration,
precision).
"""

from __future__ import annotations

from qgl.check.calls.arguments import Data, Integer, Interval, Number
from qgl.check.calls.signature_types import Parameter, Signature, optional

PARTS = (
    Signature(
        "data",
        "subset",
        "Some strings of a distribution or rows of a table, drawn without replacement; a distribution stays one, "
        "made to sum to 1.",
        (
            Parameter("data", Data(rule_will_do=True), "the data set to draw from, too large to list perhaps"),
            optional(
                "fraction",
                Number(Interval(0.0, 1.0, open_low=True)),
                None,
                "so large a part, rounded to a whole number",
            ),
            optional("count", Integer(1), None, "or so many"),
            optional("seed", Integer(0), 0, "of the draw; of the same seed, a larger subset holds a smaller one"),
        ),
        one_of=("fraction", "count"),
    ),
    Signature(
        "data",
        "without",
        "What is left of a data set without a part of it: the other strings of a distribution, the other rows of a "
        "table.",
        (
            Parameter("data", Data(rule_will_do=True), "the data set"),
            Parameter("part", Data(), "what is taken away"),
        ),
    ),
)

_ARGUMENTS = (
    Parameter("seen", Data(), "the strings that the model was trained on"),
    Parameter(
        "valid", Data(rule_will_do=True), "the valid strings; or held-out rows, the valid ones being these and `seen`"
    ),
    optional("queries", Integer(1, 10**7), 10_000, "strings that the model is asked for"),
)


def _report(name: str, doc: str) -> Signature:
    return Signature("report", name, doc, _ARGUMENTS)


REPORTS = (
    _report("exploration", "The part of the generated strings that were not seen."),
    _report("fidelity", "Of the generated strings that were not seen, the part that is valid."),
    _report("rate", "The part of the generated strings that is valid and was not seen."),
    _report("coverage", "The part of the valid strings that were not seen which is among the generated ones."),
    _report("precision", "The part of the generated strings that is valid, seen or not."),
)
NAMES = tuple(report.name for report in REPORTS)
