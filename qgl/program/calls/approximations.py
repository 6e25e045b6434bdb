"""What a program allows answers to be approximated by."""

from __future__ import annotations

from qgl.program.calls.arguments import NOT_NEGATIVE, POSITIVE, Integer
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class ApproximationCall(Call):
    """A call of an approximation."""


@call("propagation")
class Propagation(ApproximationCall):
    """Expectations of Pauli words may be truncated sums of Pauli words, taken backwards through the circuit."""

    weight: int | None = argument(Integer(1), "words of more letters are dropped", default=None)
    smallest: float = argument(NOT_NEGATIVE, "words of a smaller coefficient are dropped", default=0.0)
    terms: int | None = argument(
        Integer(1),
        "of each Pauli word that is asked for, so many words are kept, those of the largest coefficients",
        default=None,
    )
    tolerance: float | None = argument(
        POSITIVE, "the largest estimate of the error of a mean of a Pauli word that may be told", default=None
    )

    @property
    def finer(self) -> Propagation:
        """A truncation whose answers are nearer the truth: the difference of the answers is an estimate of the error.

        A quarter of the least coefficient, four times the words, and words of two letters more.
        """
        weight = None if self.weight is None else self.weight + 2
        terms = None if self.terms is None else 4 * self.terms
        return Propagation(weight, self.smallest / 4, terms, self.tolerance, span=self.span)


APPROXIMATIONS: Kind[ApproximationCall] = Kind("approximate", "approximation", (Propagation,))
