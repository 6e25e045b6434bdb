"""Arguments in parentheses: numbers, vectors, `?`, and one of them for each application along a register."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.functions import is_number
from qgl.check.values.intervals import bounds
from qgl.check.values.types import Formal
from qgl.check.values.values import Array, Bit, Dimension, Qubit, Site, Value, describe
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.registers import WrongRegisterSize
from qgl.diagnostics.types import AngleAsProbability, MisplacedHole, ProbabilityRange, WrongShape, WrongType
from qgl.expression import Input, Real
from qgl.program.program import Parameter
from qgl.source import Span
from qgl.syntax import tree

_TOLERANCE = 1e-9
_NAMES = {
    "angle": "an angle",
    "real": "a real number",
    "probability": "a probability",
    "int": "a whole number",
    "bit": "a measured bit",
}


@dataclass
class Binder:
    """`parameters` grows while the program is built; `hole` makes a new element for a `?`."""

    reporter: Reporter
    parameters: Sequence[Parameter | None]
    hole: Callable[[tree.Hole, str, str, int | None], Value]

    def bind(
        self, node: tree.Expression, value: Value, formal: Formal, applications: Sequence[tuple[int, ...]], gate: str
    ) -> list[Value]:
        """The value of `formal` for each application, each being the wires that it acts on.

        `value` is None for a `?`. The same object is given for all applications where it is shared.

        Raises:
            FaultyError: the value does not fit; reported.
        """
        count = len(applications)
        if isinstance(node, tree.Hole):
            if formal.kind not in ("angle", "real", "probability"):
                why = f"`?` is a trained number, but {_NAMES[formal.kind]} belongs here"
                raise self.reporter.fault(MisplacedHole(node.span, why))
            return [_typed(self.hole(node, gate, formal.kind, formal.size), formal) for _ in range(count)]
        wanted = len(formal.dimensions)
        if _rank(value) == wanted + 1 and not (wanted == 0 and formal.kind in ("int", "bit")):
            each = self._spread(node.span, value, applications)
            return [self._fit(one, formal, node.span) for one in each]
        return [self._fit(value, formal, node.span)] * count

    def _spread(self, span: Span, value: Value, applications: Sequence[tuple[int, ...]]) -> list[Value]:
        """The elements of a list, one for each application."""
        if isinstance(value, Array):
            keys = value.dimensions[0].keys
            if keys is not None and all(len(wires) == 1 for wires in applications):
                positions = [keys.get(Qubit(wires[0])) for wires in applications]
                if None not in positions:
                    return [value.at(position) for position in positions if position is not None]
        if len(applications) == 1 and len(value) != 1:
            return [value]
        if len(value) != len(applications):
            text = f"{describe(value)} for a gate that is applied {len(applications)} times"
            raise self.reporter.fault(
                WrongShape(span, "one number, or one for each application,", text, "give an index")
            )
        return list(value)

    def _fit(self, value: Value, formal: Formal, span: Span) -> Value:
        if formal.size is None:
            return self.scalar(value, formal.kind, span)
        if isinstance(value, Array):
            misfit = formal.between is not None and value.dimensions[-1].between != formal.between
            if misfit or _shape(value) != formal.dimensions:
                raise self._misshapen(value, formal, span)
            if formal.kind == "probability":
                self._probability(value.reals()[0], span)
            return value
        if _shape(value) == formal.dimensions and formal.between is None:
            return self._each(value, formal.kind, span)
        raise self._misshapen(value, formal, span)

    def _each(self, value: Value, kind: str, span: Span) -> Value:
        if isinstance(value, tuple | Array):
            return tuple(self._each(each, kind, span) for each in value)
        return self.scalar(value, kind, span)

    def _misshapen(self, value: Value, formal: Formal, span: Span) -> FaultyError:
        single = {"angle": "angle", "real": "number", "probability": "probability"}[formal.kind]
        plural = {"angle": "angles", "real": "numbers", "probability": "probabilities"}[formal.kind]
        elements = f"{formal.size} {single if formal.size == 1 else plural}"
        wanted = f"a list of {elements}" if formal.between is None else "another isometry"
        if formal.shape:
            wanted = f"an array of {' x '.join(map(str, formal.shape))} {plural}"
        if _rank(value) is None:
            return self.reporter.fault(WrongType(span, wanted, describe(value)))
        hint = ""
        if isinstance(value, Array) and len(value.dimensions) > len(formal.dimensions):
            hint = f"give `{value.name}` an index"
        return self.reporter.fault(WrongShape(span, wanted, describe(value), hint))

    def scalar(self, value: Value, kind: str, span: Span) -> Value:
        """One value of a kind; plain numbers and sites stay what they are.

        Raises:
            FaultyError: it is none; reported.
        """
        if isinstance(value, Site):
            value = value.number
        if kind == "bit":
            fits = isinstance(value, Bit)
        elif kind == "int":
            fits = isinstance(value, int) and not isinstance(value, bool)
        else:
            fits = isinstance(value, Real) or is_number(value)
        if fits:
            if kind == "probability":
                self._probability(value, span)
            return value
        if isinstance(value, Array | tuple | range) and kind not in ("int", "bit"):
            hint = f"give `{value.name}` an index" if isinstance(value, Array) else ""
            raise self.reporter.fault(WrongShape(span, f"{_NAMES[kind]}, one number,", describe(value), hint))
        raise self.reporter.fault(WrongType(span, _NAMES[kind], describe(value)))

    def _probability(self, value: Value, span: Span) -> None:
        self._hold(self._improbable(value, span))

    def probability_sum(self, values: Sequence[Value], span: Span) -> None:
        """That the sum of `values` is a probability, whatever the inputs."""
        self._hold(self._improbable_sum(values, span))

    def is_probable(self, values: Sequence[Real], span: Span) -> bool:
        """Whether the sum of `values` is a probability, whatever the inputs."""
        fault = self._improbable(values[0], span) if len(values) == 1 else self._improbable_sum(values, span)
        return fault is None

    def _hold(self, fault: Diagnostic | None) -> None:
        if fault is not None:
            raise self.reporter.fault(fault)

    def _improbable(self, value: Value, span: Span) -> Diagnostic | None:
        """Why a value is no probability."""
        if not isinstance(value, Real) or value.is_constant:
            number = value.constant if isinstance(value, Real) else value
            return None if 0 <= number <= 1 else ProbabilityRange(span, f"this is {number:g}")
        atom = value.terms[0][1]
        if len(value.terms) == 1 and isinstance(atom, Input):
            parameter = self.parameters[atom.parameter]
            if parameter is not None and parameter.constraint == "angle":
                return AngleAsProbability(span, parameter.name, parameter.span)
        return self._improbable_sum((value,), span)

    def _improbable_sum(self, values: Sequence[Value], span: Span) -> Diagnostic | None:
        known = [each for each in self.parameters if each is not None]
        if len(known) != len(self.parameters):
            return None
        low = high = 0.0
        for value in values:
            if isinstance(value, Real):
                first, last = bounds(value, known)
            else:
                first = last = float(value)
            low, high = low + first, high + last
        if low >= -_TOLERANCE and high <= 1 + _TOLERANCE:
            return None
        certain = low == high
        what = "the sum of these" if len(values) > 1 else "this"
        range_text = f"is {low:g}" if certain else f"can be anything {_range(low, high)}"
        return ProbabilityRange(span, f"{what} {range_text}", certain)

    def exact_size(self, name: str, found: int, wanted: int, span: Span) -> None:
        """That an operand has the size that an argument `q: qubit[3]` asks for."""
        if found != wanted:
            text = f"`{name}` takes {wanted} qubit{'s' * (wanted != 1)} here, not {found}"
            raise self.reporter.fault(WrongRegisterSize(span, text))


def _typed(value: Value, formal: Formal) -> Value:
    """The numbers of a `?` as those of an isometry or as an array, where the formal is one."""
    if not isinstance(value, Array):
        return value
    if formal.shape:
        return replace(value, dimensions=tuple(Dimension(size, f"0..{size - 1}") for size in formal.shape))
    if formal.between is None:
        return value
    return replace(value, dimensions=(replace(value.dimensions[0], between=formal.between),))


def _range(low: float, high: float) -> str:
    if math.isinf(low) and math.isinf(high):
        return "at all"
    if math.isinf(high):
        return f"from {low:g} up"
    return f"from {low:g} to {high:g}" if math.isfinite(low) else f"up to {high:g}"


def _rank(value: Value) -> int | None:
    """0 for a number, 1 for a list of numbers, and so on; None for what is none of these."""
    if isinstance(value, Real | Site) or is_number(value):
        return 0
    if isinstance(value, Array):
        return len(value.dimensions)
    if isinstance(value, range):
        return 1
    if isinstance(value, tuple):
        inner = _rank(value[0]) if value else 0
        return None if inner is None else inner + 1
    return None


def _shape(value: Value) -> tuple[int, ...] | None:
    """The lengths of lists of lists, arrays among them; None where they are ragged."""
    if isinstance(value, Array):
        return tuple(each.extent for each in value.dimensions)
    if not isinstance(value, tuple):
        return ()
    inner = {_shape(each) for each in value}
    only = inner.pop() if len(inner) == 1 else None
    return None if only is None else (len(value), *only)


def reals(value: Value) -> tuple[Real, ...]:
    """The angles of a gate from a bound value."""
    if isinstance(value, Array):
        return value.reals()
    if isinstance(value, tuple):
        return tuple(each if isinstance(each, Real) else Real(float(each)) for each in value)
    return (value,) if isinstance(value, Real) else (Real(float(value)),)
