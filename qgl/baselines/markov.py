"""Markov chains over columns, by counting."""

from __future__ import annotations

import numpy as np

from qgl.baselines.chain import ChainDistribution
from qgl.baselines.columns import Real, Table, Values


def markov(table: Table, order: int, smoothing: float, stationary: bool) -> tuple[ChainDistribution, int]:
    """The chain of the greatest likelihood, with `smoothing` added to each count of samples; and its parameters.

    The memory is the last `order` values, fewer at the head of a row. A stationary chain has one table for all places
    that have `order` values before them. What follows values that never occur is uniform.
    """
    sizes, columns = table.columns.sizes, len(table.columns)
    added = smoothing / table.count if table.count else 0.0
    counts = [_counts(table, place, order) for place in range(columns)]
    shared = range(order, columns) if stationary else range(0)
    if shared:
        total = np.sum([counts[place] for place in shared], axis=0)
        for place in shared:
            counts[place] = total
    steps, parameters = [], 0
    for place, count in enumerate(counts):
        smoothed = count + added
        sums = smoothed.sum(axis=1, keepdims=True)
        distribution = np.where(sums > 0, smoothed / np.where(sums > 0, sums, 1.0), 1 / sizes[place])
        kept = _size(table, place + 1, order)
        contexts, values = np.divmod(np.arange(distribution.size), sizes[place])
        step = np.zeros((sizes[place], len(distribution), kept))
        step[values, contexts, np.arange(distribution.size) % kept] = distribution.reshape(-1)
        steps.append(step)
        if place not in shared or place == shared[0]:
            parameters += len(distribution) * (sizes[place] - 1)
    return ChainDistribution(table.columns, np.ones(1), tuple(steps)), parameters


def _size(table: Table, place: int, order: int) -> int:
    """How many different values the last `order` columns before `place` can have together."""
    return int(np.prod(table.columns.sizes[max(0, place - order) : place], dtype=np.int64))


def _counts(table: Table, place: int, order: int) -> Real:
    """Weights of (the values before, the value) at a place, shape (contexts, values); the nearest is the last digit."""
    context: Values = np.zeros(len(table.values), dtype=np.int64)
    for column in range(max(0, place - order), place):
        context = context * table.columns.sizes[column] + table.values[:, column]
    size = table.columns.sizes[place]
    shape = (_size(table, place, order), size)
    flat = np.bincount(context * size + table.values[:, place], weights=table.weights, minlength=shape[0] * size)
    return flat.reshape(shape).astype(np.float64)
