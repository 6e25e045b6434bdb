"""Distances of the model's distribution from that of data, and what is counted of its strings."""

from __future__ import annotations

from qgl.program.calls import objectives
from qgl.program.calls.arguments import Choice, Data, Flag, Integer
from qgl.program.calls.call import argument, call
from qgl.program.calls.kernels import KERNELS, KernelCall
from qgl.program.calls.reports.report import OfData


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

    Of states from a `state`, or from `pauli_shots`, without bias; else of bits. `kl` is that of `marginals`.
    """

    data: str | None = argument(Data(of="strings"), "the data set; the objective's by default", default=None)
    size: int = argument(Integer(1, 12), "bits of a region: all connected sets on the lattice, or in a row", default=2)
    distance: str = argument(
        Choice(("tv", "kl", "hilbert_schmidt")),
        "sum |p-q| / 2, of states the trace distance; sum q log(q/p); or sum (p-q)^2; `pauli_shots` have no `tv`",
        default="tv",
    )
    maps: bool = argument(
        Flag(),
        "in place of sets of `size`, what each isometry acts on, with the isometries before it that it joins",
        default=False,
    )


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
