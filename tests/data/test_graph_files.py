"""Lattices from files of GraphML and node-link JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import qgl
from qgl.data.environment import FolderEnvironment
from qgl.data.files import Limits
from qgl.diagnostics.model import Diagnostic, QglError
from qgl.program.program import Geometry
from qgl.report.figures import picture
from qgl.runs.reload import model_of, model_to_resume
from qgl.runs.run import Run
from qgl.source import Source, Span
from tests.check.checking import faults, program

SPAN = Span(Source("program.qgl", ""), 0, 0)
GRAPHML = (
    '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{}<graph edgedefault="undirected">{}</graph></graphml>'
)
PAIR = '<node id="a"/><node id="b"/>'
EDGE = '<edge source="a" target="b"/>'


def lattice(folder: Path, name: str, register: str = "visible v on device;\nmodel { h v; }\n") -> Geometry:
    return program(f'lattice device = graph("{name}");\n{register}', folder).geometries[0]


def refused(folder: Path, name: str) -> Diagnostic:
    (fault,) = faults(f'lattice device = graph("{name}");\nvisible v on device;\nmodel {{ h v; }}\n', folder)
    assert fault.span is not None and fault.span.text == f'"{name}"'
    return fault


def write(folder: Path, graph: nx.Graph, name: str) -> Path:
    if name.endswith(".json"):
        (folder / name).write_text(json.dumps(nx.node_link_data(graph, edges="links" if "old" in name else "edges")))
    else:
        nx.write_graphml_xml(graph, folder / name)
    return folder / name


@pytest.mark.parametrize("name", ["g.graphml", "G.GRAPHML", "g.json", "old.json"])
def test_what_networkx_writes_is_read_in_order(tmp_path: Path, name: str) -> None:
    graph: nx.Graph = nx.Graph()
    graph.add_nodes_from(["q9", "alone", "q1", "θ <&>"])
    graph.add_edges_from([("q1", "q9"), ("θ <&>", "q1"), ("q9", "θ <&>")], weight=0.5)
    write(tmp_path, graph, name)
    found = lattice(tmp_path, name)
    number = {node: k for k, node in enumerate(graph)}
    assert found.sites == 4
    assert list(found.edges) == [(number[a], number[b]) for a, b in graph.edges]


@pytest.mark.parametrize("kind", ["graphml", "json"])
def test_edges_keep_the_order_and_direction_of_the_file(tmp_path: Path, kind: str) -> None:
    pairs = [(3, 1), (0, 2), (2, 1), (1, 0)]
    if kind == "json":
        edges = [{"source": a, "target": b} for a, b in pairs]
        text = json.dumps({"nodes": [{"id": k} for k in range(4)], "edges": edges})
    else:
        nodes = "".join(f'<node id="{k}"/>' for k in range(4))
        text = GRAPHML.format("", nodes + "".join(f'<edge source="{a}" target="{b}"/>' for a, b in pairs))
    (tmp_path / f"g.{kind}").write_text(text)
    found = lattice(tmp_path, f"g.{kind}")
    assert list(found.edges) == pairs
    listed = f"lattice device = graph({pairs});\nvisible v on device;\nmodel {{ h v; }}\n"
    assert program(listed).geometries[0] == found


@pytest.mark.parametrize("name", ["g.graphml", "g.json"])
@pytest.mark.parametrize("scale", [1.0, 0.25, 120.0])
def test_positions_are_those_of_the_file_with_edges_of_length_one(tmp_path: Path, name: str, scale: float) -> None:
    graph = nx.grid_2d_graph(2, 3)
    for row, column in graph:
        place = (scale * (column + 2), -scale * (row - 5))
        graph.nodes[row, column].update({"x": place[0], "y": place[1]} if name == "g.graphml" else {"pos": place})
    write(tmp_path, graph, name)
    found = lattice(tmp_path, name)
    assert found.positions == tuple((float(column), float(row)) for row in range(2) for column in range(3))
    whole = program(f'lattice device = graph("{name}");\nvisible v on device;\nmodel {{ h v; }}\n', tmp_path)
    data = program("data d = parity(6);\nvisible v[6];\nmodel { ry(?) v; }\nobjective nll(d);\n").data["d"]
    assert picture(whole, data) == ((2, 3), list(range(6)))


def test_positions_in_a_text_of_graphml(tmp_path: Path) -> None:
    graph = nx.path_graph(3)
    nx.set_node_attributes(graph, {0: "0,0", 1: "(0, -2)", 2: " [2, -2.0] "}, "pos")
    write(tmp_path, graph, "g.graphml")
    assert lattice(tmp_path, "g.graphml").positions == ((0.0, 0.0), (0.0, 1.0), (1.0, 1.0))


def test_sites_on_one_place_make_no_picture(tmp_path: Path) -> None:
    graph = nx.cycle_graph(4)
    nx.set_node_attributes(graph, {0: (0, 0), 1: (1, 1), 2: (0, 0), 3: (1, 1)}, "pos")
    write(tmp_path, graph, "g.json")
    whole = program('lattice device = graph("g.json");\nvisible v on device;\nmodel { h v; }\n', tmp_path)
    data = program("data d = parity(4);\nvisible v[4];\nmodel { ry(?) v; }\nobjective nll(d);\n").data["d"]
    assert picture(whole, data) == (None, [])


def directed() -> nx.DiGraph:
    return nx.DiGraph([("a", "b")])


BOMB = '<!DOCTYPE g [<!ENTITY a "x"><!ENTITY b "&a;&a;&a;">]>'
REFUSED: list[tuple[str, str | bytes, str]] = [
    ("g.graphml", "no xml", "it is not GraphML that NetworkX reads (ParseError"),
    ("g.graphml", "", "it is not GraphML"),
    ("g.graphml", "<html/>", "it holds 0 graphs"),
    ("g.graphml", "<graph><node id='a'/></graph>", "it holds 0 graphs"),
    ("g.graphml", "<graphml x='1'><graph><node id='a'/></graph></graphml>", "it is not GraphML"),
    ("g.graphml", BOMB + GRAPHML.format("", "<node id='&b;'/>"), "it has a DOCTYPE or an ENTITY"),
    ("g.graphml", "<!-- <!entity -->" + GRAPHML.format("", PAIR), "it has a DOCTYPE or an ENTITY"),
    ("g.graphml", GRAPHML.format("", ""), "it has no nodes"),
    ("g.graphml", GRAPHML.format("", PAIR + "<node/>"), "a node has no id"),
    ("g.graphml", GRAPHML.format("", PAIR + '<node id="a"/>'), 'it has two nodes "a"'),
    ("g.graphml", GRAPHML.format("", PAIR + '<edge source="a" target="c"/>'), 'an edge leads to "c"'),
    ("g.graphml", GRAPHML.format("", PAIR + '<edge source="a"/>'), "an edge leads to None"),
    ("g.graphml", GRAPHML.format("", PAIR + EDGE + '<edge source="b" target="a"/>'), 'two edges between "b" and "a"'),
    ("g.graphml", GRAPHML.format("", PAIR + '<edge source="a" target="a"/>'), 'leads from "a" to itself'),
    ("g.graphml", GRAPHML.format("", PAIR + EDGE).replace("undirected", "directed"), "its edges are directed"),
    ("g.graphml", GRAPHML.format("", PAIR + EDGE.replace("/>", ' directed="true"/>')), "it is not GraphML"),
    ("g.graphml", GRAPHML.format("", PAIR + "<hyperedge/>"), "it is not GraphML"),
    ("g.graphml", GRAPHML.format("", PAIR + "<graph/>"), "it holds 2 graphs"),
    ("g.graphml", GRAPHML.format("", PAIR + '<node id="c"><data key="k">1</data></node>'), "it is not GraphML"),
    ("g.graphml", GRAPHML.format("", PAIR + '<node xmlns="else" id="c"/>'), "that NetworkX does not read"),
    ("g.graphml", "<a>" * 300_000 + "</a>" * 300_000, "it holds 0 graphs"),
    ("g.json", "{", "it is not JSON that NetworkX reads"),
    ("g.json", "[" * 100_000, "it is not JSON that NetworkX reads (RecursionError"),
    ("g.json", "[]", "it is not node-link JSON"),
    ("g.json", '{"nodes": [1], "edges": []}', "it is not JSON that NetworkX reads"),
    ("g.json", '{"nodes": [{"name": 1}], "edges": []}', "it is not JSON that NetworkX reads (KeyError"),
    ("g.json", '{"nodes": [{"id": {}}], "edges": []}', "it is not JSON that NetworkX reads (TypeError"),
    ("g.json", '{"nodes": [{"id": 1}]}', "it is not JSON that NetworkX reads (KeyError"),
    ("g.json", '{"nodes": [{"id": 1}], "edges": 5}', "it is not JSON that NetworkX reads"),
    ("g.json", '{"nodes": [{"id": 1}, {"id": true}], "edges": []}', "it has two nodes True"),
    ("g.json", '{"directed": true, "nodes": [{"id": 1}], "edges": []}', "its edges are directed"),
    ("g.json", '{"nodes": [{"id": 1, "x": 0, "y": NaN}], "edges": []}', "the position of node 1 is no pair"),
    ("g.json", '{"nodes": [{"id": 1, "pos": [0, 1, 2]}], "edges": []}', "the position of node 1 is no pair"),
    ("g.json", '{"nodes": [{"id": 1, "pos": 4}], "edges": []}', "the position of node 1 is no pair"),
    ("g.json", '{"nodes": [{"id": 1, "pos": [0, 1]}, {"id": 2}], "edges": []}', "node 2 has no position"),
    ("g.json", '{"nodes": [{"id": 1, "pos": [1e300, 1]}], "edges": []}', "the position of node 1 is no pair"),
    ("g.txt", "", "its name ends neither in .graphml nor in .json"),
]


@pytest.mark.parametrize(("name", "content", "why"), REFUSED, ids=[f"{k}-{case[2]}" for k, case in enumerate(REFUSED)])
def test_other_graphs_are_refused_in_words(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content)
    fault = refused(tmp_path, name)
    assert fault.code == "QGL0614" and why in fault.message, fault.message


def test_too_many_nodes_are_refused_before_a_graph_is_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.data.graph_files.MAX_SITES", 1)
    monkeypatch.delattr("networkx.parse_graphml")
    (tmp_path / "g.graphml").write_text(GRAPHML.format("", PAIR))
    assert "2 nodes and 0 edges" in refused(tmp_path, "g.graphml").message


def test_files_are_opened_as_data_sets_are(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "utf16.graphml").write_text(GRAPHML.format("", PAIR), encoding="utf-16")
    (tmp_path / "out.graphml").write_text(GRAPHML.format("", PAIR))
    (tmp_path / "in" / "link.graphml").symlink_to(tmp_path / "out.graphml")
    wanted = {"none.json": 601, "../out.graphml": 602, "/out.graphml": 602, "link.graphml": 602, "utf16.graphml": 603}
    assert {name: int(refused(tmp_path / "in", name).code[3:]) for name in wanted} == wanted
    environment = FolderEnvironment(tmp_path, Limits(graph_bytes=10))
    with pytest.raises(QglError) as caught:
        environment.load_graph("out.graphml", SPAN.source, SPAN)
    assert [d.code for d in caught.value.diagnostics] == ["QGL0604"]


def test_files_belong_to_the_texts_of_a_program(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    write(tmp_path / "lib", nx.cycle_graph(4), "g.json")
    text = (
        'lattice a = graph("lib/g.json");\nlattice b = graph("./lib/../lib/g.json");\nvisible v on a;\nmodel { h v; }\n'
    )
    files = qgl.loads(text, FolderEnvironment(tmp_path)).files
    assert files == {"<text>": text, "lib/g.json": (tmp_path / "lib" / "g.json").read_text()}


TRAINED = """\
lattice device = graph("g.json");
data target = parity(3);
visible v on device;
model {
    ry(?) v;
    for (p, q) in edges(device) { cx p, q; }
}
objective nll(target);
train { optimizer adam(rate = 0.1); steps 2; seed 1; }
"""


def test_a_run_goes_on_from_its_folder_and_sees_another_graph(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    write(tmp_path / "real", nx.path_graph(3), "g.json")
    (tmp_path / "g.json").symlink_to(tmp_path / "real" / "g.json")
    (tmp_path / "device.qgl").write_text(TRAINED)
    quiet: dict[str, Any] = {"display": "quiet", "pictures": False}
    begun = qgl.load(tmp_path / "device.qgl")
    begun.train(out=tmp_path / "run", **quiet)
    kept = (tmp_path / "run" / "program" / "g.json").read_text()
    assert kept == (tmp_path / "g.json").read_text()
    write(tmp_path / "real", nx.cycle_graph(3), "g.json")
    with pytest.raises(QglError) as caught:
        model_to_resume(tmp_path / "run").train(resume=tmp_path / "run", steps=4, **quiet)
    assert [d.code for d in caught.value.diagnostics] == ["QGL0902"]
    for name in ("device.qgl", "g.json", "real/g.json"):
        (tmp_path / name).unlink()
    model = model_to_resume(tmp_path / "run")
    assert model.program.geometries == begun.program.geometries
    model.train(resume=tmp_path / "run", steps=4, **quiet)
    assert Run.load(tmp_path / "run").steps == 4
    (tmp_path / "run" / "program" / "g.json").write_text(kept + " ")
    with pytest.raises(QglError) as caught:
        model_of(tmp_path / "run")
    assert [d.code for d in caught.value.diagnostics] == ["QGL0904"]


@pytest.mark.parametrize("argument", ["[(0, 1), (1, 2)]", '"g.json"'])
def test_checking_loads_networkx_for_files_alone(tmp_path: Path, argument: str) -> None:
    write(tmp_path, nx.path_graph(3), "g.json")
    text = f"lattice device = graph({argument});\nvisible v on device;\nmodel {{ h v; }}\n"
    (tmp_path / "device.qgl").write_text(text)
    code = (
        "import sys; from pathlib import Path; from qgl.compiler import diagnose; "
        "from qgl.data.environment import open_program; "
        "program, found = diagnose(*open_program(Path(sys.argv[1]))); "
        "print(program is not None, len(found), 'networkx' in sys.modules)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "device.qgl")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "0", str(argument.startswith('"'))]
