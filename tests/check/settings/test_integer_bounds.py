"""Every whole number that a call takes has bounds: what is held or gone through so often is at most ten million."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from qgl.program.calls.arguments import Integer, Many, UnfitError
from qgl.program.calls.call import parameters
from qgl.program.calls.table import KINDS

MOST = 10**7
# Numbers that are compared only, or begin a random sequence: nothing is held or gone through so often.
COMPARED = {
    "approximate propagation.refresh",  # with the number of the step
    "approximate propagation.terms",  # with the words that there are
    "approximate propagation.weight",  # with their letters
    "data amplitudes.seed",
    "data blended.seed",
    "data diffused.seed",
    "data flipped.seed",
    "data scaled.order",  # with the columns that there are
    "data subset.count",  # with the rows that there are
    "data subset.seed",
    "data states_near.seed",
    "data ground_states.seed",
    "data through.seed",
    "data windows.step",  # a step of an index, of which there are as many as fit
    "objective mmd.reach",  # with distances
    "report denoising_gap.seed",
    "report deployment.reach",
    "report mmd.reach",
    "schedule cosine.steps",
    "schedule exponential.every",
    "schedule warmup_cosine.steps",
    "schedule warmup_cosine.warmup",
    "stop plateau.patience",
    "stop early.patience",
    "strategy stagewise.steps",
    "watch every.steps",
}


def integers() -> Iterator[tuple[str, Integer]]:
    for kind in KINDS.values():
        for call in kind.classes:
            for parameter in parameters(call):
                of = parameter.type.item if isinstance(parameter.type, Many) else parameter.type
                if isinstance(of, Integer):
                    yield f"{kind.name} {call.called}.{parameter.name}", of


TABLE = dict(integers())


def test_what_is_not_merely_compared_is_bounded() -> None:
    assert {name for name, kind in TABLE.items() if kind.high > MOST} == COMPARED
    assert len(TABLE) > 40


@pytest.mark.parametrize("name", TABLE)
def test_numbers_beyond_the_bounds_are_refused(name: str) -> None:
    kind = TABLE[name]
    assert kind.high <= 2**31 - 1
    assert (kind.take(kind.low), kind.take(kind.high)) == (kind.low, kind.high)
    for beyond in (kind.low - 1, kind.high + 1, 2**63):
        with pytest.raises(UnfitError):
            kind.take(beyond)
