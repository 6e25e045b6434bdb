"""Entropies, information and correlations of generated bits, of the visible state or of data."""

from __future__ import annotations

from qgl.program.calls import objectives
from qgl.program.calls.arguments import Data, Integer, Interval, Many, Number, Region
from qgl.program.calls.call import argument, call
from qgl.program.calls.reports.report import OfData, ReportCall


@call("entropy")
class Entropy(ReportCall):
    """Entropy of the generated bits or of the visible state, in nats."""

    region: tuple[int, ...] | None = argument(
        Region(may_be_hidden=True),
        "some qubits, hidden ones too where `kind = quantum`; the visible ones by default, up to 24",
        default=None,
    )
    kind: str = argument(objectives.KINDS, "Shannon, of the bits, or von Neumann", default="classical")

    @property
    def regions(self) -> tuple[int, ...]:
        return self.region or ()


@call("columns")
class Columns(OfData):
    """Of each variable, the total variation distance of its distribution from that in the data; of each pair of columns
    that are bins of numbers, the correlation of these.
    """


@call("correlation_length")
class CorrelationLength(OfData):
    """xi of exp(-r / xi), fitted to the root mean square of <Z_a Z_b> - <Z_a><Z_b> of bits at distance r."""

    reach: int = argument(Integer(2, 64), "the largest distance that is looked at", default=8)


@call("markov_length")
class MarkovLength(ReportCall):
    """xi of exp(-r / xi), fitted to the mean over i of I(x_i : x_(i+r+1) | the r bits between) of data."""

    of: str = argument(Data(), "the data set")
    buffers: tuple[int, ...] = argument(
        Many(Integer(0, 10)), "the numbers r of bits between, two at least", default=(1, 2, 3)
    )

    @property
    def data_sets(self) -> tuple[str, ...]:
        return (self.of,)


@call("denoising_gap")
class DenoisingGap(ReportCall):
    """How much worse clean bits are told from the noisy bits around them than from all noisy bits, as a cross-entropy
    of boosted trees, in nats a bit; and, where the data have labels, how much better with the label.
    """

    data: str = argument(Data(), "clean rows, whose bits are told; of a distribution, rows that are drawn from it")
    p: tuple[float, ...] = argument(Many(Number(Interval(0.0, 1.0))), "the probability of a flip, or several of them")
    around: tuple[int, ...] = argument(
        Many(Integer(0, 64)),
        "how far away on the lattice the noisy bits around one are, itself among them",
        default=(1,),
    )
    fit: str | None = argument(
        Data(), "the rows that classifiers are fitted to; three quarters of `data` by default", default=None
    )
    bits: tuple[int, ...] | None = argument(
        Region(), "the bits that are told; the four nearest to all others by default", default=None
    )
    draws: int = argument(Integer(1, 1000), "noisy draws of each row", default=12)
    seed: int = argument(Integer(0), "of the draws", default=0)


@call("markov_gap")
class MarkovGap(ReportCall):
    """Largest and mean of I(x_i : x_(i-r-1) | the r bits between), in nats: 0 where `markov_nll` is nll."""

    radius: int | None = argument(Integer(0, 10), "r; that of the objective's `markov_nll` by default", default=None)


@call("cmi")
class CMI(ReportCall):
    """Conditional mutual information I(A : C | B), in nats, of the generated bits, of the visible state or of data."""

    a: tuple[int, ...] = argument(Region(), "the first region")
    b: tuple[int, ...] = argument(
        Region(may_be_empty=True), "the region in between, on which one conditions; [] for none"
    )
    c: tuple[int, ...] = argument(Region(), "the last region")
    kind: str = argument(objectives.KINDS, "of the bits, or von Neumann", default="classical")
    of: str | None = argument(
        Data(), "a data set to take it of in place of the model; regions of at most 12 bits", default=None
    )

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.of is None else (self.of,)

    @property
    def regions(self) -> tuple[int, ...]:
        return self.a + self.b + self.c
