"""What can be wrong with ground states, layers that are searched and probes of many-body states (QGL075x)."""

from __future__ import annotations

from qgl.diagnostics.model import Diagnostic, says

_ISING = """\
lattice chain = line(4);
visible v on chain;
hamiltonian ising = sum((a, b) in edges(chain): -Z[a] * Z[b]) - sum(a in chain: {field} * X[a]);
data target = ground_state(ising);
model {{ ry(?) v; }}
objective nll(target);
"""


_THERMAL = """\
lattice chain = line(16);
visible v on chain = mixed;
hamiltonian ising = sum((a, b) in edges(chain): -Z[a] * Z[b]) - sum(a in chain: X[a]);
model {{ ry(?) v; }}
objective free_energy(ising, beta = 1{entropy});
"""


class DegenerateGroundState(Diagnostic):
    """A Hamiltonian has several states of lowest energy, so that its ground state is not one distribution of bits."""

    energy: float
    count: int | None  # None: two or more

    code = "QGL0750"
    wrong = _ISING.format(field="0")
    right = _ISING.format(field="0.5")

    @property
    def message(self) -> str:
        states = "several states" if self.count is None else f"{self.count} states"
        return f"this Hamiltonian has {states} of its lowest energy {self.energy:.6g}"

    help = "add a small field that tells them apart; a qubit that no term acts on doubles every level"


def _searched(body: str, settings: str = "", declared: str = "layers, v", distribution: str = "random f") -> str:
    return f"""\
const layers = 3;
visible v[2];
data target = parity(2);
{distribution}[{declared}] ~ uniform(-1, 1);
model {{ repeat layers as k {{ {body} cz v[0], v[1]; }} }}
objective nll(target);
train {{ strategy layerwise_search(draws = 8); {settings} }}
"""


_LAYERS = _searched("ry(f[k]) v;")


class NotInLayers(Diagnostic):
    """`layerwise_search` draws the `random` inputs of one layer after another: their first index counts the layers.

    All that reads layer 0 stands before what reads layer 1, and so on, so that the circuit can be cut in between.
    """

    text: str

    code = "QGL0751"
    wrong = _searched("ry(f[layers - 1 - k]) v;")
    right = _LAYERS

    message = says("the model cannot be searched layer by layer: {text}")
    help = "declare `random f[layers, ...] ~ ...;` and read `f[k, ...]` in turn k of `repeat layers as k { ... }`"


class StepsBeyondLayers(Diagnostic):
    """A step of `layerwise_search` is a layer, so that there are as many steps as layers at most; that is the default.

    With fewer steps, the layers that are not reached keep the numbers that they were drawn with at the start.
    """

    steps: int
    layers: int

    code = "QGL0752"
    wrong = _searched("ry(f[k]) v;", "steps 4;")
    right = _LAYERS

    message = says("a step of `layerwise_search` is a layer: {steps} steps are more than the {layers} layers")
    help = "leave `steps` out"


class StopsBeforeLayers(Diagnostic):
    """`layerwise_search` ends with the last layer: if it stopped before, the others would be as they were drawn."""

    code = "QGL0753"
    wrong = _searched("ry(f[k]) v;", "stop target(0.1);")
    right = _LAYERS

    message = "a search by layers goes on to the last layer, and takes no stopping rule"
    help = "leave it out; for a circuit of fewer layers, lower the number of layers"


_HIDDEN = """\
visible v[2] = "01";
hidden m;
model {{ h v; cx v[0], m; }}
report {};
"""


class HiddenBits(Diagnostic):
    """Hidden qubits have no bits. A report may look at their quantum state, as `entropy(m, kind = quantum)` does."""

    code = "QGL0754"
    wrong = _HIDDEN.format("entropy([v[0], m])")
    right = _HIDDEN.format("entropy([v[0], m], kind = quantum)")

    message = "hidden qubits are never read, and have no distribution of bits"
    help = "ask for the entropy of their state: `kind = quantum`"


class NoBasisStart(Diagnostic):
    """`hamming_distance` compares with the bits of the start: a register starts in `zero`, `one`, `neel` or a
    string.
    """

    code = "QGL0755"
    wrong = _HIDDEN.format("hamming_distance").replace('"01"', "plus")
    right = _HIDDEN.format("hamming_distance")

    message = "the registers do not start in a basis state, from which a Hamming distance could be taken"


class TooWideForEntropy(Diagnostic):
    """The entropy in a free energy is taken of the eigenvalues of the visible state, a matrix of 2^n rows.

    Of wide registers it is put together from that of neighbouring qubits: `entropy = markov(radius = 2)`. By strong
    subadditivity this is at least the entropy, so that the free energy comes out too small, less so at a larger radius.
    """

    width: int
    limit: int

    code = "QGL0756"
    wrong = _THERMAL.format(entropy="")
    right = _THERMAL.format(entropy=", entropy = markov(radius = 2)")

    message = says("the entropy of a state of {width} qubits has no exact value here; it goes up to {limit} qubits")
    help = "add `entropy = markov(radius = 2)`: the entropy of neighbours, as many as you like of them"
