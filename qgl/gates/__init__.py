"""Every gate and named channel of the language: one record each."""

from __future__ import annotations

from qgl.gates.channels import NAMED
from qgl.gates.composed import COMPOSED
from qgl.gates.controlled import CONTROLLED
from qgl.gates.model import Channel, Gate
from qgl.gates.several import SEVERAL
from qgl.gates.single import SINGLE
from qgl.gates.uniform import Gates

__all__ = ["CHANNELS", "GATES"]

GATES: dict[str, Gate] = Gates((gate.name, gate) for gate in (*SINGLE, *SEVERAL, *CONTROLLED, *COMPOSED))
CHANNELS: dict[str, Channel] = {channel.name: channel for channel in NAMED}
