"""What a fitted circuit will take of a machine: qubits, depth, time, and how much of it comes out right."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figures:
    """Of one circuit on one machine.

    width           qubits in use
    depth           longest chain of operations, a branch counting as one
    two_qubit_gates all of them, those in branches included
    duration        seconds from the first operation to the last; None if the machine tells no durations
    fidelity        an estimate of the chance that nothing goes wrong, see `measure`; None if it tells no errors
    """

    width: int
    depth: int
    two_qubit_gates: int
    duration: float | None
    fidelity: float | None

    def mapping(self) -> dict[str, float | int | None]:
        """By name, for a `Payload`."""
        return dict(vars(self))

    def cells(self) -> list[str]:
        """As cells of a table, `-` for what is not known."""
        time = "-" if self.duration is None else f"{self.duration * 1e6:.1f} us"
        chance = "-" if self.fidelity is None else f"{self.fidelity:.3g}"
        return [str(self.width), str(self.depth), str(self.two_qubit_gates), time, chance]


def measure(circuit: Any, target: Any) -> Figures:
    """Figures of a `QuantumCircuit` whose qubits are those of the machine.

    The fidelity is the product, over all operations, of 1 - (the error that the machine tells), measurements included,
    and over all gaps between two operations on a qubit that is not in |0>, of

        (1 + exp(-t / T1) + 2 exp(-t / T2)) / 4,

    the process fidelity of relaxation and dephasing for the time t of the gap: a quarter of the trace of the Pauli
    transfer matrix diag(1, exp(-t / T2), exp(-t / T2), exp(-t / T1)). Operations start as soon as they can. A branch
    counts as if it were taken. Unknown errors and times count as perfect, so that this is a figure to compare
    circuits by, not a promise.
    """
    schedule = _Schedule(target)
    schedule.run(circuit, {qubit: k for k, qubit in enumerate(circuit.qubits)}, {})
    names = set(target.operation_names)
    tells_times = any(p and p.duration for name in names for p in (target[name] or {}).values())
    tells_errors = any(p and p.error is not None for name in names for p in (target[name] or {}).values())
    return Figures(
        width=len(schedule.used),
        depth=circuit.depth(),
        two_qubit_gates=schedule.pairs,
        duration=max(schedule.free.values(), default=0.0) if tells_times else None,
        fidelity=math.exp(schedule.log_fidelity) if tells_errors else None,
    )


@dataclass
class _Schedule:
    """Every operation as soon as its qubits and bits are free."""

    target: Any
    free: dict[Any, float] = field(default_factory=dict)  # qubit number or bit -> when its last operation ended
    zero: dict[int, bool] = field(default_factory=dict)  # whether a qubit is in |0>; those not listed are
    used: set[int] = field(default_factory=set)
    tables: dict[str, Any] = field(default_factory=dict)  # of the machine: Qiskit makes them anew whenever asked
    pairs: int = 0
    log_fidelity: float = 0.0

    def run(self, circuit: Any, qubits: Mapping[Any, int], bits: Mapping[Any, Any]) -> None:
        for instruction in circuit.data:
            operands = tuple(qubits[qubit] for qubit in instruction.qubits)
            clbits = tuple(bits.get(bit, bit) for bit in instruction.clbits)
            if instruction.operation.name == "if_else":
                self._branch(instruction.operation, operands, clbits)
            elif instruction.operation.name not in ("barrier", "delay"):
                self._operation(instruction.operation.name, operands, clbits)

    def _branch(self, operation: Any, operands: tuple[int, ...], clbits: tuple[Any, ...]) -> None:
        start = max(self.free.get(key, 0.0) for key in (*operands, *clbits))
        for qubit in operands:
            self._wait(qubit, start)
        for block in operation.blocks:
            self.run(
                block, dict(zip(block.qubits, operands, strict=True)), dict(zip(block.clbits, clbits, strict=True))
            )

    def _operation(self, name: str, operands: tuple[int, ...], clbits: tuple[Any, ...]) -> None:
        if name not in self.tables:
            self.tables[name] = (self.target[name] or {}) if name in self.target.operation_names else {}
        known = self.tables[name].get(operands)
        start = max(self.free.get(key, 0.0) for key in (*operands, *clbits))
        for qubit in operands:
            if name != "reset":
                self._wait(qubit, start)
            self.zero[qubit] = name == "reset"
        end = start + ((known.duration or 0.0) if known else 0.0)
        self.free.update(dict.fromkeys((*operands, *clbits), end))
        self.used.update(operands)
        self.pairs += len(operands) == 2
        error = (known.error or 0.0) if known else 0.0
        self.log_fidelity += math.log1p(-error) if error < 1.0 else -math.inf

    def _wait(self, qubit: int, until: float) -> None:
        time = until - self.free.get(qubit, 0.0)
        if time > 0.0 and not self.zero.get(qubit, True):
            self.log_fidelity += math.log(decay(time, self.target, qubit))
        self.free[qubit] = until


def decay(time: float, target: Any, qubit: int) -> float:
    """Process fidelity of a qubit that waits for `time` seconds."""
    times = target.qubit_properties[qubit] if target.qubit_properties else None
    relaxed, dephased = (
        math.exp(-time / constant) if constant else 1.0
        for constant in (getattr(times, "t1", None), getattr(times, "t2", None))
    )
    return (1.0 + relaxed + 2.0 * dephased) / 4.0
