"""The numbers of isometries that begin as maps of a state of data."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import indices
from qgl.bits.shadows import Shadows
from qgl.data.local_maps.maps import Matrix, nearest_state, purified, recovery
from qgl.program.program import Cell, DataSet, MapFit

Real = NDArray[np.float64]


@lru_cache(maxsize=8)
def centres(fit: MapFit) -> Real:
    """The numbers of all isometries, shape (isometries, numbers of one)."""
    whole: Real = np.stack([_numbers(fit.data, cell) for cell in fit.cells])
    whole.setflags(write=False)
    return whole


def _numbers(data: DataSet, cell: Cell) -> Real:
    """Real and imaginary part of every entry, row by row."""
    places = [place for place in cell.places if place is not None]
    known, width = len(places), len(cell.places)
    environment = 1 << (width - known)
    state = reduced(data, tuple(places))
    isometry = recovery(state, 1 << cell.ingoing, environment) if cell.ingoing else purified(state, environment)
    order = [k for k, place in enumerate(cell.places) if place is not None]
    order += [k for k, place in enumerate(cell.places) if place is None]
    axes = isometry.reshape(*[2] * width, -1).transpose(*np.argsort(order), width)
    entries = axes.reshape(-1, isometry.shape[-1])
    return np.stack([entries.real, entries.imag], -1).ravel()


def reduced(data: DataSet, region: tuple[int, ...]) -> Matrix:
    """The state of a region of the data, in the order of its positions: diagonal, where the data are bits."""
    size = 2 ** len(region)
    if data.bases is not None:
        return nearest_state(Shadows.of(data.rows, data.bases, (region,)).states[0])
    if data.state is None:
        weights = np.bincount(indices(data.rows[:, list(region)]), weights=data.weights, minlength=size)
        return np.diag(weights / weights.sum()).astype(np.complex128)
    rest = [place for place in range(data.width) if place not in region]
    axes = [*region, *rest]
    if data.state.ndim == 1:
        side = data.state.reshape([2] * data.width).transpose(axes).reshape(size, -1)
        pure: Matrix = side @ side.conj().T
        return pure
    both = data.state.reshape([2] * 2 * data.width).transpose(*axes, *(data.width + place for place in axes))
    shape = size, 2 ** len(rest)
    mixed: Matrix = np.einsum("arbr->ab", both.reshape(shape * 2))
    return mixed
