"""What a strategy of training costs, and what of `train` it has a use for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping

from qgl.check.settings import stages
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.strategies import TooManyForCma, UnusedByStrategy
from qgl.program.calls.strategies import BY_GRADIENT, CMA, Adversarial, LayerwiseSearch, Stagewise
from qgl.program.program import Program, TrainSettings
from qgl.source import Span

_OF_GRADIENTS = ("optimizer", "clip", "gradient", "engine")
MOST_BY_CMA = 4000  # parameters: two matrices of 128 MB for each seed
OF_RANDOM = (LayerwiseSearch.called,)  # strategies that move what `random` declares, too


def method_text(settings: TrainSettings) -> str:
    """How parameters are moved, for titles: `adam`, `stagewise adam`, `cma`."""
    name = settings.strategy_name
    if name not in BY_GRADIENT:
        return name
    return settings.optimizer.name if name == "gradient" else f"{name} {settings.optimizer.name}"


def cost_text(program: Program) -> tuple[str, ...]:
    """What the strategy of a program asks for at a step, where that is not one value and gradient."""
    settings = program.train
    each = f" for each of {settings.seeds} seeds" if settings.seeds > 1 else ""
    match settings.strategy:
        case Stagewise():
            chosen = stages.stages_of(program, settings)
            return chosen.wording() if isinstance(chosen, stages.Stages) else ()
        case CMA(population=given):
            size = _trained(program)
            population = given or 4 + int(3 * math.log(max(1, size)))
            memory = f"{2 * size**2:,} numbers of {size:,} parameters are kept{each}"
            return (f"training by cma: {1 + population:,} losses a step{each}, and no gradient; {memory}",)
        case Adversarial(steps=steps, opponent=opponent):
            moves = f"{steps:,} step{'s' * (steps != 1)} of the critic by {opponent.name}, each over all there is"
            return (f"training by adversarial: {moves}, before each step of the circuit{each}",)
        case LayerwiseSearch(draws=draws, name=name):
            return (f"training by {name}: {draws:,} losses a step{each}, and no gradient",)
        case _:
            return ()


def cma_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether `cma` can keep its matrices of the parameters, if a program asks for it; a fault is reported."""
    settings, size = program.train, _trained(program)
    if not isinstance(settings.strategy, CMA) or size <= MOST_BY_CMA:
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
