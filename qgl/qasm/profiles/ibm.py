"""The profile `ibm`: circuits that are fitted to a machine of IBM, on its own qubits (`$4`) and by its own gates.

The text is written by Qiskit's transpiler and exporter, see `qgl.hardware.machines.machine`. An `if` inside an `if` is
made flat. Angles are numbers, and a global phase is not written.
"""

from __future__ import annotations

from dataclasses import replace

from qgl.qasm.profiles.qiskit import QISKIT

IBM = replace(
    QISKIT,
    name="ibm",
    summary="for a machine of IBM, fitted to it: `--target` says to which one",
    gphase=False,
    inputs=None,
    machine=True,
    readers=("Bit k of the register c is bit k of a string.",),
)
