"""Schedules of the rate of an optimiser."""

from __future__ import annotations

from qgl.program.calls.arguments import NOT_NEGATIVE, POSITIVE, Integer, Interval, Number
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class ScheduleCall(Call):
    """A call of a schedule."""


def _steps() -> int | None:
    return argument(Integer(1), "steps to the end; those of `train` by default", default=None)


@call("constant")
class Constant(ScheduleCall):
    """The same rate at every step."""

    rate: float = argument(POSITIVE, "the rate")


@call("cosine")
class Cosine(ScheduleCall):
    """Half a period of a cosine, from the rate down to `final` times it."""

    rate: float = argument(POSITIVE, "the rate at its highest")
    steps: int | None = _steps()
    final: float = argument(Number(Interval(0, 1)), "final fraction of the rate", default=0.0)


@call("exponential")
class Exponential(ScheduleCall):
    """The rate times decay^(step / every)."""

    rate: float = argument(POSITIVE, "the rate at its highest")
    decay: float = argument(Number(Interval(0, 1, open_low=True)), "factor")
    every: int = argument(Integer(1), "steps in which the factor is reached", default=1)


@call("warmup_cosine")
class WarmupCosine(ScheduleCall):
    """A straight rise from 0 in `warmup` steps, then a cosine down to `final`."""

    rate: float = argument(POSITIVE, "the rate at its highest")
    warmup: int = argument(Integer(1), "steps of the rise")
    steps: int | None = _steps()
    initial: float = argument(NOT_NEGATIVE, "the rate at the first step", default=0.0)
    final: float = argument(NOT_NEGATIVE, "the rate at the last step", default=0.0)


SCHEDULES: Kind[ScheduleCall] = Kind("schedule", "schedule", (Constant, Cosine, Exponential, WarmupCosine))
