"""Rows of data that a program can never generate, by what it conserves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from qgl.diagnostics.charges import UnreachableRows
from qgl.diagnostics.model import Diagnostic
from qgl.passes.charges.conserved import Conserved, conserved
from qgl.passes.charges.description import description_of
from qgl.passes.charges.reach import Reach
from qgl.program.calls import reports
from qgl.program.program import Program

MOST_OPERATIONS = 20_000  # that are looked at: a second
LIKELIHOODS = (reports.NLL, reports.KL)  # reports that are infinite where a row is out of reach


def reach_of(program: Program) -> Reach:
    """What the program reaches, as it is written; of more than `MOST_OPERATIONS` nothing is said."""
    if len(program.operations) > MOST_OPERATIONS:
        wires = tuple(range(len(program.wires)))
        return Reach(Conserved(wires, dict.fromkeys(wires, 0), (), ()), program.visible)
    return Reach(conserved(program.operations, range(len(program.wires))), program.visible)


def unreachable(program: Program) -> Iterator[Diagnostic]:
    """A warning for each data set that is learnt, or whose likelihood is reported, with rows that are out of reach."""
    spans = {call.data: call.span for call in reversed(program.reports) if isinstance(call, LIKELIHOODS) and call.data}
    spans |= {name: term.call.span for term in reversed(program.objective) for name in term.call.data_sets}
    if not spans:
        return
    reach = reach_of(program)
    if not reach.conserved.charges:
        return
    for name, span in spans.items():
        data = program.data[name]
        if data.width != len(program.visible):
            continue
        out = np.flatnonzero(~reach.possible(data.rows) & (data.weights > 0))
        if len(out):
            example = "".join(map(str, data.rows[out[0]].tolist()))
            wording = tuple(line for line in description_of(reach, program.wires) if line.startswith("conserved"))
            yield UnreachableRows(span, name, len(out), len(data.rows), example, wording)
