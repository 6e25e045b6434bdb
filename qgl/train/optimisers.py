"""Optimisers and schedules of optax by their checked calls: `adam(rate = cosine(0.1, steps = 500))`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import optax

from qgl.check.program import CallSpec, TrainSettings

_MAKERS: Mapping[str, Callable[..., optax.GradientTransformation]] = {
    "adam": optax.adam,
    "adamw": optax.adamw,
    "sgd": optax.sgd,
    "rmsprop": optax.rmsprop,
    "adabelief": optax.adabelief,
    "lion": optax.lion,
}
_OPTAX_NAMES = {"rate": "learning_rate", "epsilon": "eps"}


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
        ValueError: no such optimiser or schedule; the checker lets none of these pass.
    """
    call = settings.optimizer
    if call.name == "lbfgs":
        search = optax.scale_by_zoom_linesearch(max_linesearch_steps=20, initial_guess_strategy="one")
        return Optimiser(optax.lbfgs(memory_size=call.arguments["memory"], linesearch=search), line_search=True)
    if call.name not in _MAKERS:
        raise ValueError(f"no optimiser {call.name!r}")
    arguments = {_OPTAX_NAMES.get(name, name): _value(value) for name, value in call.arguments.items()}
    transformation = _MAKERS[call.name](**arguments)
    if settings.clip is not None:
        transformation = optax.chain(optax.clip_by_global_norm(settings.clip), transformation)
    return Optimiser(optax.with_extra_args_support(transformation), line_search=False)


def schedule(call: CallSpec) -> optax.Schedule:
    """The step size as a function of the number of steps done."""
    a = call.arguments
    match call.name:
        case "constant":
            return optax.constant_schedule(a["rate"])
        case "cosine":
            return optax.cosine_decay_schedule(a["rate"], a["steps"], alpha=a["final"] / a["rate"])
        case "exponential":
            return optax.exponential_decay(a["rate"], a["steps"], a["decay"])
        case "warmup_cosine":
            return optax.warmup_cosine_decay_schedule(0.0, a["rate"], a["warmup"], a["steps"], end_value=a["final"])
    raise ValueError(f"no schedule {call.name!r}")


def _value(argument: Any) -> Any:
    return schedule(argument) if isinstance(argument, CallSpec) else argument
