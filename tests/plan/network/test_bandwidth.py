"""Orders of nodes in which neighbours are near each other."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from qgl.plan.network.bandwidth import order_of


def ordered(graph: nx.Graph, seed: int = 0) -> tuple[list[int], int]:
    """The order of a graph whose nodes are renumbered at random, and how far apart neighbours are in it."""
    names = np.random.default_rng(seed).permutation(len(graph))
    edges = names[np.array([*graph.edges], dtype=np.int64).reshape(-1, 2)]
    order = order_of(len(graph), edges[:, 0], edges[:, 1], range(len(graph)))
    assert sorted(order) == list(range(len(graph)))
    place = np.argsort(order)
    return order, int(np.abs(place[edges[:, 0]] - place[edges[:, 1]]).max(initial=0))


def test_chains_rings_and_grids_are_as_narrow_as_they_can_be() -> None:
    assert ordered(nx.path_graph(30))[1] == 1
    assert ordered(nx.cycle_graph(31))[1] == 2
    assert ordered(nx.convert_node_labels_to_integers(nx.grid_2d_graph(4, 9)))[1] <= 5
    assert ordered(nx.disjoint_union(nx.path_graph(5), nx.empty_graph(3)))[1] == 1


@pytest.mark.parametrize("seed", range(5))
def test_an_order_is_as_narrow_as_that_of_networkx(seed: int) -> None:
    """Nodes of equal degree stand in another order, so one may be a little narrower than the other."""
    graph = nx.connected_watts_strogatz_graph(60, 4, 0.05, seed=seed)
    place = {node: k for k, node in enumerate(nx.utils.reverse_cuthill_mckee_ordering(graph))}
    assert ordered(graph, seed)[1] <= 1.4 * max(abs(place[a] - place[b]) for a, b in graph.edges)


def test_nodes_without_edges_that_are_not_asked_for_are_left_out() -> None:
    assert order_of(9, np.array([7]), np.array([2]), [5, 2]) == [2, 7, 5]
