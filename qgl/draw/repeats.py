"""Layers that a circuit has again and again: what a loop of the program made, found in the list of operations.

Operations are alike if they stand at the same place of the text and act alike on the same wires; their angles may
differ. What makes wires or bits of its own in each iteration is not drawn once for all.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qgl.program.operations import Discard, Evolution, Fresh, Measurement, Operation, PauliRotation

LEAST = 3  # times from which on a layer is drawn once
_LOOKED_AT = 20_000  # operations; what follows is far beyond the picture
_CANDIDATES = 8  # lengths of a layer that are tried at a place


@dataclass(frozen=True)
class Repeat:
    """A layer, and how often it comes."""

    body: tuple[Operation | Repeat, ...]
    count: int


def rolled_up(operations: Sequence[Operation]) -> list[Operation | Repeat]:
    """The operations, with layers that come `LEAST` times or more one after another as one `Repeat`."""
    some = operations[:_LOOKED_AT]
    numbers: dict[Any, int] = {}
    keys = [numbers.setdefault(_key(operation, k), len(numbers)) for k, operation in enumerate(some)]
    return [*_rolled_up(some, keys), *operations[_LOOKED_AT:]]


def _key(operation: Operation, place: int) -> Any:
    """Equal for operations that are alike; `place` is what no other operation has."""
    if isinstance(operation, Fresh | Discard | Measurement):
        return place
    letters: Any = operation.pauli_word if isinstance(operation, PauliRotation) else ""
    if isinstance(operation, Evolution):
        letters = tuple(pauli_word for _, pauli_word in operation.terms)
    span = operation.span
    acts = (operation.name, operation.wires, len(operation.control_wires), operation.condition, letters)
    return (id(span.source), span.start, span.end, *acts)


def _rolled_up(operations: Sequence[Operation], keys: list[int]) -> list[Operation | Repeat]:
    places: dict[int, list[int]] = {}
    for place, key in enumerate(keys):
        places.setdefault(key, []).append(place)
    pieces: list[Operation | Repeat] = []
    at = 0
    while at < len(keys):
        same = places[keys[at]]
        first = bisect_right(same, at)
        lengths = [place - at for place in same[first : first + _CANDIDATES]]
        count, length = max(
            ((_times(keys, at, n), n) for n in lengths), key=lambda each: each[0] * each[1], default=(1, 1)
        )
        if count < LEAST:
            pieces.append(operations[at])
            at += 1
            continue
        body = _rolled_up(operations[at : at + length], keys[at : at + length])
        pieces.append(Repeat(tuple(body), count))
        at += count * length
    return pieces


def _times(keys: list[int], at: int, length: int) -> int:
    """How often the `length` keys from a place on come, one time after another; 0 if less than is of interest."""
    body, count = keys[at : at + length], 1
    while keys[at + count * length : at + (count + 1) * length] == body:
        count += 1
    return count if count >= LEAST else 0
