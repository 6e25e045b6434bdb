"""How a model generalises: what it gives beyond the strings that it was trained on.

D is the set of different strings that were seen, S the set of valid strings, D among them. Of Q strings that a model
gives, G_new are those outside of D, G_sol those of them in S, G_train those in D. Then (Gili et al., arXiv 2201.08770
and arXiv 2207.13645)

    exploration |G_new| / Q        fidelity |G_sol| / |G_new|        rate |G_sol| / Q
    precision (|G_sol| + |G_train|) / Q        coverage (different strings in G_sol) / (|S| - |D|)

where |S| - |D| is |S| (1 - eps), eps = |D| / |S|; nothing is rounded. The value is the expectation over the Q strings,
exact where all strings of the model or all of S can be looked at, else from Q strings that are drawn. The error is the
standard deviation of one set of Q strings.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from qgl.bits.distribution import distinct, indices, strings
from qgl.evaluate.distributions import Distribution, Drawn, ProductDistribution, Real
from qgl.program.membership import Listed, Rows, Rule
from qgl.program.program import DataSet

SPREAD = "± of exploration, fidelity, rate, coverage, precision: the deviation of one set of queries; values are exact"
MOST_LISTED = 1 << 17  # valid strings of a wide model whose likelihoods are taken one by one
_AT_ONCE = 1 << 16  # strings that are looked at together


class _Pair:
    """Two data sets, the same only as themselves."""

    def __init__(self, seen: DataSet, valid: DataSet) -> None:
        self.seen, self.valid = seen, valid

    def __hash__(self) -> int:
        return hash((id(self.seen), id(self.valid)))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Pair) and other.seen is self.seen and other.valid is self.valid


@dataclass(frozen=True, eq=False)
class Valid:
    """The sets of a report: `seen` is D, and S is what `rule` has together with D.

    new    the number of valid strings that were not seen, |S| - |D|, exactly
    rows   those strings, shape (new, width), where they are few enough to be listed; else None
    """

    seen: Listed
    rule: Rule
    new: int
    rows: Rows | None = field(repr=False)

    @classmethod
    def of(cls, seen: DataSet, valid: DataSet) -> Valid:
        """S is the strings of `valid` and of `seen` together; `valid` may be known by its rule alone.

        What it finds is kept for the next call, since a training asks often.
        """
        return _found(_Pair(seen, valid))

    @classmethod
    def found(cls, seen: DataSet, valid: DataSet) -> Valid:
        known = Listed.of(seen.rows)
        listed = distinct(valid.rows, valid.weights)[0] if valid.listed else None
        rule = valid.rule if valid.rule is not None else Listed.of(valid.rows)
        trained = distinct(seen.rows, seen.weights)[0]
        new = rule.count - int(rule.contains(trained).sum())
        rows = None
        if listed is not None and new <= MOST_LISTED:
            rows = listed[~known.contains(listed)]
        return cls(known, rule, new, rows)

    @property
    def total(self) -> int:
        """|S|."""
        return self.new + self.seen.count

    def sorts(self, rows: Rows) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Which strings were not seen, and which of them are valid, each of shape (rows,)."""
        new = ~self.seen.contains(rows)
        solution = np.zeros(len(rows), np.bool_)
        solution[new] = self.rule.contains(rows[new])
        return new, solution


@dataclass(frozen=True, slots=True)
class Shares:
    """What a distribution gives: `new` is the probability of a string outside of D, `solution` of one in S and not in
    D.

    hits     the probabilities of single strings of S and not D, shape (kinds,)
    portion  the part of S and not D that has each of them, shape (kinds,)
    """

    new: float
    solution: float
    hits: Real
    portion: Real

    @classmethod
    def perfect(cls, valid: Valid) -> Shares:
        """Of the uniform distribution over S."""
        return cls.even(valid, valid.total)

    @classmethod
    def even(cls, valid: Valid, count: int) -> Shares:
        """Of a distribution with the same probability for each of `count` strings, S among them."""
        return cls(1 - valid.seen.count / count, valid.new / count, np.array([1 / count]), np.ones(1))

    @classmethod
    def of(cls, distribution: Distribution, valid: Valid) -> Shares | None:
        """Of any distribution; None where neither its strings nor those of S can be looked at one by one."""
        if isinstance(distribution, ProductDistribution) and (distribution.ones == 0.5).all():
            return cls.even(valid, 2**distribution.width)
        dense = distribution.dense()
        if dense is not None:
            return cls._of_all(dense, valid)
        if valid.rows is None:
            return None
        hits = np.exp(distribution.log_prob(valid.rows)) if len(valid.rows) else np.zeros(0)
        trained = distinct(valid.seen.rows, np.zeros(len(valid.seen.rows)))[0]
        return cls._singly(float(np.exp(distribution.log_prob(trained)).sum()), hits)

    @classmethod
    def _of_all(cls, p: Real, valid: Valid) -> Shares:
        width, seen = p.size.bit_length() - 1, np.unique(indices(valid.seen.rows))
        p = p / p.sum()
        if valid.rows is not None:
            hits = p[indices(valid.rows)]
        else:
            inside = np.concatenate([valid.rule.contains(strings(part, width)) for part in _parts(p.size)])
            inside[seen] = False
            hits = p[inside]
        return cls._singly(float(p[seen].sum()), hits)

    @classmethod
    def _singly(cls, seen: float, hits: Real) -> Shares:
        portion = np.full(len(hits), 1 / max(len(hits), 1))
        return cls(min(max(1 - seen, 0.0), 1.0), float(hits.sum()), hits, portion)


