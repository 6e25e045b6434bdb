"""How what is being called is written, and which of its arguments the cursor is at."""

from __future__ import annotations

from qgl.check.names.callees import COUNTS
from qgl.check.names.modules import Symbol
from qgl.editor import expected
from qgl.editor.analysis import Analysis
from qgl.editor.context import Bracket, Context, context_at
from qgl.editor.describe import declared
from qgl.editor.vocabulary import documentation
from qgl.program.calls.call import Parameter, parameters, usage
from qgl.record import record
from qgl.source import Source


@record
class Signature:
    """`arguments` are pieces of `text`, each with what it is; `active` is the one that is being written."""

    text: str
    doc: str
    arguments: tuple[tuple[str, str], ...]
    active: int | None


def signature(source: Source, offset: int, analysis: Analysis) -> Signature | None:
    """The call around a place; None where there is none."""
    context = context_at(source, offset)
    call = next((each for each in reversed(context.open) if each.type == "LEFT_PARENTHESIS"), None)
    if context.inside == "comment" or call is None or call.begins <= context.statement or not call.head:
        return None
    called = expected.callee(context)
    if called is not None and called.called == call.head:
        given = parameters(called)
        shown = usage(called)
        pieces = _pieces(shown)
        doc = " ".join((called.__doc__ or "").split())
        return Signature(shown, doc, tuple(zip(pieces, (p.doc for p in given), strict=True)), _at(given, context, call))
    symbol = analysis.module.names.get(call.head) if analysis.module else None
    if symbol is not None and symbol.kind in ("layer", "channel", "Hamiltonian", "data set"):
        return _of_declared(symbol, analysis, call)
    described = documentation.of_function(call.head)
    if call.head in COUNTS and context.in_circuit:
        described = documentation.of_gate(call.head)
    if described is None:
        return None
    pieces = _pieces(described.code)
    return Signature(
        described.code, described.text, tuple((piece, "") for piece in pieces), _within(call.commas, pieces)
    )


def _of_declared(symbol: Symbol, analysis: Analysis, call: Bracket) -> Signature:
    """A layer, channel, Hamiltonian or data set of the program; qubits stand behind the parentheses."""
    texts = [each.span.text for each in symbol.node.arguments]
    in_call = [
        text
        for text, each in zip(texts, symbol.node.arguments, strict=True)
        if each.type is None or each.type.name not in ("qubit", "category")
    ]
    shown = declared(symbol, analysis)
    return Signature(shown.code, shown.text, tuple((text, "") for text in in_call), _within(call.commas, in_call))


def _pieces(shown: str) -> list[str]:
    """The arguments in `adam(rate = 0.01, b1 = 0.9)`."""
    inner = shown[shown.find("(") + 1 : shown.rfind(")")] if "(" in shown else ""
    pieces, depth = [""], 0
    for character in inner:
        depth += (character in "([") - (character in ")]")
        if character == "," and depth == 0:
            pieces.append("")
        else:
            pieces[-1] += character
    return [piece.strip() for piece in pieces if piece.strip()]


def _at(given: tuple[Parameter, ...], context: Context, call: Bracket) -> int | None:
    name = context.named_in(call)
    names = [each.name for each in given]
    if name is not None:
        return names.index(name) if name in names else None
    return None if call.named else _within(call.commas, names)


def _within(position: int, pieces: list[str]) -> int | None:
    if pieces and pieces[-1].startswith("..."):
        return min(position, len(pieces) - 1)
    return position if position < len(pieces) else None
