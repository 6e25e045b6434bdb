"""What can be wrong with kernels and with laws of whole numbers (QGL0620 to QGL0629)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic

_MIXED = "data peaks = mixture(bits = 3, means = [2, 5], deviations = [1, 1]);\nvisible v[3];\nmodel { ry(?) v; }\n"
_KERNEL = "gaussian(variance = 4, of = integer)"


@dataclass(frozen=True)
class WordsOfIntegers(Diagnostic):
    """A kernel of whole numbers is asked for a discrepancy by words of Z.

    A kernel of bits is a sum over words with weights that are not negative, so that words can be drawn from it. A
    function of the difference of two whole numbers is no such sum: its discrepancy is taken exactly, or from `samples`.
    """

    argument: str

    code: ClassVar[str] = "QGL0620"
    wrong: ClassVar[str] = f"{_MIXED}objective mmd(peaks, {_KERNEL}, words = 100);\n"
    right: ClassVar[str] = f"{_MIXED}objective mmd(peaks, {_KERNEL});\n"

    @property
    def message(self) -> str:
        return f"`{self.argument}` is for kernels of bits, and this kernel is one of whole numbers"

    @property
    def help(self) -> str:
        return f"leave `{self.argument}` out: the discrepancy is then exact, up to 24 bits"


@dataclass(frozen=True)
class UnevenMixture(Diagnostic):
    """A mixture of normal laws has as many deviations and weights as means, or one deviation for all."""

    argument: str
    count: int
    means: int

    code: ClassVar[str] = "QGL0621"
    wrong: ClassVar[str] = (
        "data peaks = mixture(bits = 3, means = [2, 5], deviations = [1, 1, 2]);\n"
        "visible v[3];\nmodel { ry(?) v; }\nobjective nll(peaks);\n"
    )
    right: ClassVar[str] = f"{_MIXED}objective nll(peaks);\n"

    @property
    def message(self) -> str:
        return f"{self.count} `{self.argument}` for {self.means} `means`"

    @property
    def help(self) -> str:
        return f"give as many `{self.argument}` as means" + (", or one" * (self.argument == "deviations"))
