"""The stages of a program: for each value of a `stage`, which constants it sets, what it moves and how it is trained.

A stage is the program checked again, with other constants; the constants of a stage are evaluated with those of the
file, and all else that it says with its own. What it does not say of objective and training is what the program says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.check.declarations.declarations import Declarations
from qgl.check.names.modules import Module
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.frame import Frame
from qgl.check.values.values import Array, Group, Value
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.size import ValueTooLarge
from qgl.diagnostics.stages import (
    NotMoved,
    NotPicked,
    RepeatedInStage,
    SettingOfTheRun,
    StageAtFault,
    StageConstant,
    StageData,
    StageShape,
    StageWithoutObjective,
    StrategyOfStage,
    UnknownStageItem,
    WrongStageValues,
)
from qgl.diagnostics.suggest import nearest
from qgl.expression import Input, Real
from qgl.program.calls.strategies import CMA, Gradient
from qgl.program.choices import Choice
from qgl.program.operations import Operation
from qgl.program.picking import Found
from qgl.program.program import Parameter, Program, Stage, TrainSettings
from qgl.source import Span
from qgl.syntax import tree

MAX_STAGES = 1000
OF_THE_RUN = ("seed", "seeds", "precision")
Report = Callable[[Diagnostic], None]
Masks = Mapping[str, NDArray[np.bool_]]


@dataclass(frozen=True)
class Settings:
    """What is said of objective, training and reports."""

    objective: tree.Objective | tree.Broken | None
    train: tree.Train | tree.Broken | None
    reports: tuple[tree.Expression, ...]
    baselines: tuple[tree.Expression, ...]

    @classmethod
    def of(cls, module: Module) -> Settings:
        blocks = module.blocks
        return cls(blocks.get("objective"), blocks.get("train"), tuple(module.reports), tuple(module.baselines))


@dataclass(frozen=True)
class StageValues:
    """A stage at one of its values; `around` has this value under its name.

    picked  what it picks, and what stages before it have picked, each with the values of names around it
    """

    node: tree.Stage
    stage: Stage
    around: Mapping[str, Value]
    constants: Mapping[str, object]
    picked: tuple[tuple[tree.Expression, Mapping[str, Value]], ...] = ()

    def frame(self, declarations: Declarations) -> Frame:
        """The names that are seen in the stage."""
        return Frame(dict(self.around), declarations.main)

    def fault(self) -> Diagnostic:
        """What explains faults that only the constants of this stage bring."""
        values = " and ".join(f"`{name} = {value}`" for name, value in self.constants.items()) or "nothing is set"
        return StageAtFault(_head(self.node), self.stage.label, values)

    def settings(self, program: Settings, report: Report) -> Settings:
        """What holds in the stage: its own settings, line by line, before those of the program."""
        own = (item for item in self.node.items if isinstance(item, tree.Objective))
        objective = next(own, program.objective)
        train = next((item for item in self.node.items if isinstance(item, tree.Train)), None)
        if objective is None and not self.node.broken:
            report(StageWithoutObjective(_head(self.node), self.stage.label))
        reports = tuple(one for item in self.node.items if isinstance(item, tree.Report) for one in item.items)
        return Settings(
            objective,
            program.train if train is None else self._train(train, program.train, report),
            reports,
            (),
        )

    def _train(self, own: tree.Train, program: tree.Train | tree.Broken | None, report: Report) -> tree.Train:
        given = {setting.name.name for setting in own.settings}
        for setting in own.settings:
            if setting.name.name in OF_THE_RUN:
                report(SettingOfTheRun(setting.span, setting.name.name, self.stage.label))
        before = [
            each
            for each in (program.settings if isinstance(program, tree.Train) else ())
            if each.name.name not in given
        ]
        return replace(own, settings=(*before, *own.settings))

    def picks(
        self, operations: Sequence[Operation], parameters: Sequence[Parameter], declarations: Declarations
    ) -> tuple[Choice, ...]:
        """The choices that have been picked once the stage begins."""
        if not self.picked:
            return ()
        looked, choices = Found(operations, parameters), list[Choice]()
        for expression, around in self.picked:
            frame = Frame(dict(around), declarations.main)
            try:
                variables = _variables(expression, frame, declarations)
            except FaultyError:
                continue
            for name, wires in variables:
                before = frozenset(wire for each in choices for wire in each.wires)
                if before.issuperset(wires):
                    continue  # by a stage before
                choice = looked.choice(name, wires, before)
                fault = choice if isinstance(choice, str) else looked.unset(choice)
                fault = fault or ("" if self.stage.number else "nothing is trained before this stage")
                if isinstance(choice, str) or fault:
                    declarations.reporter.report(NotPicked(expression.span, name, fault))
                    break
                choices.append(choice)
        return tuple(choices)

    def moved(
        self,
        parameters: Sequence[Parameter],
        train: TrainSettings,
        declarations: Declarations,
        picks: Sequence[Choice] = (),
    ) -> Masks | None:
        """For each trained parameter, which elements the stage moves; None for all of all."""
        said = _said(self.node, "move")
        if not said and not picks:
            return None
        masks = {each.name: np.full(each.shape, not said) for each in parameters if each.kind == "param"}
        for expression in said:
            try:
                parameter, elements = _elements(expression, self.frame(declarations), declarations)
                masks[_declared_name(parameter, declarations)].ravel()[elements] = True
            except FaultyError:
                continue
        for atom in {atom for choice in picks for atom in choice.atoms}:
            masks[parameters[atom.parameter].name].ravel()[atom.element] = False
        whole = all(mask.all() or not mask.any() for mask in masks.values())
        if not (train.strategy_name == Gradient.called or (whole and isinstance(train.strategy, CMA))):
            declarations.reporter.report(StrategyOfStage(_head(self.node), train.strategy_name, self.stage.label))
        return masks


def stages_of(module: Module, declarations: Declarations, reporter: Reporter) -> list[StageValues]:
    """All stages of a file in order, each at each of its values; what has a fault, which is reported, is left out."""
    stages: list[StageValues] = []
    for node in module.stages:
        _refuse_items(node, reporter.report)
        try:
            for value in _values(node, declarations, reporter):
                name = node.name.name
                around: dict[str, Value] = {} if value is None else {name: value}
                label = name if value is None else f"{name} = {value}"
                constants = _constants(node, around, declarations, reporter)
                before = stages[-1].picked if stages else ()
                own = tuple((expression, around) for expression in _said(node, "pick"))
                stages.append(StageValues(node, Stage(len(stages), 0, label), around, constants, before + own))
                if len(stages) > MAX_STAGES:
                    what = f"a training of more than {MAX_STAGES:,} stages"
                    raise reporter.fault(ValueTooLarge(_head(node), what, f"{MAX_STAGES:,}"))
        except FaultyError as fault:
            reporter.give_up(fault)
    return [replace(each, stage=replace(each.stage, count=len(stages))) for each in stages]


def same_inputs(programs: Sequence[Program], report: Report) -> bool:
    """Whether stages have the parameters of the program, the first, in the same shapes, and each data set once.

    Where one has not, it is reported.
    """
    program, *stages = programs
    data, fine = dict(program.data), True
    for stage in stages:
        declared, found = (
            {each.name: each for each in one.parameters if each.kind != "condition"} for one in (program, stage)
        )
        label = stage.stage.label if stage.stage else ""
        for name in dict.fromkeys((*declared, *found)):
            one, other = (_shape_text(side.get(name)) for side in (declared, found))
            if one != other:
                report(StageShape((declared.get(name) or found[name]).span, name, label, one, other))
                fine = False
        for name, each in stage.data.items():
            if data.setdefault(name, each).sha256 != each.sha256:
                report(StageData(stage.train.span, name, label))
                fine = False
    return fine


def _shape_text(parameter: Parameter | None) -> str:
    if parameter is None:
        return "no element"
    shape = parameter.shape if parameter.draws is None else (parameter.draws, *parameter.shape)
    return f"the shape {' x '.join(map(str, shape))}" if shape else "one element"


def _refuse_items(node: tree.Stage, report: Report) -> None:
    """Reports items that no stage has, and those that it has twice."""
    first: dict[str, Span] = {}
    for item in node.items:
        match item:
            case tree.Constants(keyword=keyword):
                identifier, known = keyword.name, keyword.name == "set"
            case tree.Setting(name=name):
                identifier, known = name.name, name.name in ("move", "pick")
            case _:
                identifier, known = type(item).__name__.lower(), True
        if not known:
            report(UnknownStageItem(item.span, identifier))
        elif identifier in ("move", "pick", "objective", "train"):
            if identifier in first:
                report(RepeatedInStage(item.span, identifier, first[identifier]))
            first.setdefault(identifier, item.span)


def _values(node: tree.Stage, declarations: Declarations, reporter: Reporter) -> Sequence[int | None]:
    """The values of a stage, None for one without. An interval goes from its first end to its last."""
    frame = Frame({}, declarations.main)
    evaluator = declarations.evaluator
    match node.values:
        case None:
            return (None,)
        case tree.Range(_, first, last):
            start, end = (evaluator.integer(one, frame, "an end of a stage's values") for one in (first, last))
            if abs(end - start) >= MAX_STAGES:
                what = f"a stage of {abs(end - start) + 1:,} values"
                raise reporter.fault(ValueTooLarge(node.values.span, what, f"{MAX_STAGES:,}"))
            return range(start, end + 1) if end >= start else range(start, end - 1, -1)
        case expression:
            values: Any = evaluator.evaluate(expression, frame)
            if not isinstance(values, tuple | range) or not values or any(type(value) is not int for value in values):
                raise reporter.fault(WrongStageValues(expression.span, "they are no list of whole numbers"))
            return values


def _constants(
    node: tree.Stage, around: Mapping[str, Value], declarations: Declarations, reporter: Reporter
) -> dict[str, object]:
    """What the stage sets, evaluated with the constants of the file."""
    known = [symbol.name for symbol in declarations.main.of_kind("constant")]
    frame = Frame(dict(around), declarations.main)
    constants: dict[str, object] = {}
    for item in node.items:
        for name, expression in item.bindings if isinstance(item, tree.Constants) else ():
            if name.name not in known:
                near = nearest(name.name, known)
                hint = f"; did you mean `{near}`?" if near else ""
                raise reporter.fault(StageConstant(name.span, name.name, f"it is no constant of this file{hint}"))
            if name.name in constants:
                raise reporter.fault(StageConstant(name.span, name.name, "it is set already"))
            value: Any = declarations.evaluator.evaluate(expression, frame)
            constants[name.name] = value.constant if isinstance(value, Real) and value.is_constant else value
    return constants


def _elements(node: tree.Expression, frame: Frame, declarations: Declarations) -> tuple[int, NDArray[np.int64]]:
    """The parameter that `theta`, `theta[t]` or `theta[t, 0..1]` names, and the numbers of its elements.

    Raises:
        FaultyError: it names none; reported.
    """
    base = node.base if isinstance(node, tree.Index) else node
    symbol = declarations.main.names.get(base.name) if isinstance(base, tree.Name) else None
    if isinstance(base, tree.Name) and (symbol is None or symbol.kind == "broken"):
        raise FaultyError  # a name that stands for nothing
    if symbol is None or symbol.kind != "parameter":
        raise declarations.reporter.fault(NotMoved(node.span, node.span.text[:60]))
    value = declarations.value_of(symbol)
    if not isinstance(node, tree.Index):
        return _numbers(value)
    evaluator = declarations.evaluator
    indices = evaluator.all_of(node.indices, frame)
    several = [index if isinstance(index, tuple | range) else (index,) for index in indices]
    declarations.evaluator.budget.spend(prod(map(len, several)), node.span)
    each = [_numbers(evaluator.indexing.index(node, value, list(chosen))) for chosen in product(*several)]
    numbers = np.concatenate([elements for _, elements in each] or [np.zeros(0, dtype=np.int64)])
    return _numbers(value)[0], numbers


def _said(node: tree.Stage, name: str) -> tuple[tree.Expression, ...]:
    """The values of `move` or `pick` in a stage."""
    said = (item for item in node.items if isinstance(item, tree.Setting) and item.name.name == name)
    return next((item.values for item in said), ())


def _variables(
    expression: tree.Expression, frame: Frame, declarations: Declarations
) -> list[tuple[str, tuple[int, ...]]]:
    """The variables of a register, or a qubit by itself, and their wires."""
    value = declarations.evaluator.evaluate(expression, frame)
    name = expression.span.text[:60]
    members: Sequence[Value] = value.members or (value,) if isinstance(value, Group) else (value,)
    if isinstance(value, Group) and value.categories is None and not value.members:
        members = tuple(value)
    named = [name] if len(members) == 1 else [f"{name}[{k}]" for k in range(len(members))]
    wires = [
        each.wires if isinstance(each, Group) else (declarations.evaluator.wire(each, expression.span),)
        for each in members
    ]
    return list(zip(named, wires, strict=True))


def _declared_name(number: int, declarations: Declarations) -> str:
    parameter = declarations.parameters[number]
    assert parameter is not None  # it has a value
    return parameter.name


def _numbers(value: Value) -> tuple[int, NDArray[np.int64]]:
    """The parameter of an array of inputs, or of one, and the numbers of its elements."""
    if isinstance(value, Array):
        size = prod(dimension.extent for dimension in value.dimensions)
        return value.parameter, value.offset + np.arange(size)
    assert isinstance(value, Real)
    ((_, atom),) = value.terms
    assert isinstance(atom, Input)  # what is declared is no function
    return atom.parameter, np.array([atom.element])


def _head(node: tree.Stage) -> Span:
    """Where a stage is named."""
    return Span(node.span.source, node.span.start, (node.values or node.name).span.end)
