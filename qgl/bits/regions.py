"""The connected regions of visible qubits that `marginals` and `local_errors` compare."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.bits.shadows import least_measured
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.shots import TooFewShots
from qgl.diagnostics.training import BadArguments, UnfitRegions
from qgl.gates.isometries import isometry_shape
from qgl.program.calls.call import usage
from qgl.program.calls.objectives import Marginals
from qgl.program.calls.reports import LocalErrors
from qgl.program.operations import GateApplication
from qgl.program.program import DataSet, Program

Regions = tuple[tuple[int, ...], ...]

MOST_REGIONS = 200_000
MOST_MEASURED = 6  # qubits of a region whose 4^k Pauli words are estimated
MOST_LIKELY = 5  # qubits of a region whose 6^k outcomes are held against shots
MOST_OF_MAPS = 10  # qubits of a region of maps
LEAST_SHOTS = 2  # that tell a mean and its error


def regions_of(
    call: Marginals | LocalErrors, neighbourhood: Neighbourhood
) -> tuple[tuple[int, ...], ...] | UnfitRegions:
    """All connected regions of the call's `size`, or why they cannot be compared."""
    size = call.size
    regions = neighbourhood.regions(size, MOST_REGIONS)
    return regions or UnfitRegions(call.span, size, regions is None, MOST_REGIONS)


def map_regions(program: Program) -> tuple[tuple[int, ...], ...]:
    """The visible positions that each isometry acts on, with those of the isometries before it that share one of them;
    what lies inside of another region is left out.
    """
    position = {wire: place for place, wire in enumerate(program.visible)}
    made: dict[int, frozenset[int]] = {}  # of each position the last isometry on it
    regions: set[frozenset[int]] = set()
    for operation in program.operations:
        if isinstance(operation, GateApplication) and isometry_shape(operation.gate.name) is not None:
            own = frozenset(position[wire] for wire in operation.targets if wire in position)
            regions.add(own.union(*(made[place] for place in own if place in made)))
            made.update(dict.fromkeys(own, own))
    holders: dict[int, list[frozenset[int]]] = {}
    for region in regions:
        for place in region:
            holders.setdefault(place, []).append(region)
    largest = (region for region in regions if region and not any(region < other for other in holders[min(region)]))
    return tuple(sorted(tuple(sorted(region)) for region in largest))


def by_size(regions: Regions) -> tuple[Regions, ...]:
    """Regions of one size together, small ones first."""
    sizes = sorted({len(region) for region in regions})
    return tuple(tuple(region for region in regions if len(region) == size) for size in sizes)


def regions_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether every `marginals` and `local_errors` has regions that can be compared; reports those that do not."""
    terms = [term.call for term in program.objective if isinstance(term.call, Marginals)]
    asked = [call for call in (*program.reports, *program.train.watch) if isinstance(call, LocalErrors)]
    calls: tuple[Marginals | LocalErrors, ...] = (*terms, *asked)
    faults = [fault for call in calls for fault in _faults(call, program)]
    for fault in faults:
        report(fault)
    return not faults


def _faults(call: Marginals | LocalErrors, program: Program) -> Iterator[Diagnostic]:
    of_maps = isinstance(call, LocalErrors) and call.maps
    regions = map_regions(program) if of_maps else regions_of(call, Neighbourhood.of(program))
    if isinstance(regions, UnfitRegions):
        yield regions
        return
    size = max(map(len, regions), default=0)
    if of_maps and not 0 < size <= MOST_OF_MAPS:
        fault = f"is of isometries, on up to {MOST_OF_MAPS} qubits with those that they join, and this program has "
        fault += f"one on {size}" if size else "none"
        yield BadArguments(call.span, call.name, fault, usage(type(call)))
        return
    data = program.data[call.data] if call.data else None
    if data is None or data.bases is None:
        return
    likely = call.distance == "kl"
    most = MOST_LIKELY if likely else MOST_MEASURED
    if call.distance != "hilbert_schmidt" and not likely:
        fault = f"has no estimate of the distance `{call.distance}` from shots; `hilbert_schmidt` and `kl` have one"
        yield BadArguments(call.span, call.name, fault, usage(type(call)))
    elif size > most:
        fault = f"goes up to regions of {most} qubits where its data are shots, not {size}"
        yield BadArguments(call.span, call.name, fault, usage(type(call)))
    elif not likely:
        for some in by_size(regions):
            yield from _unmeasured(call, data, data.bases, some, program)


def _unmeasured(
    call: Marginals | LocalErrors,
    data: DataSet,
    bases: NDArray[np.uint8],
    regions: tuple[tuple[int, ...], ...],
    program: Program,
) -> Iterator[TooFewShots]:
    region, letters, shots = least_measured(bases, regions)
    if shots < LEAST_SHOTS:
        names = (program.wires[program.visible[place]] for place in region)
        pauli_word = " ".join(f"{'IXYZ'[letter]}[{name}]" for letter, name in zip(letters, names, strict=True))
        yield TooFewShots(call.span, data.name, pauli_word, shots)
