"""Rules by which a gradient is made, and what answers may be approximated by."""

from __future__ import annotations

from typing import ClassVar

from qgl.program.calls.arguments import NOT_NEGATIVE, POSITIVE, Integer
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class GradientCall(Call):
    """A call of a rule of gradients."""


@call("exact")
class Exact(GradientCall):
    """The derivative itself, by simulation."""


@call()
class FromShots(GradientCall):
    """A rule that makes a gradient of the strings that an engine draws."""

    shots: int = argument(Integer(2, 10**7), "strings that the engine draws of each circuit")


@call("parameter_shift")
class ParameterShift(FromShots):
    """Unbiased, from strings of the circuit and of two or four more for each angle (Liu and Wang 2018)."""


@call("spsa")
class SPSA(FromShots):
    """Differences along directions drawn at random, from strings of two circuits for each (Spall 1992)."""

    step: float = argument(POSITIVE, "how far the parameters are moved to both sides", default=0.1)
    directions: int = argument(Integer(1, 10_000), "directions at each step, whose mean is taken", default=1)


GRADIENTS: Kind[GradientCall] = Kind("gradient", "gradient rule", (Exact, ParameterShift, SPSA))


@record
class ApproximationCall(Call):
    """A call of an approximation; `method` names what the planner calls its answers by.

    All have `exact_within`: where an exact answer is predicted to take no longer, it is taken (`qgl.plan.preference`).
    """

    method: ClassVar[str]


STRINGS = 1000  # whose predicted time decides between exact and truncated ones


@call("propagation")
class Propagation(ApproximationCall):
    """Expectations of Pauli words may be truncated sums of Pauli words, taken backwards through the circuit."""

    method: ClassVar[str] = "propagation"

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
    refresh: int | None = argument(
        Integer(1),
        "steps of training for which the words that were kept stay the same; found anew at each by default",
        default=None,
    )
    exact_within: float = argument(
        NOT_NEGATIVE, "predicted seconds of an exact answer up to which that is taken", default=1.0
    )

    @property
    def finer(self) -> Propagation:
        """A truncation whose answers are nearer the truth: the difference of the answers is an estimate of the error.

        A quarter of the least coefficient, four times the words, and words of two letters more.
        """
        weight = None if self.weight is None else self.weight + 2
        terms = None if self.terms is None else 4 * self.terms
        return Propagation(
            weight, self.smallest / 4, terms, self.tolerance, exact_within=self.exact_within, span=self.span
        )


@call("sweep")
class Sweep(ApproximationCall):
    """Samples and likelihoods of strings may be those of a matrix product state of the qubits on a front, truncated."""

    method: ClassVar[str] = "sweep"
    refresh: ClassVar[None] = None

    bond: int = argument(Integer(1, 4096), "the largest bond of that state; what is more is cut off")
    tolerance: float | None = argument(
        POSITIVE,
        "the largest bound of the distance of their distribution that may be told; bonds are no larger than that takes",
        default=None,
    )
    exact_within: float = argument(
        NOT_NEGATIVE,
        f"predicted seconds of {STRINGS:,} exact strings up to which these are taken",
        default=60.0,
    )

    @property
    def finer(self) -> Sweep:
        """Of twice the bond and a tenth of the tolerance: the difference of the answers is an estimate of the error."""
        tolerance = None if self.tolerance is None else self.tolerance / 10
        return Sweep(2 * self.bond, tolerance, self.exact_within, span=self.span)


Approximation = Propagation | Sweep
APPROXIMATIONS: Kind[ApproximationCall] = Kind("approximate", "approximation", (Propagation, Sweep))
