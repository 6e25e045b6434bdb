"""A contraction path as arrays: small contractions as tables of sums, larger ones in groups of one form.

Work that is the same in all rows of projections is done once; the rest is done for every row. Contractions of large
tensors that wait for equally many others and sum the same axes of tensors of the same shapes are one batched product.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.plan.contraction.path import Path
from qgl.plan.contraction.sums import SmallPart, SmallProduct, small_part

Indices = NDArray[np.int32]

SMALL = 1 << 11  # multiplications in one small contraction
MOST_PROJECTIONS = 16  # rows in one small tensor, so that its numbers stay within the range of single precision


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """A tensor of the network.

    first      where its numbers lie: among the entries of all tables, or among the projections of a row
    sensitive  whether they depend on the inputs of the circuit
    varies     whether they are others in each row
    """

    labels: tuple[int, ...]
    first: int
    sensitive: bool = False
    varies: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class Source:
    """Tensors of one shape, one after the other in what a part hands on."""

    first: int
    count: int
    shape: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """What is done with small tensors, once or for each row.

    entries      (taken,) places among the entries of all tables; of the part for each row, in what the other hands on
    projections  (taken,) places in the projections of the row, which come after the entries
    sources      the tensors that are handed on to larger contractions, first in what is handed on
    """

    entries: Indices
    projections: Indices
    small: SmallPart
    sources: tuple[Source, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Group:
    """Contractions of one form.

    left, right            (members, 2) source and row of each operand
    left_axes, right_axes  axes of the operands that are summed together; the result has the left ones that stay first
    varies                 whether the results are others in each row
    """

    left: Indices
    right: Indices
    left_axes: tuple[int, ...]
    right_axes: tuple[int, ...]
    varies: bool


@dataclass(frozen=True, slots=True)
class Work:
    """Operations of small and of large contractions, and numbers that are made."""

    small: float = 0.0
    large: float = 0.0
    numbers: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Scheme:
    """Sources are those of `once`, those of `each`, then the results of each group.

    result   source and row of the last tensor; `axes` brings its axes into the order of the output labels
    largest  numbers in one tensor
    """

    once: Part
    each: Part
    groups: tuple[Group, ...]
    result: tuple[int, int]
    axes: tuple[int, ...]
    work_once: Work
    work_each: Work
    largest: int


@dataclass(frozen=True, eq=False, slots=True)
class _Node:
    """level counts the large contractions that it waits for; projections the legs of rows that are in it."""

    labels: tuple[int, ...]
    shape: tuple[int, ...]
    varies: bool
    sensitive: bool
    small: bool
    level: int
    projections: int

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def schedule(leaves: Sequence[Leaf], output: Sequence[int], sizes: Sequence[int], path: Path, terms: int) -> Scheme:
    """The contractions of a path, sorted into parts and groups; `terms` is the most frequent dimension."""
    nodes = [
        _Node(
            leaf.labels,
            tuple(sizes[label] for label in leaf.labels),
            leaf.varies,
            leaf.sensitive,
            small=True,
            level=0,
            projections=int(leaf.varies),
        )
        for leaf in leaves
    ]
    products = []
    works: dict[bool, list[float]] = {False: [0.0] * 3, True: [0.0] * 3}
    for pair in path:
        product, node, operations = _contract(nodes, *pair)
        products.append(product)
        nodes.append(node)
        works[node.varies][0 if node.small else 1] += 2.0 * operations
        works[node.varies][2] += node.size
    once, each, place = _parts(leaves, nodes, products, terms)
    groups = _groups(nodes, products, place, len(once.sources) + len(each.sources))
    axes = tuple(nodes[-1].labels.index(label) for label in output)
    return Scheme(
        once,
        each,
        groups,
        place[len(nodes) - 1],
        axes,
        Work(*works[False]),
        Work(*works[True]),
        max(node.size for node in nodes),
    )


def _contract(nodes: Sequence[_Node], first: int, second: int) -> tuple[SmallProduct, _Node, int]:
    """The larger of two tensors is the left one; with the number of multiplications."""
    left, right = sorted((first, second), key=lambda k: nodes[k].size, reverse=True)
    one, other = nodes[left], nodes[right]
    shared = [label for label in one.labels if label in other.labels]
    left_axes, right_axes = (tuple(node.labels.index(label) for label in shared) for node in (one, other))
    kept = [
        (label, size)
        for node in (one, other)
        for label, size in zip(node.labels, node.shape, strict=True)
        if label not in shared
    ]
    shape = tuple(size for _, size in kept)
    operations = math.prod(shape) * math.prod(one.shape[axis] for axis in left_axes)
    projections = one.projections + other.projections
    small = one.small and other.small and operations <= SMALL and projections <= MOST_PROJECTIONS
    node = _Node(
        tuple(label for label, _ in kept),
        shape,
        one.varies or other.varies,
        one.sensitive or other.sensitive,
        small,
        0 if small else 1 + max(one.level, other.level),
        projections,
    )
    return SmallProduct(len(nodes), left, right, left_axes, right_axes), node, operations


_Places = dict[int, tuple[int, int]]


def _parts(
    leaves: Sequence[Leaf], nodes: Sequence[_Node], products: Sequence[SmallProduct], terms: int
) -> tuple[Part, Part, _Places]:
    """The small contractions, and the source and row of every tensor that they hand on to larger ones."""
    taken_by = {taken: product.number for product in products for taken in (product.left, product.right)}
    last = len(nodes) - 1

    def leaves_for(number: int, kind: str) -> bool:
        """Whether a small tensor goes to a large contraction, or to the small ones of each row."""
        user = taken_by.get(number)
        if user is None or not nodes[user].small:
            return kind == "large"
        return kind == "rows" and nodes[user].varies and not nodes[number].varies

    def some(varies: bool, kind: str) -> list[int]:
        members = [k for k, node in enumerate(nodes) if node.small and node.varies == varies and leaves_for(k, kind)]
        return sorted(members, key=lambda k: (nodes[k].shape, k))

    place: _Places = {}
    small = [product for product in products if nodes[product.number].small]
    sensitive = {k for k, node in enumerate(nodes) if node.sensitive}
    handed, kept = some(False, "large"), some(False, "rows")
    own = [k for k, leaf in enumerate(leaves) if not leaf.varies]
    inputs, entries = _inputs(nodes, own, [leaves[k].first for k in own])
    fixed = [product for product in small if not nodes[product.number].varies]
    made = small_part(inputs, sensitive, fixed, [*handed, *kept], terms)
    once = Part(entries, np.zeros(0, np.int32), made, _sources(nodes, handed, 0, place))

    starts = np.cumsum([0, *(nodes[k].size for k in (*handed, *kept))])[len(handed) :]
    closed = [k for k, leaf in enumerate(leaves) if leaf.varies]
    inputs, taken = _inputs(nodes, [*kept, *closed], [*starts[:-1].tolist(), *(leaves[k].first for k in closed)])
    cut = sum(nodes[k].size for k in kept)
    varying = [product for product in small if nodes[product.number].varies]
    final = some(True, "large")
    made = small_part(inputs, sensitive, varying, final, terms)
    each = Part(taken[:cut], taken[cut:], made, _sources(nodes, final, len(once.sources), place))
    assert nodes[last].small is False or last in place
    return once, each, place


def _inputs(
    nodes: Sequence[_Node], numbers: Sequence[int], firsts: Sequence[int]
) -> tuple[dict[int, Indices], Indices]:
    """Positions of the numbers of some tensors among inputs, and where each input is taken from."""
    inputs, entries, at = {}, [np.zeros(0, np.int32)], 0
    for number, first in zip(numbers, firsts, strict=True):
        node = nodes[number]
        inputs[number] = np.arange(at, at + node.size, dtype=np.int32).reshape(node.shape)
        entries.append(np.arange(first, first + node.size, dtype=np.int32))
        at += node.size
    return inputs, np.concatenate(entries)


def _sources(nodes: Sequence[_Node], numbers: Sequence[int], number: int, place: _Places) -> tuple[Source, ...]:
    """Tensors in sources by their shapes, in which they are sorted."""
    sources: list[Source] = []
    at = 0
    for k in numbers:
        shape = nodes[k].shape
        if sources and sources[-1].shape == shape:
            sources[-1] = Source(sources[-1].first, sources[-1].count + 1, shape)
        else:
            sources.append(Source(at, 1, shape))
        place[k] = number + len(sources) - 1, sources[-1].count - 1
        at += nodes[k].size
    return tuple(sources)


def _groups(nodes: Sequence[_Node], products: Sequence[SmallProduct], place: _Places, first: int) -> tuple[Group, ...]:
    waiting: dict[Any, list[SmallProduct]] = {}
    for product in products:
        node = nodes[product.number]
        if not node.small:
            shapes = nodes[product.left].shape, nodes[product.right].shape
            key = node.level, node.varies, shapes, product.left_axes, product.right_axes
            waiting.setdefault(key, []).append(product)
    groups: list[Group] = []
    for key in sorted(waiting, key=lambda key: key[0]):
        members = sorted(waiting[key], key=lambda product: (place[product.left], place[product.right]))
        left, right = (
            np.array([place[k] for k in side], np.int32)
            for side in ([member.left for member in members], [member.right for member in members])
        )
        place |= {member.number: (first + len(groups), row) for row, member in enumerate(members)}
        groups.append(Group(left, right, key[3], key[4], key[1]))
    return tuple(groups)