@dataclass(frozen=True, slots=True)
class Figure:
    """An expectation, and the standard deviation of one set of queries; None where there is nothing to divide by."""

    value: float | None
    error: float | None = None


@lru_cache(maxsize=16)
def _found(pair: _Pair) -> Valid:
    return Valid.found(pair.seen, pair.valid)


def expected(name: str, shares: Shares, valid: Valid, queries: int) -> Figure:
    """The report `name` of so many queries, from probabilities."""
    new, solution = shares.new, shares.solution
    if name == "exploration":
        return _part(new, queries)
    if name == "rate":
        return _part(solution, queries)
    if name == "precision":
        return _part(min(1 - new + solution, 1.0), queries)
    if name == "fidelity":
        if new <= 0:
            return Figure(None)
        value = min(solution / new, 1.0)
        return Figure(value, float(np.sqrt(value * (1 - value) * _mean_inverse(queries, new))))
    if not valid.new:
        return Figure(None)
    p = np.minimum(shares.hits, 1 - 1e-16)
    logs = queries * np.log1p(-p)  # of a string not being among the queries
    missed, once = np.exp(logs), p / (1 - p) * np.exp(logs)
    value = float(shares.portion @ -np.expm1(logs))
    # of the number of occupied boxes, to leading order in 1 / queries (Johnson and Kotz 1977)
    apart = float(shares.portion @ (missed * (1 - missed))) * (1 / valid.new)
    variance = apart - queries * float(shares.portion @ once) ** 2
    return Figure(value, max(variance, 0.0) ** 0.5)


def counted(name: str, valid: Valid, rows: Rows, counts: Real, queries: int) -> Figure:
    """The report `name` from strings that were drawn, with the standard error of the estimate.

    Args:
        rows: different strings, shape (count, width).
        counts: how often each came, shape (count,).
        queries: of the coverage: where more strings came, the mean over all sets of so many of them is taken
            (rarefaction, Hurlbert 1971); where fewer came, they do not tell.
    """
    new, solution = valid.sorts(rows)
    shots = float(counts.sum())
    fresh, solved = float(counts[new].sum()), float(counts[solution].sum())
    if name == "exploration":
        return _part(fresh / shots, shots)
    if name == "rate":
        return _part(solved / shots, shots)
    if name == "precision":
        return _part((shots - fresh + solved) / shots, shots)
    if name == "fidelity":
        return Figure(None) if fresh <= 0 else _part(solved / fresh, fresh)
    if not valid.new or shots < queries - 0.5:
        return Figure(None)
    coverage, error = _rarefied(counts[solution], shots, float(queries))
    return Figure(coverage * (1 / valid.new), error * (1 / valid.new))


def measured(name: str, distribution: Drawn, valid: Valid, queries: int) -> Figure:
    """The report `name` of a distribution that can be drawn from: exact if it can be, else from so many of its
    strings.
    """
    shares = Shares.of(distribution, valid)
    if shares is not None:
        return expected(name, shares, valid, queries)
    drawn = distribution.sample(queries, np.random.default_rng(0))
    rows, counts, _ = distinct(drawn, np.ones(queries))
    return counted(name, valid, rows, counts, queries)


def _part(value: float, queries: float) -> Figure:
    return Figure(value, float(np.sqrt(max(value * (1 - value), 0.0) / queries)))


def _mean_inverse(queries: int, chance: float) -> float:
    """E[1 / m] of a binomial m >= 1."""
    import scipy

    if chance >= 1:
        return 1 / queries
    m = np.arange(1, queries + 1, dtype=np.float64)
    logs = scipy.special.gammaln(queries + 1) - scipy.special.gammaln(m + 1) - scipy.special.gammaln(queries - m + 1)
    weights = np.exp(logs + m * np.log(chance) + (queries - m) * np.log1p(-chance))
    return float((weights / m).sum() / weights.sum()) if weights.sum() > 0 else 1.0


def _rarefied(counts: Real, shots: float, queries: float) -> tuple[float, float]:
    """The mean number of different strings in a part of `queries` of `shots` strings, and its standard error.

    counts: how often each of some of the different strings came. The error is by leaving one string out (jackknife);
    it is never too small in the mean (Efron and Stein 1981).
    """
    queries = min(queries, shots)
    whole, left = (_chances(counts, total, min(queries, total)) for total in (shots, shots - 1))
    fewer = _chances(counts - 1, shots - 1, min(queries, shots - 1))
    change = fewer - left  # of the sum without one of each
    mean = float((counts * change).sum()) / shots
    square = float((counts * (change - mean) ** 2).sum()) + (shots - float(counts.sum())) * mean**2
    return float(whole.sum()), float(np.sqrt(max((shots - 1) / shots * square, 0.0)))


def _chances(counts: Real, total: float, queries: float) -> Real:
    """The chance that a string that came so often among `total` is in a part of `queries` of these."""
    import scipy

    misses = total - counts
    fits = misses >= queries
    safe = np.where(fits, misses, queries)
    logs = (
        scipy.special.gammaln(safe + 1)
        - scipy.special.gammaln(safe - queries + 1)
        - scipy.special.gammaln(total + 1)
        + scipy.special.gammaln(total - queries + 1)
    )
    chances: Real = np.where(fits, -np.expm1(np.minimum(logs, 0.0)), 1.0)
    return chances


def _parts(size: int) -> Iterator[NDArray[np.int64]]:
    for start in range(0, size, _AT_ONCE):
        yield np.arange(start, min(start + _AT_ONCE, size), dtype=np.int64)
