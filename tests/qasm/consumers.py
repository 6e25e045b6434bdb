"""Who reads the texts of each profile, and what is held by whom.

`python -m tests.qasm.reader_facts` writes the table of them into docs/openqasm.md.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import openqasm3
from numpy.typing import NDArray

from qgl.hardware.machines.machine import fit
from qgl.hardware.machines.target import Machine
from qgl.ir.circuit import Circuit
from qgl.qasm import PROFILES, Emission, emission
from tests.qasm import ionq_clients
from tests.qasm.cirq_reader import cirq_distribution, cirq_unitary, takes_inputs
from tests.qasm.readers import (
    braket_density_distribution,
    braket_distribution,
    braket_reading_unitary,
    braket_simulator_distribution,
    braket_unitary,
    parse,
    pennylane_distribution,
    pennylane_unitary,
    qiskit_distribution,
    qiskit_unitary,
    qubits_of,
    resets_of,
)

Distribution = NDArray[np.float64]
Inputs = dict[str, float]


@dataclass(frozen=True)
class Consumer:
    """A program that takes the texts of a profile.

    distribution  exact, of the output bits, first bit most significant
    unitary       of a text on the register q only, q[0] most significant
    gphase        whether it keeps the global phase, of a profile that has one
    largest       the most qubits that it gets in a test; one that makes a qubit of each reset is `deferring`
    inputs        whether it binds inputs that the text leaves open
    """

    profile: str
    name: str
    distribution: Callable[[str, Inputs], Distribution]
    unitary: Callable[[str], NDArray[np.complex128]] | None
    largest: int = 17
    deferring: bool = False
    gphase: bool = True
    inputs: bool = True

    @property
    def phases(self) -> bool:
        """Whether the global phase of a unitary program arrives."""
        return self.gphase and PROFILES[self.profile].gphase

    def reaches(self, text: str, most: int = 17) -> bool:
        """Whether the text is small enough for a test."""
        return qubits_of(text) + self.deferring * resets_of(text) <= min(self.largest, most)

    def __str__(self) -> str:
        return f"{self.profile}: {self.name}"


_QISKIT = f"Qiskit {version('qiskit')}, qasm3-import {version('qiskit-qasm3-import')}"
_BRAKET = f"Braket {version('amazon-braket-default-simulator')}"
_CIRQ = f"Cirq {version('cirq-core')}"

CONSUMERS = (
    Consumer("portable", _QISKIT, qiskit_distribution, qiskit_unitary),
    Consumer(
        "portable",
        f"PennyLane {version('pennylane')}",
        pennylane_distribution,
        pennylane_unitary,
        12,
        deferring=True,
        gphase=False,  # it takes gphase(a) for e^{-ia}
    ),
    Consumer("portable", f"{_BRAKET}, read", braket_distribution, braket_reading_unitary),
    Consumer("qiskit", _QISKIT, qiskit_distribution, qiskit_unitary),
    Consumer("ibm", f"{_QISKIT}, fitted to a machine", qiskit_distribution, None, inputs=False),
    Consumer("braket", f"{_BRAKET}, state-vector simulator", braket_simulator_distribution, braket_unitary),
    Consumer("braket", f"{_BRAKET}, density-matrix simulator", braket_density_distribution, None, 5),
    Consumer("cirq", _CIRQ, cirq_distribution, cirq_unitary, inputs=takes_inputs()),
    Consumer(
        "ionq",
        f"qiskit-ionq {version('qiskit-ionq')}",
        lambda text, _: ionq_clients.distribution(*ionq_clients.by_qiskit(text)),
        lambda text: ionq_clients.unitary(ionq_clients.by_qiskit(text)[0], qubits_of(text)),
        inputs=False,
    ),
    Consumer(
        "ionq",
        f"cirq-ionq {version('cirq-ionq')}",
        lambda text, _: ionq_clients.distribution(*ionq_clients.by_cirq(text)),
        lambda text: ionq_clients.unitary(ionq_clients.by_cirq(text)[0], qubits_of(text)),
        12,
        inputs=False,
    ),
    Consumer("ionq", f"pyqasm {version('pyqasm')}", ionq_clients.pyqasm_distribution, None, 12, inputs=False),
    Consumer("ionq-mid", _QISKIT, qiskit_distribution, qiskit_unitary, inputs=False),
)


def consumers_of(profile: str) -> list[Consumer]:
    return [consumer for consumer in CONSUMERS if consumer.profile == profile]


def line_machine(qubits: int) -> Machine:
    """A machine of qubits in a line, with the gates of IBM's."""
    from qiskit.circuit import IfElseOp, Measure, Parameter, Reset
    from qiskit.circuit.library import CZGate, RZGate, SXGate, XGate
    from qiskit.transpiler import InstructionProperties, Target

    target = Target(num_qubits=qubits)
    for instruction in (RZGate(Parameter("a")), SXGate(), XGate(), Measure(), Reset()):
        target.add_instruction(instruction, {(k,): InstructionProperties() for k in range(qubits)})
    pairs = [pair for k in range(qubits - 1) for pair in ((k, k + 1), (k + 1, k))]
    target.add_instruction(CZGate(), {pair: InstructionProperties() for pair in pairs} or None)
    target.add_instruction(IfElseOp, name="if_else")
    return Machine("a line", target)


def written(circuit: Circuit, inputs: NDArray[np.float64] | None, profile: str, **options: Any) -> str:
    """The text of a profile; of `ibm`, for a machine in a line that is as wide as the circuit."""
    if not PROFILES[profile].machine:
        return emission(circuit, inputs, profile, **options).text
    wide = emission(circuit, inputs, "qiskit", reuse=False).width
    return fit(circuit, inputs, line_machine(max(2, wide)), **options).text()


def opened(circuit: Circuit, profile: str) -> Emission:
    """With all inputs open."""
    return emission(circuit, None, profile)


def dumped(text: str) -> str:
    """What the reference parser writes of what it read; it reads the same again."""
    tree = parse(text)
    again: str = openqasm3.dumps(tree)
    assert parse(again) == tree
    return again
