"""Declared Hamiltonians as sums of Pauli words with real coefficients."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from qgl.check.calls.binding import Qubits
from qgl.check.names.modules import Symbol
from qgl.check.reporter import Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.operators import Operator, PauliWord
from qgl.check.values.values import Value, describe
from qgl.diagnostics.operators import NotHermitian
from qgl.diagnostics.types import ArgumentCount, WrongType
from qgl.expression import Real
from qgl.program.calls.operators import DrawnTerms, SpinTerms
from qgl.program.program import Wire
from qgl.source import Span
from qgl.syntax import tree

Terms = tuple[tuple[Real, PauliWord], ...]


class Hamiltonians:
    """Gives the terms of declared Hamiltonians; those of given arguments are computed once."""

    def __init__(self, evaluator: Evaluator, reporter: Reporter, wires: Sequence[Wire]) -> None:
        self.evaluator = evaluator
        self.reporter = reporter
        self.wires = wires
        self._known: dict[Hashable, Terms] = {}

    def terms(self, symbol: Symbol, arguments: list[Value], span: Span) -> Terms:
        """Real coefficients and Pauli words of a Hamiltonian for given arguments.

        Raises:
            FaultyError: it is no Hamiltonian; reported.
        """
        try:
            key: Hashable = (id(symbol), tuple(arguments))
            known = self._known.get(key)
        except TypeError:
            key = known = None
        if known is not None:
            return known
        frame = Frame({}, symbol.module)
        for formal, value in zip(symbol.node.arguments, arguments, strict=True):
            frame.names[formal.name.name] = value
        value = self.evaluator.evaluate(symbol.node.value, frame)
        where = symbol.node.value.span
        if not isinstance(value, Operator):
            raise self.reporter.fault(WrongType(where, "a sum of products of Pauli matrices", describe(value)))
        terms = real_terms(value, where, self.wires, self.reporter)
        if not any(pauli_word for _, pauli_word in terms):
            raise self.reporter.fault(WrongType(where, "a sum of products of Pauli matrices", "one without any"))
        if key is not None:
            self._known[key] = terms
        return terms

    def of_numbers(
        self,
        symbol: Symbol,
        node: tree.Expression,
        arguments: list[Value],
        place: Callable[[Sequence[int], Span], Qubits],
        width: int,
    ) -> SpinTerms | DrawnTerms:
        """A Hamiltonian that data of `width` bits are made of, as `node` names it; `place` says where wires are read.

        Raises:
            FaultyError: it acts on a hidden qubit, or its arguments are too many or few; reported.
        """
        wanted = len(symbol.node.arguments)
        keywords = node.keywords if isinstance(node, tree.Call) else ()
        if keywords or len(arguments) != wanted:
            given_count = len(arguments) + len(keywords)
            raise self.reporter.fault(ArgumentCount(node.span, symbol.name, wanted, given_count, declared=symbol.span))
        return self._read(self.terms(symbol, arguments, node.span), node.span, place, width)

    def written(
        self, operator: Operator, span: Span, place: Callable[[Sequence[int], Span], Qubits], width: int
    ) -> SpinTerms | DrawnTerms:
        """A sum of Pauli words that is written where a Hamiltonian may be named.

        Raises:
            FaultyError: it acts on a hidden qubit, or is not Hermitian; reported.
        """
        return self._read(real_terms(operator, span, self.wires, self.reporter), span, place, width)

    def _read(
        self, given: Terms, span: Span, place: Callable[[Sequence[int], Span], Qubits], width: int
    ) -> SpinTerms | DrawnTerms:
        terms = []
        for coefficient, pauli_word in given:
            qubits = place([wire for wire, _ in pauli_word], span)
            if qubits.hidden is not None:
                raise self.reporter.fault(qubits.hidden)
            letters = (letter for _, letter in pauli_word)
            terms.append((coefficient, tuple(sorted(zip(qubits.positions, letters, strict=True)))))
        text = " ".join(span.text.split())
        if not all(coefficient.is_constant for coefficient, _ in terms):
            return DrawnTerms(width, tuple(terms), text)
        return SpinTerms(width, tuple((coefficient.constant, pauli_word) for coefficient, pauli_word in terms), text)


def real_terms(operator: Operator, span: Span, wires: Sequence[Wire], reporter: Reporter) -> Terms:
    """The coefficients and Pauli words of a Hermitian sum.

    Raises:
        FaultyError: a coefficient is not real; reported.
    """
    terms: list[tuple[Real, PauliWord]] = []
    for pauli_word, re, im in operator:
        if not (im.is_constant and abs(im.constant) <= 1e-12 * max(1.0, abs(re.constant))):
            written = "*".join(f"{letter}[{wires[wire]}]" for wire, letter in pauli_word)
            raise reporter.fault(NotHermitian(span, written))
        terms.append((re, pauli_word))
    return tuple(terms)
