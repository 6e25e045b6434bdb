"""Floors: what a perfect model shows, one that is the distribution of the data, or the one behind their rows.

Of data that are a distribution a floor is exact. Of rows the distribution behind them is not known, and a perfect model
shows something else than nothing, since rows are finitely many: the sampling floor, which is estimated from the rows.
What it needs to know of strings that did not come it takes from those that came once and twice (Good 1953, Chao 1984);
where most rows came once they do not tell, and there is no floor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, entropy, indices
from qgl.evaluate.distributions import Real
from qgl.evaluate.estimates import Estimate
from qgl.program.program import DataSet

MOST_ONCE = 0.3  # the part of the rows that may have come once
_RESAMPLES = 8


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor, None where there is none, and in words what it is or why there is none."""

    value: float | None = None
    wording: str = ""


@dataclass(frozen=True, eq=False)
class Behind:
    """The distribution behind rows, as far as these tell.

    p        probabilities of the different rows, and last of each string that did not come, shape (D + 1,)
    times    how many strings have each: 1, and last the number of those that did not come, shape (D + 1,)
    once     the part of the rows that came once, 0 where there are no other strings
    entropy  of the distribution, in nats
    """

    p: Real = field(repr=False)
    times: Real = field(repr=False)
    count: int
    once: float
    entropy: float

    @classmethod
    def of(cls, counts: Real, strings: float) -> Behind:
        """Of rows of which the different ones came so often, shape (D,), among so many possible `strings`."""
        count, singles, doubles = int(counts.sum()), float((counts == 1).sum()), float((counts == 2).sum())
        guess = singles**2 / (2 * doubles) if doubles else singles * (singles - 1) / 2
        unseen = min(np.ceil(guess), strings - len(counts))
        once = singles / count if unseen > 0 else 0.0
        missing = min(once, 0.999)
        frequency = counts / count
        rare = frequency * (1 - frequency) ** count  # frequent rows lose nothing to those that did not come
        lost = missing * rare / rare.sum() if missing else np.zeros(len(counts))
        p = np.append(np.maximum(frequency - lost, 0.0), missing / unseen if missing else 0.0)
        return cls(
            p,
            np.append(np.ones(len(counts)), unseen if missing else 0.0),
            count,
            once,
            _entropy(counts, strings, once),
        )

    @property
    def coverage(self) -> float:
        """The probability of strings that are among so many rows."""
        return float((self.times * self.p) @ -np.expm1(self.count * np.log1p(-np.minimum(self.p, 1 - 1e-16))))

    def distance(self, count: int) -> float:
        """The expected total variation distance of so many draws from the distribution itself."""
        return float(self.times @ mean_deviation(self.p, count)) / 2

    def divergence(self, count: int) -> float:
        """The mean Jensen-Shannon divergence of so many draws from the distribution itself, in nats."""
        p = self._single / self._single.sum()
        drawn = np.random.default_rng(0).multinomial(count, p, _RESAMPLES) / count
        middle = (drawn + p) / 2
        logs = [np.log(each / middle, where=each > 0, out=np.zeros_like(middle)) for each in (drawn, p + 0 * drawn)]
        return float((drawn * logs[0] + p * logs[1]).sum(axis=1).mean()) / 2

    @cached_property
    def _single(self) -> Real:
        """The probability of each string, none standing for several."""
        last = int(self.times[-1])
        return np.concatenate([self.p[:-1], np.full(last, self.p[-1])])

    def between(self, shots: int, random: np.random.Generator) -> float:
        """The expected total variation distance of so many draws from as many others as there are rows."""
        p = self._single / self._single.sum()
        drawn = random.multinomial(shots, p, _RESAMPLES) / shots
        rows = random.multinomial(self.count, p, _RESAMPLES) / self.count
        return float(np.abs(drawn - rows).sum(axis=1).mean()) / 2


def _entropy(counts: Real, strings: float, once: float) -> float:
    """That of the distribution behind rows, of which the different ones came so often, in nats.

    It is the estimate of Chao, Wang and Jost (2013), whose bias falls faster than any power of the number of rows.
    """
    import scipy

    count, singles, doubles = counts.sum(), float((counts == 1).sum()), float((counts == 2).sum())
    entropy = float((counts / count) @ (scipy.special.digamma(count) - scipy.special.digamma(counts)))
    if once and count > 1:
        doubles = doubles or (singles - 1) / 2  # as of the number of strings that did not come
        again = 2 * doubles / ((count - 1) * singles + 2 * doubles) if doubles else 2 / (count + 1)
        log = np.log1p(-again)  # the sum of (1 - again)^(j + 1) / (count + j) over j >= 0, as an integral
        tail = scipy.integrate.quad(lambda u: np.exp(log - u) / -np.expm1(log - u / count), 0, 60)[0] / count
        entropy += once * tail
    return min(entropy, float(np.log(strings)))


