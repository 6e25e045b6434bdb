"""What all data sources have, and several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgl.program.calls.arguments import Choice, Integer, Many
from qgl.program.calls.call import Call
from qgl.record import record

if TYPE_CHECKING:
    pass

BIN_BITS = Many(Integer(1, 12))
BINS = Choice(("quantile", "width"))
BINS_DOC = "equally many rows in each bin of a column, or bins of equal width from its least number to its largest"
FIT_DOC = "the data whose numbers, or whose bins, the bins are made by; by default its own"
ARRAY = "the name of the array; not needed where there is only one"


@record
class DataCall(Call):
    """A call of a data source."""
