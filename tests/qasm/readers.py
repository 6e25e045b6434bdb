"""What the readers of OpenQASM 3 make of a text: distributions over the output bits, first bit most significant."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import openqasm3
import pennylane as qml
import qiskit_qasm3_import
from braket.circuits import Circuit as BraketCircuit
from braket.default_simulator import DensityMatrixSimulator, StateVectorSimulator
from braket.default_simulator.gate_operations import Reset
from braket.default_simulator.openqasm.interpreter import Interpreter
from braket.default_simulator.openqasm.program_context import ProgramContext
from braket.ir.openqasm import Program as BraketProgram
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, Clbit, IfElseOp
from qiskit.circuit.classical import expr
from qiskit.quantum_info import Operator

from qgl.program.operations import Evolution, Operation
from qgl.program.program import Program
from tests.qasm.exact import Mixture
from tests.reference.matrices import controlled
from tests.reference.programs import op

Distribution = NDArray[np.float64]


def parse(text: str) -> openqasm3.ast.Program:
    """By the reference parser, which raises on what is not OpenQASM 3."""
    return openqasm3.parse(text)


def qubits_of(text: str) -> int:
    return sum(int(size) for size in re.findall(r"^qubit\[(\d+)\]", text, re.MULTILINE))


def resets_of(text: str) -> int:
    return len(re.findall(r"^ *reset ", text, re.MULTILINE))


# ---------------------------------------------------------------- product formulas


def with_product_formulas(program: Program) -> Program:
    """The program with a product formula at every `evolve` that has none."""
    chosen = (replace(o, trotter=o.trotter or (1, 2)) if isinstance(o, Evolution) else o for o in program.operations)
    return replace(program, operations=tuple(chosen))


def as_bit_strings(program: Program) -> Program:
    """The program with every `evolve` written out as its product formula in Pauli words."""
    operations: list[Operation] = []
    for operation in program.operations:
        operations.extend(_pauli_words(operation) if isinstance(operation, Evolution) else [operation])
    return replace(program, operations=tuple(operations))


def _pauli_words(evolve: Evolution) -> Iterator[Operation]:
    order, steps = evolve.trotter or (1, 1)
    sweep = evolve.terms if order == 1 else [*evolve.terms, *reversed(evolve.terms)]
    controls, targets = evolve.wires[: evolve.controls], evolve.wires[evolve.controls :]
    for coefficient, pauli_word in list(sweep) * steps:
        angle = -1.0 / (steps * order) * (evolve.time * coefficient)
        own = tuple(wire for wire, letter in zip(targets, pauli_word, strict=True) if letter != "I")
        common: dict[str, Any] = {"args": (angle,), "condition": evolve.condition}
        if own:
            letters = pauli_word.replace("I", "")
            yield op("pauli", *controls, *own, pauli_word=letters, controls=len(controls), **common)
        elif controls:
            yield op("p", *controls, controls=len(controls) - 1, **common)


# ---------------------------------------------------------------- Qiskit


def qiskit_circuit(text: str, inputs: dict[str, float] | None = None) -> QuantumCircuit:
    circuit = qiskit_qasm3_import.parse(text)
    assert {p.name for p in circuit.parameters} == set(inputs or {}), "symbolic parameters survive by name"
    return circuit.assign_parameters(inputs) if inputs else circuit


def qiskit_unitary(text: str) -> NDArray[np.complex128]:
    """The unitary of a text without reset or branches, global phase included; q[0] most significant."""
    circuit = qiskit_circuit(text)
    circuit.remove_final_measurements()
    return np.asarray(Operator(circuit.reverse_bits()).data)


def qiskit_distribution(text: str, inputs: dict[str, float] | None = None) -> Distribution:
    """Exact: every outcome of a measurement is followed."""
    circuit = qiskit_circuit(text, inputs)
    output: ClassicalRegister = next(register for register in circuit.cregs if register.name == "c")
    mixture = Mixture()
    qubits = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    _walk(circuit, mixture, qubits, {bit: bit for bit in circuit.clbits}, {})
    return mixture.distribution(list(output))


def _walk(
    circuit: QuantumCircuit,
    mixture: Mixture,
    qubits: dict[Any, int],
    clbits: dict[Any, Clbit],
    matrices: dict[Any, NDArray[np.complex128]],
) -> None:
    """A circuit, or the body of an `if`, whose qubits and bits stand for those of the outside."""
    for instruction in circuit.data:
        operation = instruction.operation
        wires = [qubits[qubit] for qubit in instruction.qubits]
        bits = [clbits[bit] for bit in instruction.clbits]
        if operation.name == "measure":
            mixture.measure(wires[0], bits[0])
        elif operation.name == "reset":
            mixture.reset(wires[0])
        elif isinstance(operation, IfElseOp):
            (block,) = operation.blocks
            mixture.need(wires)
            inside, outside = mixture.apart(_holds(operation.condition, mixture, clbits))
            within = dict(zip(block.qubits, wires, strict=True))
            _walk(block, inside, within, dict(zip(block.clbits, bits, strict=True)), matrices)
            outside.join(inside)
            mixture.take_over(outside)
        elif operation.name not in ("barrier", "delay"):
            key = (operation.name, operation.num_qubits, *map(_hashable, operation.params))
            if key not in matrices:
                matrices[key] = Operator(operation).data
            mixture.gate(matrices[key], wires[::-1])  # Qiskit's first qubit is the least significant one


def _hashable(parameter: Any) -> Any:
    return parameter.tobytes() if isinstance(parameter, np.ndarray) else parameter


def _holds(condition: Any, mixture: Mixture, clbits: dict[Any, Clbit]) -> NDArray[np.bool_]:
    if isinstance(condition, tuple):
        target, value = condition
        bits = list(target) if isinstance(target, ClassicalRegister) else [target]
        wanted = [(mixture.bit(clbits[bit]) == (int(value) >> k & 1)) for k, bit in enumerate(bits)]
        return np.asarray(np.all(wanted, axis=0))
    if isinstance(condition, expr.Unary):
        assert condition.op in (expr.Unary.Op.LOGIC_NOT, expr.Unary.Op.BIT_NOT)
        return np.logical_not(_holds(condition.operand, mixture, clbits))
    assert isinstance(condition, expr.Var)
    return np.asarray(mixture.bit(clbits[condition.var]) == 1)


# ---------------------------------------------------------------- Braket and PennyLane


def braket_distribution(text: str, inputs: dict[str, float] | None = None) -> Distribution:
    """Exact: Braket's reading of the text, with our own algebra (its simulators miscompute `ctrl @`, its issue 319)."""
    circuit = Interpreter(ProgramContext()).build_circuit(source=text, inputs=inputs or {}, is_file=False)
    mixture = Mixture()
    for operation in circuit.instructions:
        if isinstance(operation, Reset):
            mixture.reset(*operation.targets)
        else:
            assert set(operation.control_state) <= {1}
            mixture.gate(controlled(operation.matrix, len(operation.control_state)), operation.targets)
    if len(set(circuit.measured_qubits)) < len(circuit.measured_qubits):
        raise ValueError("its reading keeps one outcome of each qubit")
    for qubit in circuit.measured_qubits:
        mixture.measure(qubit, qubit)
    return mixture.distribution(circuit.measured_qubits)


