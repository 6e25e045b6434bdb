"""Where everything of a circuit picture stands: rows for wires, columns packed greedily, a window if it is large."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from qgl.draw.labels import angles_of, name_of
from qgl.draw.repeats import Repeat, rolled_up
from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.program.operations import (
    Discard,
    Evolution,
    Fresh,
    GateApplication,
    Measurement,
    Operation,
    PauliRotation,
    Unitary,
)

MAX_WIRES, MAX_COLUMNS = 40, 120


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the picture. A row of kind "fresh" may hold several fresh wires, one after the other."""

    label: str
    kind: str  # "visible" | "hidden" | "fresh"
    wire: int  # of the circuit; of several, the first
    pale: bool = False  # outside of what is highlighted


@dataclass(frozen=True, slots=True)
class Mark:
    """One operation in its column.

    shape: "box" | "target" (the circled plus of a controlled X) | "dots" (a controlled Z) | "spread" (a rotation about
    a Pauli word on rows far apart) | "swap" | "measure" | "fresh" | "discard", or "open" and "close": brackets around a
    layer that is repeated, on all rows. `rows` are those of the targets in order of the operands, `letters` what stands
    at each of them in a tall box; `ordered`: the order of the operands matters. `cut`: a part lies outside of the
    window.
    """

    column: int
    shape: str
    rows: tuple[int, ...]
    controls: tuple[int, ...] = ()
    name: str = ""
    angles: str = ""
    letters: tuple[str, ...] = ()
    noisy: bool = False
    ordered: bool = False
    bit: int | None = None
    condition: tuple[tuple[int, bool], ...] = ()
    cut: bool = False
    pale: bool = False


@dataclass(frozen=True, slots=True)
class Highlight:
    """A part of a circuit to be shown, with some of its surroundings.

    shown      declared wires of the picture
    inside     positions of the operations that stand out; the others are pale
    wires      wires that stand out
    asked      wires that are marked at their end
    """

    shown: tuple[int, ...]
    inside: frozenset[int]
    wires: frozenset[int]
    read: frozenset[int]


@dataclass(frozen=True, slots=True)
class Layout:
    """A picture without ink. `lives` are stretches (row, first column, last column) in which fresh wires live."""

    rows: tuple[Row, ...]
    marks: tuple[Mark, ...]
    columns: int
    lives: tuple[tuple[int, int, int], ...]
    classical: bool
    notes: tuple[str, ...]
    read: tuple[int, ...] = ()  # rows that are marked at their end

    def alive(self, row: int, column: int) -> bool:
        """Whether a fresh wire lives on a row in a column."""
        return any(r == row and first < column < last for r, first, last in self.lives)


def arrange(
    circuit: Circuit,
    wires: int = MAX_WIRES,
    columns: int = MAX_COLUMNS,
    part: Highlight | None = None,
    unroll: bool = False,
) -> Layout:
    """Lays out at most so many declared wires and columns, of all or of a part; what is left out is in the notes.

    Layers that are repeated are laid out once, between brackets; not with `unroll`, and not of a part.
    """
    declared = [wire for wire, record in enumerate(circuit.wires) if record.kind != "fresh"]
    sites = [circuit.wires[wire].site for wire in declared]
    if all(site is not None for site in sites) and len({site[0] for site in sites if site is not None}) == 1:
        declared.sort(key=lambda wire: circuit.wires[wire].site or ("", 0))
    total = len(declared)
    if part is not None:
        declared = [wire for wire in declared if wire in part.shown]
    shown = declared[:wires] if part is None else _nearest(circuit, declared, part, wires)
    row_of, rows = _rows(circuit, shown)
    if part is not None:
        bright = {row_of[wire] for wire in part.wires if wire in row_of}
        rows = tuple(replace(row, pale=k not in bright) for k, row in enumerate(rows))
    room = columns if part is None else 2 * len(circuit.operations) + 1
    packer = _Packer(circuit, row_of, len(rows), room, None if part is None else part.inside)
    packer.pack(rolled_up(circuit.operations) if part is None and not unroll else circuit.operations)
    before = packer.keep_last(columns)
    notes = []
    if len(shown) < total:
        notes.append(f"showing {len(shown)} of {total} wires")
    if any(mark.shape == "open" for mark in packer.marks):
        notes.append("layers in brackets are repeated; angles are those of the first time")
    if packer.left_out:
        notes.append(f"showing the first {columns} columns; {packer.left_out} operations follow")
    if before:
        notes.append(f"showing the last {columns} columns; {before} operations come before")
    return Layout(
        rows,
        tuple(packer.marks),
        packer.width,
        tuple(packer.lives),
        any(m.bit is not None for m in packer.marks),
        tuple(notes),
        () if part is None else tuple(sorted(row_of[wire] for wire in part.read if wire in row_of)),
    )


