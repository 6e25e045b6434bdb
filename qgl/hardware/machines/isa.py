"""Fitted circuits as text: OpenQASM 3 on a machine's own qubits, `$4`, by its own gates. The profile `ibm`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def isa_text(circuit: Any, notes: Sequence[str]) -> str:
    """OpenQASM 3 of a transpiled `QuantumCircuit` without open parameters.

    Gates that `stdgates.inc` does not have are defined at the head, for readers that know no machine. The global phase
    is left out: no machine has one. `notes` become lines of comment.
    """
    from qiskit import qasm3

    plain = circuit.copy()
    plain.global_phase = 0.0
    text: str = qasm3.dumps(plain)
    version, _, rest = text.partition("\n")
    lines = [version, *(f"// {note}" for note in ("Written by qgl, profile ibm.", *notes))]
    return "\n".join(lines) + "\n" + rest


def load_isa(text: str) -> Any:
    """The `QuantumCircuit` of such a text. Gates that the text defines are the library's own gates of that name."""
    import qiskit_qasm3_import

    return standard(qiskit_qasm3_import.parse(text))


def standard(circuit: Any) -> Any:
    """The circuit with the library's own gates where a text has defined gates of their names.

    A gate that a text defines is another one to Qiskit, even where a machine has one of that name: it would pass
    through the transpiler as it is, and be written under a name of its own.
    """
    from qiskit.circuit.library import get_standard_gate_name_mapping

    gates = get_standard_gate_name_mapping()
    new = circuit.copy_empty_like()
    for instruction in circuit.data:
        operation = instruction.operation
        if operation.name == "if_else":
            operation = operation.replace_blocks([standard(block) for block in operation.blocks])
        elif operation.name in gates and operation.name not in ("measure", "reset", "delay"):
            operation = type(gates[operation.name])(*operation.params)
        new._append(instruction.replace(operation=operation))
    return new
