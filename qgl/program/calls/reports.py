"""Reports.

Source of those on what a generator gives beyond its training set: Gili et al., arXiv 2201.08770 (fidelity, rate,
coverage) and arXiv 2207.13645 (exploration, precision).
"""

from __future__ import annotations

from typing import ClassVar

from qgl.program.calls import objectives
from qgl.program.calls.arguments import (
    POSITIVE,
    BitString,
    Choice,
    Data,
    Integer,
    Many,
    Region,
    Spins,
    SpinTerms,
)
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.program.calls.entropies import EntropyCall
from qgl.program.calls.kernels import KERNELS, KernelCall
from qgl.record import record

QUANTUM = objectives.QUANTUM
_KINDS = objectives.KINDS


@record
class ReportCall(Call):
    """A call of a report."""

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets that it looks at."""
        return ()

    @property
    def regions(self) -> tuple[int, ...]:
        """The positions of all regions that it names, one after the other."""
        return ()


@call()
class OfData(ReportCall):
    """A report that holds the model against a data set."""

    data: str | None = argument(Data(), "the data set; the objective's by default", default=None)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data,)


@call()
class OfNumbers(OfData):
    """A report that holds outputs against data of real numbers."""

    data: str | None = argument(Data(of="numbers"), "the data set; the objective's by default", default=None)
    of: tuple[str, ...] = objectives.outputs_of()


@call("kl")
class KL(OfData):
    """KL divergence of the data's distribution from the model's, in nats."""


@call("tv")
class TV(OfData):
    """Total variation distance, half the sum of |p - q|."""


@call("js")
class JS(OfData):
    """Jensen-Shannon divergence, (KL(p, m) + KL(q, m)) / 2 with m = (p + q) / 2, in nats: between 0 and log 2."""


@call("nll")
class NLL(OfData):
    """Mean negative log-likelihood, in nats; of `pauli_shots`, of bits in their bases."""

    data: str | None = argument(Data(of="strings"), "the data set; the objective's by default", default=None)


@call("local_errors")
class LocalErrors(OfData):
    """Distances of the small regions of the model from those of the data: their sum, their mean and the largest one.

    Of states from a `state`, or from `pauli_shots`, without bias; else of bits.
    """

    data: str | None = argument(Data(of="strings"), "the data set; the objective's by default", default=None)
    size: int = argument(Integer(1, 12), "bits of a region: all connected sets on the lattice, or in a row", default=2)
    distance: str = argument(
        Choice(("tv", "hilbert_schmidt")),
        "sum |p-q| / 2, of states the trace distance; or sum (p-q)^2, which `pauli_shots` need",
        default="tv",
    )


@call("mse")
class MSE(OfNumbers):
    """Mean squared error of the probabilities of all strings, those that the data lack included; or of outputs from
    rows of real numbers, of `pairs(...)` where the model has conditions.
    """

    data: str | None = argument(Data(of="any"), "the data set; the objective's by default", default=None)
    region: tuple[int, ...] | None = objectives.region_of()

    @property
    def regions(self) -> tuple[int, ...]:
        return self.region or ()


@call("frechet")
class Frechet(OfNumbers):
    """Frechet distance of generated rows and rows of the data, of pixels: FID, of the features of a network, is another
    number. Also that of the mean row of the data, and of one half of the data from the other.
    """

    samples: int = argument(Integer(2, 10**6), "rows that are generated", default=500)


@call("spread")
class Spread(OfNumbers):
    """Total variance of generated rows, the trace of their covariance, of pixels; the floor is that of the data. A
    generator that makes the mean row of the data has 0.
    """

    samples: int = argument(Integer(2, 10**6), "rows that are generated", default=500)


@call()
class Similarity(OfNumbers):
    """A mean over pictures, each with what it is to be, or with the nearest one of the data."""

    samples: int = argument(Integer(1, 10**6), "pictures that are generated, where the data are no pairs", default=200)


@call("ssim")
class SSIM(Similarity):
    """Mean structural similarity of pictures with their targets; without `pairs`, with the nearest pictures of the
    data (scikit-image, windows of at most 7 x 7 pixels).
    """


@call("psnr")
class PSNR(Similarity):
    """Mean peak signal-to-noise ratio of pictures and their targets in decibels; without `pairs`, of the nearest
    pictures of the data (scikit-image).
    """


@call("mmd")
class MMD(OfData):
    """Squared maximum mean discrepancy."""

    data: str | None = argument(Data(of="any"), "the data set; the objective's by default", default=None)
    kernel: KernelCall | None = argument(objectives.A_KERNEL, "the kernel; the objective's by default", default=None)
    pauli_words: int | None = objectives.pauli_words()
    samples: int | None = objectives.samples()
    weight: int | None = objectives.weight()
    reach: int | None = objectives.reach()
    of: tuple[str, ...] = objectives.outputs_of()

    former = objectives.FORMER


@call("deployment")
class Deployment(MMD):
    """Squared maximum mean discrepancy as it was trained, and as so many strings of the model show it: what truncated
    answers promise may be something else than what is drawn (arXiv 2511.01845).
    """

    data: str | None = argument(Data(), "the data set; the objective's by default", default=None)
    shots: int = argument(Integer(2, 10**7), "strings that are drawn", default=10_000)


@call("wasserstein")
class Wasserstein(OfData):
    """Wasserstein distance of model and data, as ensembles of states or as whole numbers: the least mean cost of moving
    one onto the other; of outputs, where the data are real numbers, the least mean Euclidean distance.
    """

    data: str | None = argument(Data(of="any"), "the data set; the objective's by default", default=None)
    cost: str | None = argument(
        Choice((*objectives.COSTS, "integer")),
        f"{objectives.COST_DOC}; of two strings as whole numbers, first bit most significant, their difference",
        default=None,
    )
    of: tuple[str, ...] = objectives.outputs_of()

    @property
    def of_states(self) -> bool:
        """Whether it is a distance of ensembles of states."""
        return self.cost != "integer"

    @property
    def kernel(self) -> KernelCall:
        """What a cost of states is 1 minus of."""
        return KERNELS.table[self.cost or objectives.COSTS[0]](span=self.span)


@call("valid_rate")
class ValidRate(OfData):
    """Probability that the model gives a string that the data have; the mean over conditions, each with its strings."""


@call("accuracy")
class Accuracy(OfData):
    """Of a conditional model, the part of the rows of which the likeliest string is that of the data."""


@call("moments")
class Moments(OfData):
    """Largest and mean difference of the one- and two-point moments <Z_a>, <Z_a Z_b> from those of the data."""


@call("entropy")
class Entropy(ReportCall):
    """Entropy of the generated bits or of the visible state, in nats."""

    region: tuple[int, ...] | None = argument(
        Region(may_be_hidden=True),
        "some qubits, hidden ones too where `kind = quantum`; the visible ones by default, up to 24",
        default=None,
    )
    kind: str = argument(_KINDS, "Shannon, of the bits, or von Neumann", default="classical")

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


@call("markov_gap")
class MarkovGap(ReportCall):
    """Largest and mean of I(x_i : x_(i-r-1) | the r bits between), in nats: 0 where `markov_nll` is nll."""

    radius: int | None = argument(Integer(0, 10), "r; that of the objective's `markov_nll` by default", default=None)


@call("hamming_distance")
class HammingDistance(ReportCall):
    """Mean fraction of bits that differ from the basis state that the registers start in: mean of (1 - z <Z>) / 2."""

    region: tuple[int, ...] | None = argument(
        Region(may_be_hidden=True), "some qubits; all visible and hidden ones by default", default=None
    )

    @property
    def regions(self) -> tuple[int, ...]:
        return self.region or ()


@call("purity")
class Purity(ReportCall):
    """Tr rho^2 of the visible register."""

    of: str = argument(
        Choice(("mean", "elements")),
        "the mean state; or each element of the ensemble, of whose purities the mean is taken",
        default="mean",
    )


@call("mean_fidelity")
class MeanFidelity(ReportCall):
    """Mean over the elements of the model's ensemble of their fidelity with a state, and its standard deviation."""

    one_of: ClassVar[tuple[str, ...]] = ("basis", "data")
    basis: str | None = argument(BitString(), "the state, one of the basis", default=None)
    data: str | None = argument(Data(), "the state, pure or mixed", default=None)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data,)


