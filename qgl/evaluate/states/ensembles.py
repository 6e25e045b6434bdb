"""Reports on the elements of a model's ensemble: against an ensemble of data, against a state, by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.evaluate.row import Row
from qgl.evaluate.states.quantum import purity
from qgl.evaluate.table.floors import Floor
from qgl.evaluate.table.titles import title
from qgl.objectives.ensembles.discrepancy import EnsembleDiscrepancy
from qgl.objectives.ensembles.similarity import with_equal_weights
from qgl.objectives.ensembles.transport import EnsembleTransport
from qgl.objectives.ensembles.uhlmann import factors, fidelities_of
from qgl.objectives.model import Setting
from qgl.program.calls import reports as calls
from qgl.program.program import DataSet
from qgl.query import Elements, Query, State

Ask = Callable[[Query], Any]
Compared = calls.MMD | calls.Wasserstein
Comparison = EnsembleDiscrepancy | EnsembleTransport


def compared(call: Compared, setting: Setting, answer: Ask, bare: bool) -> Iterator[Row]:
    """A distance of the model's ensemble from the data's; `bare`: without what a perfect model shows."""
    assert call.data is not None  # the checker has seen to it
    between = _between(call, setting)
    value = between.measured(answer(between.query))
    floor = Floor() if bare else _of_halves(call, setting.data[call.data], setting)
    yield Row(title(call), value, floor=floor.value, floor_is=floor.wording)


def mean_fidelity(call: calls.MeanFidelity, setting: Setting, answer: Ask) -> Iterator[Row]:
    """The fidelity with a state, and how far it differs from element to element."""
    raw = np.asarray(answer(Elements(setting.labels)))
    elements, weights = _weighed(raw)
    if call.data is None:
        assert call.basis is not None  # one of the two is given
        target = np.eye(elements.shape[-1], dtype=np.complex128)[int(call.basis, 2)]
    else:
        state = setting.data[call.data].state
        assert state is not None  # the checker has seen to it
        target = state
    factor = target[:, None] if target.ndim == 1 else factors(target[None])[0]
    fidelities = _shares(fidelities_of(elements, factor, float(np.finfo(raw.dtype).eps)), weights)
    mean = float(weights @ fidelities)
    yield Row(f"{title(call)}, mean", mean)
    yield Row(f"{title(call)}, deviation", float(np.sqrt(weights @ (fidelities - mean) ** 2)))


def mean_purity(call: calls.Purity, setting: Setting, answer: Ask) -> Row:
    """Tr rho^2 of the mean state, or its mean over the elements."""
    if call.of == "mean":
        return Row(title(call), purity(answer(State())))
    elements, weights = _weighed(np.asarray(answer(Elements(setting.labels))))
    squares = np.sum(np.abs(elements) ** 2, axis=tuple(range(1, elements.ndim)))
    return Row(title(call), float(weights @ _shares(squares, weights ** (elements.ndim - 1))))


def _weighed(elements: NDArray[Any]) -> tuple[NDArray[np.complex128], NDArray[np.float64]]:
    """Elements as `qgl.query.Elements` gives them, in double precision, and their weights."""
    elements = elements.astype(np.complex128)
    if elements.ndim == 2:
        return elements, np.sum(np.abs(elements) ** 2, axis=1)
    return elements, np.einsum("lxx->l", elements).real


def _shares(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Values of the normalised elements from those of the elements as they are; 0 of one without weight."""
    return np.divide(values, weights, where=weights > 0, out=np.zeros_like(values))


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
