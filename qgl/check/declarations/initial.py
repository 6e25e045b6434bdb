"""Initial states, as operations on qubits that are in zero."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from qgl.bits.distribution import indices
from qgl.check.reporter import Reporter
from qgl.check.settings.unlisted_error import unlisted_error
from qgl.check.values.degrees import in_degrees
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.lattices import Lattice
from qgl.check.values.values import Array, Group, Value, describe, state_width
from qgl.diagnostics.model import plural
from qgl.diagnostics.registers import WrongInitial
from qgl.diagnostics.suggest import nearest
from qgl.expression import Real, real
from qgl.gates.states import WIDEST_STATE
from qgl.program.calls.data_sources import SOURCES
from qgl.program.program import DataSet
from qgl.source import Span
from qgl.syntax import tree

CALLED = {"angles": (), "amplitudes": ("pad",)}
ROWS = "rows"
STATES = ("zero", "one", "plus", "minus", "neel", "mixed")

# gate or channel, positions in the register, beyond it on fresh qubits that end at once, and numbers
Step = tuple[str, tuple[int, ...], tuple[Real, ...]]
_UNIFORM: dict[str, tuple[tuple[str, tuple[float, ...]], ...]] = {
    "zero": (),
    "one": (("x", ()),),
    "plus": (("h", ()),),
    "minus": (("x", ()), ("h", ())),
    "mixed": (("depolarizing", (1.0,)),),
}


@dataclass
class Initial:
    reporter: Reporter
    evaluator: Evaluator
    row: Callable[[DataSet, Span], tuple[Real, ...]]  # the bits of one row of data

    def steps(self, expression: tree.Expression, group: Group, frame: Frame) -> Iterator[Step]:
        """Gates, and channels for a mixed state, that prepare the state of the qubits of `group`.

        Raises:
            FaultyError: the expression is no initial state for them; reported.
        """
        span, size = expression.span, len(group.wires)
        if isinstance(expression, tree.Name) and expression.name in STATES:
            return self._named(expression.name, size, group.lattice, group.sites)
        if isinstance(expression, tree.Call) and expression.function.name == ROWS:
            return self._row(expression, group, frame)
        if isinstance(expression, tree.Call):
            return self._called(expression, size, frame)
        if isinstance(expression, tree.Name):
            known = frame.module.names.get(expression.name)
            if known is None and frame.find(expression.name) is None:
                near = nearest(expression.name, STATES)
                raise self.reporter.fault(WrongInitial(span, f"there is no initial state `{expression.name}`", near))
        value = self.evaluator.evaluate(expression, frame)
        if isinstance(value, str):
            return self._bits(value, size, span)
        return iter(self._product(value, size, span))

    def _row(self, call: tree.Call, group: Group, frame: Frame) -> Iterator[Step]:
        """A row of a table, drawn by its weight: a mixture of basis states."""
        if len(call.arguments) != 1 or call.keywords:
            raise self.reporter.fault(WrongInitial(call.span, f"`{ROWS}` takes one data set"))
        if frame.names:
            text = "a register starts from the rows of data, and a `fresh` qubit does not"
            raise self.reporter.fault(WrongInitial(call.span, text))
        node = call.arguments[0]
        data = self.evaluator.evaluate(node, frame)
        if not isinstance(data, DataSet):
            raise self.reporter.fault(WrongInitial(node.span, f"a data set belongs here, not {describe(data)}"))
        if not data.listed:
            raise self.reporter.fault(unlisted_error(data, node.span))
        fault = _unfit(data, group)
        if fault:
            raise self.reporter.fault(WrongInitial(node.span, f"`{data.name}` {fault}"))
        turned = (math.pi * bit for bit in self.row(data, call.span))
        return (("ry", (position,), (angle,)) for position, angle in enumerate(turned))

    def _bits(self, text: str, size: int, span: Span) -> Iterator[Step]:
        if set(text) - {"0", "1"}:
            raise self.reporter.fault(WrongInitial(span, "the string of an initial state has characters 0 and 1 only"))
        self._sized(len(text), size, "characters", span)
        return (("x", (position,), ()) for position, character in enumerate(text) if character == "1")

    def _product(self, value: Value, size: int, span: Span) -> list[Step]:
        """One state that is an input, or a list of such and of bits, next to each other."""
        parts = value if isinstance(value, tuple) else (value,)
        if isinstance(value, Array) and not value.is_state and value.dimensions[-1].amplitudes:
            parts = tuple(value)
        steps: list[Step] = []
        at, beyond = 0, size
        for part in parts:
            if isinstance(part, Array) and part.is_state:
                whole = state_width(len(part))
                width = whole // 2 if part.dimensions[0].mixed else whole
                places = (*range(at, at + width), *range(beyond, beyond + whole - width))
                steps.append((f"state{whole}", places, part.reals()))
                beyond += whole - width
            elif isinstance(value, tuple) and isinstance(part, int) and part in (0, 1):
                width = 1
                steps += [("x", (at,), ())] if part else []
            else:
                shown = describe(part)
                what = f"a list of states and bits holds no such thing as {shown}" if part is not value else ""
                text = what or f"an initial state belongs here, not {shown}"
                raise self.reporter.fault(WrongInitial(span, text))
            at += width
        self._sized(at, size, "qubits", span)
        return steps

    def _named(self, name: str, size: int, lattice: Lattice | None, sites: tuple[int, ...]) -> Iterator[Step]:
        if name == "neel":
            odd = [lattice.parity(site) for site in sites] if lattice else [position % 2 for position in range(size)]
            return (("x", (position,), ()) for position in range(size) if odd[position])
        return named_state(name, size)

    def _sized(self, found: int, wanted: int, things: str, span: Span) -> None:
        if found != wanted:
            qubits = "is 1 qubit" if wanted == 1 else f"are {wanted} qubits"
            text = f"this state has {found} {things}, but there {qubits}"
            raise self.reporter.fault(WrongInitial(span, text))

    def _called(self, call: tree.Call, size: int, frame: Frame) -> Iterator[Step]:
        """`angles(list)` or `amplitudes(list, pad = number)`."""
        name = call.function.name
        if name not in CALLED:
            near = nearest(name, (*STATES, *CALLED, ROWS))
            raise self.reporter.fault(
                WrongInitial(call.span, f"there is no initial state `{name}`", near, name in SOURCES.table)
            )
        others = {key.name: value for key, value in call.keywords}
        if len(call.arguments) != 1 or set(others) - set(CALLED[name]) or len(others) < len(call.keywords):
            usage = "one list, and the number `pad`" if CALLED[name] else "one list"
            raise self.reporter.fault(WrongInitial(call.span, f"`{name}` takes {usage}"))
        node = call.arguments[0]
        value = self.evaluator.evaluate(node, frame)
        if not isinstance(value, tuple | Array):
            text = f"a list of {name} belongs here, not {describe(value)}"
            raise self.reporter.fault(WrongInitial(node.span, text))
        if name == "amplitudes":
            pad = self.evaluator.evaluate(others["pad"], frame) if others else None
            return iter([self._amplitudes(tuple(value), pad, size, node.span)])
        self._sized(len(value), size, "angles", node.span)
        for warning in in_degrees(node, value):
            self.reporter.report(warning)
        return iter([step for position, item in enumerate(value) for step in self._rotation(item, position, node.span)])

    def _amplitudes(self, values: tuple[Value, ...], pad: Value | None, size: int, span: Span) -> Step:
        """Real amplitudes up to their norm; where they are too few, the others are `pad`."""
        if size > WIDEST_STATE:
            text = f"amplitudes are for {WIDEST_STATE} qubits at most, not for {size}"
            raise self.reporter.fault(WrongInitial(span, text))
        numbers = [self._number(value, "amplitudes", span) for value in values]
        missing = 2**size - len(numbers)
        if missing < 0 or (missing and pad is None):
            wanted = f"{2**size} amplitudes, or fewer and `pad`" if missing > 0 else f"{2**size} amplitudes at most"
            qubits = f"{size} qubit{'s' * (size > 1)}"
            text = f"a state of {qubits} has {wanted}, not {len(numbers)}"
            raise self.reporter.fault(WrongInitial(span, text))
        numbers += [self._number(pad, "amplitudes", span) for _ in range(missing)]
        if all(number == real(0.0) for number in numbers):
            raise self.reporter.fault(WrongInitial(span, "amplitudes that are all zero make no state"))
        interleaved = tuple(part for number in numbers for part in (number, real(0.0)))
        return f"state{size}", tuple(range(size)), interleaved

    def _rotation(self, item: Value, position: int, span: Span) -> Iterator[Step]:
        if isinstance(item, tuple) and len(item) == 2:
            yield "ry", (position,), (self._number(item[0], "angles", span),)
            yield "p", (position,), (self._number(item[1], "angles", span),)
        else:
            yield "ry", (position,), (self._number(item, "angles", span),)

    def _number(self, value: Value, what: str, span: Span) -> Real:
        if not isinstance(value, Real) and not is_number(value):
            pairs = " or pairs of them" if what == "angles" else ""
            raise self.reporter.fault(WrongInitial(span, f"{what} are numbers{pairs}, not {describe(value)}"))
        return real(value)


def _unfit(data: DataSet, group: Group) -> str:
    """Why a register cannot start from the rows of data; empty if it can."""
    if data.holds != "bits":
        return "has no rows of bits"
    if data.conditions is not None:
        return "gives conditions with its rows, which a start does not know"
    if data.width != len(group.wires):
        return f"has {plural(data.width, 'bit')} a row, and `{group.name}` {plural(len(group.wires), 'qubit')}"
    for variable in group.members or ((group,) if group.categories is not None else ()):
        first = group.wires.index(variable.wires[0])
        codes = indices(data.rows[:, first : first + len(variable.wires)])
        if variable.categories is not None and codes.max() >= variable.categories:
            return f"has a value of {codes.max()} for `{variable.name}`, which has {variable.categories} categories"
    return ""


def named_state(name: str, size: int) -> Iterator[Step]:
    """The steps of a state that is the same on all qubits, or of `neel` on a bare register."""
    if name == "neel":
        return (("x", (position,), ()) for position in range(1, size, 2))
    return (
        (gate, (position,), tuple(map(real, numbers))) for position in range(size) for gate, numbers in _UNIFORM[name]
    )
