"""Reports from samples alone, as a machine gives them, with standard errors.

The error is the deviation over bootstrap resamples. Every column is made from as many strings as there are samples:
the floor from strings drawn from the data's law, the baselines from theirs, so that they carry the same bias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.check.law import distinct
from qgl.check.program import CallSpec, DataSet
from qgl.evaluate import metrics
from qgl.evaluate.exact import NATS, fair, independent, title
from qgl.evaluate.laws import Real
from qgl.evaluate.row import Row

RESAMPLES = 64
_BLOCK = 1024  # strings whose kernel with all others is held at once

# An estimate from distinct strings `rows` (D, n) that were drawn `counts` (D, K) times in K sets of samples: (K,)
Estimate = Callable[[NDArray[np.uint8], Real], Real]


def evaluate_samples(
    reports: Sequence[CallSpec], data: Mapping[str, DataSet], samples: NDArray[np.uint8], seed: int = 0
) -> tuple[Row, ...]:
    """The rows of all reports, in order; a row without a value where samples alone do not tell.

    Args:
        reports: checked reports of a program.
        data: its data sets by name.
        samples: strings of 0 and 1, shape (shots, n), shots >= 2.
        seed: of the resampling.

    Raises:
        ValueError: fewer than two samples.
    """
    if len(samples) < 2:
        raise ValueError(f"an evaluation needs two samples or more, not {len(samples)}")
    return tuple(
        row for call in reports for row in _rows(call, data.get(call.arguments.get("data", "")), samples, seed)
    )


def _rows(call: CallSpec, data: DataSet | None, samples: NDArray[np.uint8], seed: int) -> Iterator[Row]:
    parts = list(_estimates(call, data))
    if not parts or (data is not None and data.conditions is not None):
        yield Row(title(call), None, unit=NATS if call.name in ("nll", "kl") else "")
        return
    random, shots = np.random.default_rng(seed), len(samples)
    rows, counts = _counted(samples)
    resampled = random.multinomial(shots, counts / shots, RESAMPLES).T.astype(np.float64)
    for part, unit, estimate in parts:
        values = estimate(rows, np.column_stack([counts, resampled]))
        floor = baseline = None
        if data is not None:
            ideal, law, _ = distinct(data.rows, data.weights)
            floor = float(estimate(ideal, random.multinomial(shots, law / law.sum(), 8).T.astype(np.float64)).mean())
            baseline = _drawn(estimate, independent(data).ones, shots, random)
        uniform = _drawn(estimate, fair(samples.shape[1]).ones, shots, random)
        error = float(values[1:].std(ddof=1))
        yield Row(title(call) + part, float(values[0]), error, floor, baseline, uniform, unit)


def _counted(samples: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], Real]:
    rows, counts, _ = distinct(samples, np.ones(len(samples)))
    return rows, counts


def _drawn(estimate: Estimate, ones: Real, shots: int, random: np.random.Generator) -> float:
    """The estimate from independent bits."""
    rows, counts = _counted((random.random((shots, ones.size)) < ones).astype(np.uint8))
    return float(estimate(rows, counts[:, None])[0])


def _estimates(call: CallSpec, data: DataSet | None) -> Iterator[tuple[str, str, Estimate]]:
    """(name of the part, unit, estimate) of everything that a report says and samples tell."""
    if call.name == "entropy":
        yield "", NATS, _entropy
    elif call.name == "cmi" and call.arguments["kind"] == "classical":
        yield "", NATS, _cmi(call)
    elif data is not None and call.name == "tv":
        yield "", "", _tv(data)
    elif data is not None and call.name == "valid_rate":
        yield "", "", _valid_rate(data)
    elif data is not None and call.name == "moments":
        yield ", largest", "", _moments(data, 0)
        yield ", mean", "", _moments(data, 1)
    elif data is not None and call.name == "mmd":
        yield "", "", _mmd(data, call.arguments["kernel"])


def _matched(rows: NDArray[np.uint8], data: DataSet) -> Real:
    """The data's probability of each of `rows`, shape (D,); 0 where the data do not have it."""
    ideal, law, _ = distinct(data.rows, data.weights)
    _, _, place = distinct(np.concatenate([ideal, rows]), np.zeros(len(ideal) + len(rows)))
    found = np.zeros(place.max() + 1)
    found[place[: len(ideal)]] = law
    matched: Real = found[place[len(ideal) :]]
    return matched


