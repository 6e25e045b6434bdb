"""The profiles `ionq` and `ionq-mid`: texts that IonQ's own service reads.

`ionq` is also what `qiskit-ionq` and `cirq-ionq` can convert. The two clients have one-qubit gates, `swap` and `cx` in
common. Angles are numbers, and nothing happens to a qubit after its measurement. A global phase is not written: `p` is
`rz`, which all of them have.

`ionq-mid` keeps measurements in the middle and `reset`, and uses qubits again, for the targets of the service that take
that (its API v0.4, jobs of the type `ionq.qasm3.v1`). Branches no target takes, so that what a measured bit decides is
decided by its qubit.
"""

from __future__ import annotations

from dataclasses import replace

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

IONQ_MID = replace(
    IONQ,
    name="ionq-mid",
    summary="for targets of IonQ that measure in the middle: `reset`, qubits that serve again; no branches",
    measures=True,
    resets=True,
    reuse=True,
)
