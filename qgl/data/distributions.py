"""Data sets that are known distributions: every string of the support once, with its probability."""

from __future__ import annotations

import itertools
import math

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, strings
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument, DataTooLarge
from qgl.diagnostics.model import QglError, plural
from qgl.diagnostics.tables import NoRows, RaggedRow
from qgl.program.calls.data_sources import BarsAndStripes, Cardinality, DataCall, Parity, Strings, Weights

Distribution = tuple[NDArray[np.uint8], NDArray[np.float64]]


def bars_and_stripes(call: BarsAndStripes) -> Distribution:
    """Pictures whose rows are each of one colour, or whose columns are; row-major."""
    height, width = call.rows, call.columns
    stripes = np.repeat(_all(height), width, axis=1)
    bars = np.tile(_all(width), (1, height))
    both = np.concatenate([stripes, bars])
    rows, _, _ = distinct(both, np.ones(len(both)))
    return _uniform(rows)


def parity(call: Parity) -> Distribution:
    """Strings whose number of ones is even, or odd."""
    size = call.size
    free = _all(size - 1)
    last = (free.sum(axis=1, dtype=np.int64) + (0 if call.even else 1)) % 2
    return _uniform(np.concatenate([free, last[:, None].astype(np.uint8)], axis=1))


def cardinality(call: Cardinality) -> Distribution:
    """Strings with a given number of ones."""
    size, ones = call.size, call.ones
    if ones > size:
        raise QglError([NoRows(call.span, call.name, f"no string of {size} bits has {ones} ones")])
    count = math.comb(size, ones)
    places = itertools.chain.from_iterable(itertools.combinations(range(size), ones))
    rows = np.zeros((count, size), dtype=np.uint8)
    np.put_along_axis(rows, np.fromiter(places, np.int64, count * ones).reshape(count, ones), 1, axis=1)
    return _uniform(rows[::-1])


def given_strings(call: Strings) -> Distribution:
    """Given strings with given weights; repeated ones add up."""
    texts, weights = call.strings, call.weights
    for number, text in enumerate(texts, start=1):
        if len(text) != len(texts[0]):
            raise QglError([RaggedRow(call.span, "`strings`", number, len(text), len(texts[0]))])
    if weights is not None and len(weights) != len(texts):
        raise QglError([BadDataArgument(call.span, "strings", f"{len(weights)} weights for {len(texts)} strings")])
    rows = np.array([[int(bit) for bit in text] for text in texts], dtype=np.uint8)
    given = np.ones(len(texts)) if weights is None else np.array(weights, dtype=np.float64)
    merged, sums, _ = distinct(rows, given / given.sum())
    return merged, sums


def weighted(call: Weights) -> Distribution:
    """Whole numbers with given weights; those of weight 0 are left out."""
    weights = np.array(call.weights)
    if len(weights) != 1 << call.bits:
        text = f"{len(weights):,} weights for {1 << call.bits:,} numbers"
        raise QglError([BadDataArgument(call.span, "weights", text)])
    (places,) = np.nonzero(weights)
    if not len(places):
        raise QglError([NoRows(call.span, call.name, "all weights are 0")])
    return strings(places, call.bits), weights[places] / weights.sum()


def _all(bits: int) -> NDArray[np.uint8]:
    return strings(np.arange(2**bits, dtype=np.int64), bits)


def _uniform(rows: NDArray[np.uint8]) -> Distribution:
    return rows, np.full(len(rows), 1.0 / len(rows))


def _too_large(call: DataCall, rows: str, width: int, limits: Limits) -> DataTooLarge:
    """A distribution of too many strings, `rows` of them in words."""
    extent = f"{rows} strings of {plural(width, 'bit')}"
    return DataTooLarge(call.span, f"`{call.name}`", extent, f"{limits.cells:,} bits")


def bound(call: DataCall, free_bits: int, width: int, limits: Limits) -> None:
    """Refuses 2^free_bits rows of `width` bits if they are too many to hold."""
    if free_bits > 62 or 2**free_bits * width > limits.cells:
        raise QglError([_too_large(call, f"about 2^{free_bits}", width, limits)])
