"""The steps of gate-by-gate sampling on arrays of NumPy, for shots side by side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.plan.gate_by_gate.walk import Draw, Keep, Multiply, Put, Step, Store, Walk

Boundary = NDArray[Any]  # complex; axes of 2, then shots or 1
Bits = NDArray[np.bool_]
Choose = Callable[[NDArray[np.float64]], Bits]  # from the probabilities of 1, shape (shots,), to bits


class Sampler:
    """Draws bits of all wires, batch after batch; what is alike for all shots is worked out once.

    tensors: axes of 2 each, as the labels of the network's tensors; their type is that of all numbers.
    """

    def __init__(self, walk: Walk, tensors: Sequence[Boundary], wires: int) -> None:
        self.walk, self.tensors, self.wires = walk, tensors, wires
        self._alike: dict[int, Boundary] = {}  # boundaries of segments before their first step that is of a shot

    def bits(self, shots: int, choose: Choose) -> Bits:
        """Shape (wires, shots), after all sweeps."""
        bits = np.zeros((self.wires, shots), bool)
        rights: dict[int, Boundary] = {}
        for number, segment in enumerate(self.walk.segments):
            if number not in self._alike:
                boundary: Boundary = np.ones(1, self.tensors[0].dtype)
                for step in segment.alike:
                    boundary = self._after(step, boundary, bits, rights)
                self._alike[number] = boundary
            boundary = self._alike[number]
            for step in segment.steps:
                if isinstance(step, Draw):
                    _draw(step, boundary, rights, bits, choose)
                else:
                    boundary = self._after(step, boundary, bits, rights)
        return bits

    def _after(self, step: Step, boundary: Boundary, bits: Bits, rights: dict[int, Boundary]) -> Boundary:
        """The boundary after a step that draws nothing."""
        match step:
            case Multiply():
                return _product(step, self.tensors[step.tensor], boundary)
            case Keep(axis, wire):
                zero, one = np.moveaxis(boundary, axis, 0)
                return np.where(bits[wire], one, zero)
            case Put(wire):
                return np.stack([boundary * ~bits[wire], boundary * bits[wire]])
            case Store(place):
                rights[place] = scaled = _scaled(boundary)
                return scaled
            case _:
                return _scaled(boundary)


def _product(step: Multiply, tensor: Boundary, boundary: Boundary) -> Boundary:
    """Entry by entry of the tensor, as most are 0 and a product of matrices so small has no use for BLAS."""
    entries = tensor.transpose(step.tensor_turned)
    turned = boundary.transpose(*step.turned, boundary.ndim - 1)
    new = tensor.ndim - step.shared
    product: Boundary = np.empty((2,) * new + turned.shape[step.shared :], boundary.dtype)
    columns = tuple(itertools.product((0, 1), repeat=step.shared))
    for row in itertools.product((0, 1), repeat=new):
        present = [column for column in columns if entries[row + column]]
        if not present:
            product[row] = 0
            continue
        np.multiply(turned[present[0]], entries[row + present[0]], out=product[row])
        for column in present[1:]:
            product[row] += entries[row + column] * turned[column]
    return product


def _draw(step: Draw, boundary: Boundary, rights: dict[int, Boundary], bits: Bits, choose: Choose) -> None:
    """The bits of wires that are closed, given those of all but the open ones."""
    turned = boundary.transpose(*step.turned, boundary.ndim - 1)
    if step.cut:
        right = rights.pop(step.right)
        shape = turned.shape[step.cut :]
        flat, beyond = turned.reshape(2**step.cut, -1, shape[-1]), right.reshape(2**step.cut, -1)
        turned = np.einsum("cob,cb->ob", flat, beyond).reshape(*shape[:-1], -1)
    weights = np.square(turned.real) + np.square(turned.imag)
    for wire, axis in step.wires:
        zero, one = np.moveaxis(weights, axis, 0)
        ones, zeros = (each.reshape(-1, each.shape[-1]).sum(axis=0, dtype=np.float64) for each in (one, zero))
        bits[wire] = choose(np.broadcast_to(ones / (ones + zeros), bits.shape[1:]))
        weights = np.where(bits[wire], one, zero)


def _scaled(boundary: Boundary) -> Boundary:
    """Each shot's divided by its largest number."""
    largest = np.abs(boundary).reshape(-1, boundary.shape[-1]).max(axis=0)
    scaled: Boundary = boundary / largest
    return scaled
