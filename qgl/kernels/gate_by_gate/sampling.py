"""The steps of gate-by-gate sampling on arrays of NumPy, for shots side by side."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.plan.gate_by_gate.walk import Draw, Keep, Multiply, Put, Restart, Scale, Step, Store

Boundary = NDArray[np.complex128]  # axes of 2, then shots or 1
Bits = NDArray[np.bool_]
Choose = Callable[[NDArray[np.float64]], Bits]  # from the probabilities of 1, shape (shots,), to bits


def drawn_bits(
    steps: Sequence[Step], tensors: Sequence[NDArray[np.complex128]], wires: int, shots: int, choose: Choose
) -> Bits:
    """Bits of all wires, shape (wires, shots), after all sweeps.

    tensors: axes of 2 each, as the labels of the network's tensors.
    """
    bits = np.zeros((wires, shots), bool)
    boundary: Boundary = np.ones(1, np.complex128)
    rights: dict[int, Boundary] = {}
    for step in steps:
        match step:
            case Multiply():
                boundary = _product(step, tensors[step.tensor], boundary)
            case Keep(axis, wire):
                zero, one = np.moveaxis(boundary, axis, 0)
                boundary = np.where(bits[wire], one, zero)
            case Put(wire):
                boundary = np.stack([boundary * ~bits[wire], boundary * bits[wire]])
            case Draw():
                _draw(step, boundary, rights, bits, choose)
            case Scale():
                boundary = _scaled(boundary)
            case Store(place):
                rights[place] = boundary = _scaled(boundary)
            case Restart():
                boundary = np.ones(1, np.complex128)
    return bits


def _product(step: Multiply, tensor: NDArray[np.complex128], boundary: Boundary) -> Boundary:
    """Entry by entry of the tensor, as most are 0 and a product of matrices so small has no use for BLAS."""
    entries = tensor.transpose(step.tensor_turned)
    turned = boundary.transpose(*step.turned, boundary.ndim - 1)
    new = tensor.ndim - step.shared
    product: Boundary = np.empty((2,) * new + turned.shape[step.shared :], np.complex128)
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
        both = (one.reshape(-1, one.shape[-1]).sum(axis=0), zero.reshape(-1, zero.shape[-1]).sum(axis=0))
        bits[wire] = choose(np.broadcast_to(both[0] / (both[0] + both[1]), bits.shape[1:]))
        weights = np.where(bits[wire], one, zero)


def _scaled(boundary: Boundary) -> Boundary:
    """Each shot's divided by its largest number."""
    largest = np.abs(boundary).reshape(-1, boundary.shape[-1]).max(axis=0)
    scaled: Boundary = boundary / largest
    return scaled
