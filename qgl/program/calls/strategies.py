"""Strategies of training: how parameters are moved at all."""

from __future__ import annotations

from qgl.program.calls.arguments import NOT_NEGATIVE, POSITIVE, Choice, Integer, Names
from qgl.program.calls.call import Call, Kind, Nested, argument, call
from qgl.program.calls.optimizers import OPTIMIZERS, OptimizerCall
from qgl.record import record

_COUNT = Integer(1, 100_000)


@record
class StrategyCall(Call):
    """A call of a strategy."""


@call("gradient")
class Gradient(StrategyCall):
    """All parameters at every step, along the gradient, by the optimizer."""


@call("stagewise")
class Stagewise(StrategyCall):
    """Along the gradient, layer by layer (Skolik et al. 2020): a stage adds layers; at last all are trained
    together.
    """

    layers: int = argument(Integer(2, 100_000), "how many layers there are")
    steps: int | None = argument(
        Integer(1), "steps of a stage; as many as make all stages equally long by default", default=None
    )
    add: int = argument(_COUNT, "layers that each stage adds", default=1)
    window: int | None = argument(_COUNT, "how many of the latest layers a stage trains; all by default", default=None)
    hold: str = argument(Choice(("drawn", "zero")), "what layers hold that are still to come", default="drawn")
    blocks: int = argument(_COUNT, "parts that take turns in place of all layers together", default=1)
    of: tuple[str, ...] = argument(Names(), "parameters that have layers; found by their shapes by default", default=())


@call("cma")
class CMA(StrategyCall):
    """CMA-ES (Hansen 2016), which asks for losses only: the best of a population move the distribution of the next."""

    population: int | None = argument(
        Integer(3, 100_000), "candidates of a step; 4 + 3 ln(parameters) by default", default=None
    )
    sigma: float = argument(POSITIVE, "standard deviation of the first candidates around the start", default=0.5)


@call("em")
class EM(StrategyCall):
    """Expectation maximisation (Dempster, Laird, Rubin 1977), for classical networks of `prepare` alone."""

    smoothing: float = argument(
        NOT_NEGATIVE,
        "rows that are added to those expected to go each way at every split of a table; of two values, to each count",
        default=0.0,
    )


@call("layerwise_search")
class LayerwiseSearch(StrategyCall):
    """The `random` inputs, one layer after another: the best of several draws is kept. A step is a layer."""

    draws: int = argument(_COUNT, "patterns that are drawn for each layer", default=60)


@call("adversarial")
class Adversarial(StrategyCall):
    """Along the gradient, against the critic of an objective `adversarial`, which moves first in every step."""

    opponent: OptimizerCall = argument(Nested(OPTIMIZERS, "adam(rate = 0.01)"), "the optimizer of the critic")
    steps: int = argument(Integer(1, 1000), "steps of the critic for each step of the model", default=1)


@record
class OwnStrategy(StrategyCall):
    """A strategy that Python hands in, under its own name; it cannot be called in a program."""

    own_name: str

    @property
    def name(self) -> str:
        return self.own_name


STRATEGIES: Kind[StrategyCall] = Kind(
    "strategy", "training strategy", (Gradient, Stagewise, CMA, EM, LayerwiseSearch, Adversarial)
)
BY_GRADIENT = (Gradient.called, Stagewise.called, Adversarial.called)  # strategies that have an optimizer
