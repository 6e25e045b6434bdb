"""Circuits as OpenQASM 3: `emit(circuit, inputs, profile)`. A profile is what one group of readers takes."""

from qgl.qasm.emit import Emission, emission, emit
from qgl.qasm.profiles.table import PROFILES
from qgl.qasm.slices import sliced

__all__ = ["PROFILES", "Emission", "emission", "emit", "sliced"]
