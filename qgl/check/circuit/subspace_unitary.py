"""Unitaries of some of the basis states of a few qubits, which leave the others alone.

Two of the states that differ in one bit are turned into each other by a rotation of that bit, controlled by all other
bits. States whose neighbours make them a tree can so be turned one after the other out of what is left, which takes
d (d - 1) / 2 pairs of angles and d - 1 phases for d states, as many as a unitary of d dimensions has.

Source: M. Reck, A. Zeilinger, H. Bernstein, P. Bertani, Experimental realization of any discrete unitary operator, PRL
73 (1994) 58; pairs along a tree do as well as any.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from functools import lru_cache

from qgl.expression import Real
from qgl.program.operations import Operation, gate
from qgl.source import Span


def level_rotations(
    wires: tuple[int, ...], codes: Sequence[int], angles: Sequence[Real], span: Span
) -> Iterator[Operation]:
    """A unitary of the basis states `codes` of `wires`: a phase for each but the first, then pairs of angles."""
    phases = [Real(0.0)] * (1 << len(wires))
    for code, phase in zip(codes[1:], angles, strict=False):
        phases[code] = phase
    yield gate(f"uniform_phase{len(wires)}", wires, span, phases)
    rest = angles[len(codes) - 1 :]
    for number, (first, second) in enumerate(reversed(turned_pairs(tuple(codes)))):
        place = len(wires) - (first ^ second).bit_length()
        others = wires[:place] + wires[place + 1 :]
        shift = len(wires) - 1 - place
        select = (first >> (shift + 1)) << shift | first & ((1 << shift) - 1)
        for name, angle in zip(("ry", "rz"), rest[2 * number : 2 * number + 2], strict=True):
            if not others:
                yield gate(name, wires, span, (angle,))
                continue
            picked = [Real(0.0)] * (1 << len(others))
            picked[select] = angle
            yield gate(f"uniform_{name}{len(wires)}", (*others, wires[place]), span, picked)


@lru_cache(maxsize=256)
def turned_pairs(codes: tuple[int, ...]) -> list[tuple[int, int]]:
    """Pairs of states that differ in one bit, such that rotations of them bring any unitary of `codes` to phases.

    They come in the order in which a unitary is taken apart: all amplitude of one state is moved to it along a tree,
    from far to near, and the state is left out from then on. Every code with a one cleared must be a code too.
    """
    left = list(codes)
    pairs: list[tuple[int, int]] = []
    while len(left) > 1:
        last = max(left)
        toward = {last: last}
        order = []
        queue = deque([last])
        members = set(left)
        while queue:
            code = queue.popleft()
            order.append(code)
            for near in sorted(members):
                if near not in toward and (near ^ code).bit_count() == 1:
                    toward[near] = code
                    queue.append(near)
        pairs += [(code, toward[code]) for code in reversed(order[1:])]
        left.remove(last)
    return pairs
