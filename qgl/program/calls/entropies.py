"""How the entropy of many qubits is taken from that of few."""

from __future__ import annotations

from qgl.program.calls.arguments import Integer
from qgl.program.calls.call import Call, Kind, argument, call


@call()
class EntropyCall(Call):
    """A call of an approximation of the von Neumann entropy."""


@call("markov")
class Markov(EntropyCall):
    """The sum over qubits of S(qubit and those before it) - S(those before it), in order of declaration: at least S."""

    radius: int = argument(Integer(1, 7), "how many qubits before a qubit are looked at")


ENTROPIES: Kind[EntropyCall] = Kind("entropy", "entropy", (Markov,))
