"""The profile `ionq`: one text that IonQ's own service reads, and what `qiskit-ionq` and `cirq-ionq` can convert.

The two clients have one-qubit gates, `swap` and `cx` in common. Angles are numbers, and nothing happens to a qubit
after its measurement. A global phase is not written: `p` is `rz`, which all of them have.
"""

from __future__ import annotations

from qgl.qasm.profiles.profile import Profile

_PLAIN = ("x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "rx", "ry", "rz", "swap")

IONQ = Profile(
    name="ionq",
    summary="for IonQ: gates that its clients share, angles bound; measurements before the end are deferred",
    native={**{(name, 0): name for name in _PLAIN}, ("p", 0): "rz", ("x", 1): "cx"},
    include="stdgates.inc",
    gphase=False,
    inputs=None,
    reuse=False,
    readers=("Bit k of the register c is bit k of a string.",),
)
