"""Every gate and named channel of the language: one record each."""

from __future__ import annotations

import re
from collections.abc import Iterable

from qgl.gates.channels import NAMED
from qgl.gates.controlled import CONTROLLED
from qgl.gates.model import Channel, Gate
from qgl.gates.several import SEVERAL
from qgl.gates.single import SINGLE

__all__ = ["CHANNELS", "GATES", "qasm_order", "qasm_uses"]

GATES: dict[str, Gate] = {gate.name: gate for gate in (*SINGLE, *SEVERAL, *CONTROLLED)}
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in NAMED}

_CALLS = re.compile(r"(?:^|;|@)\s*([a-z]\w*)(?=[\s(])(?!\s*@)")


def qasm_uses(name: str) -> tuple[str, ...]:
    """The gates that the OpenQASM definition of gate `name` calls, `U` and `gphase` aside."""
    calls = _CALLS.findall(GATES[name].qasm_body or "")
    return tuple(dict.fromkeys(call for call in calls if call in GATES))


def qasm_order(names: Iterable[str]) -> tuple[str, ...]:
    """`names` and all gates that their OpenQASM definitions need, every one after those that it calls."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        for used in qasm_uses(name):
            add(used)
        order.setdefault(name)

    for name in names:
        add(name)
    return tuple(order)