def braket_reading_unitary(text: str) -> NDArray[np.complex128]:
    """Of Braket's reading, with our own algebra; global phase included, q[0] most significant."""
    circuit = Interpreter(ProgramContext()).build_circuit(source=text, inputs={}, is_file=False)
    mixture = Mixture.of_columns(qubits_of(text))
    for operation in circuit.instructions:
        mixture.gate(controlled(operation.matrix, len(operation.control_state)), operation.targets)
    return mixture.columns()


def braket_unitary(text: str) -> NDArray[np.complex128]:
    """By Braket's own `Circuit.to_unitary`; global phase included, q[0] most significant."""
    idle = "".join(f"i q[{k}];\n" for k in range(qubits_of(text)))  # otherwise it leaves out qubits without a gate
    return np.asarray(BraketCircuit.from_ir(text.replace("\nc = measure q;\n", f"\n{idle}")).to_unitary())


def braket_simulator_distribution(
    text: str, inputs: dict[str, float] | None = None, device: Any = StateVectorSimulator
) -> Distribution:
    """Exact, by one of Braket's local simulators."""
    assert not re.search(r"^ *(ctrl|reset) ", text, re.MULTILINE), "they would miscompute it"
    source = text.replace("\nc = measure q;\n", "\n#pragma braket result probability q\n")
    result = device().run(BraketProgram(source=source, inputs=inputs or {}), shots=0)
    return np.asarray(result.resultTypes[0].value)


def braket_density_distribution(text: str, inputs: dict[str, float] | None = None) -> Distribution:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "You are running a noise-free circuit")
        return braket_simulator_distribution(text, inputs, DensityMatrixSimulator)


def pennylane_distribution(text: str, inputs: dict[str, float] | None = None) -> Distribution:
    """Exact, by PennyLane's `default.qubit`, which defers measurements and resets."""
    width = int(re.findall(r"^bit\[(\d+)\] c;", text, re.MULTILINE)[0])

    if qubits_of(text) > 8:  # it would give a second qubit to each that is measured
        text = text.replace("\nc = measure q;\n", "\n")

    def circuit() -> Any:
        qml.from_qasm3(text)(**(inputs or {}))
        return qml.probs(wires=[f"q[{k}]" for k in range(width)])

    return np.asarray(qml.QNode(circuit, qml.device("default.qubit"))())


def pennylane_unitary(text: str) -> NDArray[np.complex128]:
    """Global phase included; q[0] most significant."""
    source = text.replace("\nc = measure q;\n", "\n")
    return np.asarray(qml.matrix(qml.from_qasm3(source), wire_order=[f"q[{k}]" for k in range(qubits_of(text))])())
