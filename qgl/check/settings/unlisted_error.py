"""What to say where the strings of a data set are needed that is known by its rule alone."""

from __future__ import annotations

from qgl.check.limits import MAX_CELLS
from qgl.diagnostics.data import DataTooLarge
from qgl.diagnostics.model import plural
from qgl.program.membership import count_text
from qgl.program.program import DataSet
from qgl.source import Span


def unlisted_error(data: DataSet, span: Span) -> DataTooLarge:
    """The fault, at the place that needs them."""
    count = count_text(data.rule.count if data.rule is not None else 0)
    extent = f"{count} strings of {plural(data.width, 'bit')}"
    return DataTooLarge(span, f"`{data.name}`", extent, f"{MAX_CELLS:,} bits", by_rule=True)
