"""Methods of training, optimisers and schedules by their checked calls: `adam(rate = cosine(0.1, steps = 500))`.

Names, arguments and what they are called in optax stand in the tables of `qgl.check.calls.callables`.
"""

from __future__ import annotations

from typing import Any

import jax
import optax

from qgl.check.calls.callables import SIGNATURES
from qgl.program.program import CallSpec, TrainSettings
from qgl.train.line_search import LineSearch
from qgl.train.methods import Evaluate, Look, Method, Terms
from qgl.train.trainable import Params


class GradientMethod:
    """An optimiser of optax."""

    def __init__(self, optimiser: optax.GradientTransformation) -> None:
        self._optimiser = optimiser

    def initial(self, params: Params, loss: jax.Array, terms: Terms) -> Any:
        return self._optimiser.init(params)

    def look(self, params: Params, memory: Any, evaluate: Evaluate, idle: jax.Array) -> Look:
        (loss, terms), gradient = evaluate(params)
        return Look(params, loss, terms, gradient, memory)

    def move(self, look: Look) -> tuple[Params, Any]:
        updates, memory = self._optimiser.update(look.gradient, look.memory, look.params)
        return optax.apply_updates(look.params, updates), memory


def method(settings: TrainSettings) -> Method:
    """The method that `settings` name."""
    if settings.optimizer.name == "lbfgs":
        return LineSearch(settings.optimizer.arguments["memory"])
    return GradientMethod(gradient_optimiser(settings))


def gradient_optimiser(settings: TrainSettings) -> optax.GradientTransformation:
    """The optimiser that `settings` name, with clipping by the global norm before it.

    Raises:
        KeyError: no such optimiser or schedule; the checker lets none of these pass.
    """
    transformation: optax.GradientTransformation = _made("optimizer", settings.optimizer, settings)
    if settings.clip is None:
        return transformation
    return optax.chain(optax.clip_by_global_norm(settings.clip), transformation)


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
    if kind == "schedule" and "decay_steps" in given:  # a training may end before the rate falls: it only rises then
        given["decay_steps"] = max(given["decay_steps"], given.get("warmup_steps", 0) + 1)
    return given
