"""The Born machine of three qubits at a few steps: every figure is measured, and the exact one is nearly there."""

from __future__ import annotations

from examples.gates3.reproduce import measure
from examples.published import published

_, FIGURES = published("gates3")


def test_every_figure_is_measured() -> None:
    ours = measure(True)
    assert set(ours) == {figure.key for figure in FIGURES}
    best, few = ours["kl"].low, ours["shots_kl"].low
    assert best is not None and best < 1e-2
    assert few is not None and few < 3
