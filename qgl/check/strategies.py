"""The strategies of training as a program calls them."""

from __future__ import annotations

from qgl.check.signature_types import Signature

STRATEGY_TABLE = (
    Signature("strategy", "gradient", "All parameters at every step, along the gradient, by the optimizer.", ()),
)
BY_GRADIENT = ("gradient",)  # strategies that have an optimizer
LATER = ("adversarial", "em")  # strategies that systems to come need
OF_RANDOM: tuple[str, ...] = ()  # strategies that move what `random` declares, too
