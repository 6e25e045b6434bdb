"""The velocities at a reduced size: every figure is measured, and the chain is nearer than every circuit."""

from __future__ import annotations

import pytest

from examples.eye.reproduce import measure
from examples.published import published

_, FIGURES = published("eye")


@pytest.mark.slow
def test_every_figure_is_measured() -> None:
    ours = measure(True)
    assert set(ours) == {figure.key for figure in FIGURES}
    assert ours["order"].value == 8
    chain, apart = ours["pairs_markov"].value, ours["pairs_independent"].value
    assert chain is not None and apart is not None and chain < apart
