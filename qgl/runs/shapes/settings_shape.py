"""What the settings in a manifest may be: nothing that a program could not say reaches an optimiser or an array."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import NoneType
from typing import Any

from qgl.check.calls.arguments import Integer, Number, UnfitError
from qgl.check.calls.callables import SIGNATURES
from qgl.runs.shapes.entries import Bounded, Several, fault

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
}
_KINDS = {"optimizer": "optimizer", "stop": "stop", "gradient": "gradient", "strategy": "strategy", "watch": "report"}


def settings_fault(settings: Mapping[str, Any]) -> str:
    """What is wrong with the first setting that is not as it should be, "" for sound ones."""
    found = fault(settings, _SHAPE, "settings")
    unknown = sorted(set(settings) - set(_SHAPE))
    if found or unknown:
        return found or f"`settings` has an entry {unknown[0][:40]!r}"
    for name, kind in _KINDS.items():
        value = settings[name]
        for call in value if isinstance(value, list) else [value] if value is not None else []:
            wrong = next(_faults(call, kind), "")
            if wrong:
                return f"`settings.{name}`: {wrong}"
    return ""


def _faults(call: Mapping[str, Any], kind: str) -> Iterator[str]:
    """Names of arguments that a call has not, and numbers beyond what it takes. A strategy may be a user's own."""
    signature = SIGNATURES[kind].get(call["call"])
    if signature is None:
        if kind != "strategy" or call["arguments"]:
            yield f"there is no {kind} {call['call'][:40]!r} of these arguments"
        return
    known = {parameter.name: parameter for parameter in signature.parameters}
    yield from (f"`{signature.name}` has no argument {name[:40]!r}" for name in call["arguments"] if name not in known)
    for name, parameter in known.items():
        if name not in call["arguments"]:
            if parameter.required:
                yield f"`{signature.name}` lacks `{name}`"
            continue
        value = call["arguments"][name]
        if isinstance(value, dict):
            wrong = fault(value, _CALL, name)
            if wrong:
                yield wrong
                continue
            yield from _faults(value, "schedule" if value["call"] in SIGNATURES["schedule"] else "report")
        elif isinstance(parameter.type, Number | Integer) and value is not None:
            try:
                parameter.type.take(value)
            except UnfitError as unfit:
                yield f"`{name}` cannot be {unfit}"
