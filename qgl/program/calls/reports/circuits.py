"""Reports on how the circuit runs."""

from __future__ import annotations

from qgl.program.calls.arguments import Data
from qgl.program.calls.call import argument, call
from qgl.program.calls.reports.report import ReportCall


@call("success")
class Success(ReportCall):
    """The probability of the outcomes that `postselect` requires: the part of all runs that is not thrown away."""

    data: str | None = argument(
        Data(of="any"),
        "of a conditional model, the data whose conditions are given, for a mean over them",
        default=None,
    )

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data,)


@call("choices")
class Choices(ReportCall):
    """The probability of each value of the hidden variables that tables prepare and whose measured values decide what
    happens.
    """


@call("trotter_error")
class TrotterError(ReportCall):
    """Total variation distance of the distribution of the circuit as it is emitted, in slices, and a bound by
    commutators.
    """
