"""How far small regions of a model are from those of data, and likelihoods of bits in Pauli bases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from qgl.bits.regions import by_size, regions_of
from qgl.bits.shadows import Shadows
from qgl.diagnostics.model import QglError
from qgl.diagnostics.training import UnfitRegions
from qgl.evaluate.impossible import is_impossible
from qgl.evaluate.row import NATS, Row
from qgl.objectives.batch import outcomes
from qgl.objectives.marginals import divergences
from qgl.objectives.model import Setting
from qgl.objectives.regions import data_distributions, stacked
from qgl.objectives.states import reduced_states
from qgl.program.calls.reports import LocalErrors
from qgl.program.program import DataSet
from qgl.query import GivenOutcomes, Marginals, log_floor

FEW = 12  # regions of maps that are told one by one
Real = NDArray[np.float64]
Answer = Callable[..., Any]


def local_errors(call: LocalErrors, name: str, setting: Setting, answer: Answer) -> Iterator[Row]:
    """The sum, the mean and the largest of the distances of all regions; of a few maps, then that of each.

    Raises:
        QglError: QGL0714, there are no connected regions of that size, or too many.
    """
    regions = setting.maps if call.maps else regions_of(call, setting.neighbourhood)
    if isinstance(regions, UnfitRegions):
        raise QglError([regions])
    data, parts = setting.data[call.data or ""], by_size(regions)
    unit = NATS if call.distance == "kl" else ""
    errors = np.concatenate([errors_of(data, some, call.distance, answer) for some in parts])
    for part, value in (("sum", errors.sum()), ("mean", errors.mean()), ("largest", errors.max())):
        yield Row(f"{name}, {part} of {len(regions):,}", float(value), unit=unit)
    if call.maps and len(regions) <= FEW:
        for region, value in zip((region for some in parts for region in some), errors, strict=True):
            yield Row(f"{name}, on {', '.join(map(str, region))}", float(value), unit=unit)


def errors_of(data: DataSet, regions: tuple[tuple[int, ...], ...], distance: str, answer: Answer) -> Real:
    """The distance of each region of the model from that of the data, shape (regions,).

    `tv` of states is the trace distance, and `hilbert_schmidt` from shots is without bias, so that it may be negative.
    `kl` is what the objective `marginals` takes the mean of.
    """
    bits = data.state is None and data.bases is None
    own: NDArray[Any] = np.asarray(stacked(answer(Marginals(regions, bits))))
    if distance == "kl":
        with jax.enable_x64(True):  # answers of a program in double precision stay so
            return np.asarray(divergences(data, regions, jnp.asarray(own)), np.float64)
    noise: Real | float = 0.0
    if bits:
        values: NDArray[Any] = own - data_distributions(data.rows, data.weights, regions)
    elif data.bases is not None:
        shadows = Shadows.of(data.rows, data.bases, regions)
        values, noise = np.linalg.eigvalsh(own - shadows.states), shadows.noise
    else:
        assert data.state is not None
        values = np.linalg.eigvalsh(own - reduced_states(data.state, regions))
    errors: Real = np.abs(values).sum(axis=1) / 2 if distance == "tv" else (values**2).sum(axis=1) - noise
    return errors


def measured_in_bases(name: str, data: DataSet, bases: NDArray[np.uint8], answer: Answer) -> Row:
    """The negative log-likelihood of Pauli shots, beside that of the maximally mixed state."""
    put = outcomes(data.rows, bases)
    log_prob = np.asarray(answer(GivenOutcomes(len(put)), given=put), dtype=np.float64)
    value = -float(data.weights @ np.maximum(log_prob, log_floor(data.width)))
    impossible = int(is_impossible(log_prob, data.width).sum())
    even = data.width * float(np.log(2))
    return Row(name, value, uniform=even, unit="nats", impossible=impossible, uniform_is="uniform: the mixed state")
