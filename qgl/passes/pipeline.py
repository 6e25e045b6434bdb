"""The passes in their order."""

from __future__ import annotations

from collections.abc import Callable

from qgl.collector import put_off
from qgl.ir.circuit import Circuit
from qgl.passes.cancellation import cancel_pairs
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.passes.lifetimes import tighten

Pass = Callable[[Circuit, bool], Circuit]  # the flag says that only bits of the visible register are asked for

PASSES: tuple[tuple[str, Pass], ...] = (
    ("cancel inverse pairs", lambda circuit, _: cancel_pairs(circuit)),
    ("drop dead operations", drop_dead),
    ("dilate channels", lambda circuit, _: dilate(circuit)),
    ("defer measurements", defer),
    ("drop dead operations", drop_dead),
    ("tighten lifetimes", lambda circuit, _: tighten(circuit)),
)


@put_off()
def standard(circuit: Circuit, reads_only_bits: bool, keep_channels: bool = False) -> Circuit:
    """An equal circuit of unitary gates with controls, `fresh` and `discard` only, as small as the passes find.

    reads_only_bits: the distribution of the visible bits has to stay, its quantum state need not.
    keep_channels: leave channels without a condition as they are, for methods that act on density matrices.
    """
    for name, change in PASSES:
        if not (keep_channels and name == "dilate channels"):
            circuit = change(circuit, reads_only_bits)
    return circuit
