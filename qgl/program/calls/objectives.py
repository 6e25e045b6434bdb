"""Objectives."""

from __future__ import annotations

from qgl.program.calls.arguments import POSITIVE, Choice, Data, Integer, Names, Region
from qgl.program.calls.call import Call, Kind, Nested, argument, call
from qgl.program.calls.critics import CRITICS, CriticCall
from qgl.program.calls.entropies import ENTROPIES, EntropyCall
from qgl.program.calls.kernels import KERNELS, KernelCall
from qgl.program.calls.operators import Spins, SpinTerms

QUANTUM = "quantum"  # of a state; "classical": of bits
KINDS = Choice(("classical", QUANTUM))
FORMER = {"words": "pauli_words"}  # arguments of `mmd` as earlier versions called them


def pauli_words() -> int | None:
    """The arguments `pauli_words`, `samples`, `weight` and `reach`, which objective and report `mmd` share."""
    return argument(Integer(1, 10**7), "so many Z words, drawn from the kernel at each step", default=None)


def samples() -> int | None:
    """See `pauli_words`."""
    doc = "draws from which each Pauli word is estimated; without `pauli_words`, strings of the model"
    return argument(Integer(2, 10**7), doc, default=None)


def weight() -> int | None:
    """See `pauli_words`."""
    return argument(Integer(1, 64), "in place of drawn Pauli words, all those of at most so many bits", default=None)


def reach() -> int | None:
    """See `pauli_words`."""
    doc = "beside `weight`, how far the bits of a Pauli word may be apart; any distance by default"
    return argument(Integer(0), doc, default=None)


def outputs_of() -> tuple[str, ...]:
    """The argument `of` of what compares outputs with real numbers."""
    doc = "of real numbers, the outputs that are compared; all of them by default"
    return argument(Names("outputs"), doc, default=(), kw_only=True)


def region_of() -> tuple[int, ...] | None:
    """The argument `region` of what compares the probabilities of strings."""
    doc = "of strings, the bits that are compared, at most 12; all of them by default, up to 24"
    return argument(Region(), doc, default=None, kw_only=True)


A_KERNEL = Nested(KERNELS, "hamming(sigma = 1)")
AN_ENTROPY = Nested(ENTROPIES, "markov(radius = 2)")


@call()
class ObjectiveCall(Call):
    """A call of an objective."""

    @property
    def data_sets(self) -> tuple[str, ...]:
        """Names of the data sets that it is about."""
        return ()


@call()
class OfData(ObjectiveCall):
    """A call of an objective that is about a data set."""

    data: str = argument(Data(), "the data set")

    @property
    def data_sets(self) -> tuple[str, ...]:
        return (self.data,)


@call("nll")
class NLL(OfData):
    """Mean negative log-likelihood of the rows of the data, -sum_x w(x) log p(x), in nats; of `pauli_shots`, of bits in
    their bases.
    """

    data: str = argument(Data(of="strings"), "the data set")


@call("kl")
class KL(OfData):
    """Kullback-Leibler divergence of the data's distribution from the model's, in nats; exact."""


@call("markov_nll")
class MarkovNLL(OfData):
    """Mean of -sum_i log p(x_i | the `radius` bits before it), in nats: nll, if bits depend on no others."""

    radius: int = argument(Integer(0, 10), "how many bits before a bit are taken as known")


@call("marginals")
class Marginals(OfData):
    """Mean distance of the distributions of the bits of small regions from those of the data; of states from a
    `state`, or from `pauli_shots`, without bias; `kl` of these is of outcomes in their bases.
    """

    data: str = argument(Data(of="strings"), "the data set")

    size: int = argument(Integer(1, 12), "bits of a region: all connected sets on the lattice, or in a row", default=2)
    distance: str = argument(
        Choice(("tv", "kl", "hilbert_schmidt")),
        "sum |p-q| / 2, sum q log(q/p), or sum (p-q)^2",
        default="kl",
    )


