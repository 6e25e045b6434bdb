"""Whether a circuit stands on a machine: its own gates only, on its own qubits, with angles that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def stray(circuit: Any, target: Any) -> str | None:
    """The first operation of a `QuantumCircuit` that a Qiskit `Target` does not support, in words; None if all are."""
    return _stray(circuit, target, {qubit: k for k, qubit in enumerate(circuit.qubits)})


def _stray(circuit: Any, target: Any, numbers: Mapping[Any, int]) -> str | None:
    for instruction in circuit.data:
        operation = instruction.operation
        qubits = tuple(numbers[qubit] for qubit in instruction.qubits)
        if operation.name == "if_else":
            inner = [dict(zip(block.qubits, qubits, strict=True)) for block in operation.blocks]
            inner_stray = (_stray(block, target, own) for block, own in zip(operation.blocks, inner, strict=True))
            if wording := next(filter(None, inner_stray), None):
                return wording
        elif operation.name not in ("barrier", "delay") and not supports(target, operation, qubits):
            angles = f"({', '.join(map(str, operation.params))})" if operation.params else ""
            return f"`{operation.name}{angles}` on {', '.join(f'${qubit}' for qubit in qubits)}"
    return None


def supports(target: Any, operation: Any, qubits: tuple[int, ...]) -> bool:
    """Whether a machine does an operation on these qubits, by Qiskit's own meaning of its name."""
    name = operation.name
    kind: Any = target.operation_from_name(name) if target.instruction_supported(name, qubits) else None
    if kind is None or not isinstance(operation, getattr(kind, "base_class", kind)):
        return False
    if not operation.params or operation.is_parameterized() or not target.gate_has_angle_bounds(name):
        return True
    return bool(target.supported_angle_bound(name, [float(angle) for angle in operation.params]))
