"""What a local context loses when noise on bits is undone, and what a label adds to all noisy bits.

How well a clean bit can be told from noisy ones is the cross-entropy of a classifier, boosted trees of scikit-learn, on
rows that it was not fitted to. The gap is that of the noisy bits around less that of all noisy bits.

Source: the locality gap and the conditioning gap of arXiv 2605.04830, there of scores; here of bits, where an error of
denoising is a cross-entropy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.bits.neighbourhood import Neighbourhood
from qgl.evaluate.row import NATS, Row
from qgl.evaluate.table.titles import title
from qgl.objectives import Setting
from qgl.program.calls.reports import DenoisingGap
from qgl.program.program import DataSet

Bits = NDArray[np.uint8]
Real = NDArray[np.float64]
ROUNDS, LEAVES = 100, 15  # of the boosted trees
MIDDLE = 4  # bits that are told by default
_DRAWN = 10_000  # rows of a distribution that are fitted to, and as many that are told
_HELD_OUT = 0.25  # of the rows, where no others are fitted to
_CERTAIN = 1e-6  # a probability is held as far from 0 and 1


@dataclass(frozen=True, eq=False)
class Rows:
    """Clean rows, shape (rows, bits), and the label of each, shape (rows,), if they have labels."""

    bits: Bits
    labels: NDArray[np.int64] | None

    def part(self, rows: NDArray[np.int64]) -> Rows:
        return Rows(self.bits[rows], None if self.labels is None else self.labels[rows])


def denoising_gap(call: DenoisingGap, setting: Setting) -> Iterator[Row]:
    """A row for each strength of the noise and each radius; and one for the label, where the data have labels."""
    try:
        import sklearn.ensemble  # noqa: F401 - an extra, which is looked for before anything is fitted
    except ImportError:
        needs = "needs the package scikit-learn, which is not installed: pip install 'qglc[baselines]'"
        yield Row(title(call), None, unit=NATS, note=f"{title(call)} {needs}")
        return
    fitted, told = _rows(call, setting)
    bits = call.bits or middle(setting.neighbourhood, MIDDLE)
    near = {radius: _around(setting.neighbourhood, radius) for radius in call.around}
    for p in call.p:
        losses = _losses(fitted, told, p, call, bits, near)
        of_all = losses.pop("all")
        name = title(replace(call, p=(p,), around=(1,)))
        note = (
            f"{name}: from all noisy bits {of_all.mean():.4f} nats a bit; boosted trees of scikit-learn, {ROUNDS} "
            f"rounds, fitted to {len(fitted.bits):,} rows, told of {len(told.bits):,} others, {call.draws} times each"
        )
        for part, loss in losses.items():
            gap = of_all - loss if part == "label" else loss - of_all
            which = "of the label" if part == "label" else f"around {part}"
            error = float(gap.std(ddof=1) / np.sqrt(len(gap)))
            yield Row(f"{name}, {which}", float(gap.mean()), error, unit=NATS, note=note)
            note = ""


def middle(neighbourhood: Neighbourhood, count: int) -> tuple[int, ...]:
    """The bits that are nearest to all others, ascending."""
    width = neighbourhood.width
    pairs, distances = neighbourhood.pairs(width)
    far = np.full((width, width), width)
    far[pairs[:, 0], pairs[:, 1]] = far[pairs[:, 1], pairs[:, 0]] = distances
    order = np.argsort(far.sum(axis=1), kind="stable")[:count]
    return tuple(sorted(order.tolist()))


def _around(neighbourhood: Neighbourhood, radius: int) -> list[NDArray[np.int64]]:
    """Of each bit itself and those around it."""
    return [np.append(others, k) for k, others in enumerate(neighbourhood.near(radius))]


def _rows(call: DenoisingGap, setting: Setting) -> tuple[Rows, Rows]:
    """The rows that classifiers are fitted to, and those whose bits they tell."""
    data = setting.data[call.data]
    rng = np.random.default_rng([call.seed, 1])
    if call.fit is not None:
        return _of(setting.data[call.fit], rng), _of(data, rng)
    if data.exact:
        return _of(data, rng), _of(data, rng)
    order = rng.permutation(len(data.rows))
    held_out = max(1, round(_HELD_OUT * len(order)))
    return _of(data, rng).part(order[held_out:]), _of(data, rng).part(order[:held_out])


def _of(data: DataSet, rng: np.random.Generator) -> Rows:
    """The rows of data; of a distribution, rows that are drawn from it."""
    labels = None if data.labels is None or data.conditions is None else data.conditions[:, 0].astype(np.int64)
    if not data.exact:
        return Rows(data.rows, labels)
    return Rows(data.rows[rng.choice(len(data.rows), _DRAWN, p=data.weights / data.weights.sum())], None)


def _losses(
    fitted: Rows,
    told: Rows,
    p: float,
    call: DenoisingGap,
    bits: Sequence[int],
    near: dict[int, list[NDArray[np.int64]]],
) -> dict[int | str, Real]:
    """The mean cross-entropy of the bits of each row, by what they are told from, shape (rows,)."""
    rng = np.random.default_rng(call.seed)
    noisy = [_noisy(each, p, call.draws, rng) for each in (fitted, told)]
    losses: dict[int | str, Real] = {}
    for bit in bits:
        wanted = [np.tile(each.bits[:, bit], call.draws) for each in (fitted, told)]
        contexts: dict[int | str, Any] = {radius: of_bit[bit] for radius, of_bit in near.items()}
        contexts["all"] = np.arange(fitted.bits.shape[1])
        if told.labels is not None:
            contexts["label"] = np.arange(noisy[0].shape[1])
        for part, columns in contexts.items():
            loss = _cross_entropy(noisy[0][:, columns], wanted[0], noisy[1][:, columns], wanted[1])
            losses[part] = losses.get(part, 0.0) + loss.reshape(call.draws, -1).mean(axis=0) / len(bits)
    return losses


def _noisy(rows: Rows, p: float, draws: int, rng: np.random.Generator) -> Bits:
    """Noisy draws of all rows, one after another, and behind each a column for each label, 1 for that of the row."""
    flips = rng.random((draws, *rows.bits.shape)) < p
    noisy = (flips ^ rows.bits).astype(np.uint8).reshape(-1, rows.bits.shape[1])
    if rows.labels is None:
        return noisy
    return np.hstack([noisy, np.tile(rows.labels[:, None] == np.arange(rows.labels.max() + 1), (draws, 1))])


def _cross_entropy(seen: Bits, wanted: Bits, unseen: Bits, held_out: Bits) -> Real:
    """Of each unseen row, what a classifier that is fitted to the seen ones pays for its bit."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    if wanted.min() == wanted.max():
        chance: Real = np.full(len(unseen), (wanted.sum() + 0.5) / (len(wanted) + 1))
    else:
        trees = HistGradientBoostingClassifier(
            max_iter=ROUNDS, max_leaf_nodes=LEAVES, early_stopping=False, random_state=0
        )
        with threadpool_limits(1):  # threads that wait for each other take ten times as long on a busy machine
            chance = trees.fit(seen, wanted).predict_proba(unseen)[:, 1]
    right = np.clip(np.where(held_out == 1, chance, 1 - chance), _CERTAIN, None)
    losses: Real = -np.log(right)
    return losses
