"""Methods of training, optimisers and schedules by their checked calls: `adam(rate = cosine(0.1, steps = 500))`.

Optimisers and their arguments have optax's names, but for the rate.
"""

from __future__ import annotations

from typing import Any

import jax
import optax

from qgl.program.calls.call import arguments
from qgl.program.calls.optimizers import LBFGS, OptimizerCall, Rate
from qgl.program.calls.schedules import Constant, Cosine, Exponential, WarmupCosine
from qgl.program.program import TrainSettings
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
    if isinstance(settings.optimizer, LBFGS):
        return LineSearch(settings.optimizer.memory)
    return GradientMethod(gradient_optimiser(settings))


def gradient_optimiser(settings: TrainSettings) -> optax.GradientTransformation:
    """The optimiser that `settings` name, with clipping by the global norm before it."""
    transformation = optimiser_of(settings.optimizer, settings.steps)
    if settings.clip is None:
        return transformation
    return optax.chain(optax.clip_by_global_norm(settings.clip), transformation)


def optimiser_of(call: OptimizerCall, steps: int) -> optax.GradientTransformation:
    """The optimiser of a call, a schedule of its rate running over `steps`."""
    given = arguments(call)
    rate = optax_rate(given.pop("rate"), steps)
    transformation: optax.GradientTransformation = getattr(optax, call.name)(learning_rate=rate, **given)
    return transformation


def optax_rate(rate: Rate, steps: int) -> float | optax.Schedule:
    """A rate as optax takes it; a schedule without `steps` of its own runs over those of the training."""
    match rate:
        case Constant():
            return optax.constant_schedule(rate.rate)
        case Cosine():
            return optax.cosine_decay_schedule(rate.rate, max(rate.steps or steps, 1), rate.final)
        case Exponential():
            return optax.exponential_decay(rate.rate, rate.every, rate.decay)
        case WarmupCosine():  # a training may end before the rate falls: it only rises then
            decay = max(rate.steps or steps, rate.warmup + 1)
            return optax.warmup_cosine_decay_schedule(rate.initial, rate.rate, rate.warmup, decay, rate.final)
        case float() | int():
            return rate
        case _:
            raise ValueError(f"no schedule `{rate.name}`")
