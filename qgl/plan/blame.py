"""What makes a program too wide for a query: the line to point at, and what would help.

Strings need the whole circuit: what counts is the widest cut of the register in its order, and the gates that cross it.
Pauli words and regions need their light cones: what counts is the widest one, and the gates in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qgl.ir.circuit import Circuit
from qgl.passes.light_cone import light_cone
from qgl.program.operations import Fresh, Measurement, NoisyChannel, Operation, Reset
from qgl.query import Expectation, GivenStrings, LogProb, Marginals, Probabilities, Query, State
from qgl.source import Span

LISTED = 24  # bits up to which all probabilities may be listed; 2^24 numbers are 64 MB
_MOST_CONES = 32  # cones that are looked at to find a wide one
_FAR = 2  # qubits from which on a gate reaches far
_ADDING = NoisyChannel | Fresh | Measurement | Reset  # what may add a qubit


@dataclass(frozen=True, slots=True)
class Blame:
    """A place of the text, what it does there, and ways out."""

    span: Span | None
    label: str
    advice: tuple[str, ...]


def blame(circuit: Circuit, query: Query) -> Blame:
    """What makes `circuit`, as written, too wide for `query`."""
    if isinstance(query, Probabilities | State) and len(circuit.visible) > LISTED:
        return _listing(circuit, query)
    culprit = _cone(circuit, query) if isinstance(query, Expectation | Marginals) else _cut(circuit)
    if culprit is None:
        return _register(circuit)
    return Blame(culprit.span, culprit.label, (*culprit.advice, *_channels(circuit), *_other_questions(query)))


def _listing(circuit: Circuit, query: Query) -> Blame:
    register = _register(circuit)
    power = 2 if isinstance(query, State) else 1
    label = f"{register.label}; 2^{power * len(circuit.visible)} numbers are asked for"
    return Blame(
        register.span, label, ("ask for less than all: likelihoods of given strings, samples, Pauli words, regions",)
    )


def _register(circuit: Circuit) -> Blame:
    spans = Counter(wire.span for wire in circuit.wires if wire.kind != "fresh")
    adding = Counter(o.span for o in circuit.operations if isinstance(o, _ADDING))
    if adding and (not spans or adding.most_common(1)[0][1] > spans.most_common(1)[0][1]):
        span, count = adding.most_common(1)[0]
        return Blame(span, f"happens {count} times, with discarded qubits each time", ("use fewer channels",))
    if not spans:
        return Blame(None, "", ())
    span, count = spans.most_common(1)[0]
    return Blame(span, f"{count} qubits", ("use fewer qubits; each one less halves the memory of a state",))


def _cut(circuit: Circuit) -> Blame | None:
    """The line whose gates weigh most on the widest cut between neighbours of the register."""
    place = _line(circuit)
    gates = [(o, ends) for o in circuit.operations if (ends := _ends(o, place)) is not None]
    if not gates:
        return None
    steps = np.zeros(len(circuit.visible) + 1, np.int64)
    np.add.at(steps, [low for _, (low, _) in gates], 1)
    np.add.at(steps, [high for _, (_, high) in gates], -1)
    crossed = np.cumsum(steps)
    widest = np.flatnonzero(crossed == crossed.max())
    cut = int(widest[len(widest) // 2])
    crossing = [(o.span, high - low) for o, (low, high) in gates if low <= cut < high]
    span, count = Counter(span for span, _ in crossing).most_common(1)[0]
    reach = max(reach for other, reach in crossing if other == span)
    names = [str(circuit.wires[circuit.visible[k]]) for k in (cut, cut + 1)]
    far = f", the longest reaching over {reach} qubits" if reach >= _FAR else ""
    share = f"all {count}" if count == len(crossing) else f"{count} of the {len(crossing)}"
    label = f"{share} gates that cross the cut between {names[0]} and {names[1]}{far}"
    return Blame(span, label, _shorter(reach))


def _shorter(reach: int) -> tuple[str, ...]:
    if reach >= _FAR:
        return (
            "let gates couple neighbours only (`local v within 1;` holds a program to it), or declare the qubits in an "
            "order in which coupled ones are close",
        )
    return ("use fewer layers: each gate less across the cut divides the work by its rank",)


def _line(circuit: Circuit) -> dict[int, float]:
    """Where each wire stands along the register; others stand beside the first one that they meet."""
    place: dict[int, float] = {wire: k for k, wire in enumerate(circuit.visible)}
    for operation in circuit.operations:
        known = [place[wire] for wire in operation.wires if wire in place]
        for wire in operation.wires if known else ():
            place.setdefault(wire, known[0])
    return place


def _ends(operation: Operation, place: dict[int, float]) -> tuple[int, int] | None:
    """First and last place of a gate along the register, if it crosses any cut."""
    touched = [int(place[wire]) for wire in operation.wires if wire in place]
    return (min(touched), max(touched)) if touched and min(touched) < max(touched) else None


def _cone(circuit: Circuit, query: Expectation | Marginals) -> Blame | None:
    """The line with most gates in the widest light cone, among evenly chosen Pauli words or regions."""
    if isinstance(query, Marginals):
        regions = [tuple(sorted(region)) for region in query.regions]
    else:
        regions = [tuple(sorted(row[row >= 0].tolist())) for row in query.positions]
    regions = list(dict.fromkeys(region for region in regions if region))
    chosen = _spread(sorted(regions, key=len), _MOST_CONES)
    if not chosen:
        return None
    cones = [light_cone(circuit, region) for region in chosen]
    k = max(range(len(cones)), key=lambda k: len(cones[k].live_wires))
    gates = Counter(o.span for o in cones[k].operations if len(o.wires) > 1)
    if not gates:
        return None
    span, count = gates.most_common(1)[0]
    names = ", ".join(str(circuit.wires[circuit.visible[place]]) for place in chosen[k][:3])
    more = f" and {len(chosen[k]) - 3} more" if len(chosen[k]) > 3 else ""
    label = f"{count} gates of the light cone of {names}{more}, which holds {len(cones[k].live_wires)} qubits"
    advice = (
        "use fewer layers",
        "let gates couple neighbours only (`local v within 1;`)",
        "ask of fewer qubits at once",
    )
    return Blame(span, label, advice)


def _spread(regions: list[tuple[int, ...]], most: int) -> list[tuple[int, ...]]:
    if len(regions) <= most:
        return regions
    return [regions[round(k * (len(regions) - 1) / (most - 1))] for k in range(most)]


def _channels(circuit: Circuit) -> Iterable[str]:
    if any(isinstance(o, _ADDING) for o in circuit.operations):
        yield "use fewer channels, measurements and hidden qubits: a mixture is twice as wide as a state"


def _other_questions(query: Query) -> Iterable[str]:
    if not isinstance(query, LogProb | GivenStrings | Probabilities):
        return
    yield (
        "train on what light cones or samples can answer: `mmd` with a `reach`, or with `pauli_words` and `samples`, "
        "`marginals`, `markov_nll`"
    )