def mean_deviation(p: Real, count: int) -> Real:
    """E |m / count - p| of a binomial m (de Moivre 1730), shape as `p`."""
    import scipy

    inside = (p > 0) & (p < 1)
    safe = np.where(inside, p, 0.5)
    most = np.floor(count * safe) + 1
    logs = scipy.special.gammaln(count + 1) - scipy.special.gammaln(most + 1) - scipy.special.gammaln(count - most + 1)
    logs = np.log(2 * most) + logs + most * np.log(safe) + (count - most + 1) * np.log1p(-safe)
    deviations: Real = np.where(inside, np.exp(logs) / count, 0.0)
    return deviations


def data_entropy(data: DataSet) -> float:
    """The entropy of the data's own distribution, or, with condition columns, of rows given these; in nats.

    No model has a smaller negative log-likelihood on these rows. Of rows that hardly repeat it is the logarithm of
    their number, which only a model that knows them by heart reaches.
    """
    columns = [] if data.conditions is None else [data.conditions]
    joint = _merged_entropy(np.concatenate([*columns, data.rows], axis=1), data.weights)
    return joint - _merged_entropy(columns[0], data.weights) if columns else joint


def _merged_entropy(rows: Real, weights: Real) -> float:
    _, place = np.unique(rows, axis=0, return_inverse=True)
    return entropy(np.bincount(place.reshape(-1), weights=weights).astype(np.float64))


def counts_of(data: DataSet) -> Real:
    """How often each different row of samples came, shape (D,)."""
    return np.rint(distinct(data.rows, data.weights)[1] * len(data.rows))


def strings_of(data: DataSet) -> float:
    """How many strings there may be: all combinations of values of columns, codes that stand for no value left out."""
    log = sum(np.log(size) for size, _ in data.categories or ((2, 1),) * data.width)
    return float(np.rint(np.exp(min(log, 700.0))))


def _behind(data: DataSet) -> list[tuple[float, Behind]]:
    """The distribution behind rows, for each value of their conditions, with the part of the rows that has it."""
    if data.conditions is None:
        return [(1.0, Behind.of(counts_of(data), strings_of(data)))]
    pairs = []
    for condition in np.unique(data.conditions, axis=0):
        rows = data.rows[np.all(data.conditions == condition, axis=1)]
        counts = distinct(rows, np.ones(len(rows)))[1]
        pairs.append((len(rows) / len(data.rows), Behind.of(counts, strings_of(data))))
    return pairs


# ------------------------------------------------------------ floors of exact values


def known(data: DataSet, value: float) -> Floor:
    """That of data which are a distribution: exact."""
    return Floor(value, f"floor of `{data.name}`, exact: what a perfect model shows, one that is this distribution")


def of_rows(data: DataSet, measure: Callable[[], float]) -> Floor:
    """A sampling floor that needs nothing of strings which did not come."""
    return Floor(measure(), _sampling(data))


def _sampling(data: DataSet) -> str:
    rows = f"{len(data.rows):,} row{'s' * (len(data.rows) != 1)}" if data.labels is None else "rows of each label"
    return (
        f"sampling floor of `{data.name}`: what a perfect model shows on as many rows, one that is the distribution "
        f"behind them; estimated from the {rows}"
    )


def _of_strings(data: DataSet, measure: Callable[[list[tuple[float, Behind]]], float]) -> Floor:
    """A sampling floor that depends on strings which did not come; none where the rows do not tell of these."""
    parts = _behind(data)
    once = sum(share * behind.once for share, behind in parts)
    if once > MOST_ONCE:
        part = f"{once:.0%} of its {len(data.rows):,} rows come once"
        if data.labels is not None:
            part = f"of some label more than {MOST_ONCE:.0%} of the rows come once"
        without = f"no floor of `{data.name}` in nll, kl, tv, js, valid_rate: {part}"
        return Floor(None, f"{without}, so that they do not tell the distribution behind them")
    return Floor(measure(parts), _sampling(data))


def nll(data: DataSet) -> Floor:
    """The expected negative log-likelihood of the perfect model: the entropy of its distribution."""
    if data.exact:
        return known(data, data_entropy(data))
    return _of_strings(data, lambda parts: sum(share * behind.entropy for share, behind in parts))


def kl(data: DataSet) -> Floor:
    """By as much as `nll` has its floor above the entropy of the rows."""
    if data.exact:
        return known(data, 0.0)
    own = data_entropy(data)
    return _of_strings(data, lambda parts: max(0.0, sum(share * behind.entropy for share, behind in parts) - own))


