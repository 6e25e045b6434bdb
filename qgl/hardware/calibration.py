"""The circuits that tell how a machine reads its qubits: what a text measures, prepared in 0 or in 1.

A qubit that is read out several times is reset and prepared anew each time, as it was in the text. Measurements on the
way, into other bits than those of the output, are left out: what they decide is part of the circuit.
"""

from __future__ import annotations

import re

import numpy as np

from qgl.diagnostics.jobs import CannotMitigate
from qgl.diagnostics.model import QglError
from qgl.hardware.engines.qiskit_counts import OUTPUT, outputs_of
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.singles import Part, single, singles
from qgl.hardware.machines.target import Machine

_HEAD = re.compile(r"\s*(OPENQASM|include|qubit|bit|#pragma)")
_OUTPUT = re.compile(rf"\s*{OUTPUT}(?:\[\d+\])?\s*=\s*measure\s+([^;]+?)\s*;")
_QUBITS = re.compile(r"\s*qubit\[(\d+)\]\s+(\w+)\s*;")
_FLIP = np.array([[0.0, 1.0], [1.0, 0.0]], dtype=np.complex128)


def calibration(text: str, bit: int, machine: Machine | None = None) -> str:
    """The text that reads the output of `text`, from the same qubits into the same bits, with all prepared in `bit`.

    Args:
        text: OpenQASM 3, of any profile where there is no machine.
        bit: 0 or 1.
        machine: whose own qubits and gates the text is of; None: the reader of the text has `x` and `reset`.

    Raises:
        QglError: QGL1151, the machine has no gates that prepare a qubit in 1.
    """
    note = f"// Readout: what is measured of qubits in {bit}."
    version, _, rest = (_as_text(text, bit) if machine is None else _on_machine(text, bit, machine)).partition("\n")
    return f"{version}\n{note}\n{rest}"


def _as_text(text: str, bit: int) -> str:
    lines = text.split("\n")
    sizes = {found[2]: int(found[1]) for found in map(_QUBITS.match, lines) if found}
    body: list[str] = []
    read: set[str] = set()
    for found in filter(None, map(_OUTPUT.match, lines)):
        size = sizes.get(found[1])
        qubits = [found[1]] if size is None else [f"{found[1]}[{k}]" for k in range(size)]
        body += [f"reset {qubit};" for qubit in qubits if qubit in read]
        body += [f"x {qubit};" for qubit in qubits if bit]
        body.append(found[0].strip())
        read.update(qubits)
    return "\n".join([*filter(_HEAD.match, lines), *body]) + "\n"


def _on_machine(text: str, bit: int, machine: Machine) -> str:
    from qiskit import qasm3

    circuit = load_isa(text)
    whole = circuit.copy_empty_like()
    outputs = {circuit.clbits[place] for place in outputs_of(circuit)}
    read: set[int] = set()
    for step in circuit.data:
        if step.operation.name != "measure" or step.clbits[0] not in outputs:
            continue
        qubit = circuit.find_bit(step.qubits[0]).index
        if qubit in read:
            whole.reset(qubit)
        for operation, _ in _flip(machine, qubit) if bit else ():
            whole.append(operation, [qubit])
        whole.append(step)
        read.add(qubit)
    return str(qasm3.dumps(whole))


def _flip(machine: Machine, qubit: int) -> tuple[Part, ...]:
    """From 0 to 1, by one gate if the machine has `x`."""
    from qiskit.circuit.library import XGate

    names = tuple(singles(machine.target, qubit))
    parts: tuple[Part, ...] | None = ((XGate(), (0,)),) if "x" in names else single(_FLIP, names, 0)
    if parts is None:
        reason = f"`{machine.name}` has no gates that prepare a qubit in 1"
        raise QglError([CannotMitigate(None, machine.name, "mitigation of readout", reason)])
    return parts
