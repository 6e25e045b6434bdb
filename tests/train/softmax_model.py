"""A small stand-in for a model: a distribution over 3 bits whose logits are angles, plus a fixed random field."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from qgl.program.calls import call as calls
from qgl.program.calls.objectives import KL, OfData
from qgl.program.calls.optimizers import OPTIMIZERS, OptimizerCall
from qgl.program.calls.schedules import SCHEDULES
from qgl.program.calls.stops import STOPS
from qgl.program.calls.strategies import STRATEGIES
from qgl.program.program import Program, Term, TrainSettings
from qgl.report.display import Progress, Silent
from qgl.source import Source, Span

SOURCE = Source("softmax.qgl", "visible v[3];\nmodel { }\n")
SPAN = Span(SOURCE, 0, 0)
TARGET = np.array([0.4, 0.05, 0.05, 0.1, 0.05, 0.05, 0.1, 0.2])


def call(name: str, **arguments: Any) -> Any:
    """A call of what training is told: an optimiser, a schedule, a stopping rule, a strategy."""
    table = {each.called: each for kind in (OPTIMIZERS, SCHEDULES, STOPS, STRATEGIES) for each in kind.classes}
    return table[name](**arguments, span=SPAN)


@calls.call("size")
class Size(OfData):
    """A term that the language does not have."""


def settings(optimizer: OptimizerCall | None = None, **options: Any) -> TrainSettings:
    chosen: dict[str, Any] = {
        "optimizer": optimizer or call("adam", rate=0.05),
        "steps": 40,
        "seeds": 3,
        "seed": 7,
        "stop": (),
        "clip": None,
        "time_limit": None,
        "precision": "single",
        "checkpoint": 10,
        "span": None,
    }
    return TrainSettings(**{**chosen, **options})


class SoftmaxModel:
    """KL divergence of a softmax from `TARGET`; `noise` makes the loss stochastic, `breaks` makes it NaN."""

    def __init__(self, noise: float = 0.0, breaks: float | None = None, text: str = SOURCE.text) -> None:
        self.noise, self.breaks = noise, breaks
        self.precision = "single"
        self.files = {SOURCE.name: text}
        self.stochastic = noise > 0
        self.trainable = {"logits": True, "scale": True, "field": False}
        self.program = Program(
            source=Source(SOURCE.name, text),
            constants={"n": 3},
            wires=(),
            visible=(0, 1, 2),
            hidden=(),
            operations=(),
            bits=0,
            parameters=(),
            geometries=(),
            bounds=(),
            data={},
            objective=(Term(1.0, KL("", span=SPAN)), Term(0.01, Size("", span=SPAN))),
            train=settings(),
            reports=(),
        )

    def init(self, key: jax.Array) -> dict[str, jax.Array]:
        a, b = jax.random.split(key)
        return {
            "logits": jax.random.normal(a, (8,)),
            "scale": jnp.ones(()),
            "field": 0.1 * jax.random.normal(b, (8,)),
        }

    def terms(
        self, params: dict[str, jax.Array], key: jax.Array | None = None
    ) -> tuple[jax.Array, dict[str, jax.Array]]:
        logits = params["scale"] * params["logits"] + jax.lax.stop_gradient(params["field"])
        log_p = jax.nn.log_softmax(logits)
        kl = jnp.sum(jnp.asarray(TARGET, log_p.dtype) * (jnp.log(jnp.asarray(TARGET, log_p.dtype)) - log_p))
        if self.noise:
            assert key is not None
            kl = kl + self.noise * jnp.dot(jax.random.normal(key, (8,)), log_p)
        size = jnp.sum(params["logits"] ** 2)
        if self.breaks is not None:
            kl = jnp.where(kl < self.breaks, jnp.nan, kl)
        return kl + 0.01 * size, {"kl": kl, "size": size}


class Notes(Silent):
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.steps: list[int] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    def update(self, progress: Progress) -> None:
        self.steps.append(progress.step)
