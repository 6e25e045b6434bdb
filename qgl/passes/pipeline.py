"""The passes in their order. A pass that would change nothing is left out, so that large circuits are walked seldom."""

from __future__ import annotations

from qgl.collector import put_off
from qgl.ir.circuit import Circuit
from qgl.passes.allocation.lifetimes import tighten
from qgl.passes.cancellation import cancel_pairs
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate


def standard(circuit: Circuit, reads_only_bits: bool, keep_channels: bool = False) -> Circuit:
    """An equal circuit of unitary gates with controls, `fresh` and `discard` only, as small as the passes find.

    reads_only_bits: the distribution of the visible bits has to stay, its quantum state need not.
    keep_channels: leave channels without a condition as they are, for methods that act on density matrices.
    """
    return finish(simplify(circuit, reads_only_bits), reads_only_bits, keep_channels)


@put_off()
def simplify(circuit: Circuit, reads_only_bits: bool) -> Circuit:
    """The first half of `standard`, which is the same with and without channels."""
    return drop_dead(cancel_pairs(circuit), reads_only_bits)


@put_off()
def finish(simplified: Circuit, reads_only_bits: bool, keep_channels: bool = False) -> Circuit:
    """The second half of `standard`; `simplified` comes from the first."""
    circuit = defer(simplified if keep_channels else dilate(simplified), reads_only_bits)
    if circuit is not simplified:
        circuit = drop_dead(circuit, reads_only_bits)
    return tighten(circuit)
