"""The engine `aer`: Qiskit Aer, without noise or with that of a machine."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.util import find_spec
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.hardware import EngineFailed, EngineNotInstalled, TooWideForEngine
from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import FunctionOfOpenInput
from qgl.hardware.engines.engine import Payload, Strings, Task
from qgl.hardware.engines.noise import noise_of, restricted, used_by
from qgl.hardware.engines.qiskit_counts import OUTPUT, outputs_of, strings_of
from qgl.hardware.machines.isa import load_isa
from qgl.hardware.machines.machine_rows import fit_open, texts_of
from qgl.hardware.machines.target import resolve
from qgl.ir.circuit import Circuit
from qgl.plan.memory import available
from qgl.qasm import Emission, emission

_WIDEST = 10_000  # qubits; Aer's own bound is what a state vector has, and its other methods go further
_KEPT = 8  # circuits that are kept loaded
_AMPLITUDE = 16  # bytes
_SMALL = 14  # qubits of a state on which several threads only wait for each other
_PIECE = 2048  # shots that are run in turn where each is simulated by itself; pieces run at the same time
_OVERHEAD = 6  # a gate on so many qubits takes about as long as calling it
_CLIFFORD = {"id", "x", "y", "z", "h", "s", "sdg", "sx", "sxdg", "cx", "cy", "cz", "swap", "measure", "reset"}
# Aer 0.18 puts a row's angles into these rightly; it mixes up those of `mcphase` and refuses those of `cp`, `crx`, ...
_BOUND_BY_ROW = ("rx", "ry", "rz", "p", "u", "rxx", "ryy", "rzz", "rzx")
_FIXED = (*sorted(_CLIFFORD), "t", "tdg", "ccx", "if_else")
_MIDDLE = re.compile(r"^ *(reset |m\[\d+\] =)", re.MULTILINE)
_APPLIED = re.compile(r"^ *([a-zA-Z]\w*)\b[^\[=]* [qw]\[", re.MULTILINE)  # names of what acts on qubits

Launch = Callable[..., Any]  # rows, options -> a job of Aer's with a result for each of the rows


@dataclass(frozen=True)
class Open:
    """A circuit that Qiskit has read; `values` gives those of its parameters, by name, for inputs of the program."""

    circuit: Any
    values: Callable[[NDArray[np.float64]], dict[str, float]]


class Aer:
    """Runs the profile `qiskit`, or `ibm` with the noise of a machine. Rows of a task share what Qiskit has read.

    Without noise, qubits are used again if that is the quicker way, or if `Task.max_qubits` asks for it.
    """

    def __init__(self, machine: str | None = None) -> None:
        """machine: one that `qgl.hardware.machines.target.resolve` knows, such as "fake_torino"; None: no noise.

        Raises:
            QglError: QGL1102, Qiskit Aer is not installed; QGL112x, there is no such machine.
        """
        self.name = "aer" if machine is None else f"aer:{machine}"
        for package in ("qiskit_aer", "qiskit_qasm3_import"):
            if find_spec(package) is None:
                raise QglError([EngineNotInstalled(None, self.name, package, "aer")])
        self.machine = None if machine is None else resolve(machine)
        self._read = lru_cache(_KEPT)(self._reading)
        self._open = lru_cache(_KEPT)(self._opening)
        self._noise = lru_cache(_KEPT)(self._noise_on)

    def samples(self, task: Task) -> list[Strings]:
        """Strings of each row; see `Engine.samples`.

        Raises:
            QglError: QGL1104, the state does not fit into memory; QGL1103, with what Aer says; QGL10xx or QGL112x, the
                circuit cannot be written, or not for this machine.
        """
        opened = self._open(task.circuit, max(task.shots), task.max_qubits) if len(task.shots) > 1 else None
        if opened is None:
            return self.run(self.payload(task), task.seed)
        values = [opened.values(row) for row in task.inputs]

        def launch(rows: Sequence[int], **options: Any) -> Any:
            binds = {p: [values[row][p.name] for row in rows] for p in opened.circuit.parameters}
            if not binds:
                return self._simulator.run([opened.circuit] * len(rows), **options)
            return self._simulator.run([opened.circuit], parameter_binds=[binds], **options)

        return self._gather([opened.circuit] * len(values), task.shots, launch, task.seed)

    def payload(self, task: Task) -> Payload:
        """The texts of the rows, as they are run; see `TextEngine`."""
        rows = range(len(task.shots))
        settings = {"engine": self.name}
        if self.machine is None:
            emitted = [self._emitted(task.circuit, task.inputs[row], task.shots[row], task.max_qubits) for row in rows]
            figures = _figures(max(emitted, key=lambda one: one.width))
            return Payload(tuple(one.text for one in emitted), task.shots, (OUTPUT,) * len(rows), settings, figures)
        texts, measured = texts_of(task, self.machine)
        return Payload(texts, task.shots, (OUTPUT,) * len(rows), settings, measured.mapping())

    def run(self, payload: Payload, seed: int) -> list[Strings]:
        """The strings of each text, run as it stands; see `TextEngine`.

        Raises:
            QglError: QGL1104, the state does not fit into memory; QGL1103, with what Aer says.
        """
        circuits = [self._read(text) for text in payload.texts]

        def launch(rows: Sequence[int], **options: Any) -> Any:
            return self._simulator.run([circuits[row] for row in rows], **options)

        return self._gather(circuits, payload.shots, launch, seed)

    @cached_property
    def _simulator(self) -> Any:
        from qiskit_aer import AerSimulator

        if self.machine is None:
            return AerSimulator(n_qubits=_WIDEST)
        return AerSimulator.from_backend(self.machine.backend, noise_model=noise_of(self.machine))

    @cached_property
    def _translation(self) -> Any:
        """Qiskit's passes to the gates of Aer, which makes its target anew (10 ms) each of the 60 times it is asked."""
        from qiskit.transpiler import generate_preset_pass_manager

        return generate_preset_pass_manager(optimization_level=0, target=self._simulator.target)

    def _noise_on(self, qubits: frozenset[int]) -> Any:
        return restricted(self._simulator.options.noise_model, qubits)

    # ------------------------------------------------------------ circuits

    def _opening(self, circuit: Circuit, shots: int, max_qubits: int | None) -> Open | None:
        """The circuit with all inputs open; None where only numbers can be written."""
        if self.machine is not None:
            fitted = fit_open(circuit, self.machine, max_qubits)
            if fitted is None:
                return None
            free = _open_gates(fitted.best.circuit)
            bounded = any(map(self.machine.target.gate_has_angle_bounds, free))
            if bounded or not free <= {*_BOUND_BY_ROW, "u1", "u2", "u3", "r"}:
                return None
            return Open(self._held(fitted.best.circuit), fitted.best.emission.bindings)
        try:
            emitted = self._emitted(circuit, None, shots, max_qubits)
            return Open(self._reading(emitted.text, [*_BOUND_BY_ROW, *_FIXED]), emitted.bindings)
        except QglError as refusal:
            if all(isinstance(found, FunctionOfOpenInput) for found in refusal.diagnostics):
                return None
            raise

    def _reading(self, text: str, basis: Sequence[str] | None = None) -> Any:
        """A text as a circuit of gates that Aer has, or of those of `basis`."""
        if self.machine is not None:
            return self._held(load_isa(text))
        import qiskit_qasm3_import
        from qiskit import transpile

        circuit = qiskit_qasm3_import.parse(text)
        if basis is None:
            return self._held(self._translation.run(circuit))
        return self._held(transpile(circuit, basis_gates=basis, optimization_level=0))

    def _held(self, circuit: Any) -> Any:
        """The circuit, if its state fits into memory: Aer leaves out qubits that nothing touches."""
        used = {qubit for instruction in circuit.data for qubit in instruction.qubits}
        self._check_memory(len(used), _names(circuit))
        return circuit

    def _check_memory(self, qubits: int, gates: Iterable[str]) -> None:
        needed, limit = _AMPLITUDE << qubits, available()
        if needed > limit and not _CLIFFORD.issuperset(gates):
            raise QglError([TooWideForEngine(None, self.name, qubits, needed, limit)])

    def _emitted(
        self, circuit: Circuit, inputs: NDArray[np.float64] | None, shots: int, max_qubits: int | None
    ) -> Emission:
        """The text, if its state fits into memory; which is known long before Qiskit has read it."""
        emitted = _sooner(circuit, inputs, shots, max_qubits)
        self._check_memory(emitted.width, _APPLIED.findall(emitted.text))
        return emitted

    # ------------------------------------------------------------ strings

    def _gather(self, circuits: Sequence[Any], shots: Sequence[int], launch: Launch, seed: int) -> list[Strings]:
        """The strings of each row. How many cores there are does not change what is drawn."""
        rng = np.random.default_rng(seed)
        once = {id(circuit): _measured_last(circuit) for circuit in circuits}
        pieces = [(row, size) for row, all_ in enumerate(shots) for size in _pieces(all_, once[id(circuits[row])])]
        samples: list[list[Strings]] = [[] for _ in shots]
        for size in dict.fromkeys(size for _, size in pieces):
            rows = [row for row, own in pieces if own == size]
            options = {"shots": size, "seed_simulator": int(rng.integers(2**31)), "max_parallel_shots": 1}
            if max(circuits[row].num_qubits for row in rows) <= _SMALL or self.machine is not None:
                options |= {"max_parallel_threads": 1} if len(rows) == 1 else {"max_parallel_experiments": 0}
            if self.machine is None and not all(once.values()):
                options["fusion_threshold"] = 1  # gates are put together once, and each shot runs fewer
            if self.machine is not None:
                options["noise_model"] = self._noise(used_by(circuits))
            for row, one in zip(rows, self._results(launch, rows, options), strict=True):
                samples[row].append(strings_of(one.data.counts, outputs_of(circuits[row]), rng))
        return [np.concatenate(parts) for parts in samples]

    def _results(self, launch: Launch, rows: Sequence[int], options: dict[str, Any]) -> list[Any]:
        try:
            result = launch(rows, **options).result()
        except Exception as error:  # whatever the library says, in its own words
            raise QglError([EngineFailed(None, self.name, str(error))]) from error
        if not result.success:
            raise QglError([EngineFailed(None, self.name, str(result.status))])
        return list(result.results)


