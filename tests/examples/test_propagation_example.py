"""The kicked Ising model at a reduced size: every figure is measured, and the plan is what the page says."""

from __future__ import annotations

import pytest

import qgl
from examples.propagation.reproduce import HERE, bricks, exact, grid, peak, twenty, wide
from examples.published import published

_, FIGURES = published("propagation")


def test_few_layers_are_exact() -> None:
    ours = {**exact(True), **twenty(True), **bricks(True), **peak(True), **wide(True), **grid(True)}
    assert set(ours) <= {figure.key for figure in FIGURES}
    assert ours["five_layers"].value == pytest.approx(0, abs=1e-6)
    assert ours["estimate_0.2"].value is not None
    assert ours["error_12"].value is not None and 0 < ours["error_12"].value < 1e-3
    assert ours["peak_64"].value == 675 and ours["wide_gradient"].value is not None


def test_truncation_is_taken_where_no_exact_method_is_quicker() -> None:
    chosen = []
    for layers in (3, 20):
        model = qgl.load(HERE / "kicked.qgl", layers=layers)
        (term,) = model.objectives
        ((row,),) = (weighed.rows for weighed in model.readings.weigh(term.objective.queries))
        chosen.append(row.chosen)
    assert chosen == ["state vector", "propagation"]
