"""The Chow-Liu tree of a data set: the spanning tree of largest pairwise mutual information."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def mutual_information(rows: NDArray[np.uint8], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """I(a : b) of every two columns in nats, shape (width, width)."""
    ones = rows.astype(np.float64)
    both = (ones * weights[:, None]).T @ ones
    single = np.diagonal(both)
    information = np.zeros_like(both)
    for first in (0, 1):
        for second in (0, 1):
            p = single if first else 1 - single
            q = single if second else 1 - single
            match first, second:
                case 1, 1:
                    joint = both
                case 1, 0:
                    joint = single[:, None] - both
                case 0, 1:
                    joint = single[None, :] - both
                case _:
                    joint = 1 - single[:, None] - single[None, :] + both
            product = p[:, None] * q[None, :]
            positive = (joint > 1e-15) & (product > 0)
            ratio = np.divide(joint, product, out=np.ones_like(joint), where=positive)
            information += np.where(positive, joint * np.log(ratio), 0.0)
    return information


def spanning_tree(rows: NDArray[np.uint8], weights: NDArray[np.float64]) -> tuple[tuple[int, int], ...]:
    """Edges (a, b), a < b, in order; among equal ones (to ten decimals) the smaller pair is taken.

    Source: C. Chow and C. Liu, Approximating discrete probability distributions with dependence trees, 1968; Kruskal.
    """
    information = np.round(mutual_information(rows, weights), 10)
    width = rows.shape[1]
    a, b = np.triu_indices(width, 1)
    order = np.lexsort((b, a, -information[a, b]))
    root = list(range(width))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    tree: list[tuple[int, int]] = []
    for k in order:
        first, second = find(int(a[k])), find(int(b[k]))
        if first != second:
            root[second] = first
            tree.append((int(a[k]), int(b[k])))
            if len(tree) == width - 1:
                break
    return tuple(sorted(tree))
