"""The noise of a machine on the qubits that a circuit uses: Aer takes the whole model in anew for each run."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from qgl.hardware.machines.target import Machine


def noise_of(machine: Machine) -> Any:
    """The noise model of a machine: errors of gates and readout, relaxation while gates last, where it tells them."""
    from qiskit_aer.noise import NoiseModel

    tells = all(told and told.error is not None for told in (machine.target["measure"] or {None: None}).values())
    with warnings.catch_warnings():  # a file that tells no times is meant so
        warnings.filterwarnings("ignore", "Qiskit backend .* has no QubitProperties", UserWarning)
        return NoiseModel.from_backend(machine.backend, readout_error=tells)


def used_by(circuits: Iterable[Any]) -> frozenset[int]:
    """The places of the qubits that something happens to in any of several circuits of Qiskit."""
    return frozenset(
        circuit.find_bit(qubit).index
        for circuit in circuits
        for step in circuit.data
        if step.operation.name != "barrier"
        for qubit in step.qubits
    )


def restricted(model: Any, qubits: frozenset[int]) -> Any:
    """A noise model of Aer without the errors of other qubits, which no circuit on `qubits` meets.

    For the 133 qubits of a fake machine the whole model costs two seconds a run, beside milliseconds of simulation.
    """
    from qiskit_aer.noise import NoiseModel

    small = NoiseModel(basis_gates=model.basis_gates)
    for gate, errors in model._local_quantum_errors.items():
        for places, error in errors.items():
            if qubits.issuperset(places):
                small.add_quantum_error(error, gate, places, warnings=False)
    for places, error in model._local_readout_errors.items():
        if qubits.issuperset(places):
            small.add_readout_error(error, places, warnings=False)
    for gate, error in model._default_quantum_errors.items():
        small.add_all_qubit_quantum_error(error, gate, warnings=False)
    if model._default_readout_error is not None:
        small.add_all_qubit_readout_error(model._default_readout_error, warnings=False)
    small._custom_noise_passes = list(model._custom_noise_passes)
    return small
