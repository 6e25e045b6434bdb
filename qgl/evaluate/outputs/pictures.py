"""How rows of real numbers, pictures mostly, are held against those of the data.

The Frechet distance is that of two normal distributions with the means and covariances of the rows (D. Dowson and
B. Landau, J. Multivariate Anal. 12, 450, 1982), here of the numbers themselves: of pixels. FID takes those of the
features of a network (M. Heusel et al., arXiv 1706.08500), which is another number.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
MOST_NUMBERS = 4096  # of a row, for the Frechet distance


def frechet(left: Numbers, right: Numbers) -> float:
    """|m - n|^2 + Tr(C + D - 2 (C^1/2 D C^1/2)^1/2) of the means m, n and covariances C, D of two sets of rows.

    The last trace is the nuclear norm of A B^T, C being A^T A and D being B^T B.
    """
    (m, a), (n, b) = _moments(left), _moments(right)
    joint = np.linalg.norm(a @ b.T, "nuc")
    return float(np.sum((m - n) ** 2) + np.sum(a**2) + np.sum(b**2) - 2 * joint)


def _moments(rows: Numbers) -> tuple[Numbers, Numbers]:
    """The mean of some rows, and a root of their covariance, with as many rows as it needs at most."""
    mean = rows.mean(axis=0)
    root = (rows - mean) / np.sqrt(max(len(rows) - 1, 1))
    return mean, np.linalg.qr(root)[1] if len(root) > root.shape[1] else root


def spread(rows: Numbers) -> float:
    """The trace of the covariance of some rows; 0 of a single one."""
    return float(np.sum((rows - rows.mean(axis=0)) ** 2) / max(len(rows) - 1, 1))


def nearest(rows: Numbers, data: Numbers) -> NDArray[np.int64]:
    """For each row the number of the row of the data at the least Euclidean distance."""
    squares = np.sum(data**2, axis=1) - 2 * rows @ data.T
    chosen: NDArray[np.int64] = np.argmin(squares, axis=1)
    return chosen


def structural_similarity(shape: tuple[int, int]) -> Callable[[Numbers, Numbers], float]:
    """SSIM of two pictures of this shape whose pixels lie between 0 and 1, by scikit-image; the window is at most 7.

    Raises:
        ImportError: scikit-image is not installed.
    """
    from skimage.metrics import structural_similarity as ssim

    least = min(shape)
    window = min(7, least - (1 - least % 2))
    compare: Callable[..., Any] = ssim  # which is untyped
    return lambda a, b: float(compare(a.reshape(shape), b.reshape(shape), data_range=1.0, win_size=window))


def peak_ratio() -> Callable[[Numbers, Numbers], float]:
    """PSNR of two pictures whose pixels lie between 0 and 1, in decibels, by scikit-image; infinite of equal ones.

    Raises:
        ImportError: scikit-image is not installed.
    """
    from skimage.metrics import peak_signal_noise_ratio as psnr

    compare: Callable[..., Any] = psnr  # which is untyped

    def ratio(a: Numbers, b: Numbers) -> float:
        with np.errstate(divide="ignore"):
            return float(compare(b, a, data_range=1.0))

    return ratio
