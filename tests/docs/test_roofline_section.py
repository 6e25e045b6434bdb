"""The section on the dense program and the machine is what its script makes of the figures that are kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import page, roofline
from benchmarks.contenders import ours
from benchmarks.workloads import Case
from qgl.plan.model import StateProgram

TEXT = (Path(__file__).parents[2] / "docs" / "benchmarks.md").read_text(encoding="utf-8")


def test_the_section_is_what_the_figures_say() -> None:
    assert "\n".join(roofline.section(page.table, page.wrapped)) in TEXT
    for case in json.loads(roofline.STORE.read_text(encoding="utf-8"))["cases"]:
        for answer in case["answers"]:
            bound, ratio = roofline.distance(case, answer)
            assert bound * case["rates"]["operations"] >= answer["operations"]
            assert bound * case["rates"]["bytes"] >= answer["bytes"]
            assert ratio * bound == pytest.approx(answer["seconds"])


def test_operations_are_those_of_the_products() -> None:
    """Of six qubits: each block has eight rows."""
    case = Case("W1b", (6, 2))
    model = ours.model_of(case)
    (asked,) = ours.queries_of(case, model)
    (program,) = model.plan(asked).lowered.values()
    assert isinstance(program, StateProgram)
    work, blocks = roofline.counted(program), len(program.tables.steps.kind)
    assert program.tables.products.width == 3
    assert work["value"].operations == 8 * 64 * 8 * blocks
    assert work["value and gradient"].operations == 4 * work["value"].operations
    moved = sum(move != 0 for move in program.tables.steps.move.tolist())
    assert work["value"].bytes == 16 * 64 * (blocks + moved)
