"""What is shown in the text: sizes of registers, how many numbers are behind each `?`, what can be run."""

from __future__ import annotations

from collections.abc import Iterator

from qgl.check.values.values import Group
from qgl.diagnostics.model import plural
from qgl.editor.analysis import Analysis
from qgl.editor.describe import data_text
from qgl.program.program import DataSet
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree


@record
class Hint:
    """A text that is shown behind a place."""

    place: Span
    text: str
    tooltip: str = ""


@record
class Lens:
    """A command above a line: "explain", "draw" or "train"."""

    place: Span
    title: str
    command: str


def hints(analysis: Analysis) -> Iterator[Hint]:
    """Sizes of registers and data sets behind their names, and the number of numbers behind each `?`."""
    module = analysis.module
    for symbol in module.own if module else ():
        if symbol.state != "done" or symbol.span.source is not analysis.source:
            continue
        match symbol.value:
            case Group() as group if group.categories is None and not group.members:
                yield Hint(symbol.span, f": {plural(len(group.wires), 'qubit')}")
            case Group() as group:
                yield Hint(symbol.span, f": {plural(len(group.wires), 'qubit')}", group.wording)
            case DataSet() as data:
                yield Hint(symbol.span, f": {data_text(data)}")
    for parameter in analysis.parameters:
        if parameter.span.source is analysis.source and parameter.span.text == "?" and parameter.size:
            shape = " x ".join(map(str, parameter.shape))
            yield Hint(
                parameter.span, f" {shape}", f"{plural(parameter.size, 'number')} of type {parameter.constraint}"
            )


def lenses(analysis: Analysis) -> Iterator[Lens]:
    """Commands above the circuit, the objective and the settings of training."""
    for each in analysis.file.declarations:
        match each:
            case tree.Model(span):
                yield Lens(_line(span), "draw", "qgl.draw")
                yield Lens(_line(span), "explain", "qgl.explain")
            case tree.Objective(span):
                yield Lens(_line(span), "explain", "qgl.explain")
            case tree.Train(span):
                yield Lens(_line(span), "train", "qgl.train")


def _line(span: Span) -> Span:
    return Span(span.source, span.start, span.start)
