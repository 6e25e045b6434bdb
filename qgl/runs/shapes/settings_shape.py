"""What the settings in a manifest may be: nothing that a program could not say reaches an optimiser or an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from qgl.program.calls.arguments import (
    ArgumentType,
    BareName,
    Choice,
    Data,
    Interval,
    Names,
    Number,
    PlainType,
    Region,
    UnfitError,
    describe,
)
from qgl.program.calls.call import Kind, Rate, parameters
from qgl.program.calls.gradients import APPROXIMATIONS, GRADIENTS
from qgl.program.calls.operators import Spins, SpinTerms
from qgl.program.calls.optimizers import OPTIMIZERS
from qgl.program.calls.reports import REPORTS
from qgl.program.calls.stops import STOPS
from qgl.program.calls.strategies import STRATEGIES
from qgl.runs.shapes.entries import Bounded, Several, fault

STEP_SIZE = Number(Interval(0.0, open_low=True))
_CALL = {"call": str, "arguments": dict}
_POSITIVE = (NoneType, Bounded(0, 1e308, real=True))
_SHAPE: dict[str, Any] = {
    "optimizer": _CALL,
    "steps": Bounded(),
    "seeds": Bounded(1, 100_000),
    "seed": Bounded(),
    "stop": Several(_CALL),
    "clip": _POSITIVE,
    "time_limit": _POSITIVE,
    "precision": ("single", "double"),
    "checkpoint": Bounded(1),
    "batch": (NoneType, Bounded(1)),
    "gradient": (NoneType, _CALL),
    "engine": str,
    "strategy": (NoneType, _CALL),
    "watch": Several(_CALL),
    "every": Bounded(1),
    "approximate": (NoneType, _CALL),
}
CALLS_OF: Mapping[str, Kind[Any]] = {
    "optimizer": OPTIMIZERS,
    "stop": STOPS,
    "gradient": GRADIENTS,
    "strategy": STRATEGIES,
    "approximate": APPROXIMATIONS,
    "watch": REPORTS,
}
"""The settings that are calls."""


def settings_fault(settings: Mapping[str, Any]) -> str:
    """What is wrong with the first setting that is not as it should be, "" for sound ones."""
    fault_text = fault(settings, _SHAPE, "settings")
    unknown = sorted(set(settings) - set(_SHAPE))
    if fault_text or unknown:
        return fault_text or f"`settings` has an entry {unknown[0][:40]!r}"
    for name, kind in CALLS_OF.items():
        value = settings[name]
        for call in value if isinstance(value, list) else [value] if value is not None else []:
            wrong = next(_faults(call, kind), "")
            if wrong:
                return f"`settings.{name}`: {wrong}"
    return ""


def _faults(call: Mapping[str, Any], kind: Kind[Any]) -> Iterator[str]:
    """Names of arguments that a call has not, and values that it cannot take. A strategy may be a user's own."""
    callee = kind.table.get(call["call"])
    if callee is None:
        if kind is not STRATEGIES or call["arguments"]:
            yield f"there is no {kind.name} {call['call'][:40]!r} of these arguments"
        return
    known = {parameter.name: parameter for parameter in parameters(callee)}
    yield from (f"`{callee.called}` has no argument {name[:40]!r}" for name in call["arguments"] if name not in known)
    for name, parameter in known.items():
        if name not in call["arguments"]:
            if parameter.required:
                yield f"`{callee.called}` lacks `{name}`"
            continue
        value = call["arguments"][name]
        if isinstance(value, dict):
            wrong = fault(value, _CALL, name)
            if wrong or parameter.calls is None:
                yield wrong or f"`{name}` is no call"
                continue
            yield from _faults(value, parameter.calls)
        elif value is not None or parameter.required or parameter.default is not None:
            wrong = _misfit(value, parameter.type)
            if wrong:
                yield f"`{name}` cannot be {wrong[:40]}"


def _misfit(value: Any, kind: ArgumentType[Any]) -> str:
    """What a value is that an argument cannot have, "" for one that it can; calls are looked at by `_faults`."""
    if isinstance(kind, Rate):
        kind = STEP_SIZE
    if isinstance(kind, PlainType):
        try:
            SpinTerms.of_plain(value) if isinstance(kind, Spins) else kind.take(value)
        except UnfitError as unfit:
            return str(unfit) or describe(value)
        return ""
    match kind:
        case Choice(options=options):
            fits = value in options
        case Names():
            fits = fault(value, Several(str)) == ""
        case Region():
            fits = fault(value, Several(Bounded())) == ""
        case BareName() | Data():
            fits = isinstance(value, str)
        case _:
            fits = False  # of what is always a call
    return "" if fits else describe(value)
