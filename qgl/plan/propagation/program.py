"""What Pauli words of some queries go through, and their means and gradients for given numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from qgl.plan.propagation.gradient import gradient_of
from qgl.plan.propagation.local_steps import Batch, Letters, batch_of
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.pattern import Finder, Pattern, PatternTooLargeError
from qgl.plan.propagation.pauli_sum import CollisionError, Reals
from qgl.plan.propagation.propagate import Limits, Propagation
from qgl.plan.propagation.steps import Step, Steps, Transfer
from qgl.query import Query

SIDE_BY_SIDE = 16  # words that go through the circuit together: at each step each of them is looked at
Outcome = TypeVar("Outcome")
MOST_NODES = 1 << 24  # of a pattern: about half a GB
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
    _found: list[tuple[int, Pattern | None]] = field(default_factory=list, repr=False)
    _made: dict[int, Batches] = field(default_factory=dict, repr=False)

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
            numbers = self._numbers(flat)
            for batch, own in self._of_batches(lambda batch: Propagation(batch, numbers, self.limits).run()):
                means[batch.numbers] = own
        return means

    def gradient(self, flat: Reals, cotangent: Reals) -> Reals:
        """The gradient of sum(cotangent * means) by `flat`, of its shape."""
        if not np.isfinite(flat).all():
            return np.full(len(flat), np.nan)
        numbers, total = self._numbers(flat), np.zeros(len(flat))
        for _, by in self._of_batches(lambda batch: gradient_of(batch, numbers, self.limits, cotangent[batch.numbers])):
            total += np.concatenate([by.angles, *(matrix.ravel() for matrix in by.matrices)])
        return total

    @property
    def has_one_pattern(self) -> bool:
        """Whether words are dropped, if at all, whatever their coefficients: one pattern is that of all numbers."""
        return not self.limits.smallest and self.limits.terms is None

    def pattern(self, flat: Reals, most: int | None = None) -> Pattern:
        """The pattern at numbers of shape (count,).

        Raises:
            PatternTooLargeError: it has more than `most` nodes, by default more than any may have.
        """
        numbers, finder = self._numbers(flat), Finder(self._places[0], MOST_NODES if most is None else most)

        def find(batch: Batch) -> None:
            finder.begin(batch)
            Propagation(batch, numbers, self.limits, finder).run()

        for _ in self._of_batches(find):
            pass
        return finder.pattern()

    def pattern_of_all(self, most: int | None = None) -> Pattern | None:
        """The pattern of all numbers; None if there is none, or it has more than `most` nodes, or than any may have."""
        if not self.has_one_pattern:
            return None
        most = MOST_NODES if most is None else most
        if self._found and (self._found[0][1] is not None or most <= self._found[0][0]):
            return self._found[0][1]
        matrices = [matrix.ravel() for matrix in self.steps.typical]
        try:
            pattern = self.pattern(np.concatenate([np.ones(self.steps.rotations), *matrices]), most)
        except PatternTooLargeError:
            pattern = None
        self._found[:] = [(most, pattern)]
        return pattern

    @property
    def constants(self) -> dict[int, Reals]:
        """By size the different constant transfer matrices of a pattern, shape (matrices, size, size).

        Their numbers there come after those of the matrices of this size that depend on inputs.
        """
        return self._places[1]

    @cached_property
    def _places(self) -> tuple[dict[Transfer, int], dict[int, Reals]]:
        """The number of each transfer matrix among those of its size, and the constant ones."""
        places: dict[Transfer, int] = {}
        constants: dict[int, dict[bytes, Reals]] = {}
        sizes = self.steps.sizes
        for step in self.steps.steps:
            if not isinstance(step, Transfer):
                continue
            if step.constant is None:
                places[step] = int((sizes[: step.number] == sizes[step.number]).sum())
                continue
            own, size = step.constant, len(step.constant)
            known = constants.setdefault(size, {})
            known.setdefault(own.tobytes(), own)
            places[step] = int((sizes == size).sum()) + list(known).index(own.tobytes())
        return places, {size: np.stack(list(known.values())) for size, known in constants.items()}

    def _of_batches(self, run: Callable[[Batch], Outcome]) -> Iterator[tuple[Batch, Outcome]]:
        """What `run` makes of each batch, with other hashes where it meets unlike words of one hash."""
        for place in range(len(self._batches(0))):
            for seed in _SEEDS:
                batch = self._batches(seed)(place)
                try:
                    outcome = run(batch)
                except CollisionError:
                    continue
                yield batch, outcome
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

    def _batches(self, seed: int) -> Batches:
        if seed not in self._made:
            self._made[seed] = Batches(self.steps.steps, self.pauli_words, seed)
        return self._made[seed]


class Batches:
    """Words that are near each other go together. A batch is made when it is asked for: a pattern that is too large is
    given up at the first few.
    """

    def __init__(self, steps: Sequence[Step], pauli_words: Sequence[Letters], seed: int) -> None:
        self._steps, self._pauli_words, self._seed = steps, pauli_words, seed
        order = sorted(range(len(pauli_words)), key=pauli_words.__getitem__)
        self._parts = [order[cut : cut + SIDE_BY_SIDE] for cut in range(0, len(order), SIDE_BY_SIDE)]
        self._made: dict[int, Batch] = {}

    def __len__(self) -> int:
        return len(self._parts)

    def __call__(self, place: int) -> Batch:
        """The batch at a place."""
        if place not in self._made:
            own = self._parts[place]
            letters = [self._pauli_words[k] for k in own]
            self._made[place] = batch_of(self._steps, np.array(own), letters, self._seed)
        return self._made[place]
