"""Of categorical variables, floors, baselines and uniform ones are over their values, unused codes left out."""

from __future__ import annotations

from pathlib import Path

import jax
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.baselines import fitted
from qgl.bits.distribution import entropy
from qgl.check.declarations.categories import columns_of
from qgl.evaluate.table import floors
from qgl.evaluate.table.columns import uniform_text
from qgl.objectives import Setting
from qgl.program.program import DataSet
from qgl.report.report import measure

ROWS = np.random.default_rng(1).integers(3, size=(400, 2))
BITS = np.concatenate([ROWS[:, :1] >> 1, ROWS[:, :1] & 1, ROWS[:, 1:] >> 1, ROWS[:, 1:] & 1], axis=1)


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Two variables of three values, the data being plain bits."""
    monkeypatch.chdir(tmp_path)
    Path("bits.csv").write_text("\n".join(",".join(map(str, row)) for row in BITS.tolist()) + "\n")
    return (
        'data x = csv("bits.csv");\nvisible v[2] : category(3);\nmodel { prepare(?) v[0]; prepare(?) v[0], v[1]; }\n'
        "objective nll(x);\nbaseline markov(order = 1, smoothing = 0), hmm(states = 2), independent;\nreport nll(x);\n"
    )


def samples(rows: NDArray[np.uint8], categories: tuple[tuple[int, int], ...] | None = None) -> DataSet:
    weights = np.full(len(rows), 1 / len(rows))
    return DataSet("d", rows, weights, None, False, "", "", categories=categories)


def test_baselines_are_of_the_variables_also_where_the_data_are_plain_bits(program: str) -> None:
    model = qgl.loads(program)
    markov, hmm, independent = fitted(model.program)
    assert (markov.parameters, hmm.parameters, independent.parameters) == (2 + 3 * 2, 1 + 2 + 2 * 2 * 2, 4)
    (row, *_) = measure(model, model.init(jax.random.key(0)), model.program.reports, (markov, independent))
    joint = np.bincount(ROWS @ [3, 1], minlength=9) / len(ROWS)
    assert row.baselines[markov.label] == pytest.approx(entropy(joint))
    assert row.uniform == pytest.approx(np.log(9)) and row.floor is not None and row.floor <= np.log(9)


def test_strings_that_did_not_come_are_values() -> None:
    rows = np.array([[0, 0], [0, 1], [0, 1], [1, 0], [1, 0]], np.uint8)
    assert floors.strings_of(samples(rows)) == 4 and floors.strings_of(samples(rows, ((3, 2),))) == 3
    assert floors.tv(samples(rows)).value != floors.tv(samples(rows, ((3, 2),))).value
    of_all = floors.nll(samples(rows, ((3, 2),))).value  # all three came, so that nothing is missing
    assert of_all is not None and of_all <= np.log(3)
    assert np.isfinite(floors.strings_of(samples(np.zeros((2, 3000), np.uint8))))


def test_bits_of_no_variable_are_columns_of_the_data_and_all_codes_may_stand_for_a_value(program: str) -> None:
    mixed = 'data x = csv("bits.csv");\nvisible v : category(3);\nvisible w[2];\nmodel { prepare(?) v; ry(?) w; }\n'
    model = qgl.loads(mixed + "objective nll(x);\n")
    data = samples(BITS.astype(np.uint8), ((3, 2), (4, 2)))
    assert columns_of(model.program.variables, (data,), 4) == ((3, 2), (4, 2))
    assert Setting.of(model.program).columns == ((3, 2), (2, 1), (2, 1))
    assert "no value" in uniform_text(((3, 2), (4, 2))) and "no value" not in uniform_text(((4, 2), (4, 2)))
