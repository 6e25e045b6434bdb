"""The circuit of a program as a picture without ink, its plan, and its OpenQASM, as plain data for a page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict
from typing import Any

from qgl.compiler import circuit_of
from qgl.draw.layout import arrange
from qgl.program.program import Program

MOST_WIRES, MOST_COLUMNS = 40, 160
MOST_QASM = 400_000  # characters that are shown


def picture(program: Program, qubit: int | None = None) -> dict[str, Any]:
    """Rows and marks of the circuit (`qgl.draw.layout`); with the light cone of a visible qubit, given by position."""
    circuit = circuit_of(program)
    place = {wire: position for position, wire in enumerate(circuit.visible)}
    counts = {
        "qubits": sum(wire.kind != "fresh" for wire in circuit.wires),
        "visible": len(circuit.visible),
        "fresh": sum(wire.kind == "fresh" for wire in circuit.wires),
        "operations": len(circuit.operations),
        "numbers": sum(each.size for each in program.parameters if each.kind == "param"),
    }
    part = None
    cone = None
    if qubit is not None and 0 <= qubit < len(circuit.visible):
        from qgl.draw.light_cone import highlight

        part = highlight(circuit, (qubit,))
        declared = [wire for wire in part.wires if circuit.wires[wire].kind != "fresh"]
        name = str(circuit.wires[circuit.visible[qubit]])
        cone = {"of": name, "qubit": qubit, "qubits": len(declared), "operations": len(part.inside)}
    layout = asdict(arrange(circuit, MOST_WIRES, MOST_COLUMNS, part))
    for row in layout["rows"]:
        row["position"] = place.get(row.pop("wire"))
    return {**layout, "counts": counts, "cone": cone}


def plan(program: Program, told: Callable[[str], None]) -> dict[str, Any]:
    """What `qglc explain` says: every query with the methods that can answer it. Loads JAX.

    Args:
        told: hears what is looked at, and may raise to give it up.
    """
    from qgl.diagnostics.size import amount, duration
    from qgl.plan.model import describe
    from qgl.report.weighing import refusals, training_seconds, weigh

    answers = weigh(program, told=told)
    queries = [
        {
            "for": answer.purpose(row),
            "query": describe(row.query),
            "times": answer.planned.times,
            "methods": [
                {
                    "method": each.method,
                    "chosen": each.method == row.chosen,
                    "refused": each.refused,
                    "qubits": each.cost.width or None,
                    "time": None if each.refused else duration(each.cost.seconds),
                    "memory": None if each.refused else amount(each.cost.memory),
                    "why": "; ".join([*(f"{name} {value}" for name, value in each.cost.facts), each.reason]).strip(
                        "; "
                    ),
                }
                for each in row.candidates
            ],
        }
        for answer in answers
        for row in answer.weighed.rows
    ]
    timed = bool(program.objective) and program.train.from_shots is None
    return {
        "queries": queries,
        "steps": program.train.steps if program.objective else None,
        "training": duration(training_seconds(answers, program.train)) if timed else None,
        "refusals": [fault.message for fault in refusals(answers, program.train)] if timed else [],
    }


def openqasm(program: Program, profile: str) -> dict[str, Any]:
    """The program as OpenQASM 3 whose trained numbers are inputs.

    Raises:
        QglError: the profile is unknown, or cannot say something of the program.
    """
    from qgl.ir.outcomes import with_all_outcomes_read
    from qgl.qasm import PROFILES, emission

    circuit, notes = with_all_outcomes_read(circuit_of(program))
    emitted = emission(circuit, None, profile, optimise=True, notes=notes)
    cut = len(emitted.text) > MOST_QASM
    return {
        "text": emitted.text[:MOST_QASM],
        "cut": cut,
        "figures": list(emitted.figures),
        "profiles": [name for name, record in PROFILES.items() if not record.machine],
    }


def _figures(facts: Iterable[tuple[str, object]]) -> str:
    return ", ".join(f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in facts)
