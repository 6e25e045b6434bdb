"""System E at a small size: definitions, overfitting, early stopping, a conserved charge, sets too large to list."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from examples.generalisation.reproduce import measure
from examples.published import Ours, published

_, FIGURES = published("generalisation")


@pytest.fixture(scope="module")
def ours() -> Mapping[str, Ours]:
    return measure(True)


def value(ours: Mapping[str, Ours], key: str) -> float:
    found = ours[key].value
    assert found is not None
    return found


@pytest.mark.slow
def test_every_figure_is_measured(ours: Mapping[str, Ours]) -> None:
    assert set(ours) == {figure.key for figure in FIGURES}


@pytest.mark.slow
def test_the_definitions_are_met_exactly(ours: Mapping[str, Ours]) -> None:
    for figure in FIGURES:
        if figure.key in ("rounding", "perfect_exploration", "perfect_fidelity", "by_hand"):
            assert figure.reached(ours[figure.key]), figure.key


@pytest.mark.slow
def test_expectations_agree_with_samples(ours: Mapping[str, Ours]) -> None:
    assert value(ours, "agreement") < 4.5


@pytest.mark.slow
def test_the_seen_strings_are_learnt_and_the_others_are_not(ours: Mapping[str, Ours]) -> None:
    assert value(ours, "loss_seen") < value(ours, "loss_unseen")
    assert value(ours, "loss_unseen_least") <= value(ours, "loss_unseen")
    assert value(ours, "rate") == pytest.approx(value(ours, "exploration") * value(ours, "fidelity"), rel=0.2)
    assert value(ours, "precision") > 10 / 32


@pytest.mark.slow
def test_stopping_early_is_before_the_end(ours: Mapping[str, Ours]) -> None:
    assert value(ours, "early_step") < 80


@pytest.mark.slow
def test_a_conserved_charge_gives_valid_strings_only(ours: Mapping[str, Ours]) -> None:
    assert ours["charge_fidelity"].low == pytest.approx(1, abs=1e-5)
    assert 0 < value(ours, "charge_coverage") <= 1


@pytest.mark.slow
def test_beyond_enumeration(ours: Mapping[str, Ours]) -> None:
    assert value(ours, "wide_exploration") > 0.99
    assert 0 < value(ours, "wide_fidelity") < 1
