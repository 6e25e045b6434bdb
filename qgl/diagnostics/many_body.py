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


def _searched(body: str, settings: str = "", declared: str = "layers, v", law: str = "random f") -> str:
    return f"""\
const layers = 3;
visible v[2];
data target = parity(2);
{law}[{declared}] ~ uniform(-1, 1);
model {{ repeat layers as k {{ {body} cz v[0], v[1]; }} }}
objective nll(target);
train {{ strategy layerwise_search(draws = 8); {settings} }}
"""


_LAYERS = _searched("ry(f[k]) v;")


@dataclass(frozen=True)
class NotInLayers(Diagnostic):
    """`layerwise_search` draws the `random` inputs of one layer after another: their first index counts the layers.

    All that reads layer 0 stands before what reads layer 1, and so on, so that the circuit can be cut in between.
    """

    text: str

    code: ClassVar[str] = "QGL0751"
    wrong: ClassVar[str] = _searched("ry(f[layers - 1 - k]) v;")
    right: ClassVar[str] = _LAYERS

    @property
    def message(self) -> str:
        return f"the model cannot be searched layer by layer: {self.text}"

    @property
    def help(self) -> str:
        return "declare `random f[layers, ...] ~ ...;` and read `f[k, ...]` in turn k of `repeat layers as k { ... }`"


@dataclass(frozen=True)
class StepsBeyondLayers(Diagnostic):
    """A step of `layerwise_search` is a layer, so that there are as many steps as layers at most; that is the default.

    With fewer steps, the layers that are not reached keep the numbers that they were drawn with at the start.
    """

    steps: int
    layers: int

    code: ClassVar[str] = "QGL0752"
    wrong: ClassVar[str] = _searched("ry(f[k]) v;", "steps 4;")
    right: ClassVar[str] = _LAYERS

    @property
    def message(self) -> str:
        return f"a step of `layerwise_search` is a layer: {self.steps} steps are more than the {self.layers} layers"

    @property
    def help(self) -> str:
        return "leave `steps` out"


@dataclass(frozen=True)
class StopsBeforeLayers(Diagnostic):
    """`layerwise_search` ends with the last layer: if it stopped before, the others would be as they were drawn."""

    code: ClassVar[str] = "QGL0753"
    wrong: ClassVar[str] = _searched("ry(f[k]) v;", "stop target(0.1);")
    right: ClassVar[str] = _LAYERS

    @property
    def message(self) -> str:
        return "a search by layers goes on to the last layer, and takes no stopping rule"

    @property
    def help(self) -> str:
        return "leave it out; for a circuit of fewer layers, lower the number of layers"


_HIDDEN = """\
visible v[2] = "01";
hidden m;
model {{ h v; cx v[0], m; }}
report {};
"""


@dataclass(frozen=True)
class HiddenBits(Diagnostic):
    """Hidden qubits have no bits. A report may look at their quantum state, as `entropy(m, kind = quantum)` does."""

    code: ClassVar[str] = "QGL0754"
    wrong: ClassVar[str] = _HIDDEN.format("entropy([v[0], m])")
    right: ClassVar[str] = _HIDDEN.format("entropy([v[0], m], kind = quantum)")

    @property
    def message(self) -> str:
        return "hidden qubits are never read, and have no law of bits"

    @property
    def help(self) -> str:
        return "ask for the entropy of their state: `kind = quantum`"


@dataclass(frozen=True)
class NoBasisStart(Diagnostic):
    """`hamming_distance` compares with the bits of the start: a register starts in `zero`, `one`, `neel` or a
    string.
    """

    code: ClassVar[str] = "QGL0755"
    wrong: ClassVar[str] = _HIDDEN.format("hamming_distance").replace('"01"', "plus")
    right: ClassVar[str] = _HIDDEN.format("hamming_distance")

    @property
    def message(self) -> str:
        return "the registers do not start in a basis state, from which a Hamming distance could be taken"
