"""Gates by the names that Qiskit, PennyLane, Cirq and Braket have for them, in lower case."""

from __future__ import annotations

_NAMES = {
    "x": "not paulix",
    "y": "pauliy",
    "z": "pauliz",
    "id": "identity",
    "h": "hadamard",
    "sdg": "si",
    "tdg": "ti",
    "sx": "v",
    "sxdg": "vi",
    "p": "phase phaseshift u1",
    "u": "u3",
    "cx": "cnot",
    "cp": "cphase cphaseshift controlledphaseshift cu1",
    "ccx": "ccnot toffoli",
    "cswap": "fredkin",
    "rxx": "isingxx",
    "ryy": "isingyy",
    "rzz": "isingzz",
    "ctrl s": "cs",
    "ctrl sdg": "csdg",
    "ctrl sx": "csx cv",
    "ctrl u": "cu3",
    "ctrl rot": "crot",
}
ALIASES = {name: ours for ours, names in _NAMES.items() for name in names.split()}
