"""The strategies of training as a program calls them, and what of `train` each has a use for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from qgl.check.calls.arguments import Integer
from qgl.check.calls.signature_types import POSITIVE, Signature, optional
from qgl.check.settings import stages
from qgl.check.settings.layers import SEARCH
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.strategies import TooManyForCma, UnusedByStrategy
from qgl.program.program import Program, TrainSettings
from qgl.source import Span

STRATEGY_TABLE = (
    Signature("strategy", "gradient", "All parameters at every step, along the gradient, by the optimizer.", ()),
    stages.SIGNATURE,
    Signature(
        "strategy",
        "cma",
        "CMA-ES (Hansen 2016), which asks for losses only: the best of a population move the distribution of the next.",
        (
            optional("population", Integer(3, 100_000), None, "candidates of a step; 4 + 3 ln(parameters) by default"),
            optional("sigma", POSITIVE, 0.5, "standard deviation of the first candidates around the start"),
        ),
    ),
    Signature(
        "strategy",
        "em",
        "Expectation maximisation (Dempster, Laird, Rubin 1977), for classical networks of `prepare` alone.",
        (),
    ),
    Signature(
        "strategy",
        SEARCH,
        "The `random` inputs, one layer after another: the best of several draws is kept. A step is a layer.",
        (optional("draws", Integer(1, 100_000), 60, "patterns that are drawn for each layer"),),
    ),
)
BY_GRADIENT = ("gradient", stages.STAGEWISE)  # strategies that have an optimizer
LATER = ("adversarial",)  # strategies that systems to come need
_OF_GRADIENTS = ("optimizer", "clip", "gradient", "engine")
MOST_BY_CMA = 4000  # parameters: two matrices of 128 MB for each seed
OF_RANDOM = (SEARCH,)  # strategies that move what `random` declares, too


def method_words(settings: TrainSettings) -> str:
    """How parameters are moved, for titles: `adam`, `stagewise adam`, `cma`."""
    name = settings.strategy_name
    if name not in BY_GRADIENT:
        return name
    return settings.optimizer.name if name == "gradient" else f"{name} {settings.optimizer.name}"


def cost_words(program: Program) -> tuple[str, ...]:
    """What the strategy of a program asks for at a step, where that is not one value and gradient."""
    settings = program.train
    each = f" for each of {settings.seeds} seeds" if settings.seeds > 1 else ""
    if settings.strategy is None or settings.strategy_name == "gradient":
        return ()
    given = settings.strategy.arguments
    if settings.strategy_name == stages.STAGEWISE:
        found = stages.stages_of(program, settings)
        return found.words() if isinstance(found, stages.Stages) else ()
    if settings.strategy_name == "cma":
        size = _trained(program)
        population = given["population"] or 4 + int(3 * math.log(max(1, size)))
        memory = f"{2 * size**2:,} numbers of {size:,} parameters are kept{each}"
        return (f"training by cma: {1 + population:,} losses a step{each}, and no gradient; {memory}",)
    if settings.strategy_name == SEARCH:
        return (f"training by {SEARCH}: {given['draws']:,} losses a step{each}, and no gradient",)
    return ()


def cma_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether `cma` can keep its matrices of the parameters, if a program asks for it; a fault is reported."""
    settings, size = program.train, _trained(program)
    if settings.strategy is None or settings.strategy_name != "cma" or size <= MOST_BY_CMA:
        return True
    report(TooManyForCma(settings.strategy.span, size, MOST_BY_CMA))
    return False


def _trained(program: Program) -> int:
    """How many numbers are trained."""
    return sum(parameter.size for parameter in program.parameters if parameter.kind == "param")


def strategy_faults(settings: TrainSettings, given: Mapping[str, Span]) -> Iterator[UnusedByStrategy]:
    """Settings that were `given`, and where, that the strategy has no use for."""
    if settings.strategy_name not in BY_GRADIENT:
        for name in _OF_GRADIENTS:
            if name in given:
                yield UnusedByStrategy(given[name], settings.strategy_name, name)