def _nearest(circuit: Circuit, declared: list[int], part: Highlight, most: int) -> list[int]:
    """At most so many of the declared wires, of all registers those whose places are nearest to what is read."""
    centre = sum(circuit.wires[wire].position for wire in part.read) / max(1, len(part.read))
    ranked = sorted(declared, key=lambda wire: abs(circuit.wires[wire].position - centre))
    chosen = {*ranked[:most], *part.read}
    return [wire for wire in declared if wire in chosen]


def _rows(circuit: Circuit, shown: list[int]) -> tuple[dict[int, int], tuple[Row, ...]]:
    """Rows of wires. A fresh wire stands below the first declared wire that it meets; its row serves again later."""
    anchors = _anchors(circuit, shown)
    last = {wire: k for k, operation in enumerate(circuit.operations) for wire in operation.wires}
    first: dict[int, int] = {}
    for k, operation in enumerate(circuit.operations):
        for wire in operation.wires:
            first.setdefault(wire, k)
    lanes: dict[int, list[tuple[int, list[int]]]] = {wire: [] for wire in shown}  # anchor -> (free from, wires)
    for wire in sorted(anchors, key=lambda wire: first[wire]):
        own = lanes[anchors[wire]]
        for position, (free, members) in enumerate(own):
            if free < first[wire]:
                own[position] = (last[wire], [*members, wire])
                break
        else:
            own.append((last[wire], [wire]))
    rows: list[Row] = []
    row_of: dict[int, int] = {}
    for wire in shown:
        row_of[wire] = len(rows)
        rows.append(Row(str(circuit.wires[wire]), circuit.wires[wire].kind, wire))
        for _, members in lanes[wire]:
            row_of.update(dict.fromkeys(members, len(rows)))
            rows.append(Row(circuit.wires[members[0]].register, "fresh", members[0]))
    return row_of, tuple(rows)


def _anchors(circuit: Circuit, shown: list[int]) -> dict[int, int]:
    """For each fresh wire, the shown wire that it first meets, directly or through other fresh wires."""
    anchors: dict[int, int] = {}
    known = set(shown)
    waiting: dict[int, list[int]] = {}
    for operation in circuit.operations:
        fresh = [wire for wire in operation.wires if circuit.wires[wire].kind == "fresh"]
        if len(operation.wires) == 1 or not fresh:
            continue
        near = [wire for wire in operation.wires if wire in known] + [anchors[w] for w in fresh if w in anchors]
        for wire in fresh:
            if wire not in anchors and near:
                _anchor(wire, near[0], anchors, waiting)
            elif wire not in anchors:
                waiting.setdefault(wire, []).extend(other for other in fresh if other != wire)
    declared = sum(wire.kind != "fresh" for wire in circuit.wires)
    if len(shown) == declared:  # fresh wires that meet no declared one stand at the bottom
        alone = (wire for operation in circuit.operations for wire in operation.wires if wire not in known)
        anchors.update((wire, shown[-1]) for wire in alone if wire not in anchors)
    return anchors


def _anchor(wire: int, anchor: int, anchors: dict[int, int], waiting: dict[int, list[int]]) -> None:
    stack = [wire]
    while stack:
        one = stack.pop()
        if one not in anchors:
            anchors[one] = anchor
            stack.extend(waiting.pop(one, ()))


