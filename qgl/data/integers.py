"""Distributions on whole numbers as distributions of bit strings, the first bit being the most significant one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import strings
from qgl.data.distributions import Distribution, bound
from qgl.data.files import Limits
from qgl.diagnostics.data import BadDataArgument
from qgl.diagnostics.kernels import UnevenMixture
from qgl.diagnostics.model import QglError
from qgl.program.calls.data_sources import Mixture

_FARTHEST = 1e4  # deviations from a mean to a whole number; beyond, differences of exponents would be rounding errors
_LEAST = float(np.finfo(np.float64).eps)  # of the largest probability; what is rarer changes no sum


def mixture(call: Mixture, limits: Limits) -> Distribution:
    """p(x) proportional to sum_i weights[i] / deviations[i] exp(-((x - means[i]) / deviations[i])^2 / 2), 0 <= x < 2^n.

    Raises:
        QglError: too many bits (QGL0610), numbers of means, deviations and weights that differ (QGL0621), a mean that
            is far from every number (QGL0613).
    """
    bits, means = call.bits, np.array(call.means, dtype=np.float64)
    alone = len(call.deviations) == 1
    deviations = _as_many(call, "deviations", call.deviations * len(means) if alone else call.deviations)
    weights = _as_many(call, "weights", call.weights or (1.0,) * len(means))
    bound(call, bits, bits, limits)
    numbers = np.arange(2**bits, dtype=np.float64)
    for mean, deviation in zip(means, deviations, strict=True):
        nearest = min(max(np.round(mean), 0.0), numbers[-1])
        if abs(mean - nearest) > _FARTHEST * deviation:
            near = f"within {_FARTHEST:g} deviations ({deviation:g}) of {mean:g}"
            fault = f"no whole number from 0 to {2**bits - 1} is {near}"
            raise QglError([BadDataArgument(call.span, "mixture", fault)])
    logs = np.full(2**bits, -np.inf)
    for mean, deviation, weight in zip(means, deviations, weights, strict=True):
        logs = np.logaddexp(logs, np.log(weight / deviation) - ((numbers - mean) / deviation) ** 2 / 2)
    p = np.exp(logs - logs.max())
    kept = np.flatnonzero(p > _LEAST)
    return strings(kept, bits), p[kept] / p[kept].sum()


def _as_many(call: Mixture, argument: str, given: tuple[float, ...]) -> NDArray[np.float64]:
    """One positive number for each mean."""
    if len(given) != len(call.means):
        raise QglError([UnevenMixture(call.span, argument, len(given), len(call.means))])
    return np.array(given, dtype=np.float64)
