"""A fitted circuit as one of ours again, so that profiles without numbered qubits can write it too."""

from __future__ import annotations

from typing import Any

from qgl.expression import Real
from qgl.ir.circuit import Circuit
from qgl.program.operations import Operation, gate
from qgl.program.program import Wire
from qgl.qasm.profiles.qiskit import QISKIT
from qgl.source import Source, Span

_GATES = (
    {name: key for key, name in QISKIT.native.items()}
    | {name: (name, 0) for name in QISKIT.composites}
    | {"u": ("u", 0)}
)


def unknown_gates(circuit: Any) -> list[str]:
    """Names of the operations of a `QuantumCircuit` that `circuit_of` does not know."""
    return sorted({i.operation.name for i in circuit.data} - {*_GATES, "measure", "barrier"})


def circuit_of(circuit: Any, machine: str) -> Circuit:
    """A transpiled `QuantumCircuit` of gates and a last measurement into the register `c`.

    Visible wire k is the qubit that is measured into c[k]. Wires are named by the machine's qubits: `$[4]`.
    """
    span = Span(Source(machine, "fitted by Qiskit's transpiler"), 0, 6)
    numbers = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    places = {bit: k for register in circuit.cregs if register.name == "c" for k, bit in enumerate(register)}
    wires: list[Wire] = []
    wire_of: dict[int, int] = {}
    visible: dict[int, int] = {}
    operations: list[Operation] = []
    for instruction in circuit.data:
        for qubit in (numbers[qubit] for qubit in instruction.qubits):
            if qubit not in wire_of:
                wire_of[qubit] = len(wires)
                wires.append(Wire("hidden", "$", qubit, None, span))
        acted = tuple(wire_of[numbers[qubit]] for qubit in instruction.qubits)
        name = instruction.operation.name
        if name == "measure":
            visible[places[instruction.clbits[0]]] = acted[0]
        elif name != "barrier":
            own, controls = _GATES[name]
            angles = [Real(float(angle)) for angle in instruction.operation.params]
            operations.append(gate(own, acted, span, angles, controls))
    return Circuit(tuple(wires), tuple(visible[k] for k in sorted(visible)), tuple(operations), 0, ())
