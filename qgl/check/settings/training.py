"""From the tree's objective, `train` block and reports to their checked forms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from qgl.check.calls.binding import FAILED, Failure, read
from qgl.check.calls.strategies import strategy_faults
from qgl.check.reporter import FaultyError
from qgl.check.settings.adversary import adversary_fits, critic_of, with_opponent
from qgl.check.settings.fit import (
    Scope,
    error_fits,
    fits,
    free_energy_fits,
    narrow_enough,
    of_one_model,
    pauli_words_agree,
    targets_fit,
    transport_fits,
)
from qgl.check.settings.line_search import by_row, estimated, line_search_faults
from qgl.check.settings.shots import shot_faults
from qgl.check.settings.watching import complete_early, read_watch, watch_faults
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import (
    BadArgument,
    NotAnObjective,
    RepeatedSetting,
    UnfitForBatch,
    UnknownSetting,
)
from qgl.program.calls.arguments import POSITIVE, ArgumentType, BareName, Choice, Integer, UnfitError
from qgl.program.calls.arguments import number as plain_number
from qgl.program.calls.call import Kind
from qgl.program.calls.gradients import APPROXIMATIONS, GRADIENTS
from qgl.program.calls.objectives import (
    MMD,
    MSE,
    OBJECTIVES,
    Adversarial,
    Energy,
    Entropy,
    FreeEnergy,
    Infidelity,
    ObjectiveCall,
    Wasserstein,
)
from qgl.program.calls.optimizers import OPTIMIZERS, Adam
from qgl.program.calls.reports import REPORTS
from qgl.program.calls.stops import STOPS
from qgl.program.calls.strategies import STRATEGIES
from qgl.program.program import Term, TrainSettings
from qgl.record import record
from qgl.source import Span
from qgl.syntax import tree

# ---------------------------------------------------------------- objective


def read_objective(objective: tree.Objective | None, scope: Scope) -> tuple[Term, ...]:
    """The terms of a weighted sum of objectives, in order of writing; empty without an objective or after a fault."""
    if objective is None:
        return ()
    terms: list[Term] = []
    fine = True
    for weight, call in _summands(objective.value, 1.0, scope):
        bound = scope.bind(call, OBJECTIVES) if call is not None else None
        bound = scope.with_variables(bound) if isinstance(bound, MMD) else bound
        if bound is None or not _objective_fits(bound, scope):
            fine = False
            continue
        try:
            critic = critic_of(bound, scope) if isinstance(bound, Adversarial) else None
        except FaultyError:
            fine = False
            continue
        terms.append(Term(weight, bound, critic))
    return tuple(terms) if fine else ()


def _summands(
    expression: tree.Expression, weight: float, scope: Scope
) -> Iterator[tuple[float, tree.Call | tree.Name | None]]:
    """(weight, call) of every term; None for a call stands for a fault that was reported."""
    match expression:
        case tree.Binary(_, "+" | "-" as operator, left, right):
            yield from _summands(left, weight, scope)
            yield from _summands(right, weight if operator == "+" else -weight, scope)
        case tree.Unary(_, "+" | "-" as operator, operand):
            yield from _summands(operand, weight if operator == "+" else -weight, scope)
        case tree.Binary(_, "*", left, right) if not (_names_objective(left) and _names_objective(right)):
            term, factor = (left, right) if _names_objective(left) else (right, left)
            yield from _scaled(term, factor, weight, 1, scope)
        case tree.Binary(_, "/", left, right) if not _names_objective(right):
            yield from _scaled(left, right, weight, -1, scope)
        case tree.Call() | tree.Name():
            yield weight, expression
        case _:
            scope.report(NotAnObjective(expression.span, f"`{expression.span.text[:60]}` is none"))
            yield weight, None


def _scaled(
    term: tree.Expression, factor: tree.Expression, weight: float, power: int, scope: Scope
) -> Iterator[tuple[float, tree.Call | tree.Name | None]]:
    value = scope.evaluate(factor)
    if isinstance(value, Failure):
        yield weight, None
        return
    try:
        scale = float(plain_number(value) ** power)
    except (UnfitError, ZeroDivisionError, OverflowError):
        scope.report(NotAnObjective(factor.span, f"the weight `{factor.span.text[:60]}` is not a finite number"))
        yield weight, None
        return
    yield from _summands(term, weight * scale, scope)


def _names_objective(expression: tree.Expression) -> bool:
    """Whether a sum or product has a named objective in it, rather than being a constant weight."""
    match expression:
        case tree.Call(_, function):
            known = [*OBJECTIVES.table, *REPORTS.table]
            return function.name in known or nearest(function.name, known) is not None  # also when it is misspelt
        case tree.Binary(_, _, left, right):
            return _names_objective(left) or _names_objective(right)
        case tree.Unary(_, _, operand):
            return _names_objective(operand)
        case _:
            return False


def _objective_fits(call: ObjectiveCall, scope: Scope) -> bool:
    if isinstance(call, FreeEnergy):
        return free_energy_fits(call, scope)
    if isinstance(call, Energy | Entropy):
        return of_one_model(call, scope)
    if not fits(call, scope):
        return False
    if isinstance(call, MSE):
        return error_fits(call, scope)
    if isinstance(call, Infidelity):
        return targets_fit(call, scope)
    if isinstance(call, Wasserstein):
        return transport_fits(call, scope)
    return not isinstance(call, MMD) or _mmd_fits(call, scope)


def _mmd_fits(call: MMD, scope: Scope) -> bool:
    if not pauli_words_agree(call, scope):
        return False
    way_out = (
        "expectations of Pauli words serve at any width: give it `pauli_words = 1000, samples = 1000`, or "
        "`weight = 2, reach = 3`"
    )
    bound = call.pauli_words is not None or call.weight is not None
    data = scope.data.get(call.data)
    if data is not None and data.numbers is not None:
        return True
    if call.kernel.of_integers:
        way_out = "take a kernel of bits, with `pauli_words = 1000, samples = 1000`"
    return bound or narrow_enough(call, scope.visible, way_out, scope)


# ---------------------------------------------------------------- train


@record
class SettingRule:
    """How one setting of `train` is read, a plain type or a call of a kind; and what it is, for the reference."""

    doc: str
    type: ArgumentType[Any] | None
    kind: Kind[Any] | None = None
    many: bool = False


SETTINGS: Mapping[str, SettingRule] = {
    "optimizer": SettingRule("how a step is made, below", None, OPTIMIZERS),
    "steps": SettingRule("at most so many", Integer(0)),
    "seeds": SettingRule("so many runs side by side from different starts; the best is kept", Integer(1, 100_000)),
    "seed": SettingRule("the seed of the run", Integer(0)),
    "stop": SettingRule("one or several stopping rules, below", None, STOPS, many=True),
    "clip": SettingRule("the largest norm of the gradient", POSITIVE),
    "time_limit": SettingRule("seconds", POSITIVE),
    "precision": SettingRule("`single` (float32) or `double`", Choice(("single", "double"))),
    "checkpoint": SettingRule("steps between two", Integer(1)),
    "batch": SettingRule(
        "so many rows of the data at each step, for `nll`, `kl` and `mse`; all of them by default", Integer(1)
    ),
    "gradient": SettingRule("where the gradient comes from: `exact`, or shots, below", None, GRADIENTS),
    "strategy": SettingRule("how parameters are moved at all, below; along the gradient by default", None, STRATEGIES),
    "engine": SettingRule(
        'who gives the strings of a gradient from shots: `statevector`, `aer`, `"aer:fake_torino"`, ...', BareName()
    ),
    "approximate": SettingRule(
        "what answers may be approximated by, below; by nothing by default", None, APPROXIMATIONS
    ),
    "watch": SettingRule(
        "reports that are measured while training, and `every` how many steps, below", None, REPORTS, many=True
    ),
}


def default_settings(span: Span | None, place: Span) -> TrainSettings:
    """What holds where `train` says nothing: Adam at rate 0.01, 1000 steps, one seed.

    `place` is where faults of the default optimiser would be shown, such as the model.
    """
    return TrainSettings(Adam(span=place), 1000, 1, 0, (), None, None, "single", 100, span)


@dataclass
class _Reader:
    scope: Scope
    terms: tuple[Term, ...]
    seen: dict[str, Span] = field(default_factory=dict)

    def read(self, setting: tree.Setting) -> Mapping[str, Any]:
        """The fields of the settings that a line gives; none after a fault."""
        name = setting.name.name
        if name in self.seen:
            self.scope.report(RepeatedSetting(setting.name.span, name, self.seen[name]))
            return {}
        self.seen[name] = setting.name.span
        if name not in SETTINGS:
            self.scope.report(UnknownSetting(setting.name.span, name, tuple(SETTINGS), nearest(name, SETTINGS)))
            return {}
        rule = SETTINGS[name]
        if not setting.values or (len(setting.values) > 1 and not rule.many):
            given = "nothing" if not setting.values else f"{len(setting.values)} values"
            span = setting.values[1].span if setting.values else setting.span
            self.scope.report(BadArgument(span, "train", name, "one value", given))
            return {}
        if name == "watch":
            return read_watch(setting, self.terms, self.scope)
        if rule.kind is not None:
            calls = tuple(self.scope.bind(value, rule.kind) for value in setting.values)
            if None in calls:
                return {}
            return {name: calls if rule.many else calls[0]}
        assert rule.type is not None
        value = self._plain(name, rule.type, setting.values[0])
        return {} if value is FAILED else {name: value}

    def _plain(self, name: str, kind: ArgumentType[Any], expression: tree.Expression) -> Any:
        try:
            return read(kind, expression, self.scope.evaluate, self.scope.report)
        except UnfitError as unfit:
            self.scope.report(BadArgument(expression.span, "train", name, kind.wording, str(unfit)))
            return FAILED


def read_train(train: tree.Train | None, scope: Scope, place: Span, terms: tuple[Term, ...] = ()) -> TrainSettings:
    """`train { ... }` with defaults for what it leaves out; faulty settings are reported and left at their defaults.

    `place` is any span of the program; the default optimiser carries it. `terms` are those of the objective.
    """
    settings = default_settings(train.span if train else None, place)
    if train is None:
        settings = with_opponent(settings, terms)
        adversary_fits(settings, terms, scope.report)
        return settings
    reader = _Reader(scope, terms)
    values = [reader.read(setting) for setting in train.settings]
    settings = replace(settings, **{name: value for fields in values for name, value in fields.items()})
    settings = with_opponent(complete_early(settings, terms, scope), terms)
    watch_faults(settings, next((each for each in train.settings if each.name.name == "watch"), None), scope)
    unused = tuple(strategy_faults(settings, reader.seen))
    if not adversary_fits(settings, terms, scope.report):
        return settings
    for fault in unused or shot_faults(settings, terms, scope.data, reader.seen.get("engine")):
        scope.report(fault)
    if settings.batch is not None:
        _batch_fits(reader.seen["batch"], terms, scope)
    for fault in line_search_faults(settings, estimated(terms, scope.data, settings.batch)):
        scope.report(fault)
    return settings


def _batch_fits(span: Span, terms: tuple[Term, ...], scope: Scope) -> None:
    """Reports a `batch` that no term of the objective can be estimated by."""
    if terms and not any(by_row(term.call, scope.data) for term in terms):
        names = " and ".join(f"`{name}`" for name in dict.fromkeys(term.call.name for term in terms))
        scope.report(UnfitForBatch(span, f"{names} takes what it needs of all rows together"))
