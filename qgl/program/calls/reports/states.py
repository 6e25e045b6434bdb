"""Reports on the quantum state, and on ensembles of states."""

from __future__ import annotations

from typing import ClassVar

from qgl.program.calls import objectives
from qgl.program.calls.arguments import POSITIVE, BitString, Choice, Data, Region
from qgl.program.calls.call import argument, call
from qgl.program.calls.entropies import EntropyCall
from qgl.program.calls.operators import Spins, SpinTerms
from qgl.program.calls.reports.report import ReportCall


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
