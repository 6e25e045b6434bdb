"""What Pauli words of some queries go through, and their means and gradients for given numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qgl.plan.propagation.local_steps import Batch, Letters, batch_of
from qgl.plan.propagation.pauli_sum import CollisionError, Reals
from qgl.plan.propagation.propagate import Limits, Numbers, Propagation
from qgl.plan.propagation.steps import Step, Steps
from qgl.query import Query

SIDE_BY_SIDE = 16  # words that go through the circuit together: at each step each of them is looked at
_SEEDS = range(8)  # of hashes; that two words have one is next to impossible


@dataclass(frozen=True, eq=False)
class PropagationProgram:
    """What Pauli words of some queries go through.

    pauli_words  the distinct factors of all of them
    factors      for each query the numbers of the factors of each word, shape (pauli_words, most), padded with the
                 count of factors
    """

    method: str
    steps: Steps
    limits: Limits
    pauli_words: tuple[Letters, ...]
    factors: dict[Query, NDArray[np.int32]]
    _made: dict[int, tuple[Batch, ...]] = field(default_factory=dict, repr=False)

    def sizes(self) -> dict[str, int]:
        return {"steps": len(self.steps.steps), "pauli_words": len(self.pauli_words)}

    @property
    def count(self) -> int:
        """How many numbers there are: angles, then transfer matrices."""
        return self.steps.rotations + int((self.steps.sizes**2).sum())

    def means(self, flat: Reals) -> Reals:
        """The mean of each of `pauli_words`, from numbers of shape (count,); NaN where one of these is not finite."""
        means = np.full(len(self.pauli_words), np.nan)
        if np.isfinite(flat).all():
            for batch, run in self._runs(flat, with_tape=False):
                means[batch.numbers] = run[1]
        return means

    def gradient(self, flat: Reals, cotangent: Reals) -> Reals:
        """The gradient of sum(cotangent * means) by `flat`, of its shape."""
        if not np.isfinite(flat).all():
            return np.full(len(flat), np.nan)
        total = np.zeros(len(flat))
        for batch, (propagation, _) in self._runs(flat, with_tape=True):
            by = propagation.gradient(cotangent[batch.numbers])
            total += np.concatenate([by.angles, *(matrix.ravel() for matrix in by.matrices)])
        return total

    def _runs(self, flat: Reals, with_tape: bool) -> Iterator[tuple[Batch, tuple[Propagation, Reals]]]:
        numbers = self._numbers(flat)
        for place in range(len(self._batches(0))):
            for seed in _SEEDS:
                batch = self._batches(seed)[place]
                propagation = Propagation(batch, numbers, self.limits, [] if with_tape else None)
                try:
                    yield batch, (propagation, propagation.run())
                except CollisionError:
                    continue
                break
            else:
                raise CollisionError

    def _numbers(self, flat: Reals) -> Numbers:
        sizes = self.steps.sizes
        cuts = self.steps.rotations + np.concatenate([[0], np.cumsum(sizes**2)])
        matrices = [flat[a:b].reshape(n, n).copy() for a, b, n in zip(cuts[:-1], cuts[1:], sizes, strict=True)]
        for matrix in matrices:
            matrix[0], matrix[0, 0] = 0.0, 1.0  # the trace is kept
        return Numbers(flat[: self.steps.rotations], tuple(matrices))

    def _batches(self, seed: int) -> tuple[Batch, ...]:
        if seed not in self._made:
            self._made[seed] = batches_of(self.steps.steps, self.pauli_words, seed)
        return self._made[seed]


def batches_of(steps: Sequence[Step], pauli_words: Sequence[Letters], seed: int) -> tuple[Batch, ...]:
    """Words that are near each other go together."""
    order = sorted(range(len(pauli_words)), key=pauli_words.__getitem__)
    some = (order[cut : cut + SIDE_BY_SIDE] for cut in range(0, len(order), SIDE_BY_SIDE))
    return tuple(batch_of(steps, np.array(each), [pauli_words[k] for k in each], seed) for each in some)
