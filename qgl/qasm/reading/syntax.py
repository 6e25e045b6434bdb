"""The syntax tree of an OpenQASM text, by the reference parser, and the places of its statements."""

from __future__ import annotations

import contextlib
import io
from typing import Any, NoReturn

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import CannotImport, NoOpenqasmParser, NotOpenqasm
from qgl.source import Source, Span


def parsed(source: Source) -> Any:
    """The `openqasm3.ast.Program` of a text.

    Raises:
        QglError: the package `openqasm3` is missing (QGL1010), or the text is no OpenQASM (QGL1011).
    """
    try:
        from openqasm3.parser import QASM3ParsingError, parse
    except ImportError as error:
        raise QglError([NoOpenqasmParser(None)]) from error
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where the parser's lexer speaks of what it does not know
            return parse(source.text)
    except QASM3ParsingError as error:
        raise QglError([NotOpenqasm(_place_of(error, source), _reason(error))]) from error
    except RecursionError as error:
        raise QglError([NotOpenqasm(None, "its parts are nested too deep")]) from error


def span_of(node: Any, source: Source) -> Span:
    """The first line of a statement from where it begins."""
    line = min(max(node.span.start_line - 1, 0), len(source.line_starts) - 1)
    start = source.line_starts[line] + node.span.start_column
    text = source.text[start:].split("\n", 1)[0]
    end = text.find(";") + 1 or len(text)
    return Span(source, min(start, len(source.text)), min(start + max(end, 1), len(source.text)))


def refuse(node: Any, source: Source, what: str, help_text: str = "") -> NoReturn:
    """Raises QGL1012 at a statement."""
    raise QglError([CannotImport(span_of(node, source), what, help_text)])


def _place_of(error: Exception, source: Source) -> Span | None:
    cause: Any = error.__cause__ or error.__context__
    inner = cause.args[0] if cause is not None and cause.args else None
    token = getattr(inner, "offendingToken", None)
    if token is None:
        return None
    line = min(max(token.line - 1, 0), len(source.line_starts) - 1)
    start = min(source.line_starts[line] + max(token.column, 0), len(source.text))
    return Span(source, start, min(start + max(len(token.text or ""), 1), len(source.text)))


def _reason(error: Exception) -> str:
    return str(error) or "this cannot stand here"
