"""What becomes of programs that require outcomes (`postselect`): how they cannot be trained, and their success."""

from __future__ import annotations

from collections.abc import Callable

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.registers import NothingRequired, PostselectionUnsupported
from qgl.program.calls.reports import Success
from qgl.program.operations import is_required
from qgl.program.program import Program
from qgl.program.rolled import patterns

_WITHOUT = ("layerwise_search", "em")


def postselection_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program with required outcomes can be trained as it says, and one without asks for no success; reports
    why not.
    """
    required = list(filter(is_required, patterns(program.operations)))
    train = program.train
    ways = ["by gradients from shots"] if train.from_shots is not None else []
    ways += [f"by `{name}`" for name in _WITHOUT if train.strategy_name == name]
    for way in ways if required else []:
        report(PostselectionUnsupported(required[0].span, way))
    vain = [] if required else [each for each in (*program.reports, *train.watch) if isinstance(each, Success)]
    for call in vain:
        report(NothingRequired(call.span))
    return not (ways and required) and not vain
