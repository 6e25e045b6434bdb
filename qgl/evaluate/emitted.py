"""The circuit as it is emitted, its evolutions in slices, beside the exact one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qgl.evaluate.distributions import Distribution, ModelDistribution
from qgl.evaluate.row import Row


@dataclass(frozen=True)
class Emitted:
    """What is known of the emitted circuit.

    distribution  its distribution; asked for only where the exact one can be held as a vector
    bound         of the trace distance of the two states before any qubit is traced out, by commutators; None where it
                  is too
                  much to find, and larger than 1 where it says nothing
    lost          an evolution has no `by trotter`, and cannot be emitted
    """

    distribution: Callable[[], ModelDistribution]
    bound: Callable[[], float | None]
    lost: bool = False


def trotter_error(name: str, exact: Distribution, emitted: Emitted | None) -> Iterator[Row]:
    """The total-variation distance of the two distributions where they can be held, and the bound of it."""
    distribution = exact.dense()
    if emitted is None or emitted.lost:
        why = "an evolution without `by trotter` cannot be emitted" if emitted else "measured of the model itself alone"
        yield Row(name, None, note=f"{name}: {why}")
        return
    if distribution is not None:
        sliced = emitted.distribution().distribution.dense()
        assert sliced is not None
        yield Row(name, float(np.abs(distribution - sliced).sum() / 2))
    bound = emitted.bound()
    note = "" if bound is None or bound <= 1 else f"{name} bound: commutators bound the distance by more than 1"
    yield Row(f"{name} bound", None if bound is None else min(bound, 1.0), note=note)
