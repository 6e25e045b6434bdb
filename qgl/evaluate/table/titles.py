"""The names of rows: a report as a program writes it, with everything that tells it from others of its kind."""

from __future__ import annotations

from typing import Any

from qgl.check.calls.signature_types import written
from qgl.program.program import CallSpec

_DEFAULTS: dict[str, Any] = {"combine": "mean", "of": "bits", "queries": 10_000, "kind": "classical"}
_REACH_OF_LENGTHS = 8  # of `correlation_length`, by default


def title(call: CallSpec) -> str:
    """`kl(spins)`, `mmd(spins, hamming(sigma = 1), weight = 2)`: no two different reports have the same."""
    arguments = call.arguments
    parts = [arguments.get(name) or "" for name in ("data", "seen", "valid")]
    if call.name == "cmi":
        parts = [_positions(arguments[key]) for key in "abc"]
    if call.name in ("entropy", "hamming_distance") and arguments.get("region") is not None:
        parts = [_positions(arguments["region"])]
    if call.name == "markov_gap":
        parts = [str(arguments["radius"])]
    if isinstance(arguments.get("kernel"), CallSpec):
        parts.append(_kernel(arguments["kernel"]))
    parts += _options(call)
    return f"{call.name}({', '.join(filter(None, parts))})"


def _options(call: CallSpec) -> list[str]:
    """What is not at its default, beside data sets, regions and kernels."""
    found = {name: call.arguments.get(name) for name in ("words", "samples", "weight", "reach", "queries")}
    if call.name == "correlation_length" and found["reach"] == _REACH_OF_LENGTHS:
        found["reach"] = None
    shown = [f"{name} = {written(value)}" for name, value in found.items() if value not in (None, _DEFAULTS.get(name))]
    return [*shown, *(["quantum"] if call.arguments.get("kind") == "quantum" else [])]


def _kernel(kernel: CallSpec) -> str:
    """`gaussian(variance = [0.5, 2])`."""
    given = [
        f"{name} = {_list(value) if isinstance(value, tuple | list) else written(value)}"
        for name, value in kernel.arguments.items()
        if value is not None and value != _DEFAULTS.get(name)
    ]
    return f"{kernel.name}({', '.join(given)})"


def _list(values: tuple[float, ...] | list[float]) -> str:
    shown = [f"{value:.6g}" for value in values]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _positions(region: tuple[int, ...]) -> str:
    """`[3, 5]`, or `[3..7]` for a row of neighbours."""
    if len(region) > 2 and region == tuple(range(region[0], region[-1] + 1)):
        return f"[{region[0]}..{region[-1]}]"
    return f"[{', '.join(map(str, region))}]"