class _Packer:
    """Puts each operation into the first column after all that stands in its way."""

    def __init__(
        self, circuit: Circuit, row_of: dict[int, int], rows: int, limit: int, inside: frozenset[int] | None
    ) -> None:
        self.circuit = circuit
        self.inside = inside  # positions of the operations that are not pale; None: all
        self.row_of = row_of
        self.bottom = rows  # the row of the classical bits
        self.limit = limit
        self.free = [0] * (rows + 1)
        self.written: dict[int, int] = {}
        self.unallocated: set[int] = set()
        self.allocated: dict[int, int] = {}
        self.marks: list[Mark] = []
        self.lives: list[tuple[int, int, int]] = []
        self.width = 1
        self.left_out = 0

    def pack(self, pieces: Iterable[Operation | Repeat]) -> None:
        self._run(pieces)
        for wire, column in self.allocated.items():
            self.lives.append((self.row_of[wire], column, self.width))

    def _run(self, pieces: Iterable[Operation | Repeat]) -> None:
        for position, operation in enumerate(pieces):
            if isinstance(operation, Repeat):
                self._bracket("open", f"×{operation.count}")
                self._run(operation.body)
                self._bracket("close")
                continue
            inside = [wire for wire in operation.wires if wire in self.row_of]
            if not inside:
                continue
            if isinstance(operation, Fresh):
                self.unallocated.add(operation.wires[0])
                continue
            if min(self.free[self.row_of[wire]] for wire in inside) >= self.limit:
                self.left_out += 1
                continue
            self._place(operation, inside, self.inside is not None and position not in self.inside)

    def _bracket(self, shape: str, name: str = "") -> None:
        """A column of its own, through all rows."""
        column = max(self.free[: self.bottom], default=0)
        if column < self.limit and self.bottom:
            self.marks.append(Mark(column, shape, tuple(range(self.bottom)), name=name))
            self.free = [column + 1] * len(self.free)
            self.width = max(self.width, column + 1)

    def keep_last(self, columns: int) -> int:
        """Cuts the columns before the last ones away, and those after all that stands out.

        Gives the number of operations that come before.
        """
        if self.inside is not None:
            self.width = max((mark.column + 1 for mark in self.marks if not mark.pale), default=1)
            self.marks = [mark for mark in self.marks if mark.column < self.width]
        first = max(0, self.width - columns)
        gone = sum(mark.column < first and mark.shape != "fresh" for mark in self.marks)
        self.marks = [replace(mark, column=mark.column - first) for mark in self.marks if mark.column >= first]
        self.lives = [(row, low - first, high - first) for row, low, high in self.lives if high >= first]
        self.width -= first
        return gone

    def _place(self, operation: Operation, inside: list[int], pale: bool) -> None:
        rows = [self.row_of[wire] for wire in inside]
        bit = operation.bit if isinstance(operation, Measurement) else None
        reach = [*rows, self.bottom] if operation.condition or bit is not None else rows
        span = range(min(reach), max(reach) + 1)
        fresh = [wire for wire in inside if wire in self.unallocated]
        column = max(self.free[row] for row in span)
        column = max([column, *(self.free[self.row_of[wire]] + 1 for wire in fresh)])
        column = max([column, *(self.written.get(bit, -1) + 1 for bit, _ in operation.condition)])
        if column >= self.limit:
            self.left_out += 1
            for row in rows:
                self.free[row] = self.limit
            return
        for wire in fresh:
            self.unallocated.discard(wire)
            self.allocated[wire] = column - 1
            self.marks.append(Mark(column - 1, "fresh", (self.row_of[wire],), pale=pale))
        self.marks.append(self._mark(operation, column, pale))
        for row in span:
            self.free[row] = column + 1
        if bit is not None:
            self.written[bit] = column
        self.width = max(self.width, column + 1)
        if isinstance(operation, Discard):
            wire = operation.wires[0]
            if wire in self.allocated:
                self.lives.append((self.row_of[wire], self.allocated.pop(wire), column))

    def _mark(self, operation: Operation, column: int, pale: bool) -> Mark:
        plain = unfold(operation)
        controls, target = len(plain.control_wires), plain.name
        targets = [wire for wire in plain.targets if wire in self.row_of]
        rows = tuple(self.row_of[wire] for wire in targets)
        letters = dict(zip(plain.targets, plain.pauli_word, strict=True)) if isinstance(plain, PauliRotation) else {}
        shape = _shape(target, controls) if targets else "dots"  # of a gate whose targets are not shown, its controls
        if shape == "box" and len(rows) > 1 and max(rows) - min(rows) >= len(rows):
            generator = plain.gate.generator if isinstance(plain, GateApplication) else None
            letters = letters or dict(zip(plain.targets, generator or "", strict=False))
            shape = "spread" if letters else shape
        symmetric = isinstance(operation, GateApplication) and operation.gate.symmetric
        return Mark(
            column,
            shape,
            rows,
            tuple(self.row_of[wire] for wire in operation.wires[:controls] if wire in self.row_of),
            name_of(operation, target),
            angles_of(operation, self.circuit.parameters),
            tuple(letters[wire] for wire in targets) if len(letters) > 1 else (),
            noisy=not isinstance(operation, Unitary),
            ordered=len(targets) > 1 and not isinstance(operation, PauliRotation | Evolution) and not symmetric,
            bit=operation.bit if isinstance(operation, Measurement) else None,
            condition=operation.condition,
            cut=not all(wire in self.row_of for wire in operation.wires),
            pale=pale,
        )


def _shape(target: str, controls: int) -> str:
    if target in ("measure", "discard"):
        return target
    if controls and target == "x":
        return "target"
    if controls and target == "z":
        return "dots"
    return target if target == "swap" else "box"


def spans(rows: Iterable[int]) -> tuple[int, int]:
    """First and last of some rows."""
    ordered = sorted(rows)
    return ordered[0], ordered[-1]
