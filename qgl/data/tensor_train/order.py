"""The order of columns along a chain in which a matrix product state of a small bond comes nearest to data.

What a bond can hold of a cut is not what the columns on its sides have in common: of bars and stripes the order of
least mutual information across all cuts is not the best one. So orders are compared by the likelihood of a state that
is fitted to each, in few steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from math import factorial

import numpy as np
from numpy.typing import NDArray

from qgl.data.tensor_train.fit import Real, fitted, likelihood

Order = tuple[int, ...]
_STEPS = 25  # of the fit that an order is judged by
_KICK = 4  # random changes with which a search goes on from an optimum
_BETTER = 1e-4  # nats


def divergence(rows: NDArray[np.uint8], weights: Real, order: Order, bond: int, steps: int | None = None) -> float:
    """The Kullback-Leibler divergence in nats of a state with these bonds, fitted in this order, from the data.

    rows: different strings, shape (R, n); weights: their probabilities, shape (R,), none of them 0; steps: those of one
    quick fit, None for the best of several whole ones.
    """
    along = rows[:, list(order)]
    tensors = fitted(along, weights, bond) if steps is None else fitted(along, weights, bond, steps, starts=1)
    return float(likelihood(tensors, along, weights)[0] + weights @ np.log(weights))


def searched(
    rows: NDArray[np.uint8],
    weights: Real,
    bond: int,
    order: Order,
    fits: int,
    told: Callable[[int, float], None] = lambda fits, least: None,
) -> Order:
    """The best order that is found from `order` with at most so many quick fits, the same for the same data.

    Exchanges of two columns and reversals of neighbours are taken as long as one helps; from such an optimum the
    search goes on with a few random ones. `told` is called after each fit.

    Source: iterated local search, H. Lourenco, O. Martin and T. Stutzle, Handbook of Metaheuristics, 2003.
    """
    random, values = np.random.default_rng(0), dict[Order, float]()
    most = min(fits, max(1, factorial(min(len(order), 20)) // 2))

    def value(order: Order) -> float:
        """Of an order and its reverse, which are the same chain. After the last fit no other order is worth more."""
        key = min(order, order[::-1])
        if key not in values and len(values) < most:
            values[key] = divergence(rows, weights, key, bond, _STEPS)
            told(len(values), min(values.values()))
        return values.get(key, np.inf)

    def optimum(order: Order) -> Order:
        least = value(order)
        while True:
            changed = list(_changed(order))
            shuffled = (changed[k] for k in random.permutation(len(changed)))
            better = next((other for other in shuffled if value(other) < least - _BETTER), None)
            if better is None:
                return order
            order, least = better, value(better)

    best = optimum(order)
    for _ in range(fits):
        if len(values) >= most:
            break
        kicked = best
        for _ in range(_KICK):
            changed = list(_changed(kicked))
            kicked = changed[random.integers(len(changed))]
        other = optimum(kicked)
        if value(other) < value(best) - _BETTER:
            best = other
    return min(best, best[::-1])


def _changed(order: Order) -> Iterator[Order]:
    """Each reversal of neighbours, and each exchange of two that is none."""
    for a, b in combinations(range(len(order)), 2):
        yield order[:a] + order[a : b + 1][::-1] + order[b + 1 :]
        if b > a + 2:
            yield (*order[:a], order[b], *order[a + 1 : b], order[a], *order[b + 1 :])
