"""What can be wrong with ground states, layers that are searched and probes of many-body states (QGL075x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from qgl.diagnostics.model import Diagnostic

_ISING = """\
lattice chain = line(4);
visible v on chain;
hamiltonian ising = sum((a, b) in edges(chain): -Z[a] * Z[b]) - sum(a in chain: {field} * X[a]);
data target = ground_state(ising);
model {{ ry(?) v; }}
objective nll(target);
"""


@dataclass(frozen=True)
class DegenerateGroundState(Diagnostic):
    """A Hamiltonian has several states of lowest energy, so that its ground state is not one law of bits."""

    energy: float
    count: int | None  # None: two or more

    code: ClassVar[str] = "QGL0750"
    wrong: ClassVar[str] = _ISING.format(field="0")
    right: ClassVar[str] = _ISING.format(field="0.5")

    @property
    def message(self) -> str:
        states = "several states" if self.count is None else f"{self.count} states"
        return f"this Hamiltonian has {states} of its lowest energy {self.energy:.6g}"

    @property
    def help(self) -> str:
        return "add a small field that tells them apart; a qubit that no term acts on doubles every level"
