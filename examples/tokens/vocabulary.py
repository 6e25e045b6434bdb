"""Rows of a hidden Markov model of two states over four letters.

python -m examples.tokens.vocabulary writes hmm.npz.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FILE = Path(__file__).resolve().parent / "hmm.npz"
MOVES = np.array([[0.85, 0.15], [0.25, 0.75]])
LETTERS = np.array([[0.6, 0.25, 0.1, 0.05], [0.05, 0.1, 0.35, 0.5]])
START = np.array([0.625, 0.375])  # which the moves leave as it is
ROWS, LENGTH = 7291, 12


def draw(count: int = ROWS, length: int = LENGTH, seed: int = 0) -> NDArray[np.uint8]:
    """Rows of letters, shape (count, length)."""
    random = np.random.default_rng(seed)
    state, rows = (random.random(count) > START[0]).astype(int), np.empty((count, length), np.uint8)
    for k in range(length):
        rows[:, k] = (random.random(count)[:, None] > np.cumsum(LETTERS[state], axis=1)[:, :-1]).sum(axis=1)
        state = (random.random(count) > MOVES[state, 0]).astype(int)
    return rows


def negative_log_likelihood(rows: NDArray[np.uint8]) -> float:
    """Of the model itself, the mean over rows, in nats."""
    forward = np.tile(START, (len(rows), 1))
    for column in rows.T:
        forward = (forward * LETTERS[:, column].T) @ MOVES
    return float(-np.log(forward.sum(axis=1)).mean())


if __name__ == "__main__":
    np.savez_compressed(FILE, rows=draw())
