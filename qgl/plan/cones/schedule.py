"""A small circuit as blocks: how one class of cones is run in tiles, before classes are put together."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from qgl.expression import Atom, Input, Real, apply, combined
from qgl.passes.fusion import Item, fuse, merge_single
from qgl.plan.cones.classes import ConeClass
from qgl.plan.matrix_pool import Recipe
from qgl.plan.state.elements import Small, axes_of, bases_of
from qgl.plan.state.methods import FullState

WIDEST, WIDEST_KEPT = 14, 12  # bits of a state that is run in tiles: a vector; a density matrix, whose steps are kept
ARITY = 4  # bits that a block may act on
MOST_READ = 8  # bits of the index of what is read
FEW = 0.05  # of all blocks may be cut


@dataclass(frozen=True, slots=True)
class Block:
    """Matrices that act one after another on `window`, axes of a state.

    matrices  each with the bits of the window that it acts on; their angles depend on inputs of the block's own
    key       the same for blocks that differ in window and slots only
    slots     inputs of the class that are the inputs of the block
    """

    window: tuple[int, ...]
    matrices: tuple[tuple[Recipe, tuple[int, ...]], ...]
    key: Hashable
    slots: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Schedule:
    """A class, its circuit as a state of `bits`, and the small matrices that act on it.

    visible  axes of the qubits that are read; in a density matrix axis p has its ket at 2p and its bra at 2p + 1
    longest  matrices of a block at the most; what is longer is cut
    """

    one: ConeClass
    density: bool
    bits: int
    qubits: int
    visible: tuple[int, ...]
    elements: tuple[Small, ...]
    longest: int = sys.maxsize

    @cached_property
    def arity(self) -> int:
        """Bits that every matrix acts on at the most, but two at least."""
        return max([2, *(len(element.axes) for element in self.elements)])

    @cached_property
    def blocks(self) -> list[Block]:
        """On `arity` axes each, at the most."""
        return [_block(window, smalls) for window, smalls in self.gathered]

    @cached_property
    def gathered(self) -> list[tuple[tuple[int, ...], list[Small]]]:
        """The window and the matrices of each block, which cost little to find."""
        cut: list[tuple[tuple[int, ...], list[Small]]] = []
        for window, smalls in self._uncut():
            cut += [(window, smalls[k : k + self.longest]) for k in range(0, len(smalls), self.longest)]
        return cut

    def _uncut(self) -> list[tuple[tuple[int, ...], list[Small]]]:
        if self.arity == 2:
            return _pairs(self.elements)
        items = [Item(axes_of(element), bases_of(element), (k,)) for k, element in enumerate(self.elements)]
        fused = fuse(merge_single(items), self.bits, self.arity)
        return [(block.wires, [self.elements[k] for item in block.items for k in item.members]) for block in fused]

    def order(self, bits: int) -> tuple[int, ...]:
        """All of `bits` axes in the order in which a state is read: first the visible ones, kets before bras."""
        if not self.density:
            return (*self.visible, *(axis for axis in range(bits) if axis not in self.visible))
        rest = [axis for axis in range(bits // 2) if axis not in self.visible]
        return tuple(2 * axis + side for side in (0, 1) for axis in (*self.visible, *rest))


def evened(schedules: Sequence[Schedule]) -> list[Schedule]:
    """The same with the longest few blocks cut: the product of every block takes as many steps as the longest one's."""
    lengths = Counter[int]()
    for one in schedules:
        for _, smalls in one.gathered:
            lengths[len(smalls)] += one.one.count
    allowed = FEW * lengths.total()
    for length in sorted(lengths, reverse=True):
        allowed -= lengths[length]
        if allowed < 0:
            return [replace(one, longest=length) for one in schedules]
    return list(schedules)


def schedule(one: ConeClass, whole: FullState) -> Schedule | None:
    """None if the circuit is too wide, begins in states that are inputs, or does not come down to small matrices."""
    read = len(one.circuit.visible) * (1 if one.bits_only else 2)
    if whole.starts or whole.bits > (WIDEST if whole.unitary else WIDEST_KEPT) or read > MOST_READ:
        return None
    small: list[Small] = []
    for element in whole.elements:
        if not isinstance(element, Small) or element.controls or len(element.axes) > ARITY:
            return None
        small.append(element)
    return Schedule(one, not whole.unitary, whole.bits, whole.qubits, whole.visible, tuple(small))


def _pairs(elements: Sequence[Small]) -> list[tuple[tuple[int, ...], list[Small]]]:
    """Blocks on two axes: a matrix on two, and those on one of them that come before it.

    Cones overlap, and a block that is made by this rule is the same in all cones that hold it.
    """
    blocks: list[tuple[tuple[int, ...], list[Small]]] = []
    last: dict[int, int] = {}  # of each axis the block that was the last one to act on it
    waiting: dict[int, list[Small]] = {}
    for element in elements:
        if len(element.axes) == 1:
            waiting.setdefault(element.axes[0], []).append(element)
            continue
        numbers = {last.get(axis, -1) for axis in element.axes}
        number = numbers.pop()
        if numbers or number < 0:
            number = len(blocks)
            blocks.append((element.axes, []))
            last.update(dict.fromkeys(element.axes, number))
        for axis in blocks[number][0]:
            blocks[number][1].extend(waiting.pop(axis, ()))
        blocks[number][1].append(element)
    lone = [axis for axis in waiting if axis not in last]
    for pair in (tuple(lone[k : k + 2]) for k in range(0, len(lone), 2)):
        last.update(dict.fromkeys(pair, len(blocks)))
        blocks.append((pair, []))
    for axis, rest in waiting.items():
        blocks[last[axis]][1].extend(rest)
    return blocks


def _block(window: tuple[int, ...], smalls: list[Small]) -> Block:
    slots: dict[int, Real] = {}

    def own(slot: int) -> Real:
        if slot not in slots:
            slots[slot] = Real(0.0, ((1.0, Input(0, len(slots))),))
        return slots[slot]

    matrices = []
    keys: list[Hashable] = []
    for small in smalls:
        recipe = replace(small.recipe, args=tuple(substituted(arg, own) for arg in small.recipe.args))
        axes = tuple(map(window.index, small.axes))
        constant = None if recipe.constant is None else recipe.constant.tobytes()
        matrices.append((recipe, axes))
        keys.append((kind_of(recipe), recipe.args, constant, axes))
    return Block(window, tuple(matrices), tuple(keys), tuple(slots))


def kind_of(recipe: Recipe) -> Hashable:
    """What a recipe is, apart from its angles or its constant matrix."""
    return recipe.kind, recipe.name, recipe.size, recipe.controls, recipe.conjugate


def substituted(number: Real, value: Callable[[int], Real]) -> Real:
    """`number` with `value(k)` instead of input k."""
    if len(number.terms) == 1 and not number.constant and number.terms[0][0] == 1:
        atom = number.terms[0][1]
        if isinstance(atom, Input):
            return value(atom.element)

    def part(atom: Atom) -> Real:
        if isinstance(atom, Input):
            return value(atom.element)
        return apply(atom.name, *(substituted(argument, value) for argument in atom.arguments))

    return combined(number.constant, ((factor, part(atom)) for factor, atom in number.terms))
