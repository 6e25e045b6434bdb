"""Critics: classical models that tell what a model gives from the data."""

from __future__ import annotations

from qgl.program.calls.arguments import Choice, Integer, Many
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class CriticCall(Call):
    """A call of a critic."""


@call("mlp")
class MLP(CriticCall):
    """A perceptron of several layers, from the bits of a string, as signs 1 and -1, or from a row of numbers to one."""

    widths: tuple[int, ...] = argument(Many(Integer(1, 4096)), "units of each hidden layer")
    activation: str = argument(Choice(("relu", "leaky_relu", "tanh")), "of the hidden layers", default="relu")


CRITICS: Kind[CriticCall] = Kind("critic", "critic", (MLP,))
