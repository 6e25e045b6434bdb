"""What the readers of OpenQASM 3 make of a text: distributions over the output bits, first bit most significant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import openqasm3
import pennylane as qml
import qiskit_qasm3_import
from braket.default_simulator import StateVectorSimulator
from braket.default_simulator.gate_operations import GPhase, Reset
from braket.default_simulator.openqasm.interpreter import Interpreter
from braket.default_simulator.openqasm.program_context import ProgramContext
from braket.ir.openqasm import Program as BraketProgram
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import ClassicalRegister, Clbit, IfElseOp
from qiskit.circuit.classical import expr
from qiskit.quantum_info import Operator

from qgl.check.program import Operation, Program
from tests.reference.density import PROJECTORS, Branch
from tests.reference.matrices import controlled
from tests.reference.programs import op

Law = NDArray[np.float64]
Bits = dict[Clbit, int]


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
    chosen = (replace(o, trotter=o.trotter or (1, 2)) if o.gate == "evolve" else o for o in program.operations)
    return replace(program, operations=tuple(chosen))


def as_words(program: Program) -> Program:
    """The program with every `evolve` written out as its product formula in Pauli words."""
    operations: list[Operation] = []
    for operation in program.operations:
        operations.extend(_words(operation) if operation.gate == "evolve" else [operation])
    return replace(program, operations=tuple(operations))


def _words(evolve: Operation) -> Iterator[Operation]:
    order, steps = evolve.trotter or (1, 1)
    sweep = evolve.terms if order == 1 else [*evolve.terms, *reversed(evolve.terms)]
    controls, targets = evolve.wires[: evolve.controls], evolve.wires[evolve.controls :]
    for coefficient, word in list(sweep) * steps:
        angle = -1.0 / (steps * order) * (evolve.args[0] * coefficient)
        own = tuple(wire for wire, letter in zip(targets, word, strict=True) if letter != "I")
        common: dict[str, Any] = {"args": (angle,), "condition": evolve.condition}
        if own:
            letters = word.replace("I", "")
            yield op("pauli", *controls, *own, word=letters, controls=len(controls), **common)
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


def qiskit_law(text: str, inputs: dict[str, float] | None = None) -> Law:
    """Exact: every outcome of a measurement is followed on a density matrix."""
    circuit = qiskit_circuit(text, inputs)
    start = Branch([], np.ones((), dtype=np.complex128))
    for wire in range(circuit.num_qubits):
        start.add(wire)
    output: ClassicalRegister = next(register for register in circuit.cregs if register.name == "c")
    law = np.zeros(2 ** len(output))
    qubits = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    for bits, branch in _walk(circuit, [(dict.fromkeys(circuit.clbits, 0), branch_copy(start))], qubits, {}):
        law[int("".join(str(bits[bit]) for bit in output), 2)] += np.real(branch.matrix([]).item())
    return law


def branch_copy(branch: Branch) -> Branch:
    return Branch(list(branch.wires), branch.rho.copy())


def _walk(
    circuit: QuantumCircuit, states: list[tuple[Bits, Branch]], qubits: dict[Any, int], clbits: dict[Any, Any]
) -> list[tuple[Bits, Branch]]:
    """All branches after a circuit or the body of an `if`, whose qubits and bits stand for those of the outside."""
    for instruction in circuit.data:
        wires = [qubits[qubit] for qubit in instruction.qubits]
        bits = [clbits.get(bit, bit) for bit in instruction.clbits]
        operation = instruction.operation
        after: list[tuple[Bits, Branch]] = []
        for known, branch in states:
            if operation.name == "measure":
                for outcome, projector in enumerate(PROJECTORS):
                    left = branch.apply([projector], wires)
                    if np.real(left.matrix([]).item()) > 1e-14:
                        after.append(({**known, bits[0]: outcome}, left))
            elif operation.name == "reset":
                lower = np.array([[0, 1], [0, 0]], dtype=np.complex128)
                after.append((known, branch.apply([PROJECTORS[0], lower], wires)))
            elif isinstance(operation, IfElseOp):
                holds = _holds(operation.condition, {bit: known[clbits.get(bit, bit)] for bit in circuit.clbits})
                block = operation.blocks[0] if holds else None
                assert len(operation.blocks) == 1
                if block is None:
                    after.append((known, branch))
                else:
                    inner = dict(zip(block.clbits, bits, strict=True))
                    after += _walk(block, [(known, branch)], dict(zip(block.qubits, wires, strict=True)), inner)
            else:
                matrix = Operator(operation).data  # Qiskit's first qubit is the least significant one
                after.append((known, branch.apply([matrix], list(reversed(wires)))))
        states = after
    return states


def _holds(condition: Any, bits: dict[Any, int]) -> bool:
    if isinstance(condition, tuple):
        target, value = condition
        return bits[target] == int(value)
    if isinstance(condition, expr.Unary):
        assert condition.op in (expr.Unary.Op.LOGIC_NOT, expr.Unary.Op.BIT_NOT)
        return not _holds(condition.operand, bits)
    assert isinstance(condition, expr.Var)
    return bool(bits[condition.var])


# ---------------------------------------------------------------- Braket and PennyLane


def braket_law(text: str, inputs: dict[str, float] | None = None) -> Law:
    """Exact: Braket's reading of the text, with our own algebra (its simulators miscompute `ctrl @`, its issue 319)."""
    circuit = Interpreter(ProgramContext()).build_circuit(source=text, inputs=inputs or {}, is_file=False)
    branch = Branch([], np.ones((), dtype=np.complex128))
    for wire in range(circuit.num_qubits):
        branch.add(wire)
    for operation in circuit.instructions:
        if isinstance(operation, Reset):
            lower = np.array([[0, 1], [0, 0]], dtype=np.complex128)
            branch = branch.apply([PROJECTORS[0], lower], operation.targets)
        elif not isinstance(operation, GPhase):
            assert set(operation.control_state) <= {1}
            branch = branch.apply([controlled(operation.matrix, len(operation.control_state))], operation.targets)
    return np.real(np.diagonal(branch.matrix(list(circuit.measured_qubits)))).copy()


def braket_simulator_law(text: str, inputs: dict[str, float] | None = None) -> Law:
    """Exact, by Braket's local state-vector simulator."""
    assert not re.search(r"^ *(ctrl|reset) ", text, re.MULTILINE), "its simulator would miscompute it"
    source = text.replace("\nc = measure q;\n", "\n#pragma braket result probability q\n")
    result = StateVectorSimulator().run(BraketProgram(source=source, inputs=inputs or {}), shots=0)
    return np.asarray(result.resultTypes[0].value)


def pennylane_law(text: str, width: int, inputs: dict[str, float] | None = None) -> Law:
    """Exact, by PennyLane's `default.qubit`, which defers measurements and resets."""

    def circuit() -> Any:
        qml.from_qasm3(text)(**(inputs or {}))
        return qml.probs(wires=[f"q[{k}]" for k in range(width)])

    return np.asarray(qml.QNode(circuit, qml.device("default.qubit"))())
