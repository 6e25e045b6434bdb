"""Angles as text: numbers that read back exactly, or arithmetic on the inputs that are left open."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.qasm import AngleIsNotFinite, FunctionOfOpenInput, NoInputs
from qgl.expression import Atom, Function, Input, Real, apply
from qgl.program.program import Parameter
from qgl.qasm.names import Names
from qgl.qasm.profiles.profile import Profile
from qgl.qasm.profiles.table import able
from qgl.source import Span


def bind(number: Real, inputs: NDArray[np.float64], offsets: Sequence[int]) -> Real:
    """`number` with known inputs put in; those that are NaN in the flat vector `inputs` stay."""
    total = Real(number.constant)
    for coefficient, atom in number.terms:
        if isinstance(atom, Function):
            total = total + coefficient * _bind_function(atom, inputs, offsets)
        else:
            known = float(inputs[offsets[atom.parameter] + atom.element])
            total = total + coefficient * (Real(0.0, ((1.0, atom),)) if math.isnan(known) else Real(known))
    return total


def _bind_function(function: Function, inputs: NDArray[np.float64], offsets: Sequence[int]) -> Real:
    first = bind(function.arguments[0], inputs, offsets)
    if function.name == "multiply" and first == Real(0.0):
        return first  # also where the other factor is 1/0: a ratio of probabilities that are both 0
    if function.name == "choose" and first.is_constant:
        chosen = function.arguments[1:]
        if first.constant in range(len(chosen)):
            return bind(chosen[int(first.constant)], inputs, offsets)
    if first.is_constant and function.name in ("sqrt", "asin"):
        first = Real(_clipped(first.constant))
    return apply(function.name, first, *(bind(argument, inputs, offsets) for argument in function.arguments[1:]))


def _clipped(value: float) -> float:
    """`value` in 0..1 if it is just outside by rounding, as sums of probabilities may be."""
    return min(max(value, 0.0), 1.0) if -1e-6 < value < 0.0 or 1.0 < value < 1.0 + 1e-6 else value


def decimal(value: float) -> str:
    """The shortest decimal that reads back as `value`, always with a point or an exponent."""
    return repr(value + 0.0)  # -0.0 becomes 0.0


class Angles:
    """Writes angles and remembers which inputs they need.

    Readers take sums, products and quotients of inputs, but no functions of them. One function is common, the angle of
    a flip in the dilation of a channel of strength p: 2 asin(sqrt(p)) becomes an input of its own.
    """

    def __init__(self, parameters: Sequence[Parameter], inputs: NDArray[np.float64] | None, profile: Profile) -> None:
        sizes = [parameter.size for parameter in parameters]
        self._offsets = [sum(sizes[:k]) for k in range(len(sizes))]
        self._inputs = np.full(sum(sizes), np.nan) if inputs is None else np.asarray(inputs, dtype=np.float64)
        if self._inputs.shape != (sum(sizes),):
            raise ValueError(f"the circuit has {sum(sizes)} inputs, not {self._inputs.shape}")
        self._parameters = parameters
        self._profile = profile
        self._names = Names(parameters)
        self._used: dict[str, Real] = {}
        self._flips: dict[Real, str] = {}

    @property
    def used(self) -> dict[str, Real]:
        """What the inputs of the text stand for, by name, in order of first use."""
        return self._used

    def bound(self, number: Real, span: Span) -> Real:
        """`number` with the known inputs put in.

        Raises:
            QglError: the value is not a finite number.
        """
        try:
            value = bind(number, self._inputs, self._offsets)
        except (ValueError, ZeroDivisionError, OverflowError):
            raise QglError([AngleIsNotFinite(span, self.formula(number))]) from None
        if not math.isfinite(value.constant):
            raise QglError([AngleIsNotFinite(span, self.formula(number))])
        return value

    def text(self, number: Real, span: Span) -> str:
        """`number` as an expression.

        Raises:
            QglError: it is not finite, or the profile has no inputs, or lacks a function of an input that is left open.
        """
        return _sum(self.bound(number, span), lambda atom: self._atom(atom, span))

    def formula(self, number: Real) -> str:
        """`number` as a formula for people, in the names of the program."""
        return _sum(number, self._spoken)

    def _atom(self, atom: Atom, span: Span) -> tuple[float, str]:
        match atom:
            case Input():
                return 1.0, self._declare(self._names.of(atom), Real(0.0, ((1.0, atom),)), span)
            case Function("multiply", (x, y)):
                return 1.0, f"({self.text(x, span)})*({self.text(y, span)})"
            case Function("reciprocal", (x,)):
                return 1.0, f"1.0/({self.text(x, span)})"
            case Function("asin", (Real(0.0, ((1.0, Function("sqrt", _) as root),)),)):
                angle = Real(0.0, ((2.0, Function("asin", (Real(0.0, ((1.0, root),)),))),))
                if angle not in self._flips:
                    self._flips[angle] = self._names.new(f"flip_{len(self._flips)}")
                return 0.5, self._declare(self._flips[angle], angle, span)
            case Function("power", (x, y)) if "power" in self._profile.functions:
                return 1.0, f"(({self.text(x, span)})**({self.text(y, span)}))"
            case Function(name, (x,)) if name in self._profile.functions:
                return 1.0, f"{self._profile.functions[name]}({self.text(x, span)})"
        formula = _sum(Real(0.0, ((1.0, atom),)), self._spoken)
        others = able(lambda profile: atom.name in profile.functions) if isinstance(atom, Function) else ()
        if self._profile.inputs is None:
            raise QglError([NoInputs(span, self._profile.name, formula, others)])
        raise QglError([FunctionOfOpenInput(span, self._profile.name, formula, others)])

    def _declare(self, name: str, meaning: Real, span: Span) -> str:
        if self._profile.inputs is None:
            others = able(lambda profile: profile.inputs is not None)
            raise QglError([NoInputs(span, self._profile.name, self.formula(meaning), others)])
        self._used.setdefault(name, meaning)
        return name

    def _spoken(self, atom: Atom) -> tuple[float, str]:
        match atom:
            case Input(parameter, element):
                shape = self._parameters[parameter].shape
                index = ", ".join(str(int(i)) for i in np.unravel_index(element, shape)) if shape else ""
                return 1.0, self._parameters[parameter].name + (f"[{index}]" if shape else "")
            case Function("multiply", (x, y)):
                return 1.0, f"({self.formula(x)})*({self.formula(y)})"
            case Function("reciprocal", (x,)):
                return 1.0, f"1.0/({self.formula(x)})"
            case Function(name, arguments):
                return 1.0, f"{name}({', '.join(self.formula(argument) for argument in arguments)})"
        raise TypeError(f"not an atom: {atom!r}")


def _sum(number: Real, atom: Callable[[Atom], tuple[float, str]]) -> str:
    """The affine form as text; an atom comes with a factor for its coefficient."""
    parts: list[tuple[bool, str]] = []
    for coefficient, term in number.terms:
        factor, text = atom(term)
        size = abs(coefficient * factor)
        parts.append((coefficient * factor < 0, text if size == 1.0 else f"{decimal(size)}*{text}"))
    if number.constant or not parts:
        parts.append((number.constant < 0, decimal(abs(number.constant))))
    return _joined(parts)


def _joined(parts: Iterable[tuple[bool, str]]) -> str:
    text = ""
    for negative, part in parts:
        if text:
            text += f" {'-' if negative else '+'} {part}"
        else:
            text = f"-{part}" if negative else part
    return text
