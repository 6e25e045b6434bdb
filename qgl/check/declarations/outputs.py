"""Outputs: numbers that are made of what is read of the state that the program ends in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

from qgl.check.calls.binding import Qubits
from qgl.check.declarations.hamiltonians import real_terms
from qgl.check.limits import MAX_AGAIN, MAX_OUTPUTS, MAX_READ_QUBITS
from qgl.check.names.modules import Symbol
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.functions import is_number
from qgl.check.values.operators import Operator
from qgl.check.values.values import Array, Value, describe
from qgl.diagnostics.outputs import WrongAgain, WrongOutput
from qgl.diagnostics.registers import NotAQubit
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.types import WrongType
from qgl.expression import CHANCES, MEANS, Input, Real, real
from qgl.program.outputs import Output, Outputs, PauliWord
from qgl.program.program import Wire
from qgl.source import Span
from qgl.syntax import tree


class OutputReader:
    """Reads declared outputs, and notes what they read of the state: Pauli words and registers, each once.

    place: where wires stand in a reading of all visible and hidden qubits. wires_of: those of a value, None for others.
    extent: that of a dimension.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        wires: Sequence[Wire],
        place: Callable[[Sequence[int], Span], Qubits],
        wires_of: Callable[[Value, Span], tuple[int, ...] | None],
        extent: Callable[[tree.Expression], int],
    ) -> None:
        self.evaluator, self.reporter, self.wires = evaluator, evaluator.reporter, wires
        self.place, self.wires_of, self.extent = place, wires_of, extent
        self._declared: list[Output] = []
        self._pauli_words: dict[PauliWord, int] = {}
        self._regions: dict[tuple[tuple[int, ...], int], int] = {}  # with how many positions are given
        self._chances = 0
        self._asked = False
        self._updates: list[Output] = []
        self._again = 1

    @property
    def outputs(self) -> Outputs:
        """All that has been read."""
        pauli_words, regions = tuple(self._pauli_words), tuple(region for region, _ in self._regions)
        given = tuple(count for _, count in self._regions)
        return Outputs(tuple(self._declared), pauli_words, regions, given, tuple(self._updates), self._again)

    def read(self, symbol: Symbol, frame: Frame) -> Value:
        """The value of an output: a number, or numbers in lists.

        Raises:
            FaultyError: it is none; reported.
        """
        node: tree.Output = symbol.node
        outer, self._asked = self._asked, False
        value = self.evaluator.evaluate(node.value, frame)
        asked, self._asked = self._asked, True
        if not asked:
            self._asked = outer
            text = "an output reads something of the state: `expect(...)` or `prob(...)`"
            raise self.reporter.fault(WrongOutput(node.value.span, text))
        numbers, shape = self._flat(value, node.value.span)
        if node.dimensions:
            wanted = tuple(map(self.extent, node.dimensions))
            if prod(wanted) != len(numbers):
                text = f"`{symbol.name}` has {prod(wanted)} numbers, but {len(numbers)} are made for it"
                raise self.reporter.fault(WrongOutput(node.value.span, text))
            shape = wanted
        total = len(numbers) + sum(output.size for output in self._declared)
        if total > MAX_OUTPUTS:
            what = f"a program with {total:,} numbers of output"
            raise self.reporter.fault(ValueTooLarge(symbol.span, what, f"{MAX_OUTPUTS:,}"))
        self._declared.append(Output(symbol.name, shape, numbers, symbol.span))
        return _nested(numbers, shape)

    def again(self, node: tree.Again, sizes: Mapping[str, int | None], frame: Frame) -> None:
        """Note what `again` sets the `condition` inputs to, which have these sizes; None of categories.

        Raises:
            FaultyError: it sets something else, or to other numbers; reported.
        """
        self._again = self.evaluator.integer(node.count, frame, "how often the model is asked")
        if not 1 <= self._again <= MAX_AGAIN:
            text = f"the model is asked 1 to {MAX_AGAIN:,} times, not {self._again}"
            raise self.reporter.fault(WrongAgain(node.count.span, text))
        for name, expression in node.assignments:
            if name.name not in sizes:
                raise self.reporter.fault(WrongAgain(name.span, f"`{name.name}` is no `condition` input"))
            if sizes[name.name] is None:
                text = f"`{name.name}` is a category, which is given and not made of outputs"
                raise self.reporter.fault(WrongAgain(name.span, text))
            if any(update.name == name.name for update in self._updates):
                raise self.reporter.fault(WrongAgain(name.span, f"`{name.name}` is set twice"))
            numbers, shape = self._flat(self.evaluator.evaluate(expression, frame), expression.span)
            if len(numbers) != sizes[name.name]:
                text = f"`{name.name}` has {sizes[name.name]} numbers, but {len(numbers)} are made for it"
                raise self.reporter.fault(WrongAgain(expression.span, text))
            self._updates.append(Output(name.name, shape, numbers, name.span))

    def _flat(self, value: Value, span: Span) -> tuple[tuple[Real, ...], tuple[int, ...]]:
        """Numbers row by row, and their shape."""
        if isinstance(value, Real) or is_number(value):
            return (real(value),), ()
        if not isinstance(value, tuple | range | Array) or not len(value):
            raise self.reporter.fault(WrongOutput(span, f"an output is made of numbers, not of {describe(value)}"))
        self.evaluator.budget.spend(len(value), span)
        parts = [self._flat(each, span) for each in value]
        if len({shape for _, shape in parts}) > 1:
            raise self.reporter.fault(WrongOutput(span, "the rows of this output have different lengths"))
        return tuple(number for numbers, _ in parts for number in numbers), (len(parts), *parts[0][1])

    # ------------------------------------------------------------ what is read

    def mean(self, value: Value, span: Span) -> Real:
        """The mean of a sum of Pauli words with real coefficients, of which each word is read once."""
        self.asks()
        if not isinstance(value, Operator):
            raise self.reporter.fault(WrongType(span, "a sum of products of Pauli matrices", describe(value)))
        total = Real(0.0)
        for coefficient, pauli_word in real_terms(value, span, self.wires, self.reporter):
            if not pauli_word:
                total = total + coefficient
                continue
            positions = self.place([wire for wire, _ in pauli_word], span).positions
            placed = tuple(sorted(zip(positions, (letter for _, letter in pauli_word), strict=True)))
            number = self._pauli_words.setdefault(placed, len(self._pauli_words))
            total = total + coefficient * Real(0.0, ((1.0, Input(MEANS, number)),))
        return total

    def chances(
        self, values: Sequence[Value], spans: Sequence[Span], given: tuple[Value, Span] | None = None
    ) -> tuple[Value, ...]:
        """The probabilities of all strings of bits of some qubits, the first one most significant.

        Of qubits that are given, those under each string of theirs, a row each.
        """
        self.asks()
        wires: list[int] = []
        first = () if given is None else (given,)
        for value, span in (*first, *zip(values, spans, strict=True)):
            found = self.wires_of(value, span)
            if found is None:
                raise self.reporter.fault(NotAQubit(span, describe(value)))
            if set(found) & set(wires) or len(set(found)) < len(found):
                raise self.reporter.fault(WrongOutput(span, "a qubit is read twice here"))
            wires += found
        known = 0 if given is None else len(self.wires_of(*given) or ())
        if len(wires) > MAX_READ_QUBITS:
            what = f"the distribution of {len(wires)} bits"
            raise self.reporter.fault(ValueTooLarge(spans[0], what, f"{MAX_READ_QUBITS} qubits"))
        region = self.place(wires, spans[0]).positions
        self.evaluator.budget.spend(1 << len(region), spans[0])
        if (region, known) not in self._regions:
            self._regions[region, known] = self._chances
            self._chances += 1 << len(region)
        start = self._regions[region, known]
        numbers = tuple(Real(0.0, ((1.0, Input(CHANCES, k)),)) for k in range(start, start + (1 << len(region))))
        return _rows(numbers, (1 << known, 1 << len(region) - known)) if known else numbers

    def asks(self) -> None:
        """Note that what is being evaluated depends on the state."""
        self._asked = True


def _nested(numbers: tuple[Real, ...], shape: tuple[int, ...]) -> Value:
    return _rows(numbers, shape) if shape else numbers[0]


def _rows(numbers: tuple[Real, ...], shape: tuple[int, ...]) -> tuple[Value, ...]:
    size = prod(shape[1:])
    return tuple(_nested(numbers[k * size : (k + 1) * size], shape[1:]) for k in range(shape[0]))
