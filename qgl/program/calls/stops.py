"""Stopping rules, and how often reports are measured for them."""

from __future__ import annotations

from qgl.program.calls.arguments import NOT_NEGATIVE, Integer, Number
from qgl.program.calls.call import Call, Kind, Nested, argument, call
from qgl.program.calls.reports import REPORTS, ReportCall
from qgl.record import record


@record
class StopCall(Call):
    """A call of a stopping rule."""


@call("target")
class Target(StopCall):
    """Stop once the loss is at or below a value."""

    value: float = argument(Number(), "the value")


@call("plateau")
class Plateau(StopCall):
    """Stop once the best loss has not fallen by `tolerance` in `patience` steps."""

    patience: int = argument(Integer(1), "steps", default=50)
    tolerance: float = argument(NOT_NEGATIVE, "the least fall that counts", default=1e-6)


@call("early")
class Early(StopCall):
    """Stop once a report has not got better for some measurements, and hand out the parameters of its best one."""

    report: ReportCall = argument(Nested(REPORTS, "nll(unseen)"), "what is measured, of the seed's present parameters")
    patience: int = argument(Integer(1), "measurements, each `every` so many steps", default=20)
    tolerance: float = argument(NOT_NEGATIVE, "the least change that counts as better", default=0.0)


STOPS: Kind[StopCall] = Kind("stop", "stopping rule", (Target, Plateau, Early))


@call("every")
class Every(Call):
    """Measure every so many steps."""

    steps: int = argument(Integer(1), "steps from one measurement to the next")


WATCH: Kind[Every] = Kind("watch", "setting of `watch`", (Every,))
