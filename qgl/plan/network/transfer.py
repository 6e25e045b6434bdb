"""Tensors of matrices: their cut wires, and their Pauli-transfer form; for NumPy and JAX alike.

`einsum` is that of the array module, in full precision.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from qgl.plan.network.bases import letter_duals, pair_basis, pauli_basis

Array = Any
Einsum = Callable[..., Any]
Cut = tuple[tuple[int, str], ...]  # wires of the matrix that are cut, and their letters
Places = tuple[int, ...]


def cut_tensors(
    einsum: Einsum, matrices: Array, qubits: int, cut: Cut, begins: Places = (), ends: Places = ()
) -> Array:
    """Matrices as tensors whose cut wires are replaced by the labels of their letters, these first; outs that end come
    last.

    matrices  (rows, 2^qubits, 2^qubits)
    cut       wires that are cut, with letters
    begins    wires that go in in zero, without a leg
    ends      wires that are traced out
    """
    tensor = matrices.reshape(-1, *(2,) * (2 * qubits))
    rows, outs, ins = 0, list(range(1, qubits + 1)), list(range(qubits + 1, 2 * qubits + 1))
    if begins:
        tensor = tensor[(slice(None),) * (1 + qubits) + tuple(0 if k in begins else slice(None) for k in range(qubits))]
    entering = [ins[k] for k in range(qubits) if k not in begins]
    arguments: list[Any] = [tensor, [rows, *outs, *entering]]
    labels = list(range(2 * qubits + 1, 2 * qubits + 1 + len(cut)))
    for label, (place, letter) in zip(labels, cut, strict=True):
        arguments += [letter_duals(letter).astype(matrices.dtype), [label, outs[place], ins[place]]]
    kept = [k for k in range(qubits) if k not in dict(cut)]
    staying = [outs[k] for k in kept if k not in ends]
    going_in = [ins[k] for k in kept if k not in begins]
    return einsum(*arguments, [rows, *labels, *staying, *going_in, *(outs[k] for k in ends)])


def pauli_transfer(einsum: Einsum, tensors: Array, letters: Sequence[str], outs: int, traced: int = 0) -> Array:
    """From maps F_k of a gate to the real tensor of rho -> sum over k, l of E_kl (x) F_k rho F_l^+.

    tensors: axes (rows, labels k of the cut `letters`, `outs`, ins, outs that are `traced` out), all but the first of
    dimension 2; the result has the same axes of dimension 4, in the basis of `qgl.plan.network.bases`, but 2 for a
    letter `z`, and none for what is traced out.
    """
    count, cut = tensors.ndim - 1 - traced, len(letters)
    if traced:
        flat = tensors.reshape(len(tensors), 2**count, 2**traced)
        both = einsum(flat, [0, 1, 3], flat.conj(), [0, 2, 3], [0, 1, 2])
        axes = [1 + side * count + k for k in range(count) for side in (0, 1)]
        pairs = both.reshape(len(tensors), *(2,) * (2 * count)).transpose(0, *axes)
    else:
        kets = tensors.reshape(len(tensors), *(2, 1) * count)
        bras = tensors.conj().reshape(len(tensors), *(1, 2) * count)
        pairs = kets * bras
    pairs = pairs.reshape(len(tensors), *(4,) * count)
    axes = list(range(count + 1))
    for axis in range(count):
        side = "cut" if axis < cut else "out" if axis < cut + outs else "in"
        basis = pair_basis(side)[:, :2] if axis < cut and letters[axis] == "z" else pair_basis(side)
        changed = [*axes[: axis + 1], count + 1, *axes[axis + 2 :]]
        pairs = einsum(pairs, axes, basis.astype(pairs.dtype), [axis + 1, count + 1], changed)
    return pairs.real


def channel_transfer(einsum: Einsum, matrices: Array) -> Array:
    """Pauli transfer matrices of superoperators on (ket bits, bra bits), shapes (rows, 4^k, 4^k)."""
    qubits = int(math.log2(matrices.shape[-1])) // 2
    basis = pauli_basis(qubits).reshape(4**qubits, -1)
    left, right = (basis.conj() / 2**qubits).astype(matrices.dtype), basis.astype(matrices.dtype)
    return einsum("ia,rab,jb->rij", left, matrices, right).real
