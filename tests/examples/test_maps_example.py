"""Mixed states by local maps: the classical limit against conditional frequencies, and every figure at a small size."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from examples.maps import reproduce
from examples.published import published

_, FIGURES = published("maps")


def entropy(columns: NDArray[np.uint8]) -> float:
    """Of the frequencies of the rows of some columns, in nats."""
    counts = np.unique(columns, axis=0, return_counts=True)[1] / len(columns)
    return -float(np.sum(counts * np.log(counts)))


def parents() -> list[list[int]]:
    """Of each of ten bits: those of its interval before it, or, in the gap, those on both sides and the first."""
    intervals = [list(range(start, k)) for start, end in ((0, 4), (6, 10)) for k in range(start, end)]
    gap = [[2, 3, 6, 7], [2, 3, 4, 6, 7]]
    return [*intervals[:4], *gap, *intervals[4:]]


def test_two_layers_are_conditional_frequencies() -> None:

    model, run = reproduce.two_layers(True, smoothing=0.0, n=10)
    rows = model.program.data["samples"].rows
    expected = sum(entropy(rows[:, [*given, k]]) - entropy(rows[:, given]) for k, given in enumerate(parents()))
    assert reproduce.likelihood(model, run, "samples") == pytest.approx(expected, abs=1e-3)


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = {**reproduce.classical(True), **reproduce.exact(True)}
    assert set(ours) <= {figure.key for figure in FIGURES}
    assert ours["total_1_0_1"].value == pytest.approx(0, abs=1e-6)  # a layer of pairs is met exactly
