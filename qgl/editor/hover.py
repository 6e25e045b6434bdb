"""What the word at a place is."""

from __future__ import annotations

from qgl.editor import expected
from qgl.editor.analysis import Analysis
from qgl.editor.context import Context, context_at
from qgl.editor.describe import Described, declared, shape_of
from qgl.editor.vocabulary import documentation
from qgl.program.calls.call import parameters
from qgl.record import record
from qgl.source import Source, Span


@record
class Hover:
    """`about` is the place that it is about; `of_objective` says that the planner knows more."""

    about: Span
    described: Described
    of_objective: bool = False


def hover(analysis: Analysis, offset: int) -> Hover | None:
    """What is told of the word, the `?` or the named argument at a place."""
    source = analysis.source
    named = analysis.name_at(offset)
    if named is not None:
        span, place = named
        symbol = analysis.declared(place)
        return None if symbol is None else Hover(span, declared(symbol, analysis))
    span = identifier_at(source, offset)
    if span.text == "?":
        count = next((each for each in analysis.parameters if each.span == span), None)
        text = f"{shape_of(count)}, trained as `{count.name}`" if count else "numbers that are trained"
        return Hover(span, Described("?", text))
    if not span.text:
        return None
    context = context_at(source, span.start)
    if context.inside:
        return None
    described = _of_identifier(context, span, source)
    return None if described is None else Hover(span, described, _in_objective(context, span))


def _of_identifier(context: Context, span: Span, source: Source) -> Described | None:
    call = expected.callee(context)
    after = source.text[span.end :].lstrip()
    if call is not None and after.startswith("=") and not after.startswith("=="):
        about = {each.name: each for each in parameters(call)}.get(span.text)
        if about is not None:
            return Described(f"{call.called}({about.name} = ...)", f"{about.doc}\n\n{about.type.wording}")
    wanted = expected.expected(context)
    kinds = (wanted.kind.name,) if wanted.kind is not None else ()
    statement = expected.GATE in wanted.sorts
    return documentation.of_identifier(span.text, kinds, statement, context.block in ("train", "stage"))


def _in_objective(context: Context, span: Span) -> bool:
    return context.first == "objective" or (not context.written and span.text == "objective")


def identifier_at(source: Source, offset: int) -> Span:
    """The word around a place, or that ends there; `?` is one; else it is empty."""
    text = source.text
    start = end = min(offset, len(text))
    while start > 0 and _of_name(text[start - 1]):
        start -= 1
    while end < len(text) and _of_name(text[end]):
        end += 1
    if start == end and text[start : start + 1] == "?":
        end += 1
    return Span(source, start, end)


def _of_name(character: str) -> bool:
    return character.isalnum() or character == "_"
