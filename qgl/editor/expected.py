"""What may be named at a place: gates, qubits, values, calls of some kind, arguments of one."""

from __future__ import annotations

from qgl.check.settings.training import SETTINGS
from qgl.editor.context import Bracket, Context
from qgl.program.calls.call import Call, Kind, Parameter, parameters
from qgl.program.calls.table import KINDS
from qgl.record import record

VALUE, QUBIT, GATE, LAYER, TYPE, NOTHING = "value", "qubit", "gate", "layer", "type", "nothing"
DISTRIBUTION, LATTICE, INITIAL, HAMILTONIAN, SETTING = "distribution", "lattice", "initial", "hamiltonian", "setting"
REGISTER, BOUND, CONDITION, METHOD, OUTPUT, CONSTANT = "register", "bound", "condition", "method", "output", "constant"
DATA = "data set"


@record
class Expected:
    """Sorts of names that fit; calls of a kind that fit; and the call whose argument it is, with that argument."""

    sorts: tuple[str, ...]
    kind: Kind[Call] | None = None
    callee: type[Call] | None = None
    argument: Parameter | None = None
    named: tuple[str, ...] = ()  # arguments of the call that are given already


def expected(context: Context) -> Expected:
    """What fits at a place."""
    call = context.call
    if call is None:
        return _in_statement(context)
    if call.type == "LEFT_BRACKET":
        return Expected((VALUE, QUBIT))
    if _is_formals(context, call):
        after_colon = context.last is not None and context.last.type == "COLON"
        return Expected((TYPE,) if after_colon else (NOTHING,))
    called = callee(context)
    if called is None:
        if call.head in ("sum", "prod", "list") and context.last is not None:
            opens = context.last.type in ("LEFT_PARENTHESIS", "COMMA") and not context.written_type("IN", call.begins)
            return Expected((NOTHING,) if opens else (VALUE, QUBIT))
        return Expected((VALUE, QUBIT))
    given = tuple(call.named)
    argument = _argument(called, context, call)
    return Expected((VALUE,), None if argument is None else argument.calls, called, argument, given)


def kind_of_statement(context: Context) -> Kind[Call] | None:
    """The kind of the calls that stand in a statement, outside of brackets."""
    first = context.first
    if context.block in ("train", "stage") and first in SETTINGS:
        return SETTINGS[first].kind
    if first == "data":
        return KINDS["data"] if context.written_type("ASSIGN") else None
    return KINDS.get(first) if first in ("objective", "report", "baseline") else None


def callee(context: Context) -> type[Call] | None:
    """The record of the innermost call, if it is one of a kind that fits its place."""
    kind, called = kind_of_statement(context), None
    for bracket in context.calls:
        if bracket.type != "LEFT_PARENTHESIS":
            continue
        called = kind.table.get(bracket.head) if kind is not None else None
        if called is None:
            return None
        argument = _argument(called, context, bracket)
        kind = argument.calls if argument is not None else None
    return called


def _argument(found: type[Call], context: Context, bracket: Bracket) -> Parameter | None:
    """The argument that is being written in a call."""
    own = parameters(found)
    name = context.named_in(bracket)
    if name is not None:
        return next((each for each in own if each.name == name), None)
    placed = [each for each in own if not each.keyword_only]
    return placed[bracket.commas] if bracket.commas < len(placed) and not bracket.named else None


def _is_formals(context: Context, call: Bracket) -> bool:
    first = context.first
    return first in ("layer", "channel", "hamiltonian", "data") and call.begins == context.statement + 3


def _in_statement(context: Context) -> Expected:
    """What fits outside of the brackets of a statement, setting or declaration."""
    written, first = context.written, context.first
    if not written:
        return Expected(_beginnings(context))
    last = str(written[-1])
    if context.block in ("train", "stage") and first in SETTINGS:
        rule = SETTINGS[first]
        own = Parameter(first, rule.type, rule.doc, True, None, False) if rule.type is not None else None
        return Expected((VALUE,), rule.kind, argument=own)
    if context.block == "again":
        return Expected((VALUE, OUTPUT))
    if context.in_circuit and written[0].type in ("NAME", "INVERSE", "CTRL"):
        return Expected((GATE,) if last in ("inverse", "ctrl") else (QUBIT,))
    if (kind := kind_of_statement(context)) is not None:
        return Expected((VALUE,), kind)
    if len(written) > 1 and last in (":", "~"):
        return Expected((TYPE,) if last == ":" else (DISTRIBUTION,))
    return _in_declaration(context, first, last)


def _in_declaration(context: Context, first: str, last: str) -> Expected:
    """The same, behind a keyword."""
    written = context.written
    match first:
        case "lattice":
            return Expected((LATTICE,) if last == "=" else (NOTHING,))
        case "visible" | "hidden" | "fresh":
            return Expected((INITIAL,) if last == "=" else (VALUE,) if last == "on" else (NOTHING,))
        case "local":
            return Expected((REGISTER,) if len(written) == 1 else (BOUND,) if len(written) == 2 else (VALUE,))
        case "evolve":
            return Expected((HAMILTONIAN,) if len(written) == 1 else (METHOD,) if last == "by" else (VALUE,))
        case "measure":
            return Expected((QUBIT,) if len(written) == 1 else (NOTHING,))
        case "hamiltonian":
            return Expected((VALUE, QUBIT) if context.written_type("ASSIGN") else (NOTHING,))
        case "stage" if context.block == "stage":
            return Expected((VALUE,))
        case "set":
            return Expected((VALUE,) if context.written_type("ASSIGN") else (CONSTANT,))
    declares = first in ("const", "output", "let") and not context.written_type("ASSIGN")
    opens = last in ("for", "as", "->") or (len(written) == 1 and first in ("param", "random", "latent", "condition"))
    return Expected((NOTHING,) if declares or opens else (VALUE, QUBIT))


def _beginnings(context: Context) -> tuple[str, ...]:
    """What a statement or setting begins with, beside keywords."""
    if context.in_circuit:
        return (GATE,)
    return {"train": (SETTING,), "stage": (SETTING,), "again": (CONDITION,)}.get(context.block, (NOTHING,))
