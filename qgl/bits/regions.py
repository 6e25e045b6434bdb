"""The connected regions of visible qubits that `marginals` compares."""

from __future__ import annotations

from collections.abc import Callable

from qgl.bits.neighbourhood import Neighbourhood
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.training import UnfitRegions
from qgl.program.calls.objectives import Marginals
from qgl.program.program import Program

MOST_REGIONS = 200_000


def regions_of(call: Marginals, neighbourhood: Neighbourhood) -> tuple[tuple[int, ...], ...] | UnfitRegions:
    """All connected regions of the call's `size`, or why they cannot be compared."""
    size = call.size
    regions = neighbourhood.regions(size, MOST_REGIONS)
    return regions or UnfitRegions(call.span, size, regions is None, MOST_REGIONS)


def regions_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether every `marginals` has regions that can be compared; reports those that do not."""
    calls = [term.call for term in program.objective if isinstance(term.call, Marginals)]
    faults = [found for call in calls if isinstance(found := regions_of(call, Neighbourhood.of(program)), UnfitRegions)]
    for fault in faults:
        report(fault)
    return not faults
