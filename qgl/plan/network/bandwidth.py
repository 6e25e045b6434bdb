"""Orders of the nodes of a graph in which neighbours are near each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Neighbours = Sequence[Sequence[int]]


def order_of(nodes: int, one: Ints, other: Ints, first: Sequence[int]) -> list[int]:
    """The reverse Cuthill-McKee order of a graph: breadth first from one of its ends, nodes of low degree first.

    one, other  the ends of edges, each edge in at least one direction; no two of them the same
    first       nodes whose parts of the graph come first, before being reversed; they are there without edges, too
    Source: E. Cuthill and J. McKee, Reducing the bandwidth of sparse symmetric matrices, 1969.
    """
    codes = np.unique(np.concatenate([one * nodes + other, other * nodes + one]))
    owners, ends = codes // nodes, codes % nodes
    degree = np.bincount(owners, minlength=nodes)
    by_degree = np.lexsort((ends, degree[ends], owners))  # nodes of low degree first
    starts, flat = np.concatenate([[0], np.cumsum(degree)]).tolist(), ends[by_degree].tolist()
    near = [flat[a:b] for a, b in pairwise(starts)]
    seen, order = [False] * nodes, list[int]()
    for node in (*first, *np.flatnonzero(degree).tolist()):
        if not seen[node]:
            order += _breadth_first(near, _end(near, node), seen)[0]
    return order[::-1]


def _breadth_first(near: Neighbours, start: int, seen: list[bool]) -> tuple[list[int], int, int]:
    """The nodes that are reached, marked as seen; where the last level of them begins, and how many there are."""
    seen[start] = True
    order, level, levels = [start], 0, 1
    while True:
        end = len(order)
        for node in order[level:end]:
            for other in near[node]:
                if not seen[other]:
                    seen[other] = True
                    order.append(other)
        if len(order) == end:
            return order, level, levels
        level, levels = end, levels + 1


def _end(near: Neighbours, node: int) -> int:
    """A node of low degree that is far from some other one, in the part of the graph that `node` is in.

    Source: A. George and J. W. H. Liu, An implementation of a pseudoperipheral node finder, 1979.
    """
    marks = [False] * len(near)
    most = 0
    while True:
        order, level, levels = _breadth_first(near, node, marks)
        for each in order:
            marks[each] = False
        if levels <= most:
            return node
        most, node = levels, min(order[level:], key=lambda each: len(near[each]))
