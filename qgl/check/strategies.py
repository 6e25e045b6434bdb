"""The strategies of training as a program calls them."""

from __future__ import annotations

from qgl.check.arguments import Integer
from qgl.check.layers import SEARCH
from qgl.check.signature_types import Signature, optional

STRATEGY_TABLE = (
    Signature("strategy", "gradient", "All parameters at every step, along the gradient, by the optimizer.", ()),
    Signature(
        "strategy",
        SEARCH,
        "The `random` inputs, one layer after another: the best of several draws is kept. A step is a layer.",
        (optional("draws", Integer(1, 100_000), 60, "patterns that are drawn for each layer"),),
    ),
)
BY_GRADIENT = ("gradient",)  # strategies that have an optimizer
LATER = ("adversarial", "em")  # strategies that systems to come need
OF_RANDOM = (SEARCH,)  # strategies that move what `random` declares, too
