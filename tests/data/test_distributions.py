"""Known distributions against enumeration, digits, and distributions as vectors."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from qgl.bits.distribution import DENSE_WIDTH, distinct, distribution, entropy, indices, strings
from qgl.data.digits import averaged, pictures
from qgl.data.files import Limits
from qgl.program.program import DataSet
from tests.data.data_calls import fault, load

String = tuple[int, ...]


def bars_or_stripes(rows: int, columns: int) -> Callable[[String], bool]:
    def is_one(string: String) -> bool:
        picture = np.reshape(string, (rows, columns))
        return bool(np.all(picture == picture[:, :1]) or np.all(picture == picture[:1]))

    return is_one


@pytest.mark.parametrize(
    ("data", "belongs"),
    [
        (load("bars_and_stripes", rows=3, columns=3), bars_or_stripes(3, 3)),
        (load("bars_and_stripes", rows=2, columns=4), bars_or_stripes(2, 4)),
        (load("bars_and_stripes", rows=1, columns=3), bars_or_stripes(1, 3)),
        (load("parity", size=5, even=True), lambda x: sum(x) % 2 == 0),
        (load("parity", size=1, even=False), lambda x: sum(x) % 2 == 1),
        (load("cardinality", size=6, ones=2), lambda x: sum(x) == 2),
        (load("cardinality", size=3, ones=0), lambda x: sum(x) == 0),
        (load("cardinality", size=3, ones=3), lambda x: sum(x) == 3),
    ],
)
def test_uniform_distributions(data: DataSet, belongs: Callable[[String], bool]) -> None:
    support = [x for x in itertools.product((0, 1), repeat=data.width) if belongs(x)]
    assert sorted(map(tuple, data.rows.tolist())) == support
    np.testing.assert_allclose(data.weights, 1 / len(support))
    assert data.exact


def test_given_strings_add_up() -> None:
    data = load("strings", strings=("01", "11", "01"), weights=(1.0, 2.0, 5.0))
    np.testing.assert_array_equal(data.rows, [[0, 1], [1, 1]])
    np.testing.assert_allclose(data.weights, [0.75, 0.25])
    np.testing.assert_allclose(load("strings", strings=("0", "0", "1")).weights, [2 / 3, 1 / 3])


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("strings", {"strings": ("01", "1")}, "QGL0606"),
        ("strings", {"strings": ("01",), "weights": (1.0, 2.0)}, "QGL0613"),
        ("cardinality", {"size": 3, "ones": 4}, "QGL0607"),
    ],
)
def test_distributions_that_cannot_be(name: str, arguments: dict[str, Any], code: str) -> None:
    assert fault(name, **arguments).code == code


def test_what_is_too_large_to_list_is_known_by_its_rule() -> None:
    assert len(load("parity", limits=Limits(cells=32), size=4, even=True).rows) == 8
    for data in (
        load("parity", limits=Limits(cells=31), size=4, even=True),
        load("cardinality", limits=Limits(cells=23), size=4, ones=2),
        load("cardinality", size=4000, ones=2000),
        load("bars_and_stripes", rows=2, columns=4000),
    ):
        assert not data.listed and data.rows.shape == (0, data.width) and data.exact


# ---------------------------------------------------------------- digits


def test_pictures_are_whole() -> None:
    ink, digit = pictures()
    assert ink.shape == (1797, 8, 8) and ink.max() == 16
    assert set(digit) == set(range(10))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 8])
def test_averaging_keeps_the_ink(size: int) -> None:
    ink, _ = pictures()
    small = averaged(ink[:20], size)
    assert small.shape == (20, size, size)
    np.testing.assert_allclose(small.mean(axis=(1, 2)), ink[:20].mean(axis=(1, 2)) / 16)
    if 8 % size == 0:
        block = 8 // size
        np.testing.assert_allclose(small[0, 0, 0], ink[0, :block, :block].mean() / 16)


def test_digits_of_two_classes() -> None:
    data = load("digits", classes=(0, 1), size=4)
    assert data.rows.shape == (360, 16) and not data.exact
    assert 0.2 < data.rows.mean() < 0.8


# ---------------------------------------------------------------- distributions as vectors


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 70)), elements=st.integers(0, 1)))
@settings(max_examples=60)
def test_distinct_rows(rows: np.ndarray[tuple[int, int], np.dtype[np.uint8]]) -> None:
    weights = np.arange(1, len(rows) + 1).astype(np.float64)
    kept, sums, place = distinct(rows, weights)
    expected: dict[tuple[int, ...], float] = {}
    for row, weight in zip(rows.tolist(), weights, strict=True):
        expected[tuple(row)] = expected.get(tuple(row), 0.0) + weight
    assert [tuple(row) for row in kept.tolist()] == sorted(expected)
    np.testing.assert_allclose(sums, [expected[key] for key in sorted(expected)])
    np.testing.assert_array_equal(kept[place], rows)


def test_distribution_is_big_endian() -> None:
    data = load("strings", strings=("10", "10", "01", "11"))
    np.testing.assert_allclose(distribution(data), [0, 0.25, 0.5, 0.25])
    np.testing.assert_array_equal(strings(indices(data.rows), 2), data.rows)
    assert entropy(np.array([0.5, 0.5, 0.0])) == pytest.approx(np.log(2))


def test_wide_distributions_are_refused() -> None:
    with pytest.raises(ValueError, match="27 bits"):
        distribution(load("strings", strings=("0" * (DENSE_WIDTH + 1),)))
    with pytest.raises(ValueError, match="63 bits"):
        indices(np.zeros((1, 63), np.uint8))


def test_arrays_of_a_data_set_cannot_be_changed() -> None:
    data = load("parity", size=3, even=True)
    with pytest.raises(ValueError, match="read-only"):
        data.rows[0, 0] = 1
