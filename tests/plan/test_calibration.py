"""Predicted memory is what XLA sets aside, to a factor of two; predicted times keep the order of those measured."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any

import jax
import pytest

from benchmarks.calibration import CASES, Case, measured, predictions, read

APART = 2.0  # measured times of a smaller ratio may change their order
KEPT = read()


@pytest.fixture
def optimised() -> Iterator[None]:
    """Compiles as users do, which decides about the memory; `conftest.py` compiles faster."""
    before = jax.config.values["jax_disable_most_optimizations"]
    jax.config.update("jax_disable_most_optimizations", False)  # type: ignore[no-untyped-call]
    yield
    jax.config.update("jax_disable_most_optimizations", before)  # type: ignore[no-untyped-call]


@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("ring of 10, strings", "state vector"),
        pytest.param("noise on 5, strings", "density matrix", marks=pytest.mark.slow),
        pytest.param("bricks on 200, Pauli words", "cones", marks=pytest.mark.slow),
        pytest.param("bricks on 200, strings", "boundary", marks=pytest.mark.slow),
        pytest.param("W4c 6, 4, 256", "density matrix", marks=pytest.mark.slow),
        ("W4c 100, 4, 256", "boundary"),
        pytest.param("W2c 100, 4", "boundary", marks=pytest.mark.slow),
        ("IQP of 40, sampled Pauli words", "iqp"),
        pytest.param("grid of 5 x 20, bricks, 10 samples", "gate by gate", marks=pytest.mark.slow),
        ("grid of 4 x 8, 30 strings, bond 32", "sweep"),
        pytest.param("path of 180, strings", "ancestral", marks=pytest.mark.slow),
        pytest.param("path of 180, samples", "ancestral", marks=pytest.mark.slow),
        ("bricks on 12, dropped by size", "propagation"),
        ("bricks on 12, dropped by letters", "propagation"),
    ],
)
def test_predicted_memory_is_within_a_factor_of_two(name: str, method: str) -> None:
    (case,) = (case for case in CASES if case.name == name)
    predicted, found = predictions(case)[method].memory, measured(case, method, timed=False).memory
    assert 0.5 <= predicted / found <= 2.0, (predicted, found)


def kept_cases() -> list[Any]:
    """Those of which several methods were measured; large circuits and searches for a path take long to plan."""
    cases = [case for case in CASES if len(KEPT.get(case.name, {})) > 1]
    large = {case.name for case in cases if case.also or "1000" in case.name or case.name.startswith("W1b")}
    return [pytest.param(case, marks=[pytest.mark.slow] * (case.name in large), id=case.name) for case in cases]


@pytest.mark.parametrize("case", kept_cases())
def test_the_predicted_order_of_methods_is_the_measured_one(case: Case) -> None:
    said, found = predictions(case), KEPT[case.name]
    for one, other in permutations(said.keys() & found.keys(), 2):
        if found[one].seconds * APART < found[other].seconds:
            assert said[one].seconds < said[other].seconds, (one, other, said, found)
    chosen = next(method for method, figures in said.items() if figures.chosen)
    assert found[chosen].seconds <= APART * min(figures.seconds for figures in found.values())
