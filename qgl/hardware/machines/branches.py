"""Nested `if`s of Qiskit circuits made flat: machines of IBM take an `if`, but none inside another.

Bits that are asked about together get a register of their own, and a branch asks for a value of the register. Where it
asks for some of its bits only, there is a branch for each value of the others; one of them holds at most.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby, product
from typing import Any

import networkx as nx

Holds = tuple[tuple[Any, bool], ...]  # bits, each with the value that it must have


def flatten(circuit: Any) -> Any:
    """A `QuantumCircuit` without `if`s inside of `if`s, with the same distribution of the bits of every register.

    Bits that are asked about together move to registers `together_0`, `together_1`, ... A circuit without nested `if`s
    comes back as it is. There must be no loops and no `else`, as in every text of the profile `qiskit`.
    """
    from qiskit import QuantumCircuit
    from qiskit.circuit import ClassicalRegister

    lines = list(_lines(circuit, (), {}, {}))
    groups = _together(holds for holds, _, _, _ in lines)
    if not groups:
        return circuit
    moved = {bit for group in groups for bit in group}
    left = {register.name: [bit for bit in register if bit not in moved] for register in circuit.cregs}
    rows = {name: bits for name, bits in left.items() if bits} | {f"together_{k}": row for k, row in enumerate(groups)}
    registers = {name: ClassicalRegister(len(bits), name) for name, bits in rows.items()}
    home = {bit: (registers[name], k) for name, bits in rows.items() for k, bit in enumerate(bits)}
    flat = QuantumCircuit(*circuit.qregs, *registers.values(), global_phase=circuit.global_phase)
    for holds, group in groupby(lines, key=lambda line: line[0]):
        statements = [
            (operation, qubits, [home[bit][0][home[bit][1]] for bit in bits]) for _, operation, qubits, bits in group
        ]
        for condition in _conditions(holds, home) if holds else (None,):
            if condition is None:
                for statement in statements:
                    flat.append(*statement)
                continue
            with flat.if_test(condition):
                for statement in statements:
                    flat.append(*statement)
    return flat


def _lines(
    circuit: Any, holds: Holds, qubits: dict[Any, Any], bits: dict[Any, Any]
) -> Iterator[tuple[Holds, Any, list[Any], list[Any]]]:
    """All operations that are no `if`, each with what must hold, in the qubits and bits of the whole circuit."""
    for instruction in circuit.data:
        outer = [qubits.get(qubit, qubit) for qubit in instruction.qubits]
        measured = [bits.get(bit, bit) for bit in instruction.clbits]
        if instruction.operation.name != "if_else":
            yield holds, instruction.operation, outer, measured
            continue
        block = instruction.operation.blocks[0]
        bit, value = instruction.operation.condition
        inside = dict(zip(block.clbits, measured, strict=True))
        yield from _lines(
            block,
            (*holds, (bits.get(bit, bit), bool(value))),
            dict(zip(block.qubits, outer, strict=True)),
            inside,
        )


def _together(all_holds: Iterable[Holds]) -> list[list[Any]]:
    """Groups of bits that are asked about together, directly or by way of others."""
    asked: nx.Graph = nx.Graph()
    for holds in all_holds:
        if len(holds) > 1:
            nx.add_path(asked, [bit for bit, _ in holds])
    place = {bit: k for k, bit in enumerate(asked)}
    return [sorted(group, key=place.__getitem__) for group in nx.connected_components(asked)]


def _conditions(holds: Holds, home: dict[Any, tuple[Any, int]]) -> Iterator[tuple[Any, int | bool]]:
    register, _ = home[holds[0][0]]
    wanted = {home[bit][1]: value for bit, value in holds}
    if not register.name.startswith("together_"):
        yield register[home[holds[0][0]][1]], holds[0][1]
        return
    for values in product((False, True), repeat=len(register)):
        if all(values[k] == value for k, value in wanted.items()):
            yield register, sum(value << k for k, value in enumerate(values))
