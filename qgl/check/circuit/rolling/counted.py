"""Wires of `fresh` and inputs of `?`, which are numbered round by round.

How many of them a round has is known at its end only. So they have numbers of their own until then: the j-th of round r
is first + j * rounds + r, and becomes first + r * (how many a round has) + j.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from qgl.check.circuit.recorder import Place, Recorder
from qgl.check.circuit.rolling.angles import Angles, inputs
from qgl.check.circuit.rolling.columns import Ints, UnrolledError
from qgl.check.values.types import NUMBERS, Formal
from qgl.expression import Input, Real
from qgl.program.rolled import Lane
from qgl.syntax import tree


@dataclass
class _Hole:
    """A `?`: its parameter, and how often a round reaches it."""

    node: tree.Hole
    gate: str
    kind: str
    size: int | None
    parameter: int
    count: int = 0


@dataclass
class Counted:
    """What `count` rounds make anew, as far as they were read."""

    recorder: Recorder
    count: int
    _fresh: list[tuple[tree.Name, int]] = field(default_factory=list)  # names, positions
    _holes: dict[Place, _Hole] = field(default_factory=dict)

    @property
    def wires_of_round(self) -> int:
        """How many wires `fresh` makes in a round."""
        return len(self._fresh)

    def fresh(self, name: tree.Name, size: int) -> Ints:
        """New wires of a register, shape (rounds, size)."""
        first, named = len(self.recorder.wires), len(self._fresh)
        self._fresh += [(name, position) for position in range(size)]
        numbers: Ints = first + (named + np.arange(size)) * self.count + np.arange(self.count)[:, None]
        return numbers

    def hole(self, node: tree.Expression, formal: Formal, gate: str) -> Angles:
        """The inputs that a `?` makes in all rounds.

        Raises:
            UnrolledError: nothing plain may be one.
        """
        if not isinstance(node, tree.Hole) or formal.kind not in NUMBERS or formal.between is not None:
            raise UnrolledError
        size = formal.size or 1
        key = self.recorder.place_of(node, formal.kind, formal.size)
        if key not in self._holes:
            known = self.recorder.parameter_at(key)
            new = sum(self.recorder.parameter_at(other) is None for other in self._holes)
            number = len(self.recorder.parameters) + new if known is None else known
            self._holes[key] = _Hole(node, gate, formal.kind, formal.size, number)
        hole = self._holes[key]
        elements = (hole.count * self.count + np.arange(self.count, dtype=np.int64)) * size
        hole.count += 1
        return inputs(hole.parameter, elements[:, None] + np.arange(size, dtype=np.int64))

    def is_chance(self, number: Real) -> bool:
        """Whether a number is a probability as it depends on one that a `?` makes."""
        chances = {each.parameter for each in self._holes.values() if each.kind == "probability"}
        if len(number.terms) != 1:
            return False
        ((factor, atom),) = number.terms
        within = all(0.0 <= end <= 1.0 for end in (number.constant, number.constant + factor))
        return within and isinstance(atom, Input) and atom.parameter in chances

    def settled(self, lanes: Sequence[Lane]) -> tuple[Lane, ...]:
        """The lanes with numbers of wires and inputs that stay; the recorder is told, so that nothing may fail now."""
        first, begins = len(self.recorder.wires), dict[int, tuple[int, int, int]]()
        self.recorder.fresh_in_rounds(self._fresh, self.count)
        for hole in self._holes.values():
            wanted = self.count * hole.count
            number, begin = self.recorder.holes(hole.node, hole.gate, hole.kind, hole.size, wanted)
            assert number == hole.parameter
            begins[number] = begin, hole.size or 1, hole.count
        return tuple(self._settled(lane, first, begins) for lane in lanes)

    def _settled(self, lane: Lane, first: int, begins: dict[int, tuple[int, int, int]]) -> Lane:
        wires, elements = lane.wires, lane.elements
        if self._fresh:
            number, turn = np.divmod(wires - first, self.count)
            wires = np.where(wires < first, wires, first + turn * len(self._fresh) + number)
        parameters = [
            atom.parameter for angle in lane.pattern.numbers for _, atom in angle.terms if isinstance(atom, Input)
        ]
        for column, parameter in enumerate(parameters):
            if parameter in begins:
                begin, size, count = begins[parameter]
                place, within = np.divmod(elements[:, column], size)
                number, turn = np.divmod(place, self.count)
                elements = elements.copy() if elements is lane.elements else elements
                elements[:, column] = begin + (turn * count + number) * size + within
        return Lane(lane.pattern, wires, elements)
