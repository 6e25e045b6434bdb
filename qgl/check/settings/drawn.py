"""Outcomes that may be drawn (`measure q keep drawn;`): in which programs they cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.registers import DrawnUnsupported
from qgl.program.calls.strategies import Gradient
from qgl.program.operations import is_required, may_be_drawn
from qgl.program.program import Program
from qgl.program.rolled import patterns


def drawn_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program whose outcomes may be drawn asks for nothing that does not know of that; reports what does."""
    measured = next(filter(may_be_drawn, patterns(program.operations)), None)
    reasons = [] if measured is None else list(_reasons(program))
    for what in reasons:
        assert measured is not None
        report(DrawnUnsupported(measured.span, what))
    return not reasons


def _reasons(program: Program) -> Iterator[str]:
    if any(map(is_required, patterns(program.operations))):
        yield "where others are required by `postselect`"
    if program.outputs.declared:
        yield "in a program with outputs"
    if program.train.from_shots is not None:
        yield "where the gradient is one from shots"
    if program.train.strategy_name != Gradient.called:
        yield f"where the strategy is `{program.train.strategy_name}`"
