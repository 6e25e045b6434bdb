"""Handwritten digits reduced to a few black and white pixels. Where they come from stands in `digits.md`."""

from __future__ import annotations

import functools
import importlib.resources

import numpy as np
from numpy.typing import NDArray

from qgl.program.calls.data_sources import Digits
from qgl.program.labels import Labels

SIDE, INK = 8, 16  # pixels along a side of the pictures as shipped, and the most ink of one


@functools.cache
def pictures() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Ink of all pictures, shape (count, 8, 8), 0..16, and the digit that each shows, shape (count,)."""
    with importlib.resources.files("qgl.data").joinpath("digits.npz").open("rb") as file:
        archive = np.load(file, allow_pickle=False)
        return archive["ink"], archive["digit"]


def averaged(ink: NDArray[np.uint8], size: int) -> NDArray[np.float64]:
    """Mean ink in `size` x `size` equal squares, as a fraction of the most there can be: (count, size, size)."""
    edges = np.arange(size + 1) * SIDE / size
    pixels = np.arange(SIDE)
    overlap = np.clip(np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels), 0.0, None)
    share = overlap * size / SIDE
    mean: NDArray[np.float64] = np.einsum("ai,nij,bj->nab", share, ink, share) / INK
    return mean


def digits(call: Digits) -> NDArray[np.uint8]:
    """Rows of bits, one a picture of a wanted class, row-major."""
    ink, digit = pictures()
    size = call.size
    wanted = ink[np.isin(digit, call.classes)]
    shades = averaged(wanted, size).reshape(len(wanted), size**2)
    return np.where(shades >= call.threshold, np.uint8(1), np.uint8(0))


def classes_of(call: Digits) -> tuple[Labels, NDArray[np.int64]]:
    """The digits as labels, numbered in the order of `classes`, and the number of each picture's."""
    _, digit = pictures()
    wanted = list(dict.fromkeys(call.classes))
    labels = Labels("digit", tuple(map(str, wanted)))
    return labels, np.array([wanted.index(each) for each in digit[np.isin(digit, wanted)]], np.int64)
