"""What is known of kernels before anything is computed: what they measure the distance of."""

from __future__ import annotations

from qgl.check.calls.arguments import Choice
from qgl.check.calls.signature_types import optional
from qgl.diagnostics.kernels import WordsOfIntegers
from qgl.diagnostics.model import Diagnostic
from qgl.program.program import CallSpec

OF = optional(
    "of",
    Choice(("bits", "integer")),
    "bits",
    "what d is the distance of: bit strings, d^2 being the number of bits that differ; or the strings as whole "
    "numbers, first bit most significant, d being their difference",
    keyword_only=True,
)


def of_integers(kernel: CallSpec) -> bool:
    """Whether a kernel is a function of the difference of whole numbers."""
    return kernel.arguments.get("of") == "integer"


def kernel_faults(call: CallSpec) -> list[Diagnostic]:
    """Why an `mmd` cannot be taken with the kernel that it names."""
    kernel = call.arguments["kernel"]
    if kernel is None or not of_integers(kernel):
        return []
    return [WordsOfIntegers(call.span, name) for name in ("words", "weight") if call.arguments[name] is not None]
