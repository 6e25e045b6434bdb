"""All profiles by name."""

from __future__ import annotations

from collections.abc import Callable

from qgl.qasm.braket import BRAKET
from qgl.qasm.cirq import CIRQ
from qgl.qasm.ibm import IBM
from qgl.qasm.ionq import IONQ
from qgl.qasm.portable import PORTABLE
from qgl.qasm.profile import Profile
from qgl.qasm.qiskit import QISKIT

PROFILES: dict[str, Profile] = {profile.name: profile for profile in (PORTABLE, QISKIT, IBM, BRAKET, CIRQ, IONQ)}


def able(can: Callable[[Profile], bool]) -> tuple[str, ...]:
    """Names of the profiles that can do something."""
    return tuple(name for name, profile in PROFILES.items() if can(profile))
