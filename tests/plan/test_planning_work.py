"""What planning itself takes: counted in steps, as no test is timed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.workloads import CHAIN
from qgl.cli.waiting import Waiting
from qgl.compiler import analyse, circuit_of
from qgl.data.environment import FolderEnvironment
from qgl.passes.fusion import Frontier, Item, fuse
from qgl.plan.boundary.paths import TERMS, _Search
from qgl.plan.contraction.path import SEARCHED, find_path
from qgl.plan.network.builder import Builder
from qgl.plan.planner import Planner
from qgl.program.rolled import Lane
from qgl.query import LogProb, Samples
from qgl.report.weighing import weigh
from qgl.source import Source

SIZES = dict(enumerate([2, 2, 4, 2, 4, 2, 2, 4, 2, 2, 4, 2]))


def network(seed: int) -> tuple[list[tuple[int, ...]], tuple[int, ...]]:
    """Labels of tensors, each label on two of them or open, as in a column."""
    rng = np.random.default_rng(seed)
    tensors: list[list[int]] = [[] for _ in range(6)]
    target = []
    for label in SIZES:
        first, second = rng.permutation(6)[:2]
        tensors[first].append(label)
        if rng.integers(0, 4):
            tensors[second].append(label)
        else:
            target.append(label)
    return [tuple(labels) for labels in tensors if labels], tuple(target)


def smallest_first(tensors: list[tuple[int, ...]], target: tuple[int, ...]) -> list[tuple[int, int]]:
    """The same order found by looking at every pair anew before each step."""
    live = {TERMS + number: labels for number, labels in enumerate(tensors)}
    found: list[tuple[int, int]] = []
    following = TERMS + len(tensors)

    def product(left: int, right: int) -> tuple[int, ...]:
        kept = {label for number, labels in live.items() if number not in (left, right) for label in labels}
        return tuple(label for label in dict.fromkeys(live[left] + live[right]) if label in kept or label in target)

    def size(labels: tuple[int, ...]) -> float:
        return float(np.prod([SIZES[label] for label in labels]))

    while True:
        options = []
        for left in live:
            for axis, label in enumerate(live[left]):
                for right in live:
                    if right > left and label in live[right]:
                        made = size(product(left, right))
                        if made <= max(size(live[left]), size(live[right])):
                            options.append((made, left, axis, right))
        if not options:
            return found
        _, left, _, right = min(options)
        made_labels = product(left, right)
        del live[left], live[right]
        live[following] = made_labels
        following += 1
        found.append((left, right))


def counted(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> list[str]:
    """Grows by one at each call of a method."""
    calls: list[str] = []
    original = getattr(owner, name)

    def noted(*args: Any) -> Any:
        calls.append(name)
        return original(*args)

    monkeypatch.setattr(owner, name, noted)
    return calls


@pytest.mark.parametrize("seed", range(25))
def test_neighbours_are_contracted_smallest_first(seed: int) -> None:
    tensors, target = network(seed)
    search = _Search(SIZES, target, 1)
    for number, labels in enumerate(tensors):
        search.add(TERMS + number, labels)
    search.simplify()
    assert [(step.left, step.right) for step in search.steps] == smallest_first(tensors, target)


def test_a_step_of_a_long_column_costs_its_own_labels_only(monkeypatch: pytest.MonkeyPatch) -> None:
    count, calls = 400, counted(monkeypatch, _Search, "result")
    search = _Search(dict.fromkeys(range(count + 1), 2), (0, count), 1)
    for k in range(count):
        search.add(TERMS + k, (k, k + 1))
    search.simplify()
    assert len(search.steps) == count - 1
    assert len(calls) < 8 * count


def test_fusion_looks_at_commuting_operations_a_few_times_each(monkeypatch: pytest.MonkeyPatch) -> None:
    count, calls = 600, counted(monkeypatch, Frontier, "ready")
    items = [Item((k % 7, 7 + k % 5), "ZZ", (k,)) for k in range(count)]
    blocks = fuse(items, 12, 5)
    assert sorted(m for block in blocks for item in block.items for m in item.members) == list(range(count))
    assert len(calls) < 12 * count


def test_a_column_of_very_many_tensors_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.boundary.method.MOST_TENSORS", 40)
    text = "visible life[2] : category(6); hidden memory : category(8);\n"
    text += "model { prepare(?) memory; for x in life { prepare(?) memory, x; } levels(?) life; }"
    circuit = circuit_of(analyse(Source("x.qgl", text), FolderEnvironment(tmp_path)).program)
    (row,) = Planner(circuit).weigh([Samples(10)]).rows
    reason = next(candidate.reason for candidate in row.candidates if candidate.method == "boundary")
    assert "40 are the most" in reason
    assert row.chosen == "state vector"


def test_a_search_for_a_path_is_shorter_for_a_larger_network(monkeypatch: pytest.MonkeyPatch) -> None:
    cotengra = pytest.importorskip("cotengra")
    repeats: list[int] = []
    original = cotengra.RandomGreedyOptimizer

    def noted(max_repeats: int, **others: object) -> object:
        repeats.append(max_repeats)
        return original(max_repeats=1, **others)

    monkeypatch.setattr(cotengra, "RandomGreedyOptimizer", noted)
    monkeypatch.setattr(cotengra.ContractionTree, "subtree_reconfigure", lambda self, **_: self)
    side = 24  # a square grid of tensors: two labels to the right and below each
    number = {(r, c): r * side + c for r in range(side) for c in range(side)}
    tensors: list[list[int]] = [[] for _ in number]
    labels = 0
    for (r, c), k in number.items():
        for other in (number.get((r, c + 1)), number.get((r + 1, c))):
            if other is not None:
                tensors[k].append(labels)
                tensors[other].append(labels)
                labels += 1
    find_path([tuple(t) for t in tensors], (), [2] * labels)
    assert repeats == [4, SEARCHED // side**2]


def test_the_plan_of_a_chain_makes_no_gate_and_looks_at_few(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = counted(monkeypatch, Builder, "operation")
    monkeypatch.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
    for sites in (80, 400):
        program = analyse(Source("x.qgl", CHAIN), FolderEnvironment(Path()), {"n": sites}).program
        rows = np.random.default_rng(0).integers(0, 2, size=(3, sites), dtype=np.uint8)
        planned = Planner(circuit_of(program), memory_limit=1 << 32).plan([LogProb.of(rows)])
        assert planned.rows[0].chosen == "boundary"
        assert planned.lowered["boundary"].sizes()["amplitude_columns"] == sites
    assert len(steps) < 2 * 30


def test_explaining_a_chain_makes_no_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    program = analyse(Source("x.qgl", CHAIN), FolderEnvironment(Path()), {"n": 100}).program
    monkeypatch.setattr(Lane, "unrolled", lambda self: pytest.fail("a loop was unrolled"))
    (answer,) = weigh(program)
    assert [row.chosen for row in answer.weighed.rows] == ["boundary"]


def test_what_takes_long_says_so_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    with Waiting("planning", patience=0.0) as waiting:
        waiting.at("objective nll")
        while "planning" not in capfd.readouterr().err:
            time.sleep(0.01)
    with Waiting("planning", patience=60.0):
        pass
    assert capfd.readouterr().err == ""