def tv(data: DataSet) -> Floor:
    if data.exact:
        return known(data, 0.0)
    return _of_strings(data, lambda parts: sum(share * behind.distance(behind.count) for share, behind in parts))


def js(data: DataSet) -> Floor:
    if data.exact:
        return known(data, 0.0)
    return _of_strings(data, lambda parts: sum(share * behind.divergence(behind.count) for share, behind in parts))


def transported(data: DataSet) -> Floor:
    """The mean Wasserstein distance, of strings as whole numbers, of as many draws from the rows from these."""
    if data.exact:
        return known(data, 0.0)
    numbers, counts = np.unique(indices(data.rows), return_counts=True)
    drawn = np.random.default_rng(0).multinomial(len(data.rows), counts / counts.sum(), _RESAMPLES) - counts
    areas = np.abs(np.cumsum(drawn, axis=1)[:, :-1]) @ np.diff(numbers) / len(data.rows)
    return of_rows(data, lambda: float(areas.mean()))


def valid_rate(data: DataSet) -> Floor:
    """1 for a distribution; a perfect model gives strings that are not among finitely many rows."""
    if data.exact:
        return known(data, 1.0)
    return _of_strings(data, lambda parts: sum(share * behind.coverage for share, behind in parts))


def by_chance(estimate: Estimate, data: DataSet) -> Floor:
    """The mean of a distance between the rows and as many others, drawn from them with replacement."""
    if data.exact:
        return known(data, 0.0)
    rows, distribution, _ = distinct(data.rows, data.weights)
    drawn = (
        np.random.default_rng(0)
        .multinomial(len(data.rows), distribution / distribution.sum(), _RESAMPLES)
        .T.astype(np.float64)
    )
    return of_rows(data, lambda: float(estimate(rows, drawn).mean()))


def mmd(data: DataSet, by_chance: Callable[[], float]) -> Floor:
    """`by_chance`: the expected discrepancy of a distribution from as many of its samples as there are rows."""
    return known(data, 0.0) if data.exact else of_rows(data, by_chance)


def mse(data: DataSet, region: tuple[int, ...] | None) -> float:
    """The expected mean squared error of a distribution from as many of its draws as there are rows: the mean of
    p (1 - p) / (N - 1) over all strings of some bits, p being the frequencies, without bias.
    """
    rows = data.rows if region is None else data.rows[:, list(region)]
    _, frequency, _ = distinct(rows, data.weights)
    return float((frequency * (1 - frequency)).sum() / max(len(rows) - 1, 1)) / 2.0 ** rows.shape[1]


def same(data: DataSet, value: float | None) -> Floor:
    """Of a quantity that has no good side: what the data have."""
    return Floor(value, f"floor of `{data.name}` in correlation_length: the length in the data")


def of_valid(name: str, value: float | None) -> Floor:
    return Floor(value, f"floor of `{name}`, exact: what the uniform distribution over all valid strings shows")


# ------------------------------------------------------------ floors of estimates from samples


def among_samples(floor: Floor, data: DataSet, shots: int) -> Floor:
    """A floor in the words of an evaluation from so many samples of the model."""
    if floor.value is None:
        return floor
    count = f"{len(data.rows):,}" if data.labels is None else "of its label"
    against = "" if data.exact else f" against as many rows, estimated from these {count}"
    which = "this distribution" if data.exact else "the distribution behind them"
    model = f"what {shots:,} samples of a perfect model show{against}, one that is {which}"
    return Floor(floor.value, f"sampling floor of `{data.name}`: {model}")


def tv_of_samples(data: DataSet, shots: int, random: np.random.Generator) -> Floor:
    if data.exact:
        distribution = distinct(data.rows, data.weights)[1]
        return known(data, float(mean_deviation(distribution / distribution.sum(), shots).sum()) / 2)
    return _of_strings(data, lambda parts: sum(share * behind.between(shots, random) for share, behind in parts))


def of_samples(make: Callable[[DataSet], Estimate], data: DataSet, shots: int, random: np.random.Generator) -> Floor:
    """The mean of a distance between samples of the data's distribution and data that are, where rows, drawn anew."""
    rows, distribution, _ = distinct(data.rows, data.weights)
    p = distribution / distribution.sum()
    drawn = random.multinomial(shots, p, _RESAMPLES).astype(np.float64)
    if data.exact:
        return known(data, max(0.0, float(make(data)(rows, drawn.T).mean())))
    others = random.multinomial(len(data.rows), p, _RESAMPLES) / len(data.rows)

    def against(weights: NDArray[np.float64], counts: Real) -> float:
        anew = replace(data, rows=rows, weights=weights, conditions=None)
        return float(make(anew)(rows, counts[:, None])[0])

    return of_rows(data, lambda: float(np.mean([against(w, c) for w, c in zip(others, drawn, strict=True)])))
