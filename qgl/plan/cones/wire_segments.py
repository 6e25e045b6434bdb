"""Backward light cones of single visible qubits, each in time linear in what it holds.

A wire segment is the life of a wire between two certain resets (or allocations): later lives of a wire know nothing of
earlier ones. Two cones that have no segment in common are independent of each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_reset
from qgl.program.operations import LIFETIME, Measurement

BITS, ALL = 1, 2  # what is seen of a segment: its basis states only, or its quantum state


@dataclass(frozen=True, slots=True)
class Cone:
    """What one visible qubit depends on: positions of operations, ascending, and segments."""

    operations: tuple[int, ...]
    segments: frozenset[int]


@dataclass(frozen=True, eq=False, slots=True)
class WireSegments:
    """A circuit as cones are found in it; operation k is `operations[k]` of the circuit.

    segments  of every operation the segments it acts on, in the order of its wires; () if it only ends or begins one
    before    for each of these the operation before on the segment, or -1
    diagonal  for each of these whether the operation keeps every basis state there, as given
    writers   the measurements that wrote the bits of the operation's condition, -1 where a bit was never written
    ends      of every visible position its segment and the last operation on it, or -1
    wires     the wire of every segment
    """

    segments: list[tuple[int, ...]]
    before: list[tuple[int, ...]]
    diagonal: Sequence[tuple[bool, ...]]
    writers: list[tuple[int, ...]]
    ends: list[tuple[int, int]]
    wires: list[int]

    def cone(self, position: int, seen: int) -> Cone:
        """The cone of a visible position; `seen` is `BITS` if it is only read in the computational basis, or `ALL`.

        An operation is left out if what is seen of every segment it acts on is nothing, or basis states that it keeps.
        """
        first, last = self.ends[position]
        level = {first: seen}
        pending = [-last] if last >= 0 else []
        read: set[int] = set()
        kept: list[int] = []
        done = -1
        while pending:
            k = -heappop(pending)
            if k == done:
                continue
            done = k
            segments, diagonal, before = self.segments[k], self.diagonal[k], self.before[k]
            if k not in read and invisible(level, segments, diagonal):
                for segment, earlier in zip(segments, before, strict=True):
                    if earlier >= 0 and segment in level:
                        heappush(pending, -earlier)
                continue
            kept.append(k)
            for segment, keeps, earlier in zip(segments, diagonal, before, strict=True):
                if not keeps:
                    level[segment] = ALL
                else:
                    level.setdefault(segment, BITS)
                if earlier >= 0:
                    heappush(pending, -earlier)
            for writer in self.writers[k]:
                if writer >= 0:
                    read.add(writer)
                    heappush(pending, -writer)
        kept.reverse()
        return Cone(tuple(kept), frozenset(level))


def invisible(level: dict[int, int], segments: Sequence[int], diagonal: tuple[bool, ...]) -> bool:
    """Whether of what an operation acts on nothing is seen, or basis states that it keeps."""
    for segment, keeps in zip(segments, diagonal, strict=True):
        seen = level.get(segment, 0)
        if seen and (seen == ALL or not keeps):
            return False
    return True


def segments_of(circuit: Circuit, diagonal: Sequence[tuple[bool, ...]]) -> WireSegments:
    """`diagonal` says of every operation on which of its wires it keeps basis states."""
    current = list(range(len(circuit.wires)))
    wires = list(range(len(circuit.wires)))
    last: list[int] = [-1] * len(wires)
    written: dict[int, int] = {}
    built = WireSegments([], [], diagonal, [], [], wires)
    for k, operation in enumerate(circuit.operations):
        if isinstance(operation, LIFETIME) or (is_reset(operation) and not operation.condition):
            wire = operation.wires[0]
            if last[current[wire]] >= 0:
                current[wire] = len(wires)
                wires.append(wire)
                last.append(-1)
            built.segments.append(())
            built.before.append(())
            built.writers.append(())
            continue
        segments = tuple([current[wire] for wire in operation.wires])
        writers = tuple([written.get(bit, -1) for bit, _ in operation.condition])
        built.segments.append(segments)
        built.before.append(tuple([last[segment] for segment in segments]))
        built.writers.append(writers)
        for segment in segments:
            last[segment] = k
        if isinstance(operation, Measurement) and operation.bit is not None:
            written[operation.bit] = k
    built.ends.extend((current[wire], last[current[wire]]) for wire in circuit.visible)
    return built
