"""Whether a program is a classical Bayesian network: what expectation maximisation is for.

Every qubit is rotated once, out of |0>, by angles that are trained or constant and that are picked by the basis state
of qubits that come before it; nothing changes a basis. Gates that permute basis states may move values about. Then the
probability of the values of all qubits is a product of sin^2 and cos^2 of half an angle for each.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from qgl.diagnostics.categories import NotForExpectation
from qgl.diagnostics.model import Diagnostic
from qgl.gates import GATES
from qgl.program.calls.objectives import KL, NLL
from qgl.program.calls.strategies import EM
from qgl.program.choices import atom_of, split_wires
from qgl.program.operations import LIFETIME, GateApplication, Measurement, Operation, Reset
from qgl.program.program import Program, TrainSettings

_MOVES = tuple(GATES[name] for name in ("id", "x", "cx", "ccx", "swap", "cswap"))


def expectation_fits(program: Program, report: Callable[[Diagnostic], None]) -> bool:
    """Whether a program that asks for `em` can have it; reports why not."""
    if not isinstance(program.train.strategy, EM):
        return True
    faults = list(expectation_faults(program, program.train))
    for fault in faults:
        report(fault)
    return not faults


def expectation_faults(program: Program, settings: TrainSettings) -> Iterator[Diagnostic]:
    """Why a program cannot be trained by `em`, the first fault of each kind."""
    assert settings.strategy is not None
    place = settings.strategy.span
    terms = program.objective
    if len(terms) != 1 or not isinstance(terms[0].call, NLL | KL) or terms[0].weight <= 0:
        yield NotForExpectation(place, "the objective is not one `nll` or `kl`")
    elif program.data[terms[0].call.data].conditions is not None:
        yield NotForExpectation(place, "the data set has columns of conditions")
    elif program.data[terms[0].call.data].bases is not None:
        yield NotForExpectation(place, "the bits of the data set are in Pauli bases of their own")
    if settings.batch is not None:
        yield NotForExpectation(place, "a `batch` has not all rows, which an expectation is taken over")
    other = next((each for each in program.parameters if each.kind != "param" or each.constraint != "angle"), None)
    if other is not None:
        what = f"`{other.name}` is a {other.constraint}" if other.kind == "param" else f"`{other.name}` is {other.kind}"
        yield NotForExpectation(other.span, f"{what}, not an angle of a table")
    yield from _operations(program)


def _operations(program: Program) -> Iterator[Diagnostic]:
    touched: set[int] = set()
    for operation in program.operations:
        why = _fault(operation, touched)
        if why:
            yield NotForExpectation(operation.span, why)
            return
        touched.update(operation.wires)


def _fault(operation: Operation, touched: set[int]) -> str:
    if isinstance(operation, LIFETIME):
        return ""
    if operation.condition or isinstance(operation, Measurement | Reset):
        return "a measured bit decides here"
    if split_wires(operation) is None:
        moves = isinstance(operation, GateApplication) and operation.gate in _MOVES
        return "" if moves else "this is neither a table that is prepared nor a move of values"
    if operation.wires[-1] in touched:
        return "this rotates a qubit that is not in zero any more, which changes its basis"
    if not all(angle.is_constant or atom_of(angle) is not None for angle in operation.numbers):
        return "an angle is computed from others; give the table's own"
    return ""
