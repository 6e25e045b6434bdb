"""The Born machine of Liu and Wang, small: every figure that a few seconds allow."""

from __future__ import annotations

import pytest

from examples.born.reproduce import HERE, measure
from examples.published import published
from qgl.compiler import diagnose
from qgl.data.environment import open_program


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    return {key: ours.value for key, ours in measure(True).items() if ours.value is not None}


def test_figures_have_published_ones(figures: dict[str, float]) -> None:
    _, known = published("born")
    assert set(figures) <= {figure.key for figure in known}
    assert len({figure.key for figure in known}) == len(known)


def test_dead_rotations_and_tree(figures: dict[str, float]) -> None:
    """These are of the whole system: 3 x 3 at depth 10."""
    assert figures["parameters"] == 279
    assert figures["edges"] == 8


def test_it_learns(figures: dict[str, float]) -> None:
    assert figures["lbfgs_median"] < 1e-2
    assert figures["early_valid"] > 0.8
    assert 0 <= figures["lbfgs_under"] <= 2
    assert figures["peaks"] < 5e-3


def test_the_other_programs_differ_as_they_say() -> None:
    def program(name: str) -> str:
        source, environment = open_program(HERE / name)
        assert not diagnose(source, environment)[1]
        return source.text.partition("\n\n")[2]

    bars = program("bars.qgl")
    assert program("bars_on_a_chain.qgl") == bars.replace("chow_liu(patterns)", "chain(pixel)")
    assert program("bars_by_adam.qgl") == bars.replace("lbfgs()", "adam(rate = 0.1)")
