"""Rules by which a gradient is made."""

from __future__ import annotations

from qgl.program.calls.arguments import POSITIVE, Integer
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class GradientCall(Call):
    """A call of a rule of gradients."""


@call("exact")
class Exact(GradientCall):
    """The derivative itself, by simulation."""


@call()
class FromShots(GradientCall):
    """A rule that makes a gradient of the strings that an engine draws."""

    shots: int = argument(Integer(2, 10**7), "strings that the engine draws of each circuit")


@call("parameter_shift")
class ParameterShift(FromShots):
    """Unbiased, from strings of the circuit and of two or four more for each angle (Liu and Wang 2018)."""


@call("spsa")
class SPSA(FromShots):
    """Differences along directions drawn at random, from strings of two circuits for each (Spall 1992)."""

    step: float = argument(POSITIVE, "how far the parameters are moved to both sides", default=0.1)
    directions: int = argument(Integer(1, 10_000), "directions at each step, whose mean is taken", default=1)


GRADIENTS: Kind[GradientCall] = Kind("gradient", "gradient rule", (Exact, ParameterShift, SPSA))
