"""The profile `cirq`: what `cirq.contrib.qasm_import` reads.

Cirq knows gates by name, `rxx`, `ryy`, `rzz` and `iswap` among them, up to a global phase; it has no `gphase` and no
modifiers. Its `if` takes one gate and one test, so measurements before the end that the program asks for are deferred.
Cirq reads inputs since version 1.7.
"""

from __future__ import annotations

from qgl.qasm.profile import Profile

_PLAIN = ("id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg", "rx", "ry", "rz", "p", "u")
_PAIRS = ("swap", "iswap", "rxx", "ryy", "rzz")
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

CIRQ = Profile(
    name="cirq",
    summary="for Cirq 1.6 and later: stdgates.inc, no global phase; measurements before the end are deferred",
    native={
        **{(name, 0): name for name in (*_PLAIN, *_PAIRS)},
        **{key: name for name, key in _CONTROLLED.items()},
    },
    include="stdgates.inc",
    measures=True,
    resets=True,
    gphase=False,
    readers=("Cirq measures c[k] under the key c_k.",),
)
