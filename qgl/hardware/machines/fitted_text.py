"""Circuits as texts for one machine: what `qglc emit --target` writes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import NeedsTarget, NoInputs, UnknownProfile
from qgl.diagnostics.targets import TargetNotForProfile
from qgl.expression import Input
from qgl.hardware.machines.from_qiskit import circuit_of, unknown_gates
from qgl.hardware.machines.machine import Fitted, fit
from qgl.hardware.machines.target import resolve
from qgl.ir.circuit import Circuit
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.qasm import PROFILES, emission, emit
from qgl.qasm.profiles.table import able


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

    The profiles `ibm` and `qiskit` are the same text here: one that stands on the machine's qubits. The others have no
    numbered qubits, and nothing that is measured or reset on the way: theirs holds the machine's gates on pairs of
    qubits that are neighbours there, and tells which qubit is which; single qubits are rotated by the profile's gates.

    Raises:
        QglError: QGL1007 no target, QGL1127 the profile cannot say it, QGL1006 an input is open, and what
            `qgl.hardware.machines.target.resolve` and `qgl.hardware.machines.machine.fit` raise.
    """
    if profile not in PROFILES:
        raise QglError([UnknownProfile(None, profile, tuple(PROFILES))])
    if target is None:
        raise QglError([NeedsTarget(None, profile)])
    for name, meaning in emission(circuit, inputs, "qiskit", optimise=optimise).inputs.items():
        places = [circuit.parameters[atom.parameter].span for _, atom in meaning.terms if isinstance(atom, Input)]
        others = able(lambda other: other.inputs is not None)
        raise QglError([NoInputs(places[0] if places else None, profile, name, others)])
    machine = resolve(target)
    if profile in ("ibm", "qiskit"):
        fitted = fit(circuit, inputs, machine, optimise=optimise, reuse=reuse, max_qubits=max_qubits)
        names = [str(circuit.wires[wire]) for wire in circuit.visible]
        order = f"c[k] is bit k of a string: {names[0]}{f' to {names[-1]}' if len(names) > 1 else ''}."
        return fitted.text(None, [*notes, order]), fitted.report()
    if reuse:
        raise QglError([TargetNotForProfile(None, profile, machine.name, "no qubit can be used again")])
    plain = defer(dilate(circuit), reads_only_bits=optimise)
    fitted = fit(plain, inputs, machine, optimise=optimise, reuse=False, max_qubits=max_qubits)
    return _elsewhere(fitted, profile, notes), fitted.report()


def _elsewhere(fitted: Fitted, profile: str, notes: Sequence[str]) -> str:
    """The text of a profile that has no numbered qubits; a comment tells which qubit is which."""
    machine = fitted.machine.name
    circuit = fitted.circuit()
    unknown = unknown_gates(circuit)
    own = None if unknown else circuit_of(circuit, machine)
    for operation in own.operations if own else ():
        controls = len(operation.control_wires)
        if len(operation.wires) > 1 and not PROFILES[profile].takes(operation.name, controls):
            unknown.append(f"{'c' * controls}{operation.name}")
    if own is None or unknown:
        gates = ", ".join(f"`{name}`" for name in dict.fromkeys(unknown))
        raise QglError([TargetNotForProfile(None, profile, machine, f"it has no {gates}")])
    return emit(own, np.zeros(0), profile, reuse=False, notes=[*notes, *fitted.report()])
