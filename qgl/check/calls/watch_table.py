"""The tables of what is measured while a model trains, and of stopping by it."""

from __future__ import annotations

from qgl.check.calls.arguments import Integer, Nested
from qgl.check.calls.signature_types import NOT_NEGATIVE, Parameter, Signature, optional

EVERY = 10  # steps between two measurements, where a program does not say
LESS, MORE = 1, -1

BETTER = {
    **dict.fromkeys(("kl", "tv", "nll", "mmd", "moments", "markov_gap"), LESS),
    **dict.fromkeys(("valid_rate", "fidelity", "rate", "coverage", "precision"), MORE),
}
"""Whether less or more of a report is better; of the others it cannot be said."""

WATCH = (
    Signature(
        "watch",
        "every",
        "Measure every so many steps.",
        (Parameter("steps", Integer(1), "steps from one measurement to the next"),),
    ),
)

EARLY = Signature(
    "stop",
    "early",
    "Stop once a report has not got better for some measurements, and hand out the parameters of its best one.",
    (
        Parameter("report", Nested("report", "nll(unseen)"), "what is measured, of the seed's present parameters"),
        optional("patience", Integer(1), 20, "measurements, each `every` so many steps"),
        optional("tolerance", NOT_NEGATIVE, 0.0, "the least change that counts as better"),
    ),
)
