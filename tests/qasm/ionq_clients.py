"""What IonQ's clients make of a text before they send it: the lists of gates of its service, and their distributions.

IonQ reads OpenQASM 3 on its servers, which no test can ask. Three programs that can be installed are asked instead:
`qiskit-ionq` and `cirq-ionq` convert the circuit that Qiskit or Cirq reads from the text, and `pyqasm` reads the text
and unrolls it to gates that IonQ documents.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cirq
import numpy as np
import pyqasm
from cirq_ionq.serializer import Serializer
from numpy.typing import NDArray
from qiskit_ionq.helpers import qiskit_circ_to_ionq_circ

from tests.qasm.cirq_reader import cirq_circuit
from tests.qasm.exact import Mixture
from tests.qasm.readers import qiskit_circuit, qiskit_distribution
from tests.reference.matrices import controlled, gate_matrix

Gates = list[dict[str, Any]]
# Gates of the service, as https://docs.ionq.com describes them, and ours.
OURS = {"si": "sdg", "ti": "tdg", "v": "sx", "vi": "sxdg", "xx": "rxx", "yy": "ryy", "zz": "rzz"}


def by_qiskit(text: str) -> tuple[Gates, list[int]]:
    """The gates, and the qubit that each bit of the output is measured on."""
    gates, count, places = qiskit_circ_to_ionq_circ(qiskit_circuit(text))
    assert count == len(places)
    return gates, places


def by_cirq(text: str) -> tuple[Gates, list[int]]:
    circuit = cirq_circuit(text)
    names = sorted(circuit.all_qubits(), key=str)
    places = {qubit: k for k, qubit in enumerate(names)}
    measured = {
        cirq.measurement_key_name(op): places[op.qubits[0]]
        for op in circuit.all_operations()
        if cirq.is_measurement(op)
    }
    circuit = circuit.transform_qubits({qubit: cirq.LineQubit(k) for qubit, k in places.items()})
    gates = cirq.Circuit(op for op in circuit.all_operations() if not cirq.is_measurement(op))
    body = Serializer().serialize_single_circuit(gates).body["circuit"] if gates else []
    return body, [measured[f"c_{k}"] for k in range(len(measured))]


def distribution(gates: Gates, outputs: Sequence[int]) -> NDArray[np.float64]:
    mixture = Mixture()
    _run(mixture, gates)
    for qubit in outputs:
        mixture.measure(qubit, qubit)
    return mixture.distribution(outputs)


def unitary(gates: Gates, width: int) -> NDArray[np.complex128]:
    """First qubit most significant."""
    mixture = Mixture.of_columns(width)
    _run(mixture, gates)
    return mixture.columns()


def _run(mixture: Mixture, gates: Gates) -> None:
    for gate in gates:
        controls = [*gate.get("controls", []), *([gate["control"]] if "control" in gate else [])]
        targets = gate["targets"] if "targets" in gate else [gate["target"]]
        name = "x" if gate["gate"] == "cnot" else OURS.get(gate["gate"], str(gate["gate"]))
        angles = [gate["rotation"]] if "rotation" in gate else []
        mixture.gate(controlled(gate_matrix(name, angles), len(controls)), [*controls, *targets])


def pyqasm_distribution(text: str, inputs: dict[str, float] | None = None) -> NDArray[np.float64]:
    """Of the text that pyqasm writes after unrolling, as Qiskit reads it."""
    module = pyqasm.loads(text)
    module.validate()
    module.unroll()
    return qiskit_distribution(pyqasm.dumps(module))