def _sooner(circuit: Circuit, inputs: NDArray[np.float64] | None, shots: int, max_qubits: int | None) -> Emission:
    """The text in the form that is simulated sooner.

    A circuit that is measured at the end only is simulated once for all shots, others once for each shot. So each wire
    gets its own qubit where that takes no more than so many small simulations.
    """
    if max_qubits is not None:
        return emission(circuit, inputs, "qiskit", optimise=True, max_qubits=max_qubits)
    wide = emission(circuit, inputs, "qiskit", optimise=True, reuse=False)
    once = not _MIDDLE.search(wide.text)
    if once and 1 << wide.width <= shots << _OVERHEAD:
        return wide
    narrow = emission(circuit, inputs, "qiskit", optimise=True, reuse=True)
    fits = _AMPLITUDE << wide.width <= available()
    return wide if once and fits and 1 << wide.width <= shots << narrow.width else narrow


def _figures(emitted: Emission) -> dict[str, float | int | None]:
    return {
        "width": emitted.width,
        "depth": emitted.depth,
        "two_qubit_gates": emitted.two_qubit_gates,
        "duration": None,
        "fidelity": None,
    }


def _pieces(shots: int, once: bool) -> list[int]:
    """`shots` in pieces, unless one simulation serves for all of them."""
    if once:
        return [shots]
    whole, rest = divmod(shots, _PIECE)
    return [_PIECE] * whole + [rest] * (rest > 0)


def _open_gates(circuit: Any) -> set[str]:
    """Names of the gates, in branches too, that have open angles."""
    names = {one.operation.name for one in circuit.data if one.operation.is_parameterized()}
    blocks = (block for one in circuit.data if one.operation.name == "if_else" for block in one.operation.blocks)
    return (names - {"if_else"}).union(*map(_open_gates, blocks))


def _names(circuit: Any) -> Iterator[str]:
    """Names of all operations, those in branches too."""
    for instruction in circuit.data:
        if instruction.operation.name == "if_else":
            yield from chain.from_iterable(map(_names, instruction.operation.blocks))
        else:
            yield instruction.operation.name


def _measured_last(circuit: Any) -> bool:
    """Whether one simulation serves for all shots: nothing follows a measurement on its qubit."""
    measured: set[Any] = set()
    for instruction in circuit.data:
        name = instruction.operation.name
        if name in ("reset", "if_else") or (name != "barrier" and not measured.isdisjoint(instruction.qubits)):
            return False
        if name == "measure":
            measured.update(instruction.qubits)
    return True
