"""Reports that hold a model's ensemble of states against an ensemble of data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from qgl.evaluate.row import Row
from qgl.evaluate.table.floors import Floor
from qgl.evaluate.table.titles import title
from qgl.objectives.ensembles.discrepancy import EnsembleDiscrepancy
from qgl.objectives.ensembles.similarity import with_equal_weights
from qgl.objectives.ensembles.transport import EnsembleTransport
from qgl.objectives.model import Setting
from qgl.program.calls import reports as calls
from qgl.program.program import DataSet
from qgl.query import Query

Compared = calls.MMD | calls.Wasserstein
Comparison = EnsembleDiscrepancy | EnsembleTransport


def compared(call: Compared, setting: Setting, answer: Callable[[Query], Any], bare: bool) -> Iterator[Row]:
    """A distance of the model's ensemble from the data's; `bare`: without what a perfect model shows."""
    assert call.data is not None  # the checker has seen to it
    between = _between(call, setting)
    value = between.measured(answer(between.query))
    floor = Floor() if bare else _of_halves(call, setting.data[call.data], setting)
    yield Row(title(call), value, floor=floor.value, floor_is=floor.wording)


def _between(call: Compared, setting: Setting) -> Comparison:
    return EnsembleDiscrepancy.of(call, setting) if isinstance(call, calls.MMD) else EnsembleTransport.of(call, setting)


def _of_halves(call: Compared, data: DataSet, setting: Setting) -> Floor:
    """The distance of one half of the data, drawn at random, from the other."""
    assert data.states is not None
    half = len(data.states) // 2
    if not half:
        return Floor(None, f"no floor of `{data.name}`, which is one state")
    order = np.random.default_rng(0).permutation(len(data.states))
    one, other = data.states[order[:half]], data.states[order[half:]]
    between = replace(_between(call, setting), states=other)
    wording = f"sampling floor of `{data.name}`: the distance of {half:,} of its states from the {len(other):,} others"
    return Floor(between.measured(with_equal_weights(one)), wording)
