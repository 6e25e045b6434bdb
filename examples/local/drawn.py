"""How pictures that are drawn along a path compare with digits that it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.uint8]
WIDTH = 2.0  # of the kernel exp(-H / (2 width^2)), H being the Hamming distance


def entropy_of_noise(p: tuple[float, ...], pixels: int) -> float:
    """Entropy of `diffused(d, p)` given the row, in nats: that of a flip at each step, for each pixel."""
    before = np.array([0.0, *p[:-1]])
    flips = (np.asarray(p) - before) / (1 - 2 * before)
    return pixels * float(-(flips * np.log(flips) + (1 - flips) * np.log(1 - flips)).sum())


def distances(first: Bits, second: Bits) -> NDArray[np.float64]:
    """Pixels in which pictures differ, shape (first, second)."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    return np.asarray(a.sum(1)[:, None] + b.sum(1) - 2 * a @ b.T)


def nearest(pictures: Bits, seen: Bits) -> float:
    """Pixels in which a picture differs from the nearest of those seen, on average."""
    return float(distances(pictures, seen).min(axis=1).mean())


def discrepancy(first: Bits, second: Bits) -> float:
    """Squared maximum mean discrepancy, estimated without bias: two samples of one distribution have 0 on average."""

    def kernel(a: Bits, b: Bits) -> NDArray[np.float64]:
        return np.asarray(np.exp(-distances(a, b) / (2 * WIDTH**2)))

    def inside(pictures: Bits) -> float:
        count = len(pictures)
        return float((kernel(pictures, pictures).sum() - count) / (count * (count - 1)))

    return inside(first) + inside(second) - 2 * float(kernel(first, second).mean())


def moments_apart(first: Bits, second: Bits) -> tuple[float, float]:
    """How far two sets of pictures are apart: the mean difference of a pixel's share of ones, and the root of the mean
    squared difference of the covariance of two pixels.
    """
    pixels = np.abs(first.mean(axis=0) - second.mean(axis=0)).mean()
    pairs = (np.cov(first.T) - np.cov(second.T))[np.triu_indices(first.shape[1], 1)]
    return float(pixels), float(np.sqrt((pairs**2).mean()))


def show(path: Path, paths: Bits, digits: Bits, side: int) -> None:
    """A picture of paths, a row each from noise to digit, shape (paths, pictures, pixels), and of digits below."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.62 * paths.shape[1], 0.62 * (len(paths) + 1.3)), layout="constrained")
    grid = figure.subplots(len(paths) + 1, paths.shape[1])
    for row, pictures in zip(grid, [*paths, digits[: paths.shape[1]]], strict=True):
        for axes, picture in zip(row, pictures, strict=True):
            axes.imshow(picture.reshape(side, side), cmap="gray_r", vmin=0, vmax=1)
            axes.set(xticks=[], yticks=[])
    grid[0, 0].set_title("noise", fontsize=9)
    grid[0, -1].set_title("drawn", fontsize=9)
    grid[-1, 0].set_title("digits, unseen", fontsize=9, loc="left")
    figure.savefig(path, dpi=110)
