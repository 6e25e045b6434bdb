"""Where a circuit whose kept outcomes may be drawn (`measure q keep drawn;`) is cut in two.

What stands before the cut depends on no number that training moves. It is run once for each element of the ensemble,
outcomes being drawn, and gives the states that enter what stands behind, where outcomes are summed over. The part
behind is linear in the state that enters. So it is a circuit that begins in as many Bell pairs as there are qubits: one
half goes through it, the other, the reference, says what entered (M.-D. Choi, Linear Algebra Appl. 10, 285, 1975).
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import replace

from qgl.expression import Input, with_inputs
from qgl.ir.circuit import Circuit
from qgl.program.operations import (
    Discard,
    Fresh,
    Measurement,
    Operation,
    gate,
    inputs_in,
    is_kept,
    is_required,
    may_be_drawn,
)
from qgl.program.process import facts
from qgl.program.program import Distribution, Parameter, Program, Wire
from qgl.program.rolled import patterns
from qgl.record import record
from qgl.source import Span


@record(eq=False)
class Cut:
    """A circuit in two parts.

    qubits   of the register that enters: visible and hidden ones, in order of their wires
    before   operations on these and on `fresh` ones that end before the cut
    drawn    how many outcomes are drawn there
    after    the part behind, begun in Bell pairs: the visible qubits are read out, and then the references
    labels   how many outcomes are kept in it
    inputs   the inputs that it depends on, in the order of their appearance, which is that of its own inputs
    varies   whether some of these differ from element to element
    """

    qubits: int
    before: tuple[Operation, ...]
    drawn: int
    after: Circuit
    labels: int
    inputs: tuple[Input, ...]
    varies: bool

    @property
    def form(self) -> Hashable:
        """What two cuts have the same of if one compiled program serves both, their inputs being in other places."""
        return self.qubits, self.after.visible, tuple(map(facts, self.after.operations)), self.labels, self.varies


def summed_outcomes(program: Program) -> int:
    """How many outcomes label the elements of an ensemble: those that are kept and not drawn."""
    if not any(map(is_kept, patterns(program.operations))):
        return 0
    kept = [k for k, operation in enumerate(program.operations) if is_kept(operation)]
    if not any(map(may_be_drawn, patterns(program.operations))):
        return len(kept)
    place = _place(program)
    return sum(k >= place for k in kept)


def cut_of(program: Program) -> Cut | None:
    """Where the program is cut; None if none of its outcomes may be drawn."""
    if not any(map(may_be_drawn, patterns(program.operations))):
        return None
    place = _place(program)
    before, after = _parts(program.operations, place)
    inputs = tuple(dict.fromkeys(_inputs_in_order(after)))
    varies = any(program.parameters[atom.parameter].kind == "latent" for atom in inputs)
    qubits = len(program.visible) + len(program.hidden)
    circuit = _behind(program, after, inputs, qubits)
    return Cut(qubits, before, sum(map(is_kept, before)), circuit, sum(map(is_kept, after)), inputs, varies)


def _place(program: Program) -> int:
    """The last place before which nothing depends on what training moves, and across which only the register goes on.

    What depends on conditions, or on latents that are drawn anew at each step, stands behind it too.
    """
    qubits = len(program.visible) + len(program.hidden)
    last_read: dict[int, int] = {}
    last_use: dict[int, int] = {}
    for k, operation in enumerate(program.operations):
        last_read.update((bit, k) for bit, _ in operation.condition)
        if not isinstance(operation, Discard):
            last_use.update((wire, k) for wire in operation.wires if wire >= qubits)
    place = until = 0
    for k, operation in enumerate(program.operations):
        summed = is_kept(operation) and not may_be_drawn(operation)
        if summed or is_required(operation) or any(_goes_on(program, each) for each in inputs_in(operation.numbers)):
            break
        until = max([until, *(last_use.get(wire, 0) for wire in operation.wires)])
        if isinstance(operation, Measurement) and operation.bit is not None:
            until = max(until, last_read.get(operation.bit, 0))
        if until <= k:
            place = k + 1
    return place


def _parts(operations: Sequence[Operation], place: int) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """What stands before a place, with the ends of the qubits that only that uses, and what stands behind it."""
    begun = {operation.wires[0] for operation in operations[:place] if isinstance(operation, Fresh)}
    behind = operations[place:]
    ends = [isinstance(operation, Discard) and operation.wires[0] in begun for operation in behind]
    before = (*operations[:place], *itertools.compress(behind, ends))
    return before, tuple(operation for operation, ended in zip(behind, ends, strict=True) if not ended)


def _goes_on(program: Program, atom: Input) -> bool:
    """Whether an input is known only as training goes on, or as a question is put."""
    parameter = program.parameters[atom.parameter]
    if parameter.kind != "param":
        return parameter.anew or parameter.kind == "condition"
    if program.stages:
        return False
    return program.moved is None or bool(program.moved[parameter.name].ravel()[atom.element])


def _inputs_in_order(operations: Sequence[Operation]) -> Iterator[Input]:
    for operation in operations:
        yield from sorted(inputs_in(operation.numbers))


def _behind(program: Program, operations: Sequence[Operation], inputs: Sequence[Input], qubits: int) -> Circuit:
    """Operations on a register that is one half of Bell pairs; wires, bits and inputs are numbered by appearance."""
    span = Span(program.source, 0, 0)
    numbers = {atom: Input(0, k) for k, atom in enumerate(inputs)}
    wires, bits = {wire: wire for wire in range(qubits)}, dict[int, int]()
    own: list[Operation] = []
    for operation in operations:
        for wire in operation.wires:
            wires.setdefault(wire, len(wires))
        if isinstance(operation, Measurement) and operation.bit is not None:
            operation = replace(operation, bit=bits.setdefault(operation.bit, len(bits)))
        condition = tuple((bits.setdefault(bit, len(bits)), value) for bit, value in operation.condition)
        moved = replace(operation, wires=tuple(wires[wire] for wire in operation.wires), condition=condition)
        own.append(moved.with_numbers([with_inputs(each, numbers.__getitem__) for each in operation.numbers]))
    references = range(len(wires), len(wires) + qubits)
    pairs: list[Operation] = []
    for wire, reference in enumerate(references):
        pairs += [Fresh((reference,), span), gate("h", (reference,), span), gate("cx", (reference, wire), span)]
    every = [program.wires[wire] for wire in wires]
    every += [Wire("fresh", "reference", k, None, span) for k in range(qubits)]
    parameter = Parameter("param", "inputs", (len(inputs),), "real", Distribution("constant", (0.0,)), None, span)
    visible = (*program.visible, *references)
    return Circuit(tuple(every), visible, (*pairs, *own), len(bits), (parameter,))
