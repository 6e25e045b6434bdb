"""What is drawn anew at each step of training (`draws 64 anew`), or found anew at some: how it cannot be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.runs import UnfitForLineSearch
from qgl.diagnostics.shots import UnfitShotSettings
from qgl.diagnostics.training import UnfitForRefresh
from qgl.program.calls.optimizers import LBFGS
from qgl.program.calls.strategies import BY_GRADIENT
from qgl.program.program import Parameter, Program, TrainSettings


def anew_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program can be trained as it says, as far as that goes; reports why not."""
    faults = [*anew_faults(program.parameters, program.train), *_refresh_faults(program.parameters, program.train)]
    for fault in faults:
        report(fault)
    return not faults


def anew_faults(parameters: Iterable[Parameter], settings: TrainSettings) -> Iterator[Diagnostic]:
    """Why a program with such latents cannot be trained as its settings say."""
    renewed = next((each for each in parameters if each.anew), None)
    if renewed is None:
        return
    if settings.from_shots is not None:
        text = f"a step from shots is measured on one set of draws: `{renewed.name}` cannot be drawn anew"
        yield UnfitShotSettings(renewed.span, text, "leave out `anew`, or take `gradient exact;`")
    if isinstance(settings.optimizer, LBFGS):
        what = f"with `{renewed.name}` drawn anew at each step"
        yield UnfitForLineSearch(settings.optimizer.span, what, "leave out `anew`, or choose `adam`")


def _refresh_faults(parameters: Iterable[Parameter], settings: TrainSettings) -> Iterator[Diagnostic]:
    """Why the words of truncated answers cannot be kept for some steps."""
    approximate, strategy = settings.approximate, settings.strategy_name
    if approximate is None or approximate.refresh is None:
        return
    renewed = next((each for each in parameters if each.anew), None)
    if renewed is not None:
        yield UnfitForRefresh(approximate.span, f"`{renewed.name}` is drawn anew, so that each step has other circuits")
    elif strategy not in BY_GRADIENT:
        yield UnfitForRefresh(approximate.span, f"`{strategy}` is not along the gradient of one circuit")
