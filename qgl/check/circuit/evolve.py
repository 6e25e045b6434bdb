"""`evolve` and `exp`: evolutions under Hamiltonians and exponentials of Pauli words."""

from __future__ import annotations

from qgl.check.circuit.binding import Binder
from qgl.check.circuit.recorder import Recorder
from qgl.check.declarations.hamiltonians import Hamiltonians, Terms
from qgl.check.limits import Budget
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.operators import Operator, PauliWord
from qgl.check.values.values import Value, describe
from qgl.diagnostics.operators import NotAnExponent, WrongMethod
from qgl.expression import Real, real
from qgl.program.operations import Evolution, PauliRotation
from qgl.source import Span
from qgl.syntax import tree

MAX_TROTTER_STEPS = 100_000


class Evolver:
    def __init__(
        self, recorder: Recorder, evaluator: Evaluator, reporter: Reporter, budget: Budget, binder: Binder
    ) -> None:
        self.recorder = recorder
        self.evaluator = evaluator
        self.reporter = reporter
        self.budget = budget
        self.binder = binder
        self.hamiltonians = Hamiltonians(evaluator, reporter, recorder.wires)

    # ------------------------------------------------------------ exp

    def exponential(self, node: tree.Apply, frame: Frame) -> None:
        """`exp(i * a * P);` as a rotation."""
        if len(node.arguments) != 1:
            raise FaultyError  # reported by the look at names
        argument = node.arguments[0]
        if isinstance(argument, tree.Hole):
            raise self.reporter.fault(
                NotAnExponent(argument.span, "`exp` needs `i`, a real number and a product of matrices")
            )
        outer = self.evaluator.hole
        self.evaluator.hole = lambda hole: self.recorder.hole(hole, "exp", "angle", None)
        try:
            value = self.evaluator.evaluate(argument, frame)
        finally:
            self.evaluator.hole = outer
        pauli_word, angle = self.exponent(value, argument.span)
        wires = tuple(wire for wire, _ in pauli_word)
        letters = "".join(letter for _, letter in pauli_word)
        self.recorder.emit(PauliRotation(wires, node.span, angle, letters))

    def exponent(self, value: Value, span: Span) -> tuple[PauliWord, Real]:
        """The Pauli word P and the angle a of a value i a P.

        Raises:
            FaultyError: it is no such thing; reported.
        """
        if not isinstance(value, Operator):
            raise self.reporter.fault(
                NotAnExponent(span, f"`exp` needs a product of Pauli matrices, not {describe(value)}")
            )
        terms = list(value)
        if not terms and value.terms:  # the angle is zero
            pauli_word = next(iter(value.terms))
            terms = [(pauli_word, Real(0.0), Real(0.0))]
        if len(terms) != 1:
            raise self.reporter.fault(
                NotAnExponent(span, f"`exp` takes one product of Pauli matrices, not a sum of {len(terms)}")
            )
        pauli_word, re, im = terms[0]
        if not (re.is_constant and re.constant == 0):
            raise self.reporter.fault(NotAnExponent(span, "this exponent is not `i` times a real number"))
        if not pauli_word:
            raise self.reporter.fault(NotAnExponent(span, "there is no Pauli matrix in this exponent"))
        return pauli_word, im

    # ------------------------------------------------------------ evolve

    def evolve(self, node: tree.Evolve, frame: Frame) -> None:
        target = node.hamiltonian
        name = target.function if isinstance(target, tree.Call) else target
        symbol = frame.module.names.get(name.name) if isinstance(name, tree.Name) else None
        method = self._method(node.method, frame)
        time = self._time(node.time, frame)
        if symbol is None or symbol.kind != "Hamiltonian" or symbol.state == "failed":
            raise FaultyError  # reported by the look at names
        given = target.arguments if isinstance(target, tree.Call) else ()
        if len(given) != len(symbol.node.arguments):
            raise FaultyError
        terms = self.hamiltonians.terms(symbol, self.evaluator.all_of(given, frame), target.span)
        wires = tuple(sorted({wire for _, pauli_word in terms for wire, _ in pauli_word}))
        self.budget.spend(len(terms) * (1 + len(wires) // 64), node.span)
        order, steps, simulate = method or (0, 0, False)
        if simulate:
            self._slices(terms, time, order, steps, node.span)
            return
        spelled = tuple((coefficient, _letters(pauli_word, wires)) for coefficient, pauli_word in terms)
        trotter = (order, steps) if method else None
        self.recorder.emit(Evolution(wires, node.span, time, spelled, trotter))

    def _time(self, node: tree.Expression, frame: Frame) -> Real:
        if isinstance(node, tree.Hole):
            return real(self.recorder.hole(node, "evolve", "real", None))
        value = self.evaluator.evaluate(node, frame)
        return real(self.binder.scalar(value, "real", node.span))

    def _method(self, call: tree.Call | None, frame: Frame) -> tuple[int, int, bool] | None:
        if call is None:
            return None
        given = dict(zip(("order", "steps"), call.arguments, strict=False))
        given |= {key.name: value for key, value in call.keywords}
        if call.function.name != "trotter" or not set(given) <= {"order", "steps", "simulate"}:
            raise FaultyError  # reported by the look at names
        for key in ("order", "steps"):
            if key not in given:
                raise self.reporter.fault(WrongMethod(call.span, f"`trotter` needs `{key} = ...`"))
        order = self.evaluator.integer(given["order"], frame)
        steps = self.evaluator.integer(given["steps"], frame)
        simulate = self.evaluator.evaluate(given["simulate"], frame) if "simulate" in given else False
        if order not in (1, 2):
            raise self.reporter.fault(WrongMethod(given["order"].span, f"the order is 1 or 2, not {order}"))
        if not 1 <= steps <= MAX_TROTTER_STEPS:
            text = f"the number of steps lies in 1..{MAX_TROTTER_STEPS}, not {steps}"
            raise self.reporter.fault(WrongMethod(given["steps"].span, text))
        if not isinstance(simulate, bool):
            raise self.reporter.fault(WrongMethod(given["simulate"].span, "`simulate` is `true` or `false`"))
        return order, steps, simulate

    def _slices(self, terms: Terms, time: Real, order: int, steps: int, span: Span) -> None:
        """Each slice as exponentials of the terms in order; for order 2 half of each there and half back."""
        self.budget.foresee(2 * order * len(terms), steps, span)
        share = time * (1.0 / (steps * order))
        for _ in range(steps):
            for there in range(order):
                for coefficient, pauli_word in terms if there == 0 else terms[::-1]:
                    self._slice(coefficient * share, pauli_word, terms, span)

    def _slice(self, angle: Real, pauli_word: PauliWord, terms: Terms, span: Span) -> None:
        if pauli_word:
            wires = tuple(wire for wire, _ in pauli_word)
            letters = "".join(letter for _, letter in pauli_word)
            self.recorder.emit(PauliRotation(wires, span, -angle, letters))
        else:  # a phase, which a control before the evolution would see
            first = next(other for _, other in terms if other)
            wires = (first[0][0],)
            self.recorder.emit(Evolution(wires, span, angle, ((Real(1.0), "I"),)))


def _letters(pauli_word: PauliWord, wires: tuple[int, ...]) -> str:
    letters = dict(pauli_word)
    return "".join(letters.get(wire, "I") for wire in wires)
