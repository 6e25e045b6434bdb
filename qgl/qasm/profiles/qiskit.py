"""The profile `qiskit`: what `qiskit-qasm3-import` reads. Measurement in the middle and branches stay as written."""

from __future__ import annotations

from qgl.qasm.profiles.profile import STDGATES, Profile

QISKIT = Profile(
    name="qiskit",
    summary="for Qiskit: stdgates.inc, measurement in the middle, `if (m[0])`",
    native={**STDGATES, ("u", 0): "U", ("u2", 0): "u2", ("cu", 0): "cu"},
    composites=frozenset(
        {*("sxdg", "iswap", "siswap", "pswap", "rxx", "ryy", "rzz", "rzx", "ecr"), "xx_plus_yy", "xx_minus_yy"}
        | {"su2", "su4", "rot"}
    ),
    include="stdgates.inc",
    measures=True,
    resets=True,
    branches=True,
    modifiers=True,
    readers=("Qiskit prints the outcome with c[0] last, and the bits m, if any, before c.",),
)
