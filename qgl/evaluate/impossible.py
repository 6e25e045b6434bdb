"""Rows of data that a distribution cannot give: each is charged `query.log_floor` where it would cost an infinite
likelihood.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.evaluate.distributions import Distribution
from qgl.program.program import DataSet
from qgl.query import log_floor


def is_impossible(log_prob: NDArray[np.float64], width: int) -> NDArray[np.bool_]:
    """Which strings of `width` bits cannot be given, by their log p."""
    return log_prob <= log_floor(width)


def impossible_rows(distribution: Distribution, data: DataSet) -> int:
    """How many rows of the data a distribution cannot give, those of no weight left out."""
    rows = data.rows[data.weights > 0]
    return int(is_impossible(distribution.log_prob(rows), data.width).sum())


def cannot_give(label: str, count: int, data: DataSet) -> str:
    """What a table says below of rows that cannot be given; empty where all can be."""
    if not count:
        return ""
    rows, each = int((data.weights > 0).sum()), -log_floor(data.width)
    whose = f"`{data.name}`" + (f" with {data.labels.named(0)}" if data.labels is not None else "")
    return f"{label}: cannot give {count:,} of {rows:,} rows of {whose}, charged {each:.4g} nats each"
