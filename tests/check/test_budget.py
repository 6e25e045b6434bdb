"""Programs that would take the checker for ever are refused with a code, and those that only look so are answered."""

from __future__ import annotations

import itertools
from pathlib import Path
from random import Random

import networkx as nx
import pytest

from qgl.check.circuit.cones import _Masks, _Search, regions_of
from qgl.check.values.lattices import build
from qgl.check.values.values import Group
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.diagnostics.model import Diagnostic
from qgl.program.operations import Operation, gate
from qgl.source import Source, Span

PLACE = Span(Source("a.qgl", ""), 0, 0)


def found(text: str, folder: Path = Path()) -> tuple[Diagnostic, ...]:
    return diagnose(Source("a.qgl", text), FolderEnvironment(folder))[1]


def codes(text: str, folder: Path = Path()) -> list[str]:
    return [each.code for each in found(text, folder)]


def measured(bits: int) -> str:
    return "".join(f"measure v[{k}] -> m{k}; " for k in range(bits))


@pytest.mark.parametrize(
    "text",
    [
        "lattice L = complete(1400); visible v on L;"
        "model { h v; rx(sum(k in 0..999999: size(neighbours(L, 0)))) v[0]; }",
        "visible v[60]; model { h v; "
        + measured(26)
        + "if "
        + " or ".join(f"m{k} and m{25 - k}" for k in range(26))
        + " { x v[30]; } }",
        "visible v[2]; const l = 0..999999; model { h v; repeat 100000 { rx(min(l)) v; } }",
        "visible v[2]; param t[4000]; model { h v; let a = sum(k in 0..3999: t[k]); repeat 100000 { let b = a + a; } }",
        "lattice L = tree(1, 20000); visible v on L; model { h v; rx(sum(k in 0..99: distance(L, 0, 20000))) v[0]; }",
        "lattice L = complete(24); visible v on L; hidden w; local v cone(12) <= 24; model { h v, w; }",
    ],
)
def test_long_work_is_counted(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.check.limits.MAX_STEPS", 100_000)
    assert "QGL0802" in codes(text)


def test_the_conditions_of_a_shared_formula_are_decided_once() -> None:
    """A formula that is used twice in the next one, thirty times over, is of thirty parts."""
    lets = "".join(f"let c{k + 1} = c{k} and c{k}; " for k in range(30))
    assert codes("visible v[2]; model { h v; measure v[0] -> c0; " + lets + "if c30 { x v[1]; } }") == []


def test_a_tree_of_a_data_set_is_found_once() -> None:
    text = "visible v[4]; data d = patterns(0011, 1100, 1111);"
    assert "QGL0802" not in codes(text + "model { h v; repeat 2000 { for (a, b) in chow_liu(d) { cx a, b; } } }")


@pytest.mark.parametrize("size", [20_000, 60_000])
def test_a_cone_that_may_hold_everything_needs_no_search(size: int) -> None:
    text = f"lattice L = line({size}); visible v on L; local v cone(1) <= {size};"
    assert codes(text + "model { h v; for (a, b) in chain(v) { cx a, b; } }") == []


def test_the_first_region_that_is_too_wide_ends_the_search() -> None:
    assert codes("lattice L = complete(200); visible v on L; local v cone(100) <= 30; model { h v; }") == ["QGL0503"]


def random_operations(random: Random, wires: int, count: int) -> list[Operation]:
    supports = [tuple(random.sample(range(wires), random.choice((1, 2, 2, 3)))) for _ in range(count)]
    return [gate("x", support, PLACE, controls=len(support) - 1) for support in supports]


@pytest.mark.parametrize("seed", range(20))
def test_cones_by_bits_and_by_search_are_those_of_the_definition(seed: int) -> None:
    random = Random(seed)
    wires = random.randint(3, 9)
    operations = random_operations(random, wires, random.randint(0, 14))
    masks = _Masks(operations, wires, lambda _: None)
    search = _Search(operations, wires, wires, lambda _: None)
    narrow = _Search(operations, wires, 2, lambda _: None)
    for size in (1, 2, 3):
        for region in itertools.combinations(range(wires), size):
            cone = set(region)
            for operation in reversed(operations):
                if cone & set(operation.wires):
                    cone |= set(operation.wires)
            assert masks.width(region) == search.width(region) == len(cone)
            assert (narrow.width(region) > 2) == (len(cone) > 2)


@pytest.mark.parametrize(("kind", "extents"), [("grid", (3, 3)), ("ring", (7,)), ("complete", (6,)), ("tree", (2, 2))])
def test_regions_are_the_connected_sets_each_once(kind: str, extents: tuple[int, ...]) -> None:
    lattice = build("L", kind, extents)
    group = Group("v", tuple(range(lattice.sites)), lattice, tuple(range(lattice.sites)), PLACE)
    graph = nx.Graph(lattice.edges)
    for size in range(1, lattice.sites + 1):
        regions = [frozenset(region) for region in regions_of(group, size, lambda _: None)]
        every = itertools.combinations(range(lattice.sites), size)
        expected = {frozenset(each) for each in every if nx.is_connected(graph.subgraph(each))}
        assert len(regions) == len(set(regions))
        assert set(regions) == expected


def test_the_first_hundred_faults_of_a_kind_are_shown_and_the_rest_counted() -> None:
    text = "visible v; model { " + "".join(f"h unknown{k}; " for k in range(5_000)) + "}"
    faults = found(text)
    assert [each.code for each in faults].count("QGL0201") == 100
    more = faults[-1]
    assert more.code == "QGL0805"
    assert more.message == "there are 4,900 more faults of the kind QGL0201, which are not shown"
    assert more.span is not None
    assert more.span.text == "unknown100"


def test_the_same_fault_of_every_turn_is_one() -> None:
    assert codes("visible v; model { h v; repeat 300 { rx(1 / 0) v; } }").count("QGL0805") == 0
