"""Staircases of two-qubit unitaries for matrix product states.

A right-canonical state of bond two is one staircase exactly: its tensors are isometries from the bond on the left,
which a qubit carries along, to the site and the bond on the right. Of a larger bond the state is cut to two, the
staircase of that is undone on the state, and so on: psi is nearly U_1 U_2 ... |0>.

Source: S.-J. Ran, Encoding of matrix product states into quantum circuits of one- and two-qubit gates, 2020, arXiv
1908.07958; M. Rudolph et al., arXiv 2209.00595.
"""

from __future__ import annotations

import numpy as np

from qgl.data.tensor_train.fit import Complex, Tensors, right_canonical

_MOST = 64  # bond of a state on which staircases are undone
_NOTHING = 1e-13  # of the largest singular value


def staircases(tensors: Tensors, layers: int) -> Complex:
    """Unitaries of so many staircases in the order in which they act, shape (layers, n - 1, 4, 4), of a right-canonical
    state of norm one; the cell at k acts on qubits k and k + 1, the first one first, the first qubit most significant.
    """
    taken = []
    for _ in range(layers):
        gates = _gates(right_canonical(_from_the_left(tensors, 2)))
        taken.append(gates)
        tensors = _undone(_from_the_left(tensors, _MOST), gates)
    return np.stack(taken[::-1])


def _from_the_left(tensors: Tensors, bond: int) -> Tensors:
    """A right-canonical state with its norm in the last tensor, cut to a bond."""
    moved: Tensors = []
    carried: Complex = np.ones((1, 1), np.complex128)
    for tensor in tensors[:-1]:
        whole = np.einsum("lm,msk->lsk", carried, tensor)
        basis, values, right = _cut(whole.reshape(-1, whole.shape[2]), bond)
        moved.append(basis.reshape(len(whole), 2, -1))
        carried = values[:, None] * right
    return [*moved, np.einsum("lm,msk->lsk", carried, tensors[-1])]


def _cut(matrix: Complex, bond: int) -> tuple[Complex, Complex, Complex]:
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    kept = max(1, min(bond, int(np.sum(values > _NOTHING * values[0]))))
    return left[:, :kept], values[:kept], right[:kept]


def _gates(tensors: Tensors) -> Complex:
    """The staircase of a right-canonical state of bond at most two."""
    gates = []
    for site, tensor in enumerate(tensors[:-1]):
        after: Complex = np.zeros((2, 2, 2), np.complex128)
        after[: len(tensor), :, : tensor.shape[2]] = tensor
        if site == len(tensors) - 2:
            last = np.zeros((2, 2), np.complex128)
            last[: len(tensors[-1])] = tensors[-1][:, :, 0]
            after = after @ last
        columns = after.reshape(2, 4)[: len(tensor)].T  # those of |bond>|0>
        gate = np.zeros((4, 4), np.complex128)
        gate[:, : 2 * len(tensor) : 2] = columns
        free = [column for column in range(4) if column >= 2 * len(tensor) or column % 2]
        gate[:, free] = np.linalg.svd(columns)[0][:, len(tensor) :]
        gates.append(gate)
    return np.stack(gates)


def _undone(tensors: Tensors, gates: Complex) -> Tensors:
    """The state before a staircase, right-canonical; the norm of what comes in lies in its last tensor."""
    moved = list(tensors)
    for site in range(len(gates) - 1, -1, -1):
        both = np.einsum("lsm,mtr->lstr", moved[site], moved[site + 1])
        before = np.einsum("stab,lstr->labr", gates[site].conj().reshape(2, 2, 2, 2), both)
        left, values, right = _cut(before.reshape(2 * len(before), -1), _MOST)
        moved[site + 1] = right.reshape(-1, 2, before.shape[3])
        moved[site] = (left * values).reshape(len(before), 2, -1)
    moved[0] = moved[0] / np.linalg.norm(moved[0])
    return moved
