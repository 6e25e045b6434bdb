"""The widest cone first: what cannot be run is found before all cones are looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from qgl.plan.cones.factors import letters_of, starts_of
from qgl.plan.cones.wire_segments import Cone
from qgl.query import Expectation, Marginals, Query

HEAVY = 500_000  # operations in the cones of all Pauli words and regions from which on the widest one is tried first


def widest(queries: Sequence[Query], cone: Callable[[int], Cone]) -> Query | None:
    """The Pauli word or the region whose qubits' cones hold most operations, as a query; None where all are soon
    done.
    """
    largest, alone, total = 0, None, 0
    for query in queries:
        if isinstance(query, Expectation):
            starts = starts_of(letters_of(query))
            distinct, place = np.unique(starts, return_inverse=True)
            sizes = np.array([len(cone(start).operations) if start >= 0 else 0 for start in distinct.tolist()])
            held = sizes[place.reshape(starts.shape)].sum(axis=1)
        elif isinstance(query, Marginals):
            held = np.array(
                [
                    sum(len(cone(2 * place + (not query.bits)).operations) for place in region)
                    for region in query.regions
                ]
            )
        else:
            continue
        total += int(held.sum())
        if held.size and held.max() > largest:
            k = int(held.argmax())
            largest = int(held[k])
            alone = (
                Expectation.sparse(query.positions[k : k + 1], query.letters[k : k + 1])
                if isinstance(query, Expectation)
                else Marginals(query.regions[k : k + 1], query.bits)
            )
    return alone if total > HEAVY else None