@call("mse")
class MSE(OfData):
    """Mean squared error of the probabilities of all strings, those that the data lack included; or of outputs from
    rows of real numbers, of `pairs(...)` where the model has conditions.
    """

    data: str = argument(Data(of="any"), "the data set")
    of: tuple[str, ...] = outputs_of()
    region: tuple[int, ...] | None = region_of()


@call("mmd")
class MMD(OfData):
    """Squared maximum mean discrepancy of the model and the data under a kernel; of outputs, where the data are real
    numbers.
    """

    data: str = argument(Data(of="any"), "the data set")
    kernel: KernelCall = argument(A_KERNEL, "the kernel")
    pauli_words: int | None = pauli_words()
    samples: int | None = samples()
    weight: int | None = weight()
    reach: int | None = reach()
    of: tuple[str, ...] = outputs_of()

    former = FORMER


COSTS = ("fidelity", "superfidelity")
COST_DOC = "of a pair of states, 1 - Tr(rho sigma), the default, or 1 - `superfidelity`"


@call("infidelity")
class Infidelity(OfData):
    """1 - the mean fidelity with the states of the data, row by row; of `pairs(...)` if the model has conditions."""


@call("wasserstein")
class Wasserstein(OfData):
    """Wasserstein distance of the ensembles of model and data: the least mean cost of moving one onto the other; of
    outputs, where the data are real numbers, the least mean Euclidean distance.
    """

    data: str = argument(Data(of="any"), "the data set")
    cost: str | None = argument(Choice(COSTS), COST_DOC, default=None)
    of: tuple[str, ...] = outputs_of()

    @property
    def kernel(self) -> KernelCall:
        """What the cost is 1 minus of."""
        return KERNELS.table[self.cost or COSTS[0]](span=self.span)


@call("free_energy")
class FreeEnergy(ObjectiveCall):
    """Tr(rho H) - S(rho) / beta of the visible state rho, S being its von Neumann entropy in nats: least in the thermal
    state.
    """

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian H, which depends on no input")
    beta: float = argument(POSITIVE, "the inverse temperature")
    entropy: EntropyCall | None = argument(
        AN_ENTROPY, "how S is taken; exactly by default, up to 10 qubits", default=None
    )


@call("energy")
class Energy(ObjectiveCall):
    """Tr(rho H) of the visible state rho: least in the ground state."""

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian H, or a sum of Pauli words, which depends on no input")


@call("entropy")
class Entropy(ObjectiveCall):
    """Entropy of the bits of a region, or of its state, in nats: a term beside others, or with a minus before it."""

    region: tuple[int, ...] = argument(Region(may_be_hidden=True), "some qubits, at most 12")
    kind: str = argument(KINDS, "Shannon, of the bits, or von Neumann", default="classical")


@call("adversarial")
class Adversarial(OfData):
    """How well the model, or its outputs where the data are real numbers, passes for the data with a critic that learns
    to tell them apart.
    """

    data: str = argument(Data(of="any"), "the data set")
    critic: CriticCall = argument(Nested(CRITICS, "mlp([64, 16])"), "what tells what the model gives from the data")
    loss: str = argument(
        Choice(("cross_entropy", "wasserstein")),
        "the critic learns log-odds, and the model -log of the odds that it passes; or the critic learns a function "
        "whose means differ most, its weights held within `clip`",
        default="cross_entropy",
    )
    clip: float = argument(POSITIVE, "beside `loss = wasserstein`, the largest weight of an `mlp`", default=0.1)


OBJECTIVES: Kind[ObjectiveCall] = Kind(
    "objective",
    "objective",
    (
        NLL,
        KL,
        MarkovNLL,
        Marginals,
        MMD,
        Infidelity,
        Wasserstein,
        MSE,
        FreeEnergy,
        Energy,
        Entropy,
        Adversarial,
    ),
)
