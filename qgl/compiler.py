"""The pipeline as one page: each stage is a value made from the one before it.

    text -> syntax -> check -> circuit graph -> passes -> plan

No file is opened here and nothing is printed: what the program may read of the world comes in as an `Environment`.
Stages are imported where they are called, so that checking a file loads neither NetworkX nor JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qgl.check.environment import Environment
from qgl.collector import put_off
from qgl.diagnostics.model import Diagnostic, QglError, Severity
from qgl.diagnostics.registers import NoModel
from qgl.program.program import Program
from qgl.source import Source, Span

if TYPE_CHECKING:
    from qgl.check.checker import Known
    from qgl.ir.circuit import Circuit
    from qgl.plan.planner import Planner
    from qgl.program.calls.gradients import Approximation
    from qgl.syntax import tree


@dataclass(frozen=True)
class Inspected:
    """A text that was checked. `program` is as `diagnose` gives it."""

    file: tree.File
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    known: Known | None


@dataclass(frozen=True)
class Analysed:
    """A program that passed the checker, and the warnings that came with it."""

    program: Program
    warnings: tuple[Diagnostic, ...]


def diagnose(
    source: Source, environment: Environment, constants: Mapping[str, Any] | None = None
) -> tuple[Program | None, tuple[Diagnostic, ...]]:
    """All faults and warnings of a program in order of place, and the checked program.

    The program is None if there is a fault, or if the file is a library of layers, which has no model to check.

    Raises:
        AssertionError: the checker left out a piece of the program and did not say why; it is at fault.
    """
    inspected = inspect(source, environment, constants)
    return inspected.program, inspected.diagnostics


def inspect(
    source: Source,
    environment: Environment,
    constants: Mapping[str, Any] | None = None,
    stale: Callable[[], bool] | None = None,
) -> Inspected:
    """What `diagnose` gives, with the tree and what the names of the program stand for.

    Raises:
        AssertionError: as `diagnose`.
        StaleError: `stale`, which is asked now and then, said that nobody waits for the answer.
    """
    from qgl.check.checker import check
    from qgl.syntax.parser import parse

    parsed = parse(source)
    with put_off():
        checked = check(parsed.file, environment, constants or {}, parse, stale)
    diagnostics = (*parsed.diagnostics, *checked.diagnostics)
    at_fault = any(d.severity is Severity.ERROR for d in diagnostics)
    if checked.given_up is not None and not at_fault:
        raise AssertionError("a piece of the program was left out without a word") from checked.given_up
    program = None if at_fault else checked.program
    if program is not None:
        diagnostics = (*diagnostics, *_out_of_reach(program))
    return Inspected(parsed.file, program, diagnostics, checked.known)


def _out_of_reach(program: Program) -> tuple[Diagnostic, ...]:
    """Warnings of rows that the program can never generate, and of data that lack a symmetry of its circuit."""
    from qgl.passes.asymmetric_data import asymmetric
    from qgl.passes.charges.unreachable import unreachable

    with put_off():
        return (*unreachable(program), *asymmetric(program))


def analyse(source: Source, environment: Environment, constants: Mapping[str, Any] | None = None) -> Analysed:
    """The checked program.

    Raises:
        QglError: with every diagnostic of the program, if there is a fault.
    """
    program, diagnostics = diagnose(source, environment, constants)
    if program is None:
        faults = any(d.severity is Severity.ERROR for d in diagnostics)
        raise QglError(diagnostics if faults else (*diagnostics, NoModel(Span(source, 0, 0))))
    return Analysed(program, diagnostics)


def circuit_of(program: Program) -> Circuit:
    """The circuit graph of a checked program, as written; passes are chosen by what it is asked."""
    from qgl.ir.circuit import Circuit

    return Circuit.of(program)


def planner(
    circuit: Circuit,
    precision: str = "single",
    memory_limit: int | None = None,
    approximate: Approximation | None = None,
    differentiates: bool = False,
) -> Planner:
    """What plans for queries of a circuit, one set after another.

    precision: "single" or "double". memory_limit: bytes; None: what this machine has. approximate: what answers may be
    approximated by; None: nothing, all are exact. differentiates: whether training takes the gradient of likelihoods.
    """
    from qgl.plan.planner import METHODS, Planner
    from qgl.plan.preference import allowed_by

    return Planner(circuit, precision, memory_limit, METHODS, allowed_by(approximate, differentiates))
