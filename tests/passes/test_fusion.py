"""Fusion and diagonal runs: an order that may be applied, in few blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from qgl.passes.diagonal import find_runs
from qgl.passes.fusion import Item, fuse, merge_single
from qgl.plan.state.layout import Layouts, by_next_use, cyclic_order, pad_window
from tests.reference.matrices import Matrix, pauli_matrix

WIRES = 5


def random_items(seed: int, count: int = 40) -> tuple[list[Item], list[Matrix]]:
    """Pauli rotations with their axes, and their matrices on all wires."""
    rng = np.random.default_rng(seed)
    items, matrices = [], []
    for k in range(count):
        wires = tuple(int(w) for w in rng.permutation(WIRES)[: rng.integers(1, 4)])
        letters = "".join(rng.choice(list("XYZZ"), len(wires)))
        full = ["I"] * WIRES
        for wire, letter in zip(wires, letters, strict=True):
            full[wire] = letter
        angle = rng.normal()
        matrices.append(np.cos(angle) * np.eye(2**WIRES) + 1j * np.sin(angle) * pauli_matrix("".join(full)))
        items.append(Item(wires, letters, (k,), alone=bool(rng.integers(0, 8) == 0)))
    return items, matrices


def total(order: Sequence[int], matrices: Sequence[Matrix]) -> NDArray[np.complex128]:
    product = np.eye(2**WIRES, dtype=np.complex128)
    for k in order:
        product = matrices[k] @ product
    return product


@pytest.mark.parametrize("seed", range(6))
def test_blocks_keep_the_product_and_the_width(seed: int) -> None:
    items, matrices = random_items(seed)
    blocks = fuse(merge_single(items), WIRES, 3)
    order = [member for block in blocks for item in block.items for member in item.members]
    assert sorted(order) == list(range(len(items)))
    np.testing.assert_allclose(total(order, matrices), total(range(len(items)), matrices), atol=1e-12)
    for block in blocks:
        assert len(block.wires) <= 3 and {w for item in block.items for w in item.wires} <= set(block.wires)
        assert len(block.items) == 1 or not any(item.alone for item in block.items)


@pytest.mark.parametrize("seed", range(6))
def test_diagonal_runs_keep_the_product(seed: int) -> None:
    items, matrices = random_items(seed)
    diagonal = [set(item.bases) == {"Z"} for item in items]
    runs = find_runs(items, diagonal, WIRES, 2)
    order = [member for _, run in runs for item in run for member in item.members]
    np.testing.assert_allclose(total(order, matrices), total(range(len(items)), matrices), atol=1e-12)


def ring(qubits: int, layers: int) -> list[Item]:
    items: list[Item] = []
    for _ in range(layers):
        items += [Item((q,), "*", (len(items) + q,)) for q in range(qubits)]
        items += [Item((q, (q + 1) % qubits), "XX", (len(items) + q,)) for q in range(qubits)]
    return items


def test_windows_reach_through_layers() -> None:
    """20 qubits, 10 layers: 400 operations on windows of 5 are far fewer blocks than 5 for each layer."""
    assert len(fuse(merge_single(ring(20, 10)), 20, 5)) <= 24


def test_commuting_neighbours_need_not_wait() -> None:
    """All of a ring's ZZ commute: every pair of a window fits, in whatever order they are written."""
    pairs = [(3, 4), (0, 1), (2, 3), (1, 2)]
    items = [Item(pair, "ZZ", (k,)) for k, pair in enumerate(pairs)]
    assert len(fuse(items, 5, 3)) == 2
    stuck = [Item(pair, "**", (k,)) for k, pair in enumerate([(3, 4), (0, 1), (2, 3), (1, 2), (3, 4), (2, 3)])]
    assert fuse(stuck, 5, 2)[0].items[0].members == (0,)


def test_dense_diagonal_parts_are_runs_and_sparse_ones_are_not() -> None:
    every = [(a, b) for a in range(12) for b in range(a)]
    chain = [(a, a + 1) for a in range(11)]
    for pairs, pays in ((every, True), (chain, False)):
        items = [Item(pair, "ZZ", (k,)) for k, pair in enumerate(pairs)]
        assert [flag for flag, _ in find_runs(items, [True] * len(items), 12, 4)] == [pays]


def test_windows_round_a_ring_follow_each_other_without_a_move() -> None:
    layouts = Layouts(range(12))
    for start in (0, 4, 8, 0, 4):
        window = layouts.placed([(start + k) % 12 for k in range(4)][::-1])
        assert layouts.bring(window) == 0
        layouts.rotate(4)
    assert layouts.placed((10, 11, 0, 1)) == (10, 11, 0, 1)
    assert layouts.bring((10, 11, 0, 1)) == 1
    assert layouts.current == (10, 11, 0, 1, 8, 9, 2, 3, 4, 5, 6, 7)
    assert cyclic_order((11, 0, 1), 12)[:3] == (11, 0, 1)
    assert pad_window((11, 0), 12, 4) == (0, 1, 2, 11)


def test_axes_that_come_back_soon_lie_first() -> None:
    windows = [(0, 1, 2), (2, 3, 4), (), (4, 5, 1)]
    assert by_next_use(windows, 7) == [(2, 1, 0), (4, 2, 3), (), (1, 4, 5), (0, 1, 2, 3, 4, 5, 6)]
