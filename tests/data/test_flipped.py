"""Bits flipped by chance: draws of rows and of paths, and the exact distribution of noisy strings."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from qgl import loads
from qgl.bits.distribution import distribution, strings
from qgl.data.files import Limits
from qgl.data.flipped import diffused, flipped
from qgl.data.parts import beside
from qgl.diagnostics.model import QglError
from qgl.program.calls.data_sources import Beside, Diffused, Flipped
from qgl.program.program import DataSet
from qgl.report.report import measure
from tests.data.data_calls import SPAN, load

PICTURES = load("digits", size=8, labels=True)


def made(data: DataSet, p: float, cells: int = 10**8, **more: Any) -> DataSet:
    return flipped("noisy", Flipped(data.name, p, **more, span=SPAN), data, Limits(cells=cells))


def test_of_a_distribution_it_is_that_of_noisy_strings() -> None:
    """Held against the sum over all strings of what they are flipped to."""
    data = load("strings", strings=("0110", "1111", "0000"), weights=(0.5, 0.3, 0.2))
    p, every = 0.15, strings(np.arange(16), 4)
    wrong = (every[:, None] != every[None]).sum(axis=2)
    expected = (p**wrong * (1 - p) ** (4 - wrong)) @ distribution(data)
    noisy = made(data, p)
    assert noisy.exact and len(noisy.rows) == 16
    np.testing.assert_allclose(distribution(noisy), expected, rtol=1e-13)
    np.testing.assert_array_equal(distribution(made(data, 0.0)), distribution(data))
    np.testing.assert_allclose(distribution(made(data, 1.0)), distribution(data)[::-1], rtol=1e-13)


def test_of_rows_it_is_a_draw_of_each_and_what_is_flipped_stays_flipped_for_more_noise() -> None:
    flips = [made(PICTURES, p, draws=3).rows ^ np.tile(PICTURES.rows, (3, 1)) for p in (0.0, 0.1, 0.3, 1.0)]
    assert flips[0].sum() == 0 and flips[3].all() and (flips[1] <= flips[2]).all()
    for p, flip in ((0.1, flips[1]), (0.3, flips[2])):
        assert abs(flip.mean() - p) < 5 * np.sqrt(p * (1 - p) / flip.size)
        assert np.abs(np.corrcoef(flip.T) - np.eye(64)).max() < 5 / np.sqrt(len(flip))  # each bit by itself
    blocks = flips[1].reshape(3, -1)
    assert (blocks[0] != blocks[1]).any() and (blocks[1] != blocks[2]).any()
    noisy = made(PICTURES, 0.1, draws=3)
    assert not noisy.exact and noisy.labels == PICTURES.labels and noisy.picture == PICTURES.picture
    assert PICTURES.conditions is not None and noisy.conditions is not None
    np.testing.assert_array_equal(noisy.conditions, np.tile(PICTURES.conditions, (3, 1)))
    other = made(PICTURES, 0.1, draws=3, seed=1)
    assert noisy.sha256 != other.sha256 and (noisy.rows != other.rows).any()
    assert noisy.weights.sum() == pytest.approx(1.0)


def test_programs_take_it_wherever_bits_are_taken() -> None:
    model = loads(
        """
        visible v[4];
        data clean = digits(classes = [0, 1], size = 2);
        data noisy(p) = flipped(clean, p, draws = 2, seed = 3);
        data part = subset(noisy(0.1), fraction = 0.5);
        data others = without(noisy(0.1), part);
        data exact = flipped(bars, 0.2);
        data bars = bars_and_stripes(2, 2);
        model { ry(?) v; }
        objective nll(noisy(0.1)) + marginals(part);
        report nll(others), cmi(v[0], v[1], v[2], of = noisy(0.2)), tv(exact);
        """
    )
    data = model.program.data
    assert data["noisy(0.1)"].rows.shape == (2 * len(data["clean"].rows), 4)
    assert len(data["part"].rows) + len(data["others"].rows) == len(data["noisy(0.1)"].rows)
    assert data["exact"].exact and len(data["exact"].rows) == 16
    start = {name: jnp.zeros(shape) for name, shape in model.parameters.shapes.items()}
    rows = measure(model, start, model.program.reports)
    assert all(row.value is not None and np.isfinite(row.value) for row in rows)


def test_noisy_and_clean_rows_side_by_side() -> None:
    noisy = made(PICTURES, 0.2)
    both = load_beside(noisy, replace(PICTURES, name="clean", conditions=None, labels=None))
    np.testing.assert_array_equal(both.rows, np.hstack([noisy.rows, PICTURES.rows]))
    assert both.labels == PICTURES.labels and both.conditions is noisy.conditions and both.picture is None
    assert both.width == 128 and not both.exact and both.sha256 not in (noisy.sha256, PICTURES.sha256)


@pytest.mark.parametrize(
    ("second", "text"),
    [
        (load("parity", size=2, even=True), "is a distribution"),
        (load("digits", size=1, classes=(0,)), "1797 rows, `d` 178"),
        (PICTURES, "the first may have some"),
    ],
)
def test_rows_that_do_not_go_together(second: DataSet, text: str) -> None:
    with pytest.raises(QglError) as caught:
        load_beside(replace(PICTURES, name="first"), second)
    assert caught.value.diagnostics[0].code == "QGL0613" and text in caught.value.diagnostics[0].message


def load_beside(first: DataSet, second: DataSet) -> DataSet:
    call = Beside(first.name, second.name, span=SPAN)
    return beside("both", call, {first.name: first, second.name: second}, Limits())


@pytest.mark.parametrize(
    ("data", "more", "code", "text"),
    [
        (load("parity", size=17, even=True), {}, "QGL0613", "listed up to 16"),
        (load("parity", size=4, even=True), {"draws": 2}, "QGL0613", "none is drawn"),
        (replace(PICTURES, categories=((5, 3), (2, 1))), {}, "QGL0613", "5 values in 3 bits"),
        (PICTURES, {"draws": 9, "cells": 10**6}, "QGL0610", "1,035,072 bits"),
    ],
)
def test_what_it_cannot_be_made_of(data: DataSet, more: dict[str, Any], code: str, text: str) -> None:
    with pytest.raises(QglError) as caught:
        made(data, 0.1, **more)
    (fault,) = caught.value.diagnostics
    assert fault.code == code and text in fault.message


def paths(data: DataSet, p: tuple[float, ...], cells: int = 10**8, **more: Any) -> DataSet:
    return diffused("paths", Diffused(data.name, p, **more, span=SPAN), data, Limits(cells=cells))


def test_a_path_is_a_chain_of_flips_from_the_row_which_is_last() -> None:
    p = (0.1, 0.3, 0.5)
    made = paths(PICTURES, p, draws=2)
    *noisy, clean = np.split(made.rows, 4, axis=1)
    np.testing.assert_array_equal(clean, np.tile(PICTURES.rows, (2, 1)))
    wrong = [version ^ clean for version in noisy[::-1]]
    for own, flip in zip(p, wrong, strict=True):
        assert abs(flip.mean() - own) < 5 * np.sqrt(own * (1 - own) / flip.size)
    steps = [wrong[0], wrong[0] ^ wrong[1], wrong[1] ^ wrong[2]]
    for k, (step, expected) in enumerate(zip(steps, (0.1, 0.25, 0.5), strict=True)):
        assert abs(step.mean() - expected) < 5 * np.sqrt(0.25 / step.size)
        for other in steps[:k]:  # each step by itself, and flips are undone
            assert abs(np.corrcoef(step.ravel(), other.ravel())[0, 1]) < 5 / np.sqrt(step.size)
    assert made.picture == (32, 8) and made.width == 256 and made.weights.sum() == pytest.approx(1.0)
    assert made.labels == PICTURES.labels and made.conditions is not None and len(made.conditions) == len(made.rows)
    assert made.sha256 != paths(PICTURES, p, draws=2, seed=1).sha256


@pytest.mark.parametrize(
    ("data", "p", "more", "code", "text"),
    [
        (PICTURES, (0.2, 0.1), {}, "QGL0613", "`p` ascends"),
        (PICTURES, (0.5, 0.5), {}, "QGL0613", "`p` ascends"),
        (load("parity", size=4, even=True), (0.1,), {}, "QGL0613", "none is drawn"),
        (replace(PICTURES, categories=((5, 3), (2, 1))), (0.1,), {}, "QGL0613", "5 values in 3 bits"),
        (PICTURES, (0.1, 0.2), {"draws": 3, "cells": 10**6}, "QGL0610", "1,035,072 bits"),
    ],
)
def test_paths_that_cannot_be_drawn(
    data: DataSet, p: tuple[float, ...], more: dict[str, Any], code: str, text: str
) -> None:
    with pytest.raises(QglError) as caught:
        paths(data, p, **more)
    (fault,) = caught.value.diagnostics
    assert fault.code == code and text in fault.message
