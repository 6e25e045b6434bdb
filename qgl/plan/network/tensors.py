"""A circuit as a tensor network: one tensor for each gate or part of a gate, a label for each leg that two share.

Two algebras. *amplitude*: complex, legs of dimension 2, for circuits all of whose wires are visible; contracted with a
bit on every open leg it is the amplitude of the string. *Pauli-transfer form*: real, legs of dimension 4 in the basis
of Pauli letters (I, X, Y, Z), for any circuit: rho = sum over Pauli words of r_P P / 2^n, the open legs carry r.

A gate that commutes with a Pauli letter on a wire is cut there: a fixed tensor of projectors stays on the wire, joined
by one label of dimension 2 (4 in Pauli-transfer form) to the rest of the gate. Several controls are joined by AND
tensors, the letters of a long Pauli word by XOR tensors. Swaps are nothing but other labels. Runs of gates on one wire
are one matrix.

Every label is on two tensors, but for the open legs in `Network.open`, one for each visible wire. The values are
made by `qgl.kernels.network.tensors.tensor_tables`: tensor t is row `t.row` of table `t.table`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.ir.facts import diagonal_wires, is_channel, is_swap
from qgl.plan.expressions import Expressions
from qgl.plan.matrix_pool import Pool, Recipe
from qgl.plan.network.bases import DIMENSION, Fixed, letter_maps, logic, start, trace
from qgl.plan.network.values import Handle, Source, Table, ValueBuilder
from qgl.plan.state.density_matrix import superoperator
from qgl.plan.state.state_vector import controlled, in_parts, recipe_of, rotations
from qgl.program.operations import (
    LIFETIME,
    ChannelApplication,
    Discard,
    Evolution,
    GateApplication,
    KrausChannel,
    NoisyChannel,
    Operation,
    PauliRotation,
    gate,
)
from qgl.program.rolled import patterns
from qgl.source import Span

__all__ = ["Network", "Source", "Table", "Tensor", "UnsuitableError", "network_of"]

LARGEST = 2**16  # entries of one tensor
NARROW = 3  # qubits of a gate whose legs all stay
WIDEST_UNIFORM = 7  # qubits of a uniformly controlled gate that is one tensor


class UnsuitableError(Exception):
    """The circuit has no network of small tensors; the message says why."""


@dataclass(frozen=True, eq=False, slots=True)
class Tensor:
    """labels, one per axis; `row` of `tables[table]`; position of the operation it comes from, for order and messages.

    wires are the wires that it acts on; a tensor without any is one of logic.
    """

    labels: tuple[int, ...]
    table: int
    row: int
    position: int
    wires: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Network:
    """A tensor network. Labels are numbers.

    sizes     (labels,) the dimension of each
    open      the label of each visible wire at its end
    qubit_of  which visible wire, from 0, a wire of the circuit is
    spans     of each operation, for messages
    """

    algebra: str
    sizes: NDArray[np.int64]
    tensors: tuple[Tensor, ...]
    open: tuple[int, ...]
    qubit_of: dict[int, int]
    tables: tuple[Table, ...]
    pool: Pool
    expressions: Expressions
    spans: tuple[Span, ...]

    @property
    def dimension(self) -> int:
        """Of a leg."""
        return DIMENSION[self.algebra]


def traced_wires(circuit: Circuit) -> bool:
    """Whether something is traced out, or a channel is left, so that only the Pauli-transfer form will do."""
    ended = set(circuit.live_wires) - set(circuit.visible)
    return bool(ended) or any(map(is_channel, patterns(circuit.operations)))


def network_of(circuit: Circuit, algebra: str, bits_known: bool = False) -> Network:
    """The network of a circuit after its passes: gates with controls, `fresh`, `discard`, unconditional channels.

    bits_known: only bits are read of it. A wire on which nothing but diagonal gates follows then has its bit already,
    and what is cut there is cut for two states, not for pairs of them.

    Raises:
        UnsuitableError: a gate is too wide, or an evolution has Pauli words that do not commute.
        ValueError: amplitudes of a circuit in which something is traced out.
    """
    if algebra == "amplitude" and traced_wires(circuit):
        raise ValueError("a circuit that traces something out has no amplitudes")
    builder = _Builder(circuit, algebra, bits_known)
    for position, operation in enumerate(circuit.operations):
        builder.position = position
        if isinstance(operation, Discard):
            builder.end(operation.wires[0])
        elif not isinstance(operation, LIFETIME):
            builder.operation(operation)
    return builder.finish()


class _Builder:
    """Follows the label of every wire and the run of one-wire gates that waits on it."""

    def __init__(self, circuit: Circuit, algebra: str, bits_known: bool) -> None:
        self.circuit, self.algebra = circuit, algebra
        self._changed = _last_changes(circuit) if bits_known else None
        self._last = _last_uses(circuit)
        self.values = ValueBuilder(algebra, [parameter.size for parameter in circuit.parameters])
        self.position, self._whole = 0, False  # whether what is put there is all of an operation
        self._now: dict[int, int] = {}
        self._runs: dict[int, list[tuple[Handle, int]]] = {}
        self._sizes: list[int] = []
        self._drafts: list[tuple[tuple[int, ...], Handle, int, tuple[int, ...]]] = []
        self._ended: set[int] = set()

    # ------------------------------------------------------------ wires and tensors

    def label(self, size: int) -> int:
        self._sizes.append(size)
        return len(self._sizes) - 1

    def tensor(self, labels: Sequence[int], handle: Handle, wires: Sequence[int]) -> None:
        self._drafts.append((tuple(labels), handle, self.position, tuple(wires)))

    def fixed(self, labels: Sequence[int], value: Fixed, wires: Sequence[int] = ()) -> None:
        self.tensor(labels, self.values.fixed(value), wires)

    def here(self, wire: int) -> int:
        """The label at the present end of a wire, after the run that waits on it."""
        if wire not in self._now:
            self._now[wire] = self.label(DIMENSION[self.algebra])
            self.fixed((self._now[wire],), start(self.algebra), (wire,))
        run = self._runs.pop(wire, None)
        if run:
            before, after = self._now[wire], self.label(DIMENSION[self.algebra])
            self._now[wire] = after
            self._drafts.append(((after, before), self.values.run([h for h, _ in run]), run[-1][1], (wire,)))
        return self._now[wire]

    def through(self, wires: Sequence[int]) -> tuple[list[int], list[int]]:
        """New labels after a tensor on `wires`, and those before it."""
        before = [self.here(wire) for wire in wires]
        after = [self.label(DIMENSION[self.algebra]) for _ in wires]
        self._now.update(zip(wires, after, strict=True))
        return after, before

    def end(self, wire: int) -> None:
        if (wire in self._now or wire in self._runs) and wire not in self._ended:
            self.fixed((self.here(wire),), trace(), (wire,))
            self._ended.add(wire)

    def finish(self) -> Network:
        self.position = len(self.circuit.operations)
        visible = set(self.circuit.visible)
        for wire in sorted({*self._now, *self._runs} - visible - self._ended):
            self.end(wire)
        ends = tuple(self.here(wire) for wire in self.circuit.visible)
        tables, place, pool, expressions = self.values.build()
        tensors = tuple(Tensor(labels, *place(handle), at, wires) for labels, handle, at, wires in self._drafts)
        spans = tuple(operation.span for operation in self.circuit.operations)
        qubit_of = {wire: k for k, wire in enumerate(self.circuit.visible)}
        sizes = np.array(self._sizes, np.int64)
        return Network(self.algebra, sizes, tensors, ends, qubit_of, tables, pool, expressions, spans)

    # ------------------------------------------------------------ operations

    def operation(self, operation: Operation) -> None:
        if type(operation) is GateApplication and len(operation.wires) == 1:
            self.whole(operation.wires, Recipe("gate", operation.gate.name, 2, operation.angles), "gate")
            return
        if isinstance(operation, NoisyChannel):
            self.channel(operation)
            return
        if isinstance(operation, Evolution):
            product = rotations(operation, operation.wires)
            if product is None:
                raise UnsuitableError("an evolution under Pauli words that do not commute has no small tensors")
            for rotation, _ in product:
                self.unitary(rotation)
            return
        parts = [part for part, _ in in_parts(operation, operation.wires, WIDEST_UNIFORM)]
        self._whole = len(parts) == 1
        for part in parts:
            self.unitary(unfold(part))

    def channel(self, operation: NoisyChannel) -> None:
        if isinstance(operation, KrausChannel):
            matrix = superoperator(operation.operators)
            recipe = Recipe("constant", "", len(matrix), constant=matrix)
        else:
            assert isinstance(operation, ChannelApplication)
            channel = operation.channel
            recipe = Recipe("channel", channel.name, 4**channel.qubits, operation.strengths)
        self.whole(operation.wires, recipe, "channel")

    def unitary(self, operation: Operation) -> None:
        if isinstance(operation, PauliRotation) and not operation.targets:  # a phase on the controls
            wires = operation.control_wires
            operation = gate("p", wires, operation.span, (operation.angle,), controls=len(wires) - 1)
        controls, own = operation.control_wires, operation.targets
        if is_swap(operation):
            self.swap(*own)
            return
        cut: list[tuple[int, str, int]] = []  # place among the wires of the core's matrix, letter, label
        if controls:
            cut.append((0, "Z", self.joined([(wire, "Z") for wire in controls], "and")))
        if isinstance(operation, PauliRotation) and len(own) > 1:
            parity = self.joined(list(zip(own, operation.pauli_word, strict=True))[:-1], "xor")
            cut.append((len(cut), "Z", parity))
            recipe = Recipe("pauli", "Z" + operation.pauli_word[-1], 4, operation.numbers)
            core = own[-1:]
        else:
            recipe, axes = recipe_of(operation, len(own))
            lettered = [k for k, letter in enumerate(axes) if letter != "*"]
            if len(lettered) == len(own):
                lettered = lettered[:-1]
            first = len(cut)
            letters = {k: self.letter(own[k], axes[k]) for k in lettered}
            cut += [(first + k, letters[k], self.cut(own[k], letters[k])) for k in lettered]
            core = tuple(wire for k, wire in enumerate(own) if k not in lettered)
        if controls:
            recipe = controlled(recipe, 1)
        self.whole(core, recipe, "gate", cut)

    def whole(self, wires: Sequence[int], recipe: Recipe, kind: str, cut: Sequence[tuple[int, str, int]] = ()) -> None:
        """The matrix of a recipe on the labels of its cut wires and on `wires`; one wire alone joins the run there.

        A wide gate has no legs where a wire begins in zero, nor where one ends: it is closed there before it is a
        tensor, so that an isometry is as large as what goes in and what stays.
        """
        letters = tuple((place, letter) for place, letter, _ in cut)
        if len(wires) == 1 and not cut:
            self._runs.setdefault(wires[0], []).append((self.values.matrix(recipe, kind, letters, 1), self.position))
            return
        closes = kind == "gate" and len(wires) > NARROW and self._whole
        begins = [wire for wire in wires if closes and wire not in self._now and wire not in self._runs]
        ends = [wire for wire in wires if closes and self._last.get(wire) == self.position]
        legs = 2 * len(wires) - len(begins) - len(ends)
        if DIMENSION[self.algebra] ** (len(cut) + legs) > LARGEST:
            raise UnsuitableError(f"a gate or channel on {len(wires)} qubits is too large for one tensor")
        places = dict(zip(wires, (k for k in range(len(cut) + len(wires)) if k not in dict(letters)), strict=True))
        closed = (tuple(places[wire] for wire in begins), tuple(places[wire] for wire in ends))
        handle = self.values.matrix(recipe, kind, letters, len(wires), *closed)
        before = [self.here(wire) for wire in wires if wire not in begins]
        after = {wire: self.label(DIMENSION[self.algebra]) for wire in wires if wire not in ends}
        self._now.update(after)
        self._ended.update(ends)
        self.tensor((*(label for _, _, label in cut), *after.values(), *before), handle, wires)

    def swap(self, left: int, right: int) -> None:
        here, there = self.here(left), self.here(right)
        self._now[left], self._now[right] = there, here

    def letter(self, wire: int, letter: str) -> str:
        """The letter under which a wire is cut: `z` for Z where the wire has its bit already."""
        if letter != "Z" or self._changed is None or self._changed.get(wire, -1) >= self.position:
            return letter
        return "z"

    def cut(self, wire: int, letter: str) -> int:
        """The label of the projectors of a letter, which are put on a wire."""
        value = letter_maps(self.algebra, letter)
        label = self.label(len(value))
        (after,), (before,) = self.through([wire])
        self.fixed((label, after, before), value, (wire,))
        return label

    def joined(self, cuts: Sequence[tuple[int, str]], name: str) -> int:
        """One label that stands for the AND, or for the XOR, of the bits of several cuts."""
        label = self.cut(*cuts[0])
        for wire, letter in cuts[1:]:
            both = (label, self.cut(wire, letter))
            label = self.label(self._sizes[label])
            self.fixed((*both, label), logic(self.algebra, name))
        return label


def _last_uses(circuit: Circuit) -> dict[int, int]:
    """Of each wire that is not visible the last operation on it."""
    uses = {
        wire: position
        for position, operation in enumerate(circuit.operations)
        if not isinstance(operation, LIFETIME)
        for wire in operation.wires
    }
    return {wire: position for wire, position in uses.items() if wire not in set(circuit.visible)}


def _last_changes(circuit: Circuit) -> dict[int, int]:
    """Of each wire the last operation that is not diagonal on it."""
    changes: dict[int, int] = {}
    for position, operation in enumerate(circuit.operations):
        if not isinstance(operation, LIFETIME):
            diagonal = diagonal_wires(operation)
            changes.update((wire, position) for wire in operation.wires if wire not in diagonal)
    return changes