def _tv(data: DataSet) -> Estimate:
    def estimate(rows: NDArray[np.uint8], counts: Real) -> Real:
        q = _matched(rows, data)[:, None]
        unseen = 1 - q.sum()
        distance: Real = (np.abs(counts / counts.sum(axis=0) - q).sum(axis=0) + unseen) / 2
        return distance

    return estimate


def _valid_rate(data: DataSet) -> Estimate:
    def estimate(rows: NDArray[np.uint8], counts: Real) -> Real:
        valid = _matched(rows, data) > 0
        rate: Real = (valid @ counts) / counts.sum(axis=0)
        return rate

    return estimate


def _moments(data: DataSet, part: int) -> Estimate:
    def estimate(rows: NDArray[np.uint8], counts: Real) -> Real:
        frequencies = (counts / counts.sum(axis=0)).T
        moments = (metrics.sample_moments(rows, weights) for weights in frequencies)
        return np.array([metrics.moment_differences(one, data)[part] for one in moments])

    return estimate


def _entropy(rows: NDArray[np.uint8], counts: Real) -> Real:
    """Of the frequencies, with the correction of Miller and Madow (1955) for strings that were not drawn."""
    shots = counts.sum(axis=0)
    frequencies = counts / shots
    logs = np.log(np.where(counts > 0, frequencies, 1.0))
    corrected: Real = -(frequencies * logs).sum(axis=0) + ((counts > 0).sum(axis=0) - 1) / (2 * shots)
    return corrected


def _cmi(call: CallSpec) -> Estimate:
    """I(A : C | B) = H(AB) + H(BC) - H(B) - H(ABC), each entropy corrected."""
    a, b, c = (list(call.arguments[key]) for key in "abc")

    def estimate(rows: NDArray[np.uint8], counts: Real) -> Real:
        def h(positions: list[int]) -> Real:
            kept, _, place = distinct(rows[:, positions], np.zeros(len(rows)))
            summed = np.zeros((len(kept), counts.shape[1]))
            np.add.at(summed, place, counts)
            return _entropy(kept, summed)

        return h(a + b) + h(b + c) - h(b) - h(a + b + c)

    return estimate


def _mmd(data: DataSet, kernel: CallSpec) -> Estimate:
    """The unbiased U-statistic."""
    ideal, law, _ = distinct(data.rows, data.weights)
    bases, weight = metrics.decays(kernel)
    by_distance = weight * np.power.outer(np.array(bases), np.arange(data.width + 1)).sum(axis=0)

    def products(left: NDArray[np.uint8], right: NDArray[np.uint8], vectors: Real) -> Real:
        """sum_y k(x, y) vectors[y], shape (left, K)."""
        signs = 1.0 - 2.0 * right
        blocks = []
        for start in range(0, len(left), _BLOCK):
            agreement = (1.0 - 2.0 * left[start : start + _BLOCK]) @ signs.T
            distance = np.rint((data.width - agreement) / 2).astype(np.int64)
            blocks.append(by_distance[distance] @ vectors)
        return np.concatenate(blocks)

    data_term = float(law @ products(ideal, ideal, law[:, None])[:, 0])

    def estimate(rows: NDArray[np.uint8], counts: Real) -> Real:
        shots = counts.sum(axis=0)
        pairs = (counts * products(rows, rows, counts)).sum(axis=0) - shots * by_distance[0]
        across = products(rows, ideal, law[:, None])[:, 0] @ counts
        value: Real = pairs / (shots * (shots - 1)) - 2 * across / shots + data_term
        return value

    return estimate
