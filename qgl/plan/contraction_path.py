"""The order in which a tensor network is contracted, and the contractions in groups that are done at once.

A path is found by cotengra (Gray and Kourtis, Quantum 5, 410, 2021): the best of some random greedy paths, improved
subtree by subtree. Contractions that wait for equally many others and sum the same axes of tensors of the same shapes
are one batched product, so that what is compiled grows with the number of different contractions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Path = tuple[tuple[int, int], ...]
Indices = NDArray[np.int32]

QUICK, THOROUGH = 16, 128  # random greedy paths
EASY = 1e5  # operations up to which a quick search will do
SUBTREE = 6  # tensors of the subtrees that are contracted in the best order


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """A tensor of the network: its labels, and where its numbers are. `varies`: they are others in each row."""

    labels: tuple[int, ...]
    source: int
    row: int
    varies: bool = False


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
    """Multiplications and additions, and numbers written."""

    operations: float = 0.0
    numbers: float = 0.0


@dataclass(frozen=True, eq=False, slots=True)
class Scheme:
    """Group k makes source `sources` + k, whose rows are the results of its members.

    result  source and row of the last tensor; `axes` brings its axes into the order of the output labels
    once    work that is the same in all rows, `each` the work of a row
    largest numbers in one tensor
    """

    sources: int
    groups: tuple[Group, ...]
    result: tuple[int, int]
    axes: tuple[int, ...]
    once: Work
    each: Work
    largest: int


def find_path(leaves: Sequence[Leaf], output: Sequence[int], sizes: Sequence[int]) -> Path:
    """Pairs of tensors; leaves count from 0, and each result takes the next number."""
    if len(leaves) < 2:
        return ()
    import cotengra

    inputs = [leaf.labels for leaf in leaves]
    dimensions = dict(enumerate(sizes))

    def search(repeats: int) -> Any:
        optimizer = cotengra.RandomGreedyOptimizer(max_repeats=repeats, seed=0, parallel=False)
        return cotengra.array_contract_tree(inputs, tuple(output), dimensions, optimize=optimizer)

    tree = search(QUICK)
    if tree.contraction_cost() > EASY:
        tree = search(THOROUGH)
        tree = tree.subtree_reconfigure(subtree_size=SUBTREE, seed=0)
    return tuple((int(left), int(right)) for left, right in tree.get_ssa_path())


@dataclass(frozen=True, eq=False, slots=True)
class _Node:
    labels: tuple[int, ...]
    varies: bool
    level: int


@dataclass(frozen=True, eq=False, slots=True)
class _Product:
    """Node `number` is `left` times `right`."""

    number: int
    left: int
    right: int
    left_axes: tuple[int, ...]
    right_axes: tuple[int, ...]


def schedule(leaves: Sequence[Leaf], output: Sequence[int], sizes: Sequence[int], path: Path, sources: int) -> Scheme:
    """The contractions of a path in groups; the leaves lie in `sources` sources."""
    nodes = [_Node(leaf.labels, leaf.varies, 0) for leaf in leaves]
    waiting: dict[Any, list[_Product]] = {}
    once, each = [0.0, 0.0], [0.0, 0.0]
    for pair in path:
        product, node = _contract(nodes, *pair, sizes)
        shapes = tuple(tuple(sizes[label] for label in nodes[k].labels) for k in (product.left, product.right))
        key = (node.level, node.varies, shapes, product.left_axes, product.right_axes)
        waiting.setdefault(key, []).append(product)
        size = math.prod(sizes[label] for label in node.labels)
        summed = math.prod(shapes[0][axis] for axis in product.left_axes)
        work = each if node.varies else once
        work[0] += 2.0 * size * summed
        work[1] += size
        nodes.append(node)
    place = {number: (leaf.source, leaf.row) for number, leaf in enumerate(leaves)}
    groups = []
    for key in sorted(waiting, key=lambda key: key[0]):
        members = sorted(waiting[key], key=lambda product: (place[product.left], place[product.right]))
        left, right = (np.array([place[k] for k in side], np.int32) for side in _sides(members))
        groups.append(Group(left, right, key[3], key[4], key[1]))
        place |= {product.number: (sources + len(groups) - 1, row) for row, product in enumerate(members)}
    axes = tuple(nodes[-1].labels.index(label) for label in output)
    largest = max(math.prod(sizes[label] for label in node.labels) for node in nodes)
    return Scheme(sources, tuple(groups), place[len(nodes) - 1], axes, Work(*once), Work(*each), largest)


def _sides(members: Sequence[_Product]) -> tuple[list[int], list[int]]:
    return [product.left for product in members], [product.right for product in members]


def _contract(nodes: Sequence[_Node], first: int, second: int, sizes: Sequence[int]) -> tuple[_Product, _Node]:
    """The larger of two tensors is the left one."""
    left, right = sorted(
        (first, second), key=lambda k: math.prod(sizes[label] for label in nodes[k].labels), reverse=True
    )
    one, other = nodes[left], nodes[right]
    shared = [label for label in one.labels if label in other.labels]
    kept = tuple(label for node in (one, other) for label in node.labels if label not in shared)
    product = _Product(
        len(nodes),
        left,
        right,
        tuple(one.labels.index(label) for label in shared),
        tuple(other.labels.index(label) for label in shared),
    )
    return product, _Node(kept, one.varies or other.varies, 1 + max(one.level, other.level))
