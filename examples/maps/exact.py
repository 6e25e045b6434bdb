"""Two layers of local maps against exact states of ten qubits: how far they are, and what bounds that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

import qgl
from qgl.data.local_maps.maps import recovery

HERE = Path(__file__).resolve().parent
N, GAP = 10, 2
Matrix = NDArray[Any]


@dataclass(frozen=True)
class Errors:
    """Trace distances from the state of the teacher.

    total       of the two layers
    telescoped  the intervals' from their product, and what each gap adds to the whole
    local       the same, but each gap with the intervals on its sides alone
    product     of the product of single sites
    """

    total: float
    telescoped: float
    local: float
    product: float


def errors(depth: int, p: float, w: int) -> Errors:
    """Of the teacher with so many layers and so much noise, learnt with intervals of 2 w sites, Petz maps between."""
    rho = teacher(N, depth, p)
    intervals = [list(range(start, start + 2 * w)) for start in range(0, N - 2 * w + 1, 2 * w + GAP)]
    gaps = [list(range(one[-1] + 1, other[0])) for one, other in pairwise(intervals)]
    known = [place for each in intervals for place in each]
    learnt = product([reduced(rho, each) for each in intervals])
    telescoped = local = distance(reduced(rho, known), learnt)
    for number, gap in enumerate(gaps):
        sides = intervals[number][-w:] + intervals[number + 1][:w]
        isometry = recovery(reduced(rho, sides + gap), 4**w, 2 ** len(gap))
        around = intervals[number] + intervals[number + 1]
        local += distance(reduced(rho, around + gap), filled(reduced(rho, around), around, sides, isometry))
        telescoped += distance(reduced(rho, known + gap), filled(reduced(rho, known), known, sides, isometry))
        learnt = filled(learnt, known, sides, isometry)
        known = known + gap
    sites = product([reduced(rho, [k]) for k in range(N)])
    return Errors(distance(reduced(rho, known), learnt), telescoped, local, distance(rho, sites))


def one_gap(depth: int, p: float, environment: int) -> float:
    """The trace distance of six sites from what a map of two of them to four makes, with so many fresh qubits."""
    rho = teacher(6, depth, p)
    sides, gap, around = [1, 4], [2, 3], [0, 1, 4, 5]
    isometry = recovery(reduced(rho, sides + gap), 4, 2**environment)
    return distance(reduced(rho, around + gap), filled(reduced(rho, around), around, sides, isometry))


@lru_cache(maxsize=1)
def teacher(n: int, depth: int, p: float) -> Matrix:
    """The state of teacher.qgl on n sites, exact."""
    model = qgl.load(HERE / "teacher.qgl", n=n, depth=depth, p=p, precision="double")
    return np.asarray(model.state(model.init(jax.random.key(0, impl="threefry2x32"))))


def reduced(rho: Matrix, kept: list[int]) -> Matrix:
    """The state of some qubits, in their order."""
    width = len(rho).bit_length() - 1
    rest = [place for place in range(width) if place not in kept]
    axes = [*kept, *rest, *(width + place for place in (*kept, *rest))]
    shape = 2 ** len(kept), 2 ** len(rest)
    state: Matrix = np.einsum("arbr->ab", rho.reshape([2] * 2 * width).transpose(axes).reshape(shape * 2))
    return state


def filled(state: Matrix, places: list[int], sides: list[int], isometry: Matrix) -> Matrix:
    """A state of `places` after a map on some of them that adds others at the end; isometry: (out, environment, in)."""
    width, count = len(places), len(sides)
    rest = [place for place in places if place not in sides]
    order = [places.index(place) for place in (*sides, *rest)]
    turned = state.reshape([2] * 2 * width).transpose(*order, *(width + k for k in order))
    inner = turned.reshape(2**count, 2 ** (width - count), 2**count, -1)
    out: Any = np.einsum("yea,arbs->yerbs", isometry, inner)
    out = np.einsum("yerbs,zeb->yrzs", out, isometry.conj())
    added = (len(isometry) >> count).bit_length() - 1
    now = [*sides, *range(-added, 0), *rest]  # the added ones by numbers of their own
    back = [now.index(place) for place in (*places, *range(-added, 0))]
    total = len(now)
    result: Matrix = out.reshape([2] * 2 * total).transpose(*back, *(total + k for k in back)).reshape(2**total, -1)
    return result


def product(states: list[Matrix]) -> Matrix:
    whole: Matrix = np.ones((1, 1), np.complex128)
    for state in states:
        whole = np.kron(whole, state)
    return whole


def distance(one: Matrix, other: Matrix) -> float:
    """The trace distance."""
    return float(np.abs(np.linalg.eigvalsh(one - other)).sum() / 2)
