"""The many-body-localised Born machine, small: the phases after four layers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import qgl
from examples.mbl.reproduce import HERE, fields, measure, trotter_errors
from examples.published import Ours, published
from tests.qasm.consumers import consumers_of


@pytest.fixture(scope="module")
def figures() -> dict[str, Ours]:
    return dict(measure(True))


@pytest.mark.slow
def test_figures_have_published_ones(figures: dict[str, Ours]) -> None:
    _, known = published("mbl")
    assert set(figures) <= {figure.key for figure in known}


@pytest.mark.slow
def test_phases(figures: dict[str, Ours]) -> None:
    values = {key: found.value for key, found in figures.items() if found.value is not None}
    assert values["charge"] == 1
    assert values["mbl"] < values["thermal"] < 0.2
    assert values["entropy_first"] > 1
    for phase in ("mbl", "thermal"):
        assert 0 < values[f"entropy_{phase}"] < 3 * math.log(2)
        assert 0 < values[f"hamming_{phase}"] < 0.6


def test_trotter_slices_come_to_the_exact_distribution() -> None:
    second = trotter_errors(2, (20, 80))
    assert second[80] < second[20] / 4
    assert second[80] < trotter_errors(1, (80,))[80]


@pytest.mark.slow
def test_the_emitted_circuit_has_the_sliced_distribution() -> None:
    """As Qiskit reads it, beside the simulation of the slices."""
    constants: dict[str, Any] = {"layers": 2, "slices": 20, "precision": "double"}
    exact = qgl.load(HERE / "search.qgl", **constants)
    sliced = qgl.load(HERE / "search.qgl", sliced=True, **constants)
    params = fields(exact)
    text = exact.qasm(params, profile="qiskit")
    distribution = np.asarray(sliced.probabilities(params))
    assert consumers_of("qiskit")
    for consumer in consumers_of("qiskit"):
        np.testing.assert_allclose(consumer.distribution(text, {}), distribution, atol=1e-7, err_msg=str(consumer))
