"""What all reports have."""

from __future__ import annotations

from qgl.program.calls.arguments import Data
from qgl.program.calls.call import Call, argument, call
from qgl.record import record


@record
class ReportCall(Call):
    """A call of a report."""

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets that it looks at."""
        return ()

    @property
    def regions(self) -> tuple[int, ...]:
        """The positions of all regions that it names, one after the other."""
        return ()


@call()
class OfData(ReportCall):
    """A report that holds the model against a data set."""

    data: str | None = argument(Data(), "the data set; the objective's by default", default=None)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data,)
