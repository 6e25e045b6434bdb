"""The circuit in which outcomes of measurements are read out, as well as the visible register.

What is asked of a kept or a required outcome is asked of the joint distribution of outcomes and visible bits, which is
that of a circuit without these measurements: the outcome stays on its qubit, or on a copy, to the end (the principle of
deferred measurement: M. Nielsen and I. Chuang, Quantum Computation and Quantum Information, 2000, section 4.4).
"""

from __future__ import annotations

from collections.abc import Callable

from qgl.ir.circuit import Circuit
from qgl.program.operations import Discard, Fresh, Measurement, Operation, gate, is_kept, is_required
from qgl.program.program import Wire
from qgl.program.rolled import patterns


def required_outcomes(circuit: Circuit) -> tuple[bool, ...]:
    """The outcomes of all runs that are not thrown away, in order."""
    outcomes = (o.required for o in patterns(circuit.operations) if isinstance(o, Measurement))
    return tuple(value for value in outcomes if value is not None)


def with_outcomes_read(circuit: Circuit, chosen: Callable[[Operation], bool]) -> Circuit:
    """The same circuit with the outcomes of chosen measurements read out after the visible ones, in their order.

    A qubit that is measured and then discarded holds its outcome to the end; of any other there is a copy, made by cx.
    A state of the visible register that comes with an outcome is a diagonal block of the state that is read out:
    coherence between different outcomes means nothing, and is not removed.
    """
    if not any(map(chosen, patterns(circuit.operations))):
        return circuit
    wires, operations = list(circuit.wires), []
    outcomes: list[int] = []
    dropped: set[int] = set()
    read = {bit for operation in circuit.operations for bit, _ in operation.condition}
    for k, operation in enumerate(circuit.operations):
        if k in dropped:
            continue
        if not chosen(operation):
            operations.append(operation)
            continue
        assert isinstance(operation, Measurement)
        (wire,) = operation.wires
        if operation.bit in read:
            operations.append(operation)
        end = _end(circuit, wire, k)
        if end is not None:
            dropped.add(end)
            outcomes.append(wire)
            continue
        copy = len(wires)
        wires.append(Wire("fresh", "outcome", len(outcomes), None, operation.span))
        operations += [Fresh((copy,), operation.span), gate("cx", (wire, copy), operation.span)]
        outcomes.append(copy)
    return circuit.with_operations(operations, wires, (*circuit.visible, *outcomes))


def with_all_outcomes_read(circuit: Circuit) -> tuple[Circuit, tuple[str, ...]]:
    """The same circuit with kept and then required outcomes read out, and what its further bits mean, a line each."""
    measured = [o for o in circuit.operations if isinstance(o, Measurement)]
    kept = [operation.label for operation in measured if operation.label]
    notes = [f"Output bit {len(circuit.visible) + k} is the kept outcome {label}." for k, label in enumerate(kept)]
    first = len(circuit.visible) + len(kept)
    for k, value in enumerate(required_outcomes(circuit)):
        notes.append(f"Throw away every shot whose output bit {first + k} is {1 - value}.")
    return with_outcomes_read(with_outcomes_read(circuit, is_kept), is_required), tuple(notes)


def _end(circuit: Circuit, wire: int, k: int) -> int | None:
    """The position of the `discard` of a wire, if that is all that happens to it after position k."""
    later = circuit.on_wire[wire]
    following = later[later.index(k) + 1 :]
    is_end = len(following) == 1 and isinstance(circuit.operations[following[0]], Discard)
    return following[0] if is_end else None
