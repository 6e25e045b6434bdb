"""Independent and uniform columns: unused codes have no share, and every question agrees with the dense vector."""

from __future__ import annotations

import jax
import numpy as np
import pytest

import qgl
from qgl.baselines import fitted
from qgl.check.declarations.categories import Columns
from qgl.evaluate.distributions import DenseDistribution
from qgl.evaluate.table.columns import IndependentColumns, independent, uniform
from qgl.objectives import Setting
from qgl.program.program import DataSet
from qgl.report.report import measure

COLUMNS: Columns = ((3, 2), (2, 1), (5, 3))


def test_every_question_agrees_with_the_vector() -> None:
    rng = np.random.default_rng(0)
    distribution = IndependentColumns(tuple(rng.dirichlet(np.ones(2**width)) for _, width in COLUMNS))
    dense = distribution.dense()
    assert dense is not None and distribution.width == 6
    held = DenseDistribution(dense)
    rows = rng.integers(0, 2, (20, 6)).astype(np.uint8)
    positions = np.array([[0, -1, -1], [0, 1, 3], [2, 4, -1], [5, 3, 0], [1, 5, 2]], np.int32)
    regions = ((0,), (4, 1), (5, 0, 2), (3, 4, 5, 2))
    np.testing.assert_allclose(distribution.log_prob(rows), held.log_prob(rows))
    np.testing.assert_allclose(distribution.moments(positions), held.moments(positions), atol=1e-12)
    for one, other in zip(distribution.regions(regions), held.regions(regions), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    assert distribution.entropy() == pytest.approx(held.entropy())
    drawn = distribution.sample(20_000, rng)
    np.testing.assert_allclose(drawn.mean(axis=0), [distribution.regions(((k,),))[0][1] for k in range(6)], atol=0.02)


def test_bits_and_columns_of_two_values_are_the_same() -> None:
    rows = np.random.default_rng(1).integers(0, 2, (30, 3)).astype(np.uint8)
    data = DataSet("d", rows, np.full(30, 1 / 30), None, False, "", "")
    bits = independent(data, ((2, 1),) * 3).log_prob(rows)
    tables = IndependentColumns(tuple(np.array([1 - one, one]) for one in rows.mean(axis=0)))
    np.testing.assert_allclose(tables.log_prob(rows), bits)


def test_uniform_and_independent_of_seventeen_columns_of_three_values() -> None:
    """22.2 and 23.6 nats were shown, of bits with the unused code; the uniform distribution has 17 ln 3."""
    rng = np.random.default_rng(2)
    codes = rng.choice(3, (200, 17), p=[0.5, 0.3, 0.2])
    rows = (codes[:, :, None] >> np.array([1, 0]) & 1).reshape(200, 34).astype(np.uint8)
    columns: Columns = ((3, 2),) * 17
    even, own = uniform(columns), independent(DataSet("d", rows, np.full(200, 1 / 200), None, False, "", ""), columns)
    np.testing.assert_allclose(-even.log_prob(rows), 17 * np.log(3))
    assert even.entropy() == pytest.approx(17 * np.log(3))
    frequencies = np.stack([(codes == value).mean(axis=0) for value in range(3)])
    entropy = -(frequencies * np.log(frequencies)).sum()
    assert -own.log_prob(rows).mean() == pytest.approx(entropy) == own.entropy()
    assert (even.sample(500, rng).reshape(-1, 2).sum(axis=1) < 2).all()


PROGRAM = """
data rows = strings(["0000", "0110", "1001"]);
visible v[2] : category(3);
model { ry(?) v; }
objective nll(rows);
report nll(rows), entropy;
"""


def test_a_program_of_variables_has_them_in_its_tables() -> None:
    model = qgl.loads(PROGRAM)
    assert Setting.of(model.program).columns == ((3, 2), (3, 2))
    (baseline,) = fitted(model.program)
    assert baseline.parameters == 4 and "each column by itself, with the frequencies of `rows`" in baseline.wording
    likelihood, entropy = measure(model, model.init(jax.random.key(0)), model.program.reports, (baseline,))
    assert [likelihood.uniform, entropy.uniform] == pytest.approx([2 * np.log(3)] * 2)
    assert likelihood.baselines["independent"] == pytest.approx(2 * np.log(3))
    assert "all 9 combinations of the values of 2 columns" in likelihood.uniform_is
