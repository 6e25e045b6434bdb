"""Critics: models, classical or quantum, that tell what a model gives from the data."""

from __future__ import annotations

from qgl.program.calls.arguments import Choice, Integer, Many
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.program.calls.operators import AppliedChannel, Channels
from qgl.record import record


@record
class CriticCall(Call):
    """A call of a critic."""


@call("mlp")
class MLP(CriticCall):
    """A perceptron of several layers, from the bits of a string, as signs 1 and -1, or from a row of numbers to one."""

    widths: tuple[int, ...] = argument(Many(Integer(1, 4096)), "units of each hidden layer")
    activation: str = argument(Choice(("relu", "leaky_relu", "tanh")), "of the hidden layers", default="relu")


@call("circuit")
class CircuitCritic(CriticCall):
    """A layer or channel of the program, of which the probability of 0 of one of its qubits, measured at its end, is
    that of the data: for a state of an ensemble, or for a string as a basis state.
    """

    channel: AppliedChannel = argument(Channels(), "what acts on each state, with parameters of its own")
    qubit: int = argument(Integer(0, 7), "which of its qubits is measured", default=0)


CRITICS: Kind[CriticCall] = Kind("critic", "critic", (MLP, CircuitCritic))
