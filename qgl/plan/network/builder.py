"""What a gate or a channel adds to a network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgl.ir.circuit import Circuit
from qgl.ir.controls import unfold
from qgl.ir.facts import is_swap
from qgl.plan.matrix_pool import Recipe
from qgl.plan.network.bases import DIMENSION, Fixed, letter_maps, logic, start, trace
from qgl.plan.network.values import Handle, ValueBuilder
from qgl.plan.state.density_matrix import superoperator
from qgl.plan.state.state_vector import controlled, in_parts, recipe_of, rotations
from qgl.program.operations import (
    ChannelApplication,
    Evolution,
    GateApplication,
    KrausChannel,
    NoisyChannel,
    Operation,
    PauliRotation,
    gate,
)

Label = Any

LARGEST = 2**16  # entries of one tensor
NARROW = 3  # qubits of a gate whose legs all stay
WIDEST_UNIFORM = 7  # qubits of a uniformly controlled gate that is one tensor


class UnsuitableError(Exception):
    """The circuit has no network of small tensors; the message says why."""


class Builder:
    """Follows the label of every wire and the run of one-wire gates that waits on it.

    The labels are numbers, or as many at once as gates are added together (`qgl.plan.network.lanes`).
    """

    def __init__(self, circuit: Circuit, algebra: str, values: ValueBuilder) -> None:
        self.circuit, self.algebra, self.values = circuit, algebra, values
        self._whole = False  # whether what is put there is all of an operation
        self._ended: set[int] = set()
        self._now: dict[int, Label] = {}
        self._runs: dict[int, list[Handle]] = {}
        self._sizes: list[int] = []
        self._drafts: list[tuple[tuple[Label, ...], Handle, tuple[Any, ...]]] = []

    # ------------------------------------------------------------ wires and tensors

    def label(self, size: int) -> Label:
        """A new label."""
        self._sizes.append(size)
        return len(self._sizes) - 1

    def size(self, label: Label) -> int:
        """The dimension of a label."""
        return self._sizes[label]

    def tensor(self, labels: Sequence[Label], handle: Handle, wires: Sequence[int]) -> None:
        """A tensor with these labels on its axes."""
        self._drafts.append((tuple(labels), handle, tuple(wires)))

    def fixed(self, labels: Sequence[Label], value: Fixed, wires: Sequence[int] = ()) -> None:
        """A tensor of constants."""
        self.tensor(labels, self.values.fixed(value), wires)

    def here(self, wire: int) -> Label:
        """The label at the present end of a wire, after the run that waits on it."""
        if wire not in self._now:
            self._now[wire] = self.label(DIMENSION[self.algebra])
            self.fixed((self._now[wire],), start(self.algebra), (wire,))
        run = self._runs.pop(wire, None)
        if run:
            before, after = self._now[wire], self.label(DIMENSION[self.algebra])
            self._now[wire] = after
            self.tensor((after, before), self.values.run(run), (wire,))
        return self._now[wire]

    def through(self, wires: Sequence[int]) -> tuple[list[Label], list[Label]]:
        """New labels after a tensor on `wires`, and those before it."""
        before = [self.here(wire) for wire in wires]
        after = [self.label(DIMENSION[self.algebra]) for _ in wires]
        self._now.update(zip(wires, after, strict=True))
        return after, before

    def end(self, wire: int) -> None:
        """Traces a wire out."""
        if (wire in self._now or wire in self._runs) and wire not in self._ended:
            self.fixed((self.here(wire),), trace(), (wire,))
            self._ended.add(wire)

    # ------------------------------------------------------------ operations

    def operation(self, operation: Operation) -> None:
        """Adds a gate or a channel."""
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
        """Adds a channel."""
        if isinstance(operation, KrausChannel):
            matrix = superoperator(operation.operators)
            recipe = Recipe("constant", "", len(matrix), constant=matrix)
        else:
            assert isinstance(operation, ChannelApplication)
            channel = operation.channel
            recipe = Recipe("channel", channel.name, 4**channel.qubits, operation.strengths)
        self.whole(operation.wires, recipe, "channel")

    def unitary(self, operation: Operation) -> None:
        """Adds a gate."""
        if isinstance(operation, PauliRotation) and not operation.targets:  # a phase on the controls
            wires = operation.control_wires
            operation = gate("p", wires, operation.span, (operation.angle,), controls=len(wires) - 1)
        controls, own = operation.control_wires, operation.targets
        if is_swap(operation):
            self.swap(*own)
            return
        cut: list[tuple[int, str, Label]] = []  # place among the wires of the core's matrix, letter, label
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

    def whole(
        self, wires: Sequence[int], recipe: Recipe, kind: str, cut: Sequence[tuple[int, str, Label]] = ()
    ) -> None:
        """The matrix of a recipe on the labels of its cut wires and on `wires`; one wire alone joins the run there.

        A wide gate has no legs where a wire begins in zero, nor where one ends: it is closed there before it is a
        tensor, so that an isometry is as large as what goes in and what stays.
        """
        letters = tuple((place, letter) for place, letter, _ in cut)
        if len(wires) == 1 and not cut:
            self._runs.setdefault(wires[0], []).append(self.values.matrix(recipe, kind, letters, 1))
            return
        closes = kind == "gate" and len(wires) > NARROW and self._whole
        begins = [wire for wire in wires if closes and wire not in self._now and wire not in self._runs]
        ends = [wire for wire in wires if closes and self.ends_here(wire)]
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
        """The wires change their names, nothing more."""
        here, there = self.here(left), self.here(right)
        self._now[left], self._now[right] = there, here

    def letter(self, wire: int, letter: str) -> str:
        """The letter under which a wire is cut: `z` for Z where the wire has its bit already."""
        return "z" if letter == "Z" and self.has_its_bit(wire) else letter

    def has_its_bit(self, wire: int) -> bool:
        """Whether only bits are read, and nothing but diagonal gates follows on the wire."""
        raise NotImplementedError

    def ends_here(self, wire: int) -> bool:
        """Whether the wire is not visible, and the present operation is the last one on it."""
        raise NotImplementedError

    def cut(self, wire: int, letter: str) -> Label:
        """The label of the projectors of a letter, which are put on a wire."""
        value = letter_maps(self.algebra, letter)
        label = self.label(len(value))
        (after,), (before,) = self.through([wire])
        self.fixed((label, after, before), value, (wire,))
        return label

    def joined(self, cuts: Sequence[tuple[int, str]], name: str) -> Label:
        """One label that stands for the AND, or for the XOR, of the bits of several cuts."""
        label = self.cut(*cuts[0])
        for wire, letter in cuts[1:]:
            both = (label, self.cut(wire, letter))
            label = self.label(self.size(label))
            self.fixed((*both, label), logic(self.algebra, name))
        return label
