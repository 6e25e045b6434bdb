"""Optimisers and schedules of optax by their checked calls: `adam(rate = cosine(0.1, steps = 500))`.

Names, arguments and what they are called in optax stand in the tables of `qgl.check.callables`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import optax

from qgl.check.callables import SIGNATURES
from qgl.check.program import CallSpec, TrainSettings

_LINE_SEARCH_STEPS = 20


@dataclass(frozen=True, slots=True)
class Optimiser:
    """A transformation of gradients; `line_search` says that it asks for the loss itself (L-BFGS).

    The state of a line search holds the loss and gradient at the present parameters under `value` and `grad`.
    """

    transformation: optax.GradientTransformationExtraArgs
    line_search: bool


def optimiser(settings: TrainSettings) -> Optimiser:
    """The optimiser that `settings` name, with clipping by the global norm before it.

    Raises:
        KeyError: no such optimiser or schedule; the checker lets none of these pass.
    """
    call = settings.optimizer
    if call.name == "lbfgs":
        search = optax.scale_by_zoom_linesearch(_LINE_SEARCH_STEPS, initial_guess_strategy="one")
        return Optimiser(optax.lbfgs(**_arguments("optimizer", call, settings), linesearch=search), line_search=True)
    transformation = _made("optimizer", call, settings)
    if settings.clip is not None:
        transformation = optax.chain(optax.clip_by_global_norm(settings.clip), transformation)
    return Optimiser(optax.with_extra_args_support(transformation), line_search=False)


def _made(kind: str, call: CallSpec, settings: TrainSettings) -> Any:
    return getattr(optax, SIGNATURES[kind][call.name].factory)(**_arguments(kind, call, settings))


def _arguments(kind: str, call: CallSpec, settings: TrainSettings) -> dict[str, Any]:
    """The arguments of optax's function; a schedule without `steps` runs over those of the training."""
    given = {}
    for parameter in SIGNATURES[kind][call.name].parameters:
        value = call.arguments[parameter.name]
        if isinstance(value, CallSpec):
            value = _made("schedule", value, settings)
        elif kind == "schedule" and parameter.name == "steps" and value is None:
            value = settings.steps
        given[parameter.target or parameter.name] = value
    return given
