"""Contractions of small tensors as one table: every number is a sum of products of numbers that are there already.

Memory holds 0, 1, the inputs and then the results, step by step; a step makes `width` numbers, each a sum of `terms`
products. Longer sums are made of partial ones. What is compiled does not depend on the network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int32]

STEP_NUMBERS = 2_000  # numbers that could be made in the time that a step takes for nothing
ZERO, ONE, FIRST = 0, 1, 2  # places in memory of the constants, and of the first input


@dataclass(frozen=True, eq=False)
class Sums:
    """Number `FIRST` + inputs + step * width + k is the sum over j of left[step, k, j] * right[step, k, j].

    `left` and `right` are places in memory, shape (steps, width, terms); `right` may be places in another memory.
    """

    inputs: int
    left: Indices
    right: Indices

    @property
    def results(self) -> int:
        """Numbers that the steps make, fillers included."""
        return int(self.left.shape[0] * self.left.shape[1])


@dataclass(frozen=True, eq=False)
class SmallPart:
    """Contractions of small tensors, and their transpose.

    outputs    (outputs,) places in the memory of `forward` of what is handed on
    backward   its inputs are the cotangents of the outputs; the right factors are in the memory of `forward`
    gradients  (inputs,) places in the memory of `backward` of the cotangents of the inputs of `forward`
    """

    forward: Sums
    outputs: Indices
    backward: Sums
    gradients: Indices

    @property
    def numbers(self) -> int:
        """Numbers in both memories."""
        return sum(FIRST + sums.inputs + sums.results for sums in (self.forward, self.backward))


class SumBuilder:
    """Collects sums of products; tensors are arrays of numbers' ids, which `finish` turns into places.

    elsewhere: right factors are places in another memory.
    """

    def __init__(self, inputs: int, terms: int, elsewhere: bool = False) -> None:
        self._inputs, self._terms, self._elsewhere = inputs, terms, elsewhere
        self._count = FIRST + inputs
        self._blocks: list[tuple[int, Indices, Indices, int]] = []  # level, left, right, first id

    def product(
        self,
        left: Indices,
        right: Indices,
        left_axes: Sequence[int],
        right_axes: Sequence[int],
        level: int,
    ) -> tuple[Indices, int]:
        """The ids of left times right, summed over pairs of axes, and its level: one more than that of its last part.

        Shape: the axes of `left` that stay, then those of `right`. level is the higher one of the levels of left and
        right.
        """
        one, other = _matrix(left, left_axes), _matrix(right, right_axes)
        shape = (*_rest(left.shape, left_axes), *_rest(right.shape, right_axes))
        rows, columns = len(one), len(other)
        numbers, top = self._sums(np.repeat(one, columns, axis=0), np.tile(other, (rows, 1)), level + 1)
        return numbers.reshape(shape), top

    def _sums(self, left: Indices, right: Indices, level: int) -> tuple[Indices, int]:
        count, length = left.shape
        parts = math.ceil(length / self._terms)
        padding = ((0, 0), (0, parts * self._terms - length))
        pairs = [np.pad(side, padding).reshape(-1, self._terms) for side in (left, right)]
        first, self._count = self._count, self._count + len(pairs[0])
        self._blocks.append((level, pairs[0], pairs[1], first))
        numbers = np.arange(first, self._count, dtype=np.int32)
        if parts == 1:
            return numbers, level
        partial = numbers.reshape(count, parts)
        return self._sums(partial, np.full_like(partial, ONE), level + 1)

    def finish(self) -> tuple[Sums, Indices]:
        """The table, and the place of every id, shape (ids,)."""
        levels: dict[int, list[tuple[Indices, Indices, int]]] = {}
        for level, left, right, first in self._blocks:
            levels.setdefault(level, []).append((left, right, first))
        counts = [sum(len(left) for left, _, _ in levels[level]) for level in sorted(levels)]
        width = _width(counts)
        steps = sum(math.ceil(count / width) for count in counts)
        place = np.zeros(self._count, np.int32)
        place[: FIRST + self._inputs] = np.arange(FIRST + self._inputs)
        tables = np.full((2, steps * width, self._terms), ZERO, np.int32)
        at = 0
        for level in sorted(levels):
            for left, right, first in levels[level]:
                tables[0, at : at + len(left)], tables[1, at : at + len(left)] = left, right
                place[first : first + len(left)] = FIRST + self._inputs + at + np.arange(len(left))
                at += len(left)
            at = math.ceil(at / width) * width
        places = place[tables[0]], tables[1] if self._elsewhere else place[tables[1]]
        left, right = (side.reshape(steps, width, self._terms) for side in places)
        return Sums(self._inputs, left, right), place


def _matrix(tensor: Indices, axes: Sequence[int]) -> Indices:
    """`tensor` as a matrix whose columns are the `axes`."""
    kept = [axis for axis in range(tensor.ndim) if axis not in axes]
    return tensor.transpose(*kept, *axes).reshape(-1, math.prod(tensor.shape[axis] for axis in axes))


def _rest(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(size for axis, size in enumerate(shape) if axis not in axes)


def _width(counts: Sequence[int]) -> int:
    """The power of two that wastes least."""

    def cost(width: int) -> int:
        return sum(math.ceil(count / width) for count in counts) * (width + STEP_NUMBERS)

    return min((1 << k for k in range(5, 17)), key=cost)


@dataclass(frozen=True, eq=False, slots=True)
class SmallProduct:
    """Tensor `number` is `left` times `right`, summed over pairs of their axes."""

    number: int
    left: int
    right: int
    left_axes: tuple[int, ...]
    right_axes: tuple[int, ...]


def small_part(
    inputs: dict[int, Indices],
    sensitive: set[int],
    products: Sequence[SmallProduct],
    outputs: Sequence[int],
    terms: int,
) -> SmallPart:
    """The part that makes some tensors out of others.

    inputs: tensors that are given, as arrays of positions among the inputs, of the shapes of the tensors.
    sensitive: tensors, inputs and products, whose cotangents are wanted.
    products: in order, each after those that it takes; every tensor is taken once at most.
    outputs: tensors that are handed on, one after the other.
    """
    count = sum(array.size for array in inputs.values())
    forward = SumBuilder(count, terms)
    tensors = {number: (FIRST + array, 0) for number, array in inputs.items()}
    for product in products:
        (left, first), (right, second) = tensors[product.left], tensors[product.right]
        tensors[product.number] = forward.product(
            left, right, product.left_axes, product.right_axes, max(first, second)
        )
    sums, place = forward.finish()
    handed = np.concatenate([np.zeros(0, np.int32), *(place[tensors[number][0]].reshape(-1) for number in outputs)])

    values = {number: place[array] for number, (array, _) in tensors.items()}
    backward = SumBuilder(len(handed), terms, elsewhere=True)
    cotangents: dict[int, tuple[Indices, int]] = {}
    at = FIRST
    for number in outputs:
        shape = tensors[number][0].shape
        cotangents[number] = np.arange(at, at + math.prod(shape), dtype=np.int32).reshape(shape), 0
        at += math.prod(shape)
    for product in reversed(products):
        if product.number not in sensitive:
            continue
        cotangent, level = cotangents[product.number]
        kept = len(_rest(values[product.left].shape, product.left_axes))
        sides = (
            (product.left, product.left_axes, product.right, product.right_axes, range(kept, cotangent.ndim)),
            (product.right, product.right_axes, product.left, product.left_axes, range(kept)),
        )
        for own, own_axes, other, other_axes, summed in sides:
            if own in sensitive:
                rest = [axis for axis in range(values[other].ndim) if axis not in other_axes]
                numbers, top = backward.product(cotangent, values[other], tuple(summed), rest, level)
                cotangents[own] = _as_before(numbers, own_axes, other_axes), top
    table, where = backward.finish()
    gradients = np.zeros(count, np.int32)
    for number, array in inputs.items():
        if number in sensitive:
            gradients[array.reshape(-1)] = where[cotangents[number][0]].reshape(-1)
    return SmallPart(sums, handed, table, gradients)


def _as_before(found: Indices, own_axes: Sequence[int], other_axes: Sequence[int]) -> Indices:
    """A cotangent with its axes in the order of its tensor.

    Its first axes are those that were kept, in order; then come those that were summed, in the order of `other_axes`.
    """
    kept = [axis for axis in range(found.ndim) if axis not in own_axes]
    summed = [own for _, own in sorted(zip(other_axes, own_axes, strict=True))]
    return found.transpose(np.argsort([*kept, *summed]).tolist())
