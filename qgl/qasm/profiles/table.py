"""All profiles by name."""

from __future__ import annotations

from collections.abc import Callable

from qgl.qasm.profiles.braket import BRAKET
from qgl.qasm.profiles.cirq import CIRQ
from qgl.qasm.profiles.ibm import IBM
from qgl.qasm.profiles.ionq import IONQ, IONQ_MID
from qgl.qasm.profiles.portable import PORTABLE
from qgl.qasm.profiles.profile import Profile
from qgl.qasm.profiles.qiskit import QISKIT

_ALL = (PORTABLE, QISKIT, IBM, BRAKET, CIRQ, IONQ, IONQ_MID)
PROFILES: dict[str, Profile] = {profile.name: profile for profile in _ALL}


def able(can: Callable[[Profile], bool]) -> tuple[str, ...]:
    """Names of the profiles that can do something."""
    return tuple(name for name, profile in PROFILES.items() if can(profile))
