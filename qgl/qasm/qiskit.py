"""The profile `qiskit`: what `qiskit-qasm3-import` reads. Measurement in the middle and branches stay as written."""

from __future__ import annotations

from qgl.qasm.profile import Profile

_STANDARD = ("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "p", "swap")
_CONTROLLED = {
    "cx": ("x", 1),
    "cy": ("y", 1),
    "cz": ("z", 1),
    "ch": ("h", 1),
    "cp": ("p", 1),
    "crx": ("rx", 1),
    "cry": ("ry", 1),
    "crz": ("rz", 1),
    "ccx": ("x", 2),
    "cswap": ("swap", 1),
}

QISKIT = Profile(
    name="qiskit",
    summary="for Qiskit: stdgates.inc, measurement in the middle, `if (m[0])`",
    native={
        **{(name, 0): name for name in _STANDARD},
        **{key: name for name, key in _CONTROLLED.items()},
        ("u", 0): "U",
    },
    composites=frozenset({"sxdg", "iswap", "rxx", "ryy", "rzz", "rzx", "su2", "su4"}),
    include="stdgates.inc",
    measures=True,
    resets=True,
    branches=True,
    modifiers=True,
    readers=("Qiskit prints the outcome with c[0] last, and the bits m, if any, before c.",),
)
