"""What the games and the garden are held against: classical bounds, closed forms, and the rows of `garden.csv`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]
FOLDER = Path(__file__).parent


def ghz() -> Real:
    """p(answers | settings) of the GHZ game, shape (settings, answers): four settings, eight strings of answers."""
    distribution = np.zeros((4, 8))
    for row, setting in enumerate(("000", "011", "101", "110")):
        for answers in itertools.product((0, 1), repeat=3):
            if sum(answers) % 2 == (setting != "000"):
                distribution[row, int("".join(map(str, answers)), 2)] = 1 / 4
    return distribution


def chsh() -> Real:
    """p(answers | settings) of the CHSH game at Tsirelson's bound, shape (4, 4)."""
    distribution = np.zeros((4, 4))
    for s, t, a, b in itertools.product((0, 1), repeat=4):
        distribution[2 * s + t, 2 * a + b] = (1 + (-1) ** (a + b + s * t) / np.sqrt(2)) / 4
    return distribution


def strategies(settings: Sequence[tuple[int, ...]]) -> Real:
    """The distributions of all deterministic local strategies, shape (strategies, settings, answers).

    Each player answers one bit, by a table of its own from its own setting alone.
    """
    players = len(settings[0])
    found = []
    for tables in itertools.product(itertools.product((0, 1), repeat=2), repeat=players):
        distribution = np.zeros((len(settings), 2**players))
        for row, setting in enumerate(settings):
            answers = [table[own] for table, own in zip(tables, setting, strict=True)]
            distribution[row, int("".join(map(str, answers)), 2)] = 1
        found.append(distribution)
    return np.array(found)


def least_divergence(target: Real, distributions: Real, steps: int = 20_000) -> float:
    """The least KL of `target` from a mixture of `distributions`, settings uniform, in nats; by expectation
    maximisation.

    The problem is convex in the weights, so that this is the least of all classical networks of the graph.
    """
    joint = target.reshape(-1) / len(target)
    each = distributions.reshape(len(distributions), -1) / len(target)
    seen = joint > 0
    weights: Real = np.full(len(distributions), 1 / len(distributions))
    for _ in range(steps):
        weights = weights * (each[:, seen] @ (joint[seen] / (weights @ each[:, seen])))
    return float(joint[seen] @ np.log(joint[seen] / (weights @ each[:, seen])))


def classical_bounds() -> dict[str, tuple[float, float]]:
    """(by enumeration, in closed form) of both games, in nats.

    A local strategy wins at most 3/4, and what a game tells by winning alone can only be less than all that it tells:
    the divergence of the two probabilities of winning is a lower bound, which the mixtures reach.
    """
    wins = np.cos(np.pi / 8) ** 2
    three = [(0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]
    two = [(0, 0), (0, 1), (1, 0), (1, 1)]
    closed = wins * np.log(wins / 0.75) + (1 - wins) * np.log((1 - wins) / 0.25)
    return {
        "ghz": (least_divergence(ghz(), strategies(three)), float(np.log(4 / 3))),
        "chsh": (least_divergence(chsh(), strategies(two)), float(closed)),
    }


def garden_rows(count: int = 1000) -> NDArray[np.int64]:
    """Rows of season, sprinkler, rain, grass, slip, drawn from tables of our own; what `garden.csv` holds."""
    random = np.random.default_rng(7)
    grass_distributions = np.array([[[0.9, 0.08, 0.02], [0.1, 0.3, 0.6]], [[0.15, 0.35, 0.5], [0.02, 0.08, 0.9]]])
    slips = np.array([[0.3, 0.5, 0.8], [0.02, 0.1, 0.3], [0.01, 0.1, 0.3], [0.05, 0.2, 0.5]])
    season = random.integers(0, 4, count)
    sprinkler = (random.random(count) < np.array([0.02, 0.3, 0.7, 0.2])[season]).astype(np.int64)
    rain = (random.random(count) < np.array([0.6, 0.4, 0.15, 0.5])[season]).astype(np.int64)
    sums = np.cumsum(grass_distributions[sprinkler, rain], axis=1)
    grass = (random.random((count, 1)) >= sums).sum(axis=1)
    slip = (random.random(count) < slips[season, grass]).astype(np.int64)
    return np.stack([season, sprinkler, rain, grass, slip], axis=1)


def divergence_of_counts(rows: NDArray[np.int64]) -> float:
    """KL of the rows' distribution from the network whose tables are shares of counts, in nats."""
    distinct, counts = np.unique(rows, axis=0, return_counts=True)
    q = counts / counts.sum()
    logs = np.zeros(len(distinct))
    for child, parents in ((0, ()), (1, (0,)), (2, (0,)), (3, (1, 2)), (4, (0, 3))):
        whole = _shares(rows, distinct, (*parents, child))
        logs += np.log(whole) - np.log(_shares(rows, distinct, parents))
    return float(q @ (np.log(q) - logs))


def _shares(rows: NDArray[np.int64], distinct: NDArray[np.int64], columns: tuple[int, ...]) -> Real:
    """For each distinct row, the share of the rows that have its values in some columns."""
    same = (rows[None, :, list(columns)] == distinct[:, None, list(columns)]).all(axis=2)
    share: Real = same.mean(axis=1)
    return share


if __name__ == "__main__":
    np.savetxt(FOLDER / "garden.csv", garden_rows(), fmt="%d", delimiter=",")
