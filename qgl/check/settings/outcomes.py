"""What a program that requires outcomes (`postselect`) cannot be trained by."""

from __future__ import annotations

from collections.abc import Callable

from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.registers import PostselectionUnsupported
from qgl.program.operations import Measurement
from qgl.program.program import Program

_WITHOUT = ("layerwise_search", "em")


def postselection_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program that requires outcomes can be trained as it says; reports why not."""
    required = [each for each in program.operations if isinstance(each, Measurement) and each.required is not None]
    train = program.train
    ways = ["by gradients from shots"] if train.from_shots is not None else []
    ways += [f"by `{name}`" for name in _WITHOUT if train.strategy_name == name]
    for way in ways if required else []:
        report(PostselectionUnsupported(required[0].span, way))
    return not (ways and required)
