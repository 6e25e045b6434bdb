"""Circuits fitted to machines by Qiskit's transpiler: `fit(circuit, inputs, machine)`.

The circuit is written in the profile `qiskit`, read by Qiskit and transpiled. Several forms of it are tried, and the
one of which most should come out right is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.targets import TargetLacks, TargetNeedsPackage, TooWideForTarget
from qgl.hardware.branches import flatten
from qgl.hardware.figures import Figures, measure
from qgl.hardware.isa import isa_text
from qgl.hardware.target import Machine
from qgl.ir.circuit import Circuit
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.qasm import Emission, emission


@dataclass(frozen=True, eq=False)
class Trial:
    """One way to put a circuit on a machine.

    form      "wide": each qubit of the program has its own; "narrow": qubits are reset and used again
    circuit   the transpiled `QuantumCircuit`, on the machine's qubits
    """

    form: str
    figures: Figures
    circuit: Any
    emission: Emission


@dataclass(frozen=True, eq=False)
class Fitted:
    """A circuit on a machine. Bit k of a string is bit k of the register `c`.

    trials    all that was tried, the best first
    """

    machine: Machine
    trials: tuple[Trial, ...]

    @property
    def best(self) -> Trial:
        return self.trials[0]

    @property
    def figures(self) -> Figures:
        return self.best.figures

    def circuit(self, inputs: NDArray[np.float64] | None = None) -> Any:
        """The `QuantumCircuit` with the inputs that were left open bound, if any were.

        Its qubits are those of the machine, its instructions those of the machine's target.
        """
        circuit = self.best.circuit
        if not circuit.parameters:
            return circuit
        if inputs is None:
            raise ValueError("the circuit has open inputs: give their values")
        values = self.best.emission.bindings(inputs)
        return circuit.assign_parameters({p: values[p.name] for p in circuit.parameters})

    def text(self, inputs: NDArray[np.float64] | None = None, notes: Sequence[str] = ()) -> str:
        """OpenQASM 3 on the machine's own qubits (`$4`), by its own gates, with inputs bound as in `circuit`."""
        return isa_text(self.circuit(inputs), [*notes, *self.report()])

    def report(self) -> list[str]:
        """Lines for people: what it will take, and what else was tried."""
        lines = [f"On {self.machine.name}: {self.figures}."]
        lines += [f"Tried too, {trial.form}: {trial.figures}." for trial in self.trials[1:]]
        return lines


def fit(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    machine: Machine,
    *,
    optimise: bool = True,
    reuse: bool | None = None,
    max_qubits: int | None = None,
    seed: int = 0,
) -> Fitted:
    """The circuit on the machine, by Qiskit's transpiler at level 3.

    Args:
        circuit: as the program has it: channels, measurements and branches included.
        inputs: flat vector of the values of all parameters, shape (inputs,); NaN, or None for all, stays open.
        machine: see `qgl.hardware.target.resolve`.
        optimise: leave out what cannot change the distribution of the output bits.
        reuse: whether qubits are reset and used again; None: both are tried, where the machine resets.
        max_qubits: the most qubits to use.
        seed: of the transpiler; the same one gives the same circuit.

    Raises:
        QglError: QGL1121 Qiskit is missing, QGL1125 the circuit is too wide, QGL1126 the machine lacks what it needs,
            QGL10xx an operation cannot be written.
    """
    prepared = _for_machine(circuit, machine, optimise, reuse)
    limit = machine.qubits if max_qubits is None else min(max_qubits, machine.qubits)
    trials: list[Trial] = []
    widths: list[int] = []
    for form, emitted in _forms(prepared, inputs, machine, optimise, reuse):
        loaded = flatten(load(emitted.text, machine))
        widths.append(loaded.num_qubits)
        if loaded.num_qubits <= limit:
            fitted = _transpiled(loaded, machine, seed)
            trials.append(Trial(form, measure(fitted, machine.target), fitted, emitted))
    if not trials:
        raise QglError([TooWideForTarget(None, machine.name, min(widths), limit, reuse is not False)])
    trials.sort(key=lambda trial: _merit(trial.figures), reverse=True)
    return Fitted(machine, tuple(trials))


def load(text: str, machine: Machine) -> Any:
    """Text of the profile `qiskit` as a `QuantumCircuit`."""
    try:
        import qiskit_qasm3_import
    except ImportError:
        raise QglError([TargetNeedsPackage(None, machine.name, "qiskit_qasm3_import", "qiskit")]) from None
    return qiskit_qasm3_import.parse(text)


def _merit(figures: Figures) -> tuple[float, int, int]:
    return (figures.fidelity or 0.0, -figures.two_qubit_gates, -figures.depth)


def _for_machine(circuit: Circuit, machine: Machine, optimise: bool, reuse: bool | None) -> Circuit:
    """The circuit with measurements, branches and resets that the machine does not have put off to the end."""
    if reuse and not machine.has("reset"):
        way_out = "leave --reuse out: every qubit of the program then has its own"
        raise QglError([TargetLacks(None, machine.name, "reset", way_out)])
    circuit = dilate(drop_dead(circuit, reads_only_bits=True) if optimise else circuit)
    branches = any(operation.condition for operation in circuit.operations)
    deep = any(operation.condition and operation.gate in ("measure", "reset") for operation in circuit.operations)
    resets = any(operation.gate == "reset" for operation in circuit.operations)
    if (branches and not machine.has("if_else")) or deep or (resets and not machine.has("reset")):
        return defer(circuit, reads_only_bits=optimise)
    return circuit


def _forms(
    circuit: Circuit, inputs: NDArray[np.float64] | None, machine: Machine, optimise: bool, reuse: bool | None
) -> Iterator[tuple[str, Emission]]:
    if not reuse:
        yield "wide", emission(circuit, inputs, "qiskit", optimise=optimise, reuse=False)
    if reuse is not False and machine.has("reset"):
        yield "narrow", emission(circuit, inputs, "qiskit", optimise=optimise, reuse=True)


def _transpiled(circuit: Any, machine: Machine, seed: int) -> Any:
    from qiskit.transpiler import generate_preset_pass_manager

    return generate_preset_pass_manager(3, target=machine.target, seed_transpiler=seed).run(circuit)
