"""Kernels of the maximum mean discrepancy: mixtures of Gaussians of the distance of two strings."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from qgl.program.calls.arguments import POSITIVES, Choice, Integer
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record


@record
class KernelCall(Call):
    """A call of a kernel."""

    @property
    def variances(self) -> tuple[float, ...]:
        """Those of the Gaussians that it is made of."""
        raise NotImplementedError

    @property
    def summed(self) -> bool:
        """Whether these are added up; else their mean is taken."""
        raise NotImplementedError

    @property
    def weight(self) -> float:
        """Of each of them."""
        return 1.0 if self.summed else 1.0 / len(self.variances)

    @property
    def total(self) -> float:
        """k(x, x)."""
        return float(len(self.variances)) if self.summed else 1.0

    @property
    def of_integers(self) -> bool:
        """Whether it is a function of the difference of whole numbers, or of several."""
        return False

    @property
    def of_states(self) -> bool:
        """Whether it is a function of two quantum states rather than of two strings."""
        return False


def _combine() -> str:
    doc = "how kernels of several widths are joined"
    return argument(Choice(("mean", "sum")), doc, default="mean", kw_only=True)


@call("gaussian")
class Gaussian(KernelCall):
    """exp(-d^2 / (2 variance)), d being the distance of two strings; variance = sigma^2."""

    one_of: ClassVar[tuple[str, ...]] = ("variance", "sigma")
    variance: tuple[float, ...] | None = argument(POSITIVES, "one variance or several", default=None, kw_only=True)
    sigma: tuple[float, ...] | None = argument(
        POSITIVES, "one standard deviation or several", default=None, kw_only=True
    )
    combine: str = _combine()
    of: str = argument(
        Choice(("bits", "integer", "variable")),
        "what d is the distance of: bit strings, d^2 being the number of bits that differ; the strings as whole "
        "numbers, first bit most significant, d being their difference; or rows of one such number for each variable",
        default="bits",
        kw_only=True,
    )
    widths: tuple[int, ...] = field(default=(), kw_only=True)  # bits of each variable, which the checker puts here

    @property
    def variances(self) -> tuple[float, ...]:
        return self.variance or tuple(sigma * sigma for sigma in self.sigma or ())

    @property
    def summed(self) -> bool:
        return self.combine == "sum"

    @property
    def of_integers(self) -> bool:
        return self.of != "bits"


@call("hamming")
class Hamming(KernelCall):
    """exp(-H / (2 sigma^2)), H being the Hamming distance."""

    sigma: tuple[float, ...] = argument(POSITIVES, "one width or several")
    combine: str = _combine()

    @property
    def variances(self) -> tuple[float, ...]:
        return tuple(sigma * sigma for sigma in self.sigma)

    @property
    def summed(self) -> bool:
        return self.combine == "sum"


@call("fidelity")
class Fidelity(KernelCall):
    """Tr(rho sigma)^power of two states of the ensembles of model and data: of pure states |<psi|phi>|^(2 power)."""

    power: int = argument(Integer(1, 8), "1: ensembles of one mean state are alike; 2: second moments too", default=1)

    @property
    def of_states(self) -> bool:
        return True


@call("superfidelity")
class Superfidelity(KernelCall):
    """Tr(rho sigma) + sqrt((1 - Tr rho^2) (1 - Tr sigma^2)) of two states: 1 of a state and itself, mixed ones too."""

    @property
    def of_states(self) -> bool:
        return True


KERNELS: Kind[KernelCall] = Kind("kernel", "kernel", (Gaussian, Hamming, Fidelity, Superfidelity))
