"""The names of rows: a report as a program writes it, with everything that tells it from others of its kind."""

from __future__ import annotations

from typing import Any

from qgl.program.calls.arguments import BitString, Choice, Data, Region
from qgl.program.calls.call import Call, Parameter, parameters, written
from qgl.program.calls.entropies import EntropyCall
from qgl.program.calls.kernels import KernelCall
from qgl.program.calls.operators import Spins
from qgl.program.calls.reports import MarkovGap, ReportCall


def title(call: ReportCall) -> str:
    """`kl(spins)`, `mmd(spins, hamming(sigma = 1), weight = 2)`: no two different reports have the same."""
    parts = [_shown(call, parameter, value) for parameter, value in _told(call)]
    return f"{call.name}({', '.join(parts)})"


def _told(call: Call) -> list[tuple[Parameter, Any]]:
    """The arguments that are not at their defaults."""
    given = [(parameter, getattr(call, parameter.name)) for parameter in parameters(type(call))]
    return [(parameter, value) for parameter, value in given if value is not None and value != parameter.default]


def _shown(call: ReportCall, parameter: Parameter, value: Any) -> str:
    match parameter.type:
        case Data() | Choice():
            return str(value)
        case Region():
            return _positions(value)
        case BitString():
            return f'"{value}"'
        case Spins():
            return str(value)
        case _ if isinstance(value, KernelCall | EntropyCall):
            return _nested(value)
        case _ if isinstance(call, MarkovGap):
            return str(value)
        case _:
            single = isinstance(value, tuple) and len(value) == 1 and not isinstance(value[0], str)
            return f"{parameter.name} = {written(value[0] if single else value)}"


def _nested(kernel: Call) -> str:
    """`gaussian(variance = [0.5, 2])`."""
    given = [
        f"{parameter.name} = {_list(value) if isinstance(value, tuple) else written(value)}"
        for parameter, value in _told(kernel)
    ]
    return f"{kernel.name}({', '.join(given)})"


def _list(values: tuple[float, ...]) -> str:
    shown = [f"{value:.6g}" for value in values]
    return shown[0] if len(shown) == 1 else f"[{', '.join(shown)}]"


def _positions(region: tuple[int, ...]) -> str:
    """`[3, 5]`, or `[3..7]` for a row of neighbours."""
    if len(region) > 2 and region == tuple(range(region[0], region[-1] + 1)):
        return f"[{region[0]}..{region[-1]}]"
    return f"[{', '.join(map(str, region))}]"
