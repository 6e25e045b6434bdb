"""The order in which a tensor network is contracted.

A path is found by cotengra (Gray and Kourtis, Quantum 5, 410, 2021): the best of some random greedy paths, improved
subtree by subtree.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Path = tuple[tuple[int, int], ...]

QUICK, THOROUGH = 4, 64  # random greedy paths
SEARCHED = 16_000  # tensors in all greedy paths together; a search of these takes a second or two
EASY = 3e5  # operations up to which a quick search will do
HOPELESS = 1e20  # operations from which no better path would be of use: searching found one of 1e-5 of them at best
SUBTREE = 6  # tensors of the subtrees that are contracted in the best order


def find_path(tensors: Sequence[tuple[int, ...]], output: Sequence[int], sizes: Sequence[int]) -> Path:
    """Pairs of tensors; the given ones count from 0, and each result takes the next number.

    tensors: the labels of each. output: the labels that stay. sizes: the dimension of every label.
    """
    if len(tensors) < 2:
        return ()
    import cotengra

    dimensions = dict(enumerate(sizes))

    def search(repeats: int) -> Any:
        optimizer = cotengra.RandomGreedyOptimizer(max_repeats=repeats, seed=0, parallel=False)
        return cotengra.array_contract_tree(tensors, tuple(output), dimensions, optimize=optimizer)

    tree = search(QUICK)
    if EASY < tree.contraction_cost() < HOPELESS:
        tree = search(max(QUICK, min(THOROUGH, SEARCHED // len(tensors))))
        tree = tree.subtree_reconfigure(subtree_size=SUBTREE, seed=0)
    return tuple((int(left), int(right)) for left, right in tree.get_ssa_path())