@call("free_energy")
class FreeEnergy(ReportCall):
    """Tr(rho H) - S(rho) / beta of the visible state, and both parts, beside those of the thermal state."""

    hamiltonian: SpinTerms | None = argument(
        Spins(), "H; that of the objective's `free_energy` by default", default=None
    )
    beta: float | None = argument(POSITIVE, "the inverse temperature; the objective's by default", default=None)
    entropy: EntropyCall | None = argument(objectives.AN_ENTROPY, "how S is taken, as in the objective", default=None)


@call("energy")
class Energy(ReportCall):
    """Tr(rho H) of the visible state, beside the least energy there is (up to 14 qubits)."""

    hamiltonian: SpinTerms | None = argument(
        Spins(), "H, or a sum of Pauli words; that of the objective's `energy` by default", default=None
    )


@call("expectation")
class Expectation(ReportCall):
    """The mean of an observable in the visible state, such as `expectation(Z[v[0]] * Z[v[1]])`."""

    observable: SpinTerms = argument(Spins(), "a sum of Pauli words, or a Hamiltonian, which depends on no input")


@call("success")
class Success(ReportCall):
    """The probability of the outcomes that `postselect` requires: the part of all runs that is not thrown away."""

    data: str | None = argument(
        Data(of="any"),
        "of a conditional model, the data whose conditions are given, for a mean over them",
        default=None,
    )

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.data is None else (self.data,)


