"""Local diffusion: the closed form against sums over all strings, the report against both, and every figure."""

from __future__ import annotations

import pytest

from examples.local import reproduce
from examples.local.solvable import information, recovery_error
from examples.published import published

_, FIGURES = published("local")
TARGETS = {figure.key: figure for figure in FIGURES}


@pytest.mark.parametrize(("p", "b", "c"), [(0.1, 1, 4), (0.3, 3, 2), (0.45, 2, 5)])
def test_the_closed_form_is_a_sum_over_strings(p: float, b: int, c: int) -> None:
    error, whole = recovery_error(p, b, c, 0.2)
    assert information(p, b, c) == pytest.approx(whole, abs=1e-12)
    assert 0 < error < whole


def test_figures() -> None:
    ours = {**reproduce.solvable(True), **reproduce.peaks(True), **reproduce.bounds(True)}
    for key, measured in ours.items():
        assert TARGETS[key].reached(measured) is not False, key
    assert ours["cmi_3"].value == pytest.approx(information(0.3, 8, 7), abs=1e-9)
    assert ours["error"].value == pytest.approx(0.0642, abs=5e-5)
