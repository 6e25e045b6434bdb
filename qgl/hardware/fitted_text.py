"""Circuits as texts for one machine: what `qglc emit --target` writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import NeedsTarget, NoInputs, UnknownProfile
from qgl.diagnostics.targets import TargetNotForProfile
from qgl.expression import Input
from qgl.hardware.machine import fit
from qgl.hardware.target import resolve
from qgl.ir.circuit import Circuit
from qgl.qasm import PROFILES, emission
from qgl.qasm.profiles import able


def fitted_text(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    profile: str,
    target: str | None,
    *,
    optimise: bool = True,
    reuse: bool | None = None,
    max_qubits: int | None = None,
    notes: Sequence[str] = (),
) -> tuple[str, list[str]]:
    """OpenQASM 3 of a circuit on a machine, and lines for people on what it will take there.

    The profiles `ibm` and `qiskit` are the same text here: one that stands on the machine's qubits.

    Raises:
        QglError: QGL1007 no target, QGL1127 the profile cannot say it, QGL1006 an input is open, and what
            `qgl.hardware.target.resolve` and `qgl.hardware.machine.fit` raise.
    """
    if profile not in PROFILES:
        raise QglError([UnknownProfile(None, profile, tuple(PROFILES))])
    if target is None:
        raise QglError([NeedsTarget(None, profile)])
    if profile not in ("ibm", "qiskit"):
        reason = "its readers place circuits on machines themselves"
        raise QglError([TargetNotForProfile(None, profile, target, reason)])
    for name, meaning in emission(circuit, inputs, "qiskit", optimise=optimise).inputs.items():
        places = [circuit.parameters[atom.parameter].span for _, atom in meaning.terms if isinstance(atom, Input)]
        others = able(lambda other: other.inputs is not None)
        raise QglError([NoInputs(places[0] if places else None, profile, name, others)])
    fitted = fit(circuit, inputs, resolve(target), optimise=optimise, reuse=reuse, max_qubits=max_qubits)
    names = [str(circuit.wires[wire]) for wire in circuit.visible]
    order = f"c[k] is bit k of a string: {names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}."
    return fitted.text(None, [*notes, order]), fitted.report()
