"""Bounds of `local` declarations, held against the operations of the finished program."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from qgl.check.circuit.cones import cones_of, regions_of
from qgl.check.circuit.recorder import ChannelCall, RolledCall
from qgl.check.declarations.declarations import REGISTERS, Declarations
from qgl.check.limits import ITEMS, Budget
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Group, Qubit
from qgl.diagnostics.locality import ChannelTooWide, ConeTooWide, TooDeep, TooFar, WrongBound
from qgl.diagnostics.names import UnknownName, WrongKind
from qgl.diagnostics.suggest import nearest
from qgl.program.operations import Discard, Evolution, Fresh, Measurement, Operation
from qgl.program.program import LocalityBound
from qgl.program.rolled import Block, pieces_of
from qgl.syntax import tree

KINDS = ("within", "depth", "cone", "channel")
UNCOUNTED = (Fresh, Discard, Measurement)
MAX_REGIONS = 200_000


@dataclass
class Locality:
    """`operations` without those of the initial states."""

    declarations: Declarations
    reporter: Reporter
    budget: Budget
    operations: Sequence[Operation]
    channel_calls: Sequence[ChannelCall | tuple[RolledCall, ...]]

    def check(self, locals_: Iterable[tree.Local]) -> tuple[LocalityBound, ...]:
        """All bounds; those that are broken are reported."""
        bounds: list[LocalityBound] = []
        for local in locals_:
            try:
                group = self._register(local.register)
            except FaultyError:
                continue
            for bound in local.bounds:
                try:
                    checked = self._bound(local, bound)
                except FaultyError:
                    continue
                bounds.append(checked)
                self._hold(group, checked)
        return tuple(bounds)

    def _register(self, name: tree.Name) -> Group:
        main = self.declarations.main
        symbol = main.names.get(name.name)
        if symbol is None:
            if main.nameless:
                raise FaultyError
            known = [symbol.name for symbol in main.of_kind(*REGISTERS)]
            near = nearest(name.name, known)
            declared = main.names[near].span if near else None
            raise self.reporter.fault(UnknownName(name.span, name.name, "register", near, declared))
        if symbol.kind == "broken":
            raise FaultyError
        if symbol.kind not in REGISTERS:
            raise self.reporter.fault(WrongKind(name.span, name.name, symbol.kind, "register", symbol.span))
        value = self.declarations.value_of(symbol)
        if isinstance(value, Qubit):
            return Group(symbol.name, (value.wire,), None, (), symbol.span)
        assert isinstance(value, Group)
        return value

    def _bound(self, local: tree.Local, bound: tree.Bound) -> LocalityBound:
        if bound.kind not in KINDS:
            raise FaultyError  # reported by the reader
        if (bound.argument is not None) != (bound.kind == "cone"):
            text = "`cone` needs a number of sites, as in `cone(2) <= 6`"
            raise self.reporter.fault(
                WrongBound(bound.span, text if bound.kind == "cone" else f"`{bound.kind}` takes none")
            )
        evaluator, frame = self.declarations.evaluator, Frame({}, self.declarations.main)
        limit = evaluator.integer(bound.limit, frame, "a bound")
        if limit < 0:
            raise self.reporter.fault(WrongBound(bound.limit.span, f"a bound is not negative, but this is {limit}"))
        argument = None
        if bound.argument is not None:
            argument = evaluator.integer(bound.argument, frame, "a number of sites")
            if argument < 1:
                raise self.reporter.fault(
                    WrongBound(bound.argument.span, f"a region has at least one site, not {argument}")
                )
        return LocalityBound(local.register.name, bound.kind, argument, limit, bound.span)

    def _hold(self, group: Group, bound: LocalityBound) -> None:
        holders: dict[str, Callable[[Group, LocalityBound], None]] = {
            "within": self._within,
            "depth": self._depth,
            "cone": self._cone,
            "channel": self._channel,
        }
        holders[bound.kind](group, bound)

    def _name(self, wire: int) -> str:
        return f"`{self.declarations.wires[wire]}`"

    # ------------------------------------------------------------ within

    def _within(self, group: Group, bound: LocalityBound) -> None:
        place = _places(group)
        for operation in self._not_near(group, bound, place):
            if len(operation.wires) < 2:
                continue
            for wires in _supports(operation):
                inside = [wire for wire in wires if wire in place]
                search = group.lattice.search if group.lattice else 1
                self.budget.spend(1 + search * len(inside) * (len(inside) - 1) // 4, bound.span)
                self._near(group, bound, operation, inside, place)

    def _not_near(self, group: Group, bound: LocalityBound, place: dict[int, int]) -> Iterator[Operation]:
        """All operations but those of blocks whose gates all reach no further than they may, which is seen at once."""
        lattice, table = group.lattice, np.full(len(self.declarations.wires), -1, dtype=np.int64)
        table[list(place)] = list(place.values())
        for piece in pieces_of(self.operations):
            if not isinstance(piece, Block):
                yield piece
                continue
            self.budget.spend(len(piece), bound.span)
            places = [table[lane.wires] for lane in piece.lanes]
            if any(_farthest(lattice, each) > bound.limit for each in places):
                yield from piece.unrolled()

    def _near(
        self, group: Group, bound: LocalityBound, operation: Operation, inside: list[int], place: dict[int, int]
    ) -> None:
        for position, first in enumerate(inside):
            for second in inside[position + 1 :]:
                a, b = place[first], place[second]
                apart = group.lattice.distance(a, b) if group.lattice else abs(a - b)
                if apart is None or apart > bound.limit:
                    names = (self._name(first), self._name(second))
                    gate = _written(operation)
                    self.reporter.report(TooFar(operation.span, bound.span, gate, *names, apart, bound.limit))
                    return

    # ------------------------------------------------------------ depth

    def _depth(self, group: Group, bound: LocalityBound) -> None:
        members, level = set(group.wires), [0] * len(self.declarations.wires)
        self.budget.spend(len(self.operations) // 2, bound.span)
        for operation in self.operations:
            if isinstance(operation, UNCOUNTED):
                continue
            reached = 1 + max(level[wire] for wire in operation.wires)
            for wire in operation.wires:
                level[wire] = reached
            if reached > bound.limit:
                member = next((each for each in operation.wires if each in members), None)
                if member is not None:
                    self.reporter.report(TooDeep(operation.span, bound.span, self._name(member), bound.limit))
                    return

    # ------------------------------------------------------------ cone

    def _cone(self, group: Group, bound: LocalityBound) -> None:
        size, wires = bound.argument, len(self.declarations.wires)
        assert size is not None
        if bound.limit >= wires:
            return  # however they are joined

        def spend(steps: int) -> None:
            self.budget.spend(steps, bound.span)

        cones = cones_of(self.operations, wires, bound.limit, spend)
        for count, region in enumerate(regions_of(group, size, spend)):
            if count >= MAX_REGIONS:
                text = f"there are more than {MAX_REGIONS:,} connected regions of {size} sites"
                self.reporter.report(WrongBound(bound.span, text))
                return
            spend(1)
            if cones.width(region) > bound.limit:
                self._too_wide(region, bound)
                return

    def _too_wide(self, region: tuple[int, ...], bound: LocalityBound) -> None:
        """Report at the gate that makes the cone of `region` too wide, going backwards."""
        cone, span = set(region), bound.span
        for operation in reversed(self.operations):
            if not cone.isdisjoint(operation.wires):
                within = len(cone) <= bound.limit
                cone.update(operation.wires)
                if within:
                    span = operation.span
        names = tuple(self._name(wire) for wire in region)
        self.reporter.report(ConeTooWide(span, bound.span, names, len(cone), bound.limit))

    # ------------------------------------------------------------ channel

    def _channel(self, group: Group, bound: LocalityBound) -> None:
        members = set(group.wires)
        for name, span, wires in self._calls(group, bound):
            self.budget.spend(1 + len(wires) // ITEMS, bound.span)
            sites = len(members & wires)
            if sites > bound.limit:
                self.reporter.report(ChannelTooWide(span, bound.span, name, sites, bound.limit))

    def _calls(self, group: Group, bound: LocalityBound) -> Iterator[ChannelCall]:
        """The calls of channels, but for those of blocks that all touch no more than they may."""
        member = np.zeros(len(self.declarations.wires), dtype=np.bool_)
        member[list(group.wires)] = True
        for call in self.channel_calls:
            if len(call) == 3 and isinstance(call[0], str):
                yield call
                continue
            tables = [np.sort(np.where(member[wires], wires, -1), axis=1) for _, _, wires in call]
            self.budget.spend(sum(len(each) for each in tables), bound.span)
            if any((1 + (t[:, 1:] != t[:, :-1]).sum(axis=1) - (t[:, 0] < 0)).max() > bound.limit for t in tables):
                for turn in range(len(tables[0])):
                    yield from ((name, span, frozenset(wires[turn].tolist())) for name, span, wires in call)


def _places(group: Group) -> dict[int, int]:
    """Of each wire its site, or its position on a bare register."""
    sites = group.sites if group.lattice else range(len(group.wires))
    return dict(zip(group.wires, sites, strict=True))


def _farthest(lattice: Lattice | None, places: NDArray[np.int64]) -> float:
    """The largest distance in any row of sites or positions, -1 being none; infinite where no formula says it."""
    farthest = 0.0
    for first, second in combinations(range(places.shape[1]), 2):
        a, b = places[:, first], places[:, second]
        both = (a >= 0) & (b >= 0)
        apart = np.abs(a - b) if lattice is None else lattice.distances(a, b)
        if apart is None:
            return np.inf
        farthest = max(farthest, float(apart[both].max(initial=0)))
    return farthest


def _supports(operation: Operation) -> Iterator[tuple[int, ...]]:
    """The sets of wires that an operation couples: of an evolution those of each term."""
    if not isinstance(operation, Evolution):
        yield operation.wires
        return
    for _, pauli_word in operation.terms:
        touched = (wire for wire, letter in zip(operation.targets, pauli_word, strict=True) if letter != "I")
        yield (*operation.control_wires, *touched)


def _written(operation: Operation) -> str:
    """The gate as the text has it: its first name that is not a modifier."""
    names = operation.span.text.replace("(", " ").split()
    return next((name for name in names if name not in ("inverse", "ctrl")), operation.name)
