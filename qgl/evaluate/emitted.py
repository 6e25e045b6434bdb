"""The circuit as it is emitted, its evolutions in slices, beside the exact one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qgl.evaluate.distributions import Law, ModelLaw
from qgl.evaluate.row import Row


@dataclass(frozen=True)
class Emitted:
    """What is known of the emitted circuit.

    law    its law; asked for only where the exact one can be held as a vector
    bound  of the trace distance of the two states before any qubit is traced out, by commutators; None where it is too
           much to find, and larger than 1 where it says nothing
    lost   an evolution has no `by trotter`, and cannot be emitted
    """

    law: Callable[[], ModelLaw]
    bound: Callable[[], float | None]
    lost: bool = False


def trotter_error(name: str, exact: Law, emitted: Emitted | None) -> Iterator[Row]:
    """The total-variation distance of the two laws where they can be held, and the bound of it."""
    law = exact.dense()
    if emitted is None or emitted.lost:
        why = "an evolution without `by trotter` cannot be emitted" if emitted else "measured of the model itself alone"
        yield Row(name, None, note=f"{name}: {why}")
        return
    if law is not None:
        sliced = emitted.law().law.dense()
        assert sliced is not None
        yield Row(name, float(np.abs(law - sliced).sum() / 2))
    bound = emitted.bound()
    note = "" if bound is None or bound <= 1 else f"{name} bound: commutators bound the distance by more than 1"
    yield Row(f"{name} bound", None if bound is None else min(bound, 1.0), note=note)
