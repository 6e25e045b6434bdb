"""The gradient of truncated means by one pass backwards, in a few times the memory of the pass forwards.

What undoes each step is kept on a tape. Where this grows beyond the sums themselves, they are copied, and the pass goes
on with an empty tape: so the last stretch of the circuit is undone at once, and those before it are run again from the
copies. Where the copies outgrow the sums, every other one is given up, and what lies between two is run in stretches
again, with copies of half the size together. So sums, tape and copies take at most four times what the sums take alone.
"""

from __future__ import annotations

from qgl.plan.propagation.local_steps import Batch
from qgl.plan.propagation.numbers import Numbers
from qgl.plan.propagation.pauli_sum import PauliSums, Reals
from qgl.plan.propagation.propagate import Limits, Propagation
from qgl.plan.propagation.witness import Tape

LEAST_BYTES = 10 << 20  # that a tape, and copies, may have in any case

Mark = tuple[int, PauliSums]  # a step, and the sums before it


def gradient_of(batch: Batch, numbers: Numbers, limits: Limits, cotangent: Reals) -> Numbers:
    """The gradient of sum(cotangent * means) by the numbers; words that are dropped at these have no part in it.

    cotangent: shape (sums,).

    Raises:
        CollisionError: other hashes are needed.
    """
    run, by = Propagation(batch, numbers, limits), numbers.zeros()
    _back(run, (0, run.sums), len(batch.steps), cotangent, by)
    return by


def _back(run: Propagation, begin: Mark, end: int, flowing: Reals, by: Numbers, share: float = 1.0) -> Reals:
    """From the gradient by what there is before step `end` (by the means, at the end) to that at the beginning."""
    marks = [begin]
    run.sums, tape = begin[1].copied(), Tape()
    for number in range(begin[0], end):
        bytes_of_sums = max(LEAST_BYTES, run.sums.nbytes)
        if tape.nbytes > bytes_of_sums:
            marks.append((number, run.sums.copied()))
            tape = Tape()
            if sum(sums.nbytes for _, sums in marks) > share * bytes_of_sums:
                marks = [*marks[:-1:2], marks[-1]]
        run.witness = tape
        run.take(run.batch.steps[number])
    if end == len(run.batch.steps):
        run.witness = tape
        run.means()
    flowing = tape.back(flowing, by)
    while len(marks) > 1:
        last, _ = marks.pop()
        flowing = _back(run, marks[-1], last, flowing, by, share / 2)
    return flowing
