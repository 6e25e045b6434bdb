"""The profile `braket`: gates by Amazon Braket's own names.

Braket's local simulators up to 1.41 at least miscompute `ctrl @` between some qubits, and the state-vector one also
`reset`. So the text uses neither: controls come down to `cnot`, `cz` and `cphaseshift`, and each wire
has its own qubit.
"""

from __future__ import annotations

from qgl.qasm.profiles.profile import Profile

_NAMES = {
    "i": ("id", 0),
    "x": ("x", 0),
    "y": ("y", 0),
    "z": ("z", 0),
    "h": ("h", 0),
    "s": ("s", 0),
    "si": ("sdg", 0),
    "t": ("t", 0),
    "ti": ("tdg", 0),
    "v": ("sx", 0),
    "vi": ("sxdg", 0),
    "rx": ("rx", 0),
    "ry": ("ry", 0),
    "rz": ("rz", 0),
    "phaseshift": ("p", 0),
    "U": ("u", 0),
    "swap": ("swap", 0),
    "iswap": ("iswap", 0),
    "xx": ("rxx", 0),
    "yy": ("ryy", 0),
    "zz": ("rzz", 0),
    "ecr": ("ecr", 0),
    "pswap": ("pswap", 0),
    "cnot": ("x", 1),
    "cv": ("sx", 1),
    "cy": ("y", 1),
    "cz": ("z", 1),
    "cphaseshift": ("p", 1),
    "ccnot": ("x", 2),
    "cswap": ("swap", 1),
}
_FUNCTIONS = {
    "power": "**",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
}

BRAKET = Profile(
    name="braket",
    summary="for Amazon Braket: its own gate names, no `ctrl @`; measurements before the end are deferred",
    native={key: name for name, key in _NAMES.items()},
    functions=_FUNCTIONS,
    own_register=True,
    reuse=False,
    readers=("Braket shows the measured qubits in the order of q.",),
)
