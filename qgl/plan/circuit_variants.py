"""What methods are prepared for: a circuit, and what the passes make of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_channel
from qgl.passes.pipeline import finish, simplify
from qgl.plan.pauli_flips import Carried, carry
from qgl.program.rolled import patterns


@dataclass(frozen=True, eq=False)
class CircuitVariants:
    """A circuit that is asked something.

    circuit    as it was checked, cut down to what the queries look at, before any pass
    bits_only  phases of the visible state do not matter
    """

    circuit: Circuit
    bits_only: bool

    @cached_property
    def pure(self) -> Circuit:
        """The circuit after all passes: unitary gates with controls, `fresh` and `discard`."""
        return finish(self._simplified, self.bits_only)

    @cached_property
    def mixed(self) -> Circuit:
        """The same with unconditional channels, resets and measurements left as they are."""
        if not any(map(is_channel, patterns(self._simplified.operations))):
            return self.pure
        return finish(self._simplified, self.bits_only, keep_channels=True)

    @cached_property
    def carried(self) -> Carried:
        """`pure` without its flips, and these, which flip bits at its end: the same distribution of bits."""
        return carry(self.pure)

    @cached_property
    def _simplified(self) -> Circuit:
        return simplify(self.circuit, self.bits_only)

    @property
    def width(self) -> int:
        """Number of visible qubits."""
        return len(self.circuit.visible)
