"""What reports of hidden qubits and of the start need of a program, and what data with labels do."""

from __future__ import annotations

from collections.abc import Callable

from qgl.diagnostics.categories import LabelsDiffer
from qgl.diagnostics.many_body import HiddenBits, NoBasisStart
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.training import BadArguments
from qgl.gates import GATES
from qgl.program.calls.call import usage
from qgl.program.calls.objectives import ObjectiveCall
from qgl.program.calls.reports import QUANTUM, Choices, Entropy, HammingDistance, ReportCall
from qgl.program.operations import GateApplication
from qgl.program.picking import hidden_choices
from qgl.program.program import Program

_X = GATES["x"]


def start_bits(program: Program) -> tuple[int, ...] | None:
    """Bits of the basis state that the registers start in, of visible, then of hidden qubits; None if there is none."""
    prepared = program.operations[: program.prepared]
    if not all(isinstance(step, GateApplication) and step.gate is _X and not step.controls for step in prepared):
        return None
    flips = [operation.wires[0] for operation in prepared]
    return tuple(flips.count(wire) % 2 for wire in (*program.visible, *program.hidden))


def probes_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether the probes among the reports, and among what training watches, can be measured; reports what cannot."""
    faults: list[Diagnostic] = []
    for call in (*program.reports, *program.train.watch):
        if isinstance(call, Entropy) and call.kind != QUANTUM and _hidden(call.regions, program):
            faults.append(HiddenBits(call.span))
        if isinstance(call, Choices) and not hidden_choices(program):
            none = "is of hidden variables that tables prepare and whose measured values decide, and there are none"
            faults.append(BadArguments(call.span, call.name, none, usage(Choices)))
        if isinstance(call, HammingDistance) and start_bits(program) is None:
            faults.append(NoBasisStart(call.span))
    for fault in faults:
        report(fault)
    return not faults


def _hidden(region: tuple[int, ...], program: Program) -> bool:
    return any(position >= len(program.visible) for position in region)


def labels_fit(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether all data that the program learns and is measured by have the labels that its category has."""
    learnt = program.labels
    calls: list[ObjectiveCall | ReportCall] = [
        *(term.call for term in program.objective),
        *program.reports,
        *program.train.watch,
    ]
    given = next((each for each in program.parameters if each.kind == "condition"), None)
    for call in calls:
        for data in (program.data[name] for name in call.data_sets):
            fault = ""
            if data.conditions is None and data.labels is None:
                continue
            if (data.labels and data.labels.names) != (learnt and learnt.names):
                ours, theirs = (each.wording if each is not None else "no labels" for each in (data.labels, learnt))
                fault = f"it has {ours}, and what the model learns {theirs}"
            elif learnt is not None and given is not None and given.categories not in (None, len(learnt.names)):
                fault = f"it has {len(learnt.names)}, {learnt.listed}, and `{given.name}` {given.categories} categories"
            if fault:
                report(LabelsDiffer(call.span, data.name, fault, None if given is None else given.span))
                return False
    return True
