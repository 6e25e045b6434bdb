"""Rows that a model cannot give: objective, report and log_prob agree, and the report says how many there are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qgl
from qgl.evaluate.distributions import ProductDistribution
from qgl.query import log_floor
from qgl.report.report import measure, metrics_table
from qgl.runs.watched import Watched, parse

# bit 1 is never set, by a sum that cancels; a row of two thirds can be given
TEXT = """
data rows = strings(["000", "100", "010"]);
visible v[3];
model { ry(?) v[0]; h v[1]; rz(0.3) v[1]; rz(-0.3) v[1]; h v[1]; }
objective nll(rows);
report nll(rows), kl(rows);
"""


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_remainder_of_rounding_is_charged_and_counted_everywhere(precision: str) -> None:
    model = qgl.loads(TEXT, precision=precision)
    (name,) = model.trainable
    params: Any = {name: np.full(1, 0.8, np.float32 if precision == "single" else np.float64)}
    logs = [2 * np.log(np.cos(0.4)), 2 * np.log(np.sin(0.4)), log_floor(3)]
    rows = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0]], np.uint8)
    np.testing.assert_allclose(model.log_prob(params, rows), logs, rtol=1e-4)
    value, derivatives = model.value_and_grad(params)
    assert float(value) == pytest.approx(-np.mean(logs), rel=1e-5)
    derivative = -(-np.tan(0.4) + 1 / np.tan(0.4)) / 3
    np.testing.assert_allclose(derivatives[name], [derivative], rtol=1e-4)
    likelihood, divergence = measure(model, params, model.program.reports)
    assert likelihood.value == pytest.approx(-np.mean(logs), rel=1e-5)
    assert divergence.value == pytest.approx(-np.mean(logs) - np.log(3), rel=1e-5)
    assert likelihood.impossible == divergence.impossible == 1
    assert likelihood.note.splitlines()[0] == "nll(rows): cannot give 1 of 3 rows of `rows`, charged 87.34 nats each"
    assert "cannot give 1 of 3 rows" in str(metrics_table("t", (likelihood, divergence)).caption)


@pytest.mark.parametrize("precision", ["single", "double"])
def test_an_angle_that_rounding_made_is_a_remainder(precision: str) -> None:
    """sin(pi) is some 1e-16 in floating point, and an angle of that size no reason to call a string possible."""
    model = qgl.loads("visible v[1];\nparam a : angle;\nmodel { rx(0.9 * sin(a)) v[0]; }", precision=precision)
    half_turn: Any = np.asarray(np.pi, np.float32 if precision == "single" else np.float64)
    (found,) = np.asarray(model.log_prob({"a": half_turn}, np.array([[1]])))
    assert found == pytest.approx(log_floor(1), rel=1e-4)


# bit 1 is never set, by sums that cancel in all elements; bit 2 is the latent bit
LATENT = """
data rows = strings(["000", "101", "010", "011"]);
visible v[3];
latent z ~ bernoulli(0.25);
model { ry(?) v[0]; h v[1]; rz(z + 0.3) v[1]; rz(-z - 0.3) v[1]; h v[1]; rx(pi * z) v[2]; }
objective nll(rows);
report nll(rows);
"""


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_mixture_charges_the_rows_that_none_of_its_elements_can_give(precision: str) -> None:
    model = qgl.loads(LATENT, precision=precision)
    params: Any = {name: np.full(1, 0.8) for name in model.trainable}
    logs = [np.log(0.75 * np.cos(0.4) ** 2), np.log(0.25 * np.sin(0.4) ** 2), log_floor(3), log_floor(3)]
    rows = np.array([[0, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1]], np.uint8)
    found = np.asarray(model.log_prob(params, rows), np.float64)
    np.testing.assert_allclose(found, logs, rtol=1e-4)
    assert (found[2:] <= log_floor(3)).all()
    value, derivatives = model.value_and_grad(params)
    assert float(value) == pytest.approx(-np.mean(logs), rel=1e-5)
    (derivative,) = derivatives.values()
    np.testing.assert_allclose(derivative, [-(-np.tan(0.4) + 1 / np.tan(0.4)) / 4], rtol=1e-4)
    (likelihood,) = measure(model, params, model.program.reports)
    assert likelihood.value == pytest.approx(-np.mean(logs), rel=1e-5)
    assert likelihood.impossible == 2


# bit 1 is never set where the condition is 0, by a sum that cancels, and always where it is 1
CONDITIONAL = """
data rows = csv("rows.csv", columns = 0..1, condition = [2]);
visible v[2];
condition c;
model { ry(?) v[0]; h v[1]; rz(pi * c + 0.3) v[1]; rz(-0.3) v[1]; h v[1]; }
objective nll(rows);
report nll(rows);
"""


@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_row_is_impossible_under_its_condition(precision: str, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("0,0,0\n0,1,0\n1,1,1\n1,0,1\n0,0,1\n")
    (tmp_path / "program.qgl").write_text(CONDITIONAL)
    model = qgl.load(tmp_path / "program.qgl", precision=precision)
    params: Any = {name: np.full(1, 0.8) for name in model.trainable}
    logs = [2 * np.log(np.cos(0.4)), log_floor(2), 2 * np.log(np.sin(0.4)), log_floor(2), log_floor(2)]
    for condition, rows in ((0.0, slice(0, 2)), (1.0, slice(2, 5))):
        strings = np.array([[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]], np.uint8)[rows]
        np.testing.assert_allclose(model.log_prob(params, strings, np.array([condition])), logs[rows], rtol=1e-4)
    value, derivatives = model.value_and_grad(params)
    assert float(value) == pytest.approx(-np.mean(logs), rel=1e-5)
    (derivative,) = derivatives.values()
    np.testing.assert_allclose(derivative, [-(-np.tan(0.4) + 1 / np.tan(0.4)) / 5], rtol=1e-4)
    (likelihood,) = measure(model, params, model.program.reports)
    assert likelihood.value == pytest.approx(-np.mean(logs), rel=1e-5)
    assert likelihood.impossible == 3


def test_one_impossible_bit_of_a_wide_product_costs_what_its_width_says() -> None:
    """It cost 87.3 nats more than the other bits, and was likelier than possible strings."""
    ones = np.full(200, 0.5)
    ones[7] = 0.0
    strings = np.zeros((2, 200), np.uint8)
    strings[1, 7] = 1
    np.testing.assert_allclose(ProductDistribution(ones).log_prob(strings), [199 * np.log(0.5), log_floor(200)])


def test_counts_of_measurements_are_kept(tmp_path: Path) -> None:
    record = Watched().then(0, {"nll(rows)": np.array([3.0])}, {"nll(rows)": np.array([2.0])})
    record = record.then(5, {"nll(rows)": np.array([1.0])}, {"nll(rows)": np.array([0.0])})
    path = tmp_path / "watch.jsonl"
    path.write_bytes(record.lines())
    assert parse(path).impossible["nll(rows)"].tolist() == [[2.0], [0.0]]
    assert parse(path).until(0).impossible["nll(rows)"].tolist() == [[2.0]]