@call("choices")
class Choices(ReportCall):
    """The probability of each value of the hidden variables that tables prepare and whose measured values decide what
    happens.
    """


@call("trotter_error")
class TrotterError(ReportCall):
    """Total variation distance of the distribution of the circuit as it is emitted, in slices, and a bound by
    commutators.
    """


@call("cmi")
class CMI(ReportCall):
    """Conditional mutual information I(A : C | B), in nats, of the generated bits, of the visible state or of data."""

    a: tuple[int, ...] = argument(Region(), "the first region")
    b: tuple[int, ...] = argument(
        Region(may_be_empty=True), "the region in between, on which one conditions; [] for none"
    )
    c: tuple[int, ...] = argument(Region(), "the last region")
    kind: str = argument(_KINDS, "of the bits, or von Neumann", default="classical")
    of: str | None = argument(
        Data(), "a data set to take it of in place of the model; regions of at most 12 bits", default=None
    )

    @property
    def data_sets(self) -> tuple[str, ...]:
        return () if self.of is None else (self.of,)

    @property
    def regions(self) -> tuple[int, ...]:
        return self.a + self.b + self.c


@call()
class Generalisation(ReportCall):
    """A report on what a generator gives beyond its training set."""

    seen: str = argument(Data(), "the strings that the model was trained on")
    valid: str = argument(
        Data(rule_will_do=True), "the valid strings; or held-out rows, the valid ones being these and `seen`"
    )
    queries: int = argument(Integer(1, 10**7), "strings that the model is asked for", default=10_000)

    @property
    def data_sets(self) -> tuple[str, ...]:
        return self.seen, self.valid


@call("exploration")
class Exploration(Generalisation):
    """The part of the generated strings that were not seen."""


@call("fidelity")
class Fidelity(Generalisation):
    """Of the generated strings that were not seen, the part that is valid."""


@call("rate")
class Rate(Generalisation):
    """The part of the generated strings that is valid and was not seen."""


@call("coverage")
class Coverage(Generalisation):
    """The part of the valid strings that were not seen which is among the generated ones."""


@call("precision")
class Precision(Generalisation):
    """The part of the generated strings that is valid, seen or not."""


REPORTS: Kind[ReportCall] = Kind(
    "report",
    "report",
    (
        KL,
        TV,
        JS,
        NLL,
        LocalErrors,
        MMD,
        Deployment,
        MSE,
        Frechet,
        Spread,
        SSIM,
        PSNR,
        Wasserstein,
        ValidRate,
        Accuracy,
        Moments,
        Entropy,
        Columns,
        CorrelationLength,
        MarkovLength,
        MarkovGap,
        HammingDistance,
        Purity,
        MeanFidelity,
        FreeEnergy,
        Energy,
        Expectation,
        Success,
        Choices,
        TrotterError,
        CMI,
        Exploration,
        Fidelity,
        Rate,
        Coverage,
        Precision,
    ),
)

LESS, MORE = 1, -1
BETTER: dict[type[ReportCall], int] = {
    **dict.fromkeys((KL, TV, JS, NLL, MMD, MSE, Frechet, Wasserstein, Moments, MarkovGap, FreeEnergy, Energy), LESS),
    **dict.fromkeys((ValidRate, Accuracy, SSIM, PSNR, MeanFidelity, Fidelity, Rate, Coverage, Precision), MORE),
}
"""Whether less or more of a report is better; of the others it cannot be said."""
