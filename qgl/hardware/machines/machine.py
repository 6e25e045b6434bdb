"""Circuits fitted to machines by Qiskit's transpiler: `fit(circuit, inputs, machine)`.

The circuit is written in the profile `qiskit`, read by Qiskit and transpiled. Several forms of it are tried, each with
and without a first layout by the program's lattice, and the one of which most should come out right is taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.targets import FittingFailed, TargetLacks, TargetNeedsPackage, TooWideForTarget
from qgl.hardware.machines.branches import flatten
from qgl.hardware.machines.figures import Figures, measure
from qgl.hardware.machines.isa import isa_text, standard
from qgl.hardware.machines.layout import lattice_layout
from qgl.hardware.machines.sharing import share
from qgl.hardware.machines.stray import stray
from qgl.hardware.machines.target import Machine
from qgl.ir.circuit import Circuit
from qgl.ir.facts import is_reset
from qgl.passes.dead_code import drop_dead
from qgl.passes.deferral import defer
from qgl.passes.dilation import dilate
from qgl.program.operations import Measurement, Reset
from qgl.qasm import Emission, emission

FORMS = {
    "wide": "every wire its own qubit",
    "shared": "channels of one place share a qubit",
    "capped": "qubits used again, as many as allowed",
    "narrow": "qubits used again, as few as can be",
}


@dataclass(frozen=True, eq=False)
class Trial:
    """One way to put a circuit on a machine.

    form      a key of `FORMS`
    lattice   whether the program's lattice was the first layout, rather than the transpiler's own
    circuit   the transpiled `QuantumCircuit`, on the machine's qubits
    """

    form: str
    lattice: bool
    figures: Figures
    circuit: Any
    emission: Emission

    def __str__(self) -> str:
        return FORMS[self.form] + (", laid out by the lattice" if self.lattice else "")


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
        return within_bounds(circuit.assign_parameters({p: values[p.name] for p in circuit.parameters}), self.machine)

    def text(self, inputs: NDArray[np.float64] | None = None, notes: Sequence[str] = ()) -> str:
        """OpenQASM 3 on the machine's own qubits (`$4`), by its own gates, with inputs bound as in `circuit`."""
        return isa_text(self.circuit(inputs), [*notes, *self.report()])

    def report(self) -> list[str]:
        """Lines for people: what it will take, what the program's locality saves, and all that was tried."""
        heads = ("qubits", "depth", "two-qubit gates", "duration", "fidelity")
        names = [str(trial) for trial in self.trials]
        width = max(map(len, names))
        rows = [f"{' ' * width}  {'  '.join(heads)}"]
        for name, trial in zip(names, self.trials, strict=True):
            cells = [cell.rjust(len(head)) for cell, head in zip(trial.figures.cells(), heads, strict=True)]
            rows.append(f"{name:<{width}}  {'  '.join(cells)}")
        head = f"On {self.machine.name}, best first; the first one is taken. Duration and fidelity are estimates."
        return [head, *rows, *self._locality()]

    def _locality(self) -> list[str]:
        """What layouts by the lattice and qubits shared in their place save, against the transpiler alone."""
        alone = [trial.figures for trial in self.trials if trial.form == "wide" and not trial.lattice]
        local = [
            trial.figures
            for trial in self.trials
            if trial.form == "shared" or (trial.form, trial.lattice) == ("wide", True)
        ]
        if not alone or not local:
            return []
        before, after = alone[0], local[0]
        if _merit(after)[:2] <= _merit(before)[:2]:
            return ["The program's locality saves nothing: the transpiler alone finds as good a layout."]
        wording = f"two-qubit gates {before.two_qubit_gates} -> {after.two_qubit_gates}"
        if before.fidelity is not None and after.fidelity is not None:
            wording += f", fidelity {before.fidelity:.3g} -> {after.fidelity:.3g}"
        return [f"What the program's locality saves: {wording}."]


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
        machine: see `qgl.hardware.machines.target.resolve`.
        optimise: leave out what cannot change the distribution of the output bits.
        reuse: True: as few qubits as can be, reset and used again; False: every wire has its own; None: both are
            tried, and what lies between, where the machine resets.
        max_qubits: the most qubits that the circuit may need before it is routed.
        seed: of the transpiler; the same one gives the same circuit.

    Raises:
        QglError: QGL1121 Qiskit is missing, QGL1125 the circuit is too wide, QGL1126 the machine lacks what it needs,
            QGL1128 Qiskit gives up, QGL10xx an operation cannot be written.
    """
    prepared = _for_machine(circuit, machine, optimise, reuse)
    limit = machine.qubits if max_qubits is None else min(max_qubits, machine.qubits)
    trials: list[Trial] = []
    width, failure = 0, ""
    for form, emitted in _forms(prepared, inputs, machine, optimise, reuse, limit):
        width = emitted.width
        if width > limit:
            continue
        loaded = flatten(_load(emitted.text, machine))
        layout = lattice_layout(loaded, machine.target, _positions(circuit))
        for first in (None, layout) if layout else (None,):
            fitted = _transpiled(loaded, machine, seed, first)
            left = fitted if isinstance(fitted, str) else stray(fitted, machine.target)
            if left:
                failure = left if isinstance(fitted, str) else f"it leaves {left}"
                continue
            trials.append(Trial(form, first is not None, measure(fitted, machine.target), fitted, emitted))
    if not trials and failure:
        raise QglError([FittingFailed(None, machine.name, failure)])
    if not trials:
        again = reuse is not False and machine.has("reset")
        raise QglError([TooWideForTarget(None, machine.name, width, limit, again)])
    trials.sort(key=lambda trial: _merit(trial.figures), reverse=True)
    return Fitted(machine, tuple(trials))


def _merit(figures: Figures) -> tuple[float, int, int]:
    return (figures.fidelity or 0.0, -figures.two_qubit_gates, -figures.depth)


def _for_machine(circuit: Circuit, machine: Machine, optimise: bool, reuse: bool | None) -> Circuit:
    """The circuit in gates, with what the machine cannot do in the middle put off to the end."""
    if reuse and not machine.has("reset"):
        way_out = "leave --reuse out: every qubit of the program then has its own"
        raise QglError([TargetLacks(None, machine.name, "reset", way_out)])
    circuit = dilate(drop_dead(circuit, reads_only_bits=True) if optimise else circuit)
    conditions = [operation for operation in circuit.operations if operation.condition]
    if (
        (conditions and not machine.has("if_else"))
        or any(isinstance(operation, Measurement | Reset) for operation in conditions)
        or (any(map(is_reset, circuit.operations)) and not machine.has("reset"))
    ):
        return defer(circuit, reads_only_bits=optimise)
    return circuit


def _forms(
    circuit: Circuit,
    inputs: NDArray[np.float64] | None,
    machine: Machine,
    optimise: bool,
    reuse: bool | None,
    limit: int,
) -> Iterator[tuple[str, Emission]]:
    """The forms that are tried, the narrowest last."""

    def written(form: Circuit, again: bool, most: int | None = None) -> Emission:
        return emission(form, inputs, "qiskit", optimise=optimise, reuse=again, max_qubits=most)

    wide = written(circuit, False)
    if not reuse:
        yield "wide", wide
    if reuse is False or not machine.has("reset"):
        return
    if reuse is None:
        shared = written(share(circuit), False)
        if shared.width < wide.width:
            yield "shared", shared
    narrow = written(circuit, True)
    if narrow.width < limit < wide.width:
        yield "capped", written(circuit, True, limit)
    if reuse or narrow.width < wide.width:
        yield "narrow", narrow


def _positions(circuit: Circuit) -> Mapping[int, float]:
    """Where the qubits of `q` stand: the sites of the visible qubits, or their order where they have none."""
    sites = [circuit.wires[wire].site for wire in circuit.visible]
    return {k: float(site[1] if site else k) for k, site in enumerate(sites)}


def _load(text: str, machine: Machine) -> Any:
    try:
        import qiskit_qasm3_import
    except ImportError:
        raise QglError([TargetNeedsPackage(None, machine.name, "qiskit_qasm3_import", "qiskit")]) from None
    return standard(qiskit_qasm3_import.parse(text))


def within_bounds(circuit: Any, machine: Machine) -> Any:
    """The circuit, whose angles are numbers, with those that the machine does not take made of others.

    IBM's `rzz` takes angles of 0 to pi / 2. The transpiler sees to that where it knows the angles.
    """
    if not machine.target.has_angle_bounds():
        return circuit
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import WrapAngles

    return PassManager([WrapAngles(machine.target)]).run(circuit)


def _transpiled(circuit: Any, machine: Machine, seed: int, layout: list[int] | None) -> Any:
    """The circuit on the machine, or what Qiskit says where it gives up."""
    from qiskit.transpiler import TranspilerError, generate_preset_pass_manager

    manager = generate_preset_pass_manager(3, target=machine.target, seed_transpiler=seed, initial_layout=layout)
    try:
        return manager.run(circuit)
    except TranspilerError as error:
        return str(error).strip("'\"")
