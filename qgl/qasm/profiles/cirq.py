"""The profile `cirq`: what `cirq.contrib.qasm_import` reads.

Cirq knows gates by name, `rxx`, `ryy`, `rzz` and `iswap` among them, up to a global phase; it has no `gphase` and no
modifiers. Its `if` takes one gate and one test, so measurements before the end that the program asks for are deferred.
Cirq reads inputs since version 1.7.
"""

from __future__ import annotations

from qgl.qasm.profiles.profile import STDGATES, Profile

_OTHERS = ("sxdg", "u", "iswap", "rxx", "ryy", "rzz")

CIRQ = Profile(
    name="cirq",
    summary="for Cirq 1.6 and later: stdgates.inc, no global phase; measurements before the end are deferred",
    native={**STDGATES, **{(name, 0): name for name in _OTHERS}},
    include="stdgates.inc",
    measures=True,
    resets=True,
    gphase=False,
    readers=("Cirq measures c[k] under the key c_k.",),
)
