"""Mixtures of normal distributions on whole numbers against the formula, number by number."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.data.data_calls import fault, load


def slow(bits: int, means: list[float], deviations: list[float], weights: list[float]) -> list[float]:
    heights = [
        sum(w / d * math.exp(-(((x - m) / d) ** 2) / 2) for m, d, w in zip(means, deviations, weights, strict=True))
        for x in range(2**bits)
    ]
    return [height / sum(heights) for height in heights]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"means": (2.0, 5.5), "deviations": (1.0, 0.5)}, slow(3, [2.0, 5.5], [1.0, 0.5], [1, 1])),
        ({"means": (2.0, 5.5), "deviations": (1.5,)}, slow(3, [2.0, 5.5], [1.5, 1.5], [1, 1])),
        ({"means": (-3.0, 20.0), "deviations": (4.0, 4.0), "weights": (1.0, 3.0)}, slow(3, [-3, 20], [4, 4], [1, 3])),
    ],
)
def test_probabilities(arguments: dict[str, Any], expected: list[float]) -> None:
    data = load("mixture", bits=3, **{"weights": None, **arguments})
    np.testing.assert_array_equal(data.rows, [[int(bit) for bit in f"{x:03b}"] for x in range(8)])
    np.testing.assert_allclose(data.weights, expected, rtol=1e-12)
    assert data.exact and data.integer


def test_what_is_too_rare_is_left_out() -> None:
    data = load("mixture", bits=6, means=(20.0,), deviations=(0.01,), weights=None)
    np.testing.assert_array_equal(data.rows, [[0, 1, 0, 1, 0, 0]])
    between = load("mixture", bits=6, means=(20.5,), deviations=(1e-3,), weights=None)
    np.testing.assert_allclose(between.weights, [0.5, 0.5])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"bits": 3, "means": (1.0, 2.0), "deviations": (1.0, 1.0, 1.0), "weights": None}, "QGL0621"),
        ({"bits": 3, "means": (1.0, 2.0), "deviations": (1.0,), "weights": (1.0,)}, "QGL0621"),
        ({"bits": 24, "means": (1.0,), "deviations": (1.0,), "weights": None}, "QGL0610"),
    ],
)
def test_refusals(arguments: dict[str, Any], code: str) -> None:
    assert fault("mixture", **arguments).code == code
