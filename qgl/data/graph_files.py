"""Lattices from files: GraphML and node-link JSON, as NetworkX writes them.

Sites are the nodes and edges the edges, both in the order of the file. The only module of `data` that loads NetworkX;
it is imported when a program names such a file.
"""

from __future__ import annotations

import json
import math
import re
import statistics
import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from xml.etree import ElementTree

import networkx as nx

from qgl.check.limits import MAX_ITEMS, MAX_SITES
from qgl.check.values.lattices import Edge, SiteGraph
from qgl.diagnostics.data import BadGraph
from qgl.diagnostics.model import QglError
from qgl.source import Span

_DECLARES = re.compile("<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_FARTHEST = 1e12  # coordinates beyond it are a mistake, and their differences lose their digits
_UNREADABLE = (
    *[nx.NetworkXException, ElementTree.ParseError, ValueError, KeyError, TypeError, AttributeError, IndexError],
    *[RecursionError, OverflowError],
)
Place = tuple[float, float]


class _RefusedError(Exception):
    """The graph is none that a lattice can be; the message says why."""


@dataclass(frozen=True)
class _Listed:
    """What a file lists, in its order, and how NetworkX makes a graph of it."""

    nodes: list[Hashable]
    edges: list[tuple[Hashable, Hashable]]
    graph: Callable[[], nx.Graph]


def form_of(path: str, span: Span | None) -> str:
    """ "GraphML" or "JSON", by the ending of a file's name.

    Raises:
        QglError: it has another ending (QGL0614).
    """
    ending = PurePosixPath(path).suffix.lower()
    if ending not in _FORMS:
        raise QglError([BadGraph(span, path, "its name ends neither in .graphml nor in .json")])
    return _FORMS[ending]


_FORMS = {".graphml": "GraphML", ".json": "JSON"}


def read_graph(text: str, path: str, span: Span | None) -> SiteGraph:
    """The graph in the text of the file that messages call `path`.

    Raises:
        QglError: it is not of its form, or no undirected graph without loops and repeated edges (QGL0614).
    """
    form = form_of(path, span)
    try:
        try:
            listed = (_graphml if form == "GraphML" else _node_link)(text)
            _check_size(listed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of attributes that are not looked at
                graph = listed.graph()
        except _UNREADABLE as error:
            raise _RefusedError(f"it is not {form} that NetworkX reads ({_wording(error)})") from None
        edges = _edges(listed, graph)
        return SiteGraph(len(listed.nodes), edges, _positions(listed, graph, edges))
    except _RefusedError as refused:
        raise QglError([BadGraph(span, path, str(refused))]) from None


def _wording(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:120]}" if text else type(error).__name__


def _graphml(text: str) -> _Listed:
    if _DECLARES.search(text):
        raise _RefusedError("it has a DOCTYPE or an ENTITY, and such declarations are not read")
    root = ElementTree.fromstring(text)
    graphs = root.findall(".//{*}graph")
    if len(graphs) != 1:
        inner = ", side by side or inside of each other" if graphs else ""
        raise _RefusedError(f"it holds {len(graphs)} graphs{inner}; a lattice is one")
    nodes: list[Hashable] = [node.get("id") for node in graphs[0].iterfind("{*}node")]
    edges: list[tuple[Hashable, Hashable]] = [
        (edge.get("source"), edge.get("target")) for edge in graphs[0].iterfind("{*}edge")
    ]
    return _Listed(nodes, edges, lambda: nx.parse_graphml(text))


def _node_link(text: str) -> _Listed:
    data = json.loads(text)
    if not isinstance(data, dict) or not isinstance(data.get("nodes"), list):
        raise _RefusedError("it is not node-link JSON: an object with lists `nodes` and `edges`")
    key = "links" if "links" in data and "edges" not in data else "edges"  # which older versions of NetworkX wrote
    nodes = [_identifier(node["id"]) for node in data["nodes"]]
    edges = [(_identifier(edge["source"]), _identifier(edge["target"])) for edge in data[key]]
    return _Listed(nodes, edges, lambda: nx.node_link_graph(data, edges=key))


def _identifier(value: Any) -> Hashable:
    """A node's name as NetworkX has it: JSON has lists for tuples."""
    name: Hashable = tuple(map(_identifier, value)) if isinstance(value, list) else value
    hash(name)
    return name


def _check_size(listed: _Listed) -> None:
    if not listed.nodes:
        raise _RefusedError("it has no nodes")
    if len(listed.nodes) > MAX_SITES or len(listed.edges) > MAX_ITEMS:
        size = f"{len(listed.nodes):,} nodes and {len(listed.edges):,} edges"
        raise _RefusedError(f"it has {size}; at most {MAX_SITES:,} and {MAX_ITEMS:,} are read")


def _edges(listed: _Listed, graph: nx.Graph) -> tuple[Edge, ...]:
    """The edges as pairs of sites, in the order and direction of the file."""
    site: dict[Hashable, int] = {}
    for node in listed.nodes:
        if node is None:
            raise _RefusedError("a node has no id")
        if node in site:
            raise _RefusedError(f"it has two nodes {_shown(node)}")
        site[node] = len(site)
    if graph.is_directed():
        raise _RefusedError("its edges are directed")
    edges: dict[frozenset[int], Edge] = {}
    for ends in listed.edges:
        for node in ends:
            if node not in site:
                raise _RefusedError(f"an edge leads to {_shown(node)}, which is none of its nodes")
        a, b = site[ends[0]], site[ends[1]]
        if a == b:
            raise _RefusedError(f"an edge leads from {_shown(ends[0])} to itself")
        if frozenset((a, b)) in edges:
            raise _RefusedError(f"it has two edges between {_shown(ends[0])} and {_shown(ends[1])}")
        edges[frozenset((a, b))] = a, b
    if set(graph) != set(site) or graph.number_of_edges() != len(edges):
        raise _RefusedError("it has nodes or edges that NetworkX does not read")
    return tuple(edges.values())


def _positions(listed: _Listed, graph: nx.Graph, edges: tuple[Edge, ...]) -> tuple[Place, ...] | None:
    """Coordinates where all nodes have them: x to the right, y downwards, none negative, edges about 1 long.

    NetworkX draws y upwards.
    """
    given = [_place(node, graph.nodes[node]) for node in listed.nodes]
    places = [place for place in given if place is not None]
    if not places:
        return None
    if len(places) < len(given):
        lacking = listed.nodes[given.index(None)]
        raise _RefusedError(f"node {_shown(lacking)} has no position, and others have")
    left, top = min(x for x, _ in places), max(y for _, y in places)
    lengths = [math.dist(places[a], places[b]) for a, b in edges]
    extent = max(max(x for x, _ in places) - left, top - min(y for _, y in places))
    unit = max(statistics.median_low(lengths) if lengths else 1.0, extent / _FARTHEST) or 1.0
    return tuple(((x - left) / unit, (top - y) / unit) for x, y in places)


def _place(node: Hashable, facts: Mapping[str, Any]) -> Place | None:
    """The attributes `x` and `y`, or the two numbers of `pos`, in GraphML a text such as `0.5, 1`."""
    if "x" in facts and "y" in facts:
        pair = [facts["x"], facts["y"]]
    elif "pos" in facts:
        value = facts["pos"]
        pair = value.strip(" ()[]").split(",") if isinstance(value, str) else value
    else:
        return None
    try:
        x, y = map(float, pair)
    except (TypeError, ValueError, OverflowError):
        x = y = math.nan
    if not (abs(x) <= _FARTHEST and abs(y) <= _FARTHEST):
        raise _RefusedError(f"the position of node {_shown(node)} is no pair of finite numbers")
    return x, y


def _shown(node: Hashable) -> str:
    return (json.dumps(node, ensure_ascii=False) if isinstance(node, str) else repr(node))[:60]
