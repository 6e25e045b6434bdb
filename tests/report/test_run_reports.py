"""The report of a run: the figures of its seeds, and reasons for what is missing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qgl.evaluate import Row
from qgl.report.report import assemble, markdown
from qgl.train.loop import train
from tests.train.softmax_model import SoftmaxModel, call, settings


@pytest.mark.parametrize(
    ("losses", "median"),
    [([0.4, 0.1], 0.25), ([0.4, 0.1, 0.3], 0.3), ([0.4, np.nan, 0.1, 0.2, 0.3], 0.25), ([np.nan, np.inf], None)],
)
def test_the_median_is_of_the_finite_losses_and_of_even_many_the_mean_of_the_middle_two(
    losses: list[float], median: float | None
) -> None:
    run = train(
        SoftmaxModel(), settings(call("sgd", rate=0.1, momentum=None, nesterov=False), steps=1), display="quiet"
    )
    some = replace(run, losses=np.array(losses), best_seed=1, terms={"kl": np.array(losses)})
    found = assemble("x", some, 1.0, ())["median_loss"]
    assert found is None if median is None else found == pytest.approx(median)


def test_why_a_value_is_missing_stands_below_the_table() -> None:
    run = train(
        SoftmaxModel(), settings(call("sgd", rate=0.1, momentum=None, nesterov=False), steps=1), display="quiet"
    )
    page = markdown(assemble("x", run, 1.0, (Row("nll(d)", None, note="nll(d): too wide"), Row("tv(d)", 0.5))))
    assert "| nll(d) | - |" in page and "\nnll(d): too wide\n" in page
