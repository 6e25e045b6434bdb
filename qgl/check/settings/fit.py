"""What objectives, settings and reports are checked against, and whether they go with data, registers and inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np

from qgl.check.calls.binding import bind
from qgl.check.declarations.categories import columns_of, disagreement
from qgl.check.reporter import FaultyError
from qgl.diagnostics.categories import CategoriesDiffer, NoCategory
from qgl.diagnostics.data import ConditionWidth, DataWidth
from qgl.diagnostics.kernels import NoEnsemble, NoTargetStates, NoVariables, PauliWordsOfIntegers
from qgl.diagnostics.many_body import TooWideForEntropy
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.outputs import NoOutput, OutputWidth
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import BadArguments, ConditionalModel, OverlappingRegions, TooWideForExact
from qgl.program.calls import objectives, reports
from qgl.program.calls.call import Call, Kind, usage
from qgl.program.calls.critics import CircuitCritic
from qgl.program.calls.kernels import Gaussian
from qgl.program.outputs import NO_OUTPUTS, Outputs
from qgl.program.program import CriticCircuit, DataSet, Parameter, Variable
from qgl.source import Span
from qgl.syntax import tree

C = TypeVar("C", bound=Call)
M = TypeVar("M", objectives.MMD, reports.MMD)
_PAIRED = (
    objectives.NLL
    | reports.NLL
    | reports.ValidRate
    | reports.Accuracy
    | objectives.MSE
    | objectives.Infidelity
    | reports.OfNumbers
    | reports.Success
)
_MSE = objectives.MSE | reports.MSE
_OF_OUTPUTS = _MSE | objectives.MMD | reports.MMD | objectives.Wasserstein | reports.Wasserstein
EXACT_WIDTH = 24  # visible bits up to which all probabilities are held
REGION_BITS = 12  # of a region whose distribution or state an entropy is taken of, in training and of data
EXACT_ENTROPY = 10  # visible qubits up to which a free energy takes the eigenvalues of their state


def _no_critic(call: CircuitCritic, qubits: int) -> CriticCircuit:
    raise FaultyError


@dataclass(frozen=True)
class Scope:
    """What the checker tells of a program.

    evaluate      see `qgl.check.calls.binding.bind`
    data          the data sets that could be loaded, by name, and where each was declared
    visible       the number of visible qubits; None when registers are faulty, which silences comparisons with it
    conditions    the number of condition inputs (elements); None when these are faulty
    outputs       what the program hands out; None when outputs are faulty
    given         the condition inputs
    drawn         whether all condition inputs have distributions of their own
    variables     the categorical variables among the visible qubits
    """

    evaluate: Callable[[tree.Expression], Any]
    report: Callable[[Diagnostic], None]
    data: Mapping[str, DataSet]
    data_spans: Mapping[str, Span]
    visible: int | None
    visible_span: Span | None
    conditions: int | None = 0
    variables: tuple[Variable, ...] = ()
    outputs: Outputs | None = NO_OUTPUTS
    drawn: bool = False
    given: tuple[Parameter, ...] = ()
    critic: Callable[[CircuitCritic, int], CriticCircuit] = _no_critic

    def bind(self, call: tree.Expression, kind: Kind[C]) -> C | None:
        return bind(call, kind, self.evaluate, self.report)

    def with_variables(self, call: M) -> M | None:
        """An `mmd` whose kernel knows the variables that it is of; None after a fault."""
        kernel = call.kernel
        if not isinstance(kernel, Gaussian) or kernel.of != "variable" or self.visible is None:
            return call
        columns = columns_of(self.variables, self.data.values(), self.visible)
        if columns is None:
            self.report(NoVariables(kernel.span, "the kernel is"))
            return None
        return replace(call, kernel=replace(kernel, widths=tuple(width for _, width in columns)))


def fits(call: objectives.ObjectiveCall | reports.ReportCall, scope: Scope) -> bool:
    """Whether the data sets of an objective or report go with the registers and inputs of the program."""
    fitting = [_goes_with(call, scope.data[name], scope) for name in call.data_sets if name in scope.data]
    return all(fitting)


def _goes_with(call: Call, data: DataSet, scope: Scope) -> bool:
    faults: list[Diagnostic] = []
    declared = scope.data_spans.get(data.name)
    if data.numbers is not None:
        faults += _numbers_agree(call, data, scope)
    elif scope.visible is not None and data.width != scope.visible:
        faults.append(DataWidth(call.span, data.name, data.width, scope.visible, declared, scope.visible_span))
    apart = (
        None
        if scope.visible is None or data.numbers is not None
        else disagreement(data, scope.variables, scope.visible)
    )
    if apart is not None:
        faults.append(CategoriesDiffer(call.span, data.name, apart[0], declared, apart[1].span))
    columns = 0 if data.conditions is None else int(data.conditions.shape[1])
    drawn = not columns and scope.drawn and isinstance(call, reports.OfNumbers) and not isinstance(call, reports.MSE)
    types = [each.constraint for each in scope.given]
    alike = data.given == "density" and types == ["density"]
    if scope.conditions is not None and not alike and "density" in (data.given, *types) and data.given:
        faults.append(ConditionWidth(call.span, data.name, columns, scope.conditions, declared, data.given))
    elif scope.conditions is not None and columns != scope.conditions and not drawn:
        faults.append(ConditionWidth(call.span, data.name, columns, scope.conditions, declared))
    elif columns and not _class_by_class(call, data) and not _row_by_row(call, data):
        faults.append(ConditionalModel(call.span, call.name))
    elif columns and data.states is not None and not isinstance(call, objectives.Infidelity | reports.Success):
        why = f"is of strings or numbers, and `{data.name}` are pairs of states"
        faults.append(BadArguments(call.span, call.name, why, usage(type(call))))
    else:
        faults += _categories_given(call, data, scope)
    for fault in faults:
        scope.report(fault)
    return not faults


def _row_by_row(call: Call, data: DataSet) -> bool:
    """Whether a call takes the conditions of data row by row."""
    return isinstance(call, _PAIRED) and not (isinstance(call, _MSE) and data.numbers is None)


def _class_by_class(call: Call, data: DataSet) -> bool:
    """Whether a call is a report of data whose only conditions are labels: it is one of the rows of each label."""
    alone = data.labels is not None and data.conditions is not None and data.conditions.shape[1] == 1
    return alone and isinstance(call, reports.ReportCall) and not isinstance(call, reports.Generalisation)


def _categories_given(call: Call, data: DataSet, scope: Scope) -> Iterator[Diagnostic]:
    """The first row of the data that gives a category a number which is none."""
    counts = [each.categories for each in scope.given for _ in range(each.size)]
    if data.conditions is None or not any(counts):
        return
    names = [each.name for each in scope.given for _ in range(each.size)]
    for column, (name, count) in enumerate(zip(names, counts, strict=True)):
        if count is None:
            continue
        values = data.conditions[:, column]
        for row in np.flatnonzero(~np.isin(values, np.arange(count)))[:1]:
            declared = scope.data_spans.get(data.name)
            yield NoCategory(call.span, data.name, int(row), name, f"{values[row]:g}", count - 1, declared)
            return


def _numbers_agree(call: Call, data: DataSet, scope: Scope) -> Iterator[Diagnostic]:
    """What keeps rows of real numbers from being compared with the outputs of the program."""
    if scope.outputs is None or data.numbers is None:
        return
    sizes = {output.name: output.size for output in scope.outputs.declared}
    if isinstance(call, reports.OfNumbers | reports.Success) and not isinstance(call, reports.MSE):
        return  # those are compared as they were before all transforms, or not at all
    names = call.of if isinstance(call, _OF_OUTPUTS) else ()
    for name in (name for name in names if name not in sizes):
        yield NoOutput(call.span, name, nearest(name, sizes))
        return
    total, columns = sum(sizes[name] for name in names or sizes), data.numbers.shape[1]
    if not sizes:
        yield NoOutput(call.span, "", None)
    elif total != columns:
        yield OutputWidth(call.span, data.name, columns, total, scope.data_spans.get(data.name))


def targets_fit(call: objectives.Infidelity, scope: Scope) -> bool:
    """Whether the data of an `infidelity` are states."""
    data = scope.data.get(call.data)
    if data is None:
        return False
    if data.state is not None or data.states is not None:
        return True
    scope.report(NoTargetStates(call.span, data.name, scope.data_spans.get(data.name)))
    return False


def narrow_enough(call: Call, width: int | None, way_out: str, scope: Scope, most: int = EXACT_WIDTH) -> bool:
    """Whether a quantity that is made of the probabilities of all strings of `width` bits can be had."""
    if width is None or width <= most:
        return True
    scope.report(TooWideForExact(call.span, f"`{call.name}`", width, most, way_out))
    return False


def error_fits(call: objectives.MSE | reports.MSE, scope: Scope) -> bool:
    """Whether an `mse` has what goes with its data: outputs with real numbers, a region or few bits with strings."""
    data = None if call.data is None else scope.data.get(call.data)
    if data is None:
        return True
    fault = ""
    if data.numbers is not None and call.region is not None:
        fault = "has `region`, which is of strings, but its data are real numbers"
    if data.numbers is None and call.of:
        fault = "has `of`, which names outputs, but its data are no real numbers"
    if fault:
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
        return False
    if data.numbers is None and call.region is None:
        return narrow_enough(call, scope.visible, "give it a `region`, or take `marginals`", scope)
    return call.region is None or (distinct_qubits(call, call.region, scope) and region_fits(call, call.region, scope))


def distinct_qubits(call: Call, region: tuple[int, ...], scope: Scope) -> bool:
    """Whether a region has no qubit twice."""
    twice = [position for position in region if region.count(position) > 1]
    if twice:
        scope.report(OverlappingRegions(call.span, min(twice), call.name))
    return not twice


def of_one_model(call: objectives.Energy | objectives.Entropy, scope: Scope) -> bool:
    """Whether the model is one state, and the region of an entropy one that is small enough and has no qubit twice."""
    if scope.conditions:
        scope.report(ConditionalModel(call.span, call.name))
        return False
    if isinstance(call, objectives.Energy):
        return True
    return distinct_qubits(call, call.region, scope) and region_fits(call, call.region, scope)


def region_fits(call: Call, region: tuple[int, ...], scope: Scope) -> bool:
    """Whether the distribution or the state of a region is small enough to be held."""
    if len(region) > REGION_BITS:
        fault = f"goes up to regions of {REGION_BITS} qubits, and this one has {len(region)}"
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
    return len(region) <= REGION_BITS


def free_energy_fits(call: objectives.FreeEnergy | reports.FreeEnergy, scope: Scope) -> bool:
    """Whether the entropy of a `free_energy` can be had, of a model that is one state."""
    if scope.conditions:
        scope.report(ConditionalModel(call.span, call.name))
    elif call.entropy is None and scope.visible is not None and scope.visible > EXACT_ENTROPY:
        scope.report(TooWideForEntropy(call.span, scope.visible, EXACT_ENTROPY))
    else:
        return True
    return False


def pauli_words_agree(call: objectives.MMD | reports.MMD, scope: Scope) -> bool:
    """Whether the Pauli words of an `mmd` are given in one way, and its kernel has Pauli words."""
    faults: list[Diagnostic] = []
    data = scope.data.get(call.data) if call.data is not None else None
    if data is not None and data.numbers is not None:
        return _kernel_of_numbers(call, scope)
    if call.of:
        fault = "has `of`, which names outputs, but its data are no real numbers"
        faults.append(BadArguments(call.span, call.name, fault, usage(type(call))))
    if call.kernel is not None and call.kernel.of_states:
        return _ensembles_agree(call, scope)
    if call.weight is None and call.reach is not None:
        fault = "has a `reach` but no `weight`: the two give a set of Pauli words"
        faults.append(BadArguments(call.span, call.name, fault, usage(type(call))))
    elif call.weight is not None and (call.pauli_words is not None or call.samples is not None):
        fault = (
            "has `weight`, which is for a fixed set of Pauli words, beside `pauli_words` or `samples`, which are "
            "for drawn ones"
        )
        faults.append(BadArguments(call.span, call.name, fault, usage(type(call))))
    if call.kernel is not None and call.kernel.of_integers:
        given = {"pauli_words": call.pauli_words, "weight": call.weight}
        faults += [PauliWordsOfIntegers(call.span, name) for name, value in given.items() if value is not None]
    for each in faults:
        scope.report(each)
    return not faults


def _kernel_of_numbers(call: objectives.MMD | reports.MMD, scope: Scope) -> bool:
    """Whether the kernel of an `mmd` is one of real numbers, and nothing is given that is for strings."""
    if not isinstance(call.kernel, Gaussian) or call.kernel.of_integers:
        scope.report(
            BadArguments(
                call.span, call.name, "is of real numbers, whose kernel is `gaussian(sigma = 1)`", usage(type(call))
            )
        )
        return False
    return _nothing_of_strings(call, "data of real numbers", scope)


def _ensembles_agree(call: objectives.MMD | reports.MMD, scope: Scope) -> bool:
    """Whether an `mmd` of ensembles has one to compare with, and nothing that is for strings."""
    if not has_ensemble(call, call.data, scope):
        return False
    return _nothing_of_strings(call, "a kernel of states", scope)


def _nothing_of_strings(call: objectives.MMD | reports.MMD, beside: str, scope: Scope) -> bool:
    given = {"pauli_words": call.pauli_words, "samples": call.samples, "weight": call.weight, "reach": call.reach}
    for name in (name for name, value in given.items() if value is not None):
        fault = f"has `{name}`, which is for kernels of strings, beside {beside}"
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
        return False
    return True


def transport_fits(call: objectives.Wasserstein | reports.Wasserstein, scope: Scope) -> bool:
    """Whether a `wasserstein` has states to compare, or real numbers and no cost of states."""
    data = None if call.data is None else scope.data.get(call.data)
    fault = ""
    if data is not None and data.numbers is not None and call.cost is not None:
        fault = f"is of real numbers, whose cost is the Euclidean distance, not `{call.cost}`"
    if data is not None and data.numbers is None and call.of:
        fault = "has `of`, which names outputs, but its data are no real numbers"
    if fault:
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
        return False
    return (data is not None and data.numbers is not None) or has_ensemble(call, call.data, scope)


def has_ensemble(call: Call, name: str | None, scope: Scope) -> bool:
    """Whether the data set of a comparison of states has states."""
    data = None if name is None else scope.data.get(name)
    if data is None or data.states is not None:
        return True
    scope.report(NoEnsemble(call.span, data.name, scope.data_spans.get(data.name)))
    return False


MOST_NOISY_BITS = 10**8  # noisy bits that classifiers are fitted to


def denoising_fits(call: reports.DenoisingGap, scope: Scope) -> bool:
    """Whether the data of a `denoising_gap` are of the visible qubits, have the same labels, and are not too many."""
    sets = [scope.data[name] for name in (call.data, call.fit) if name is not None and name in scope.data]
    for data in sets:
        if scope.visible is not None and data.width != scope.visible:
            declared = scope.data_spans.get(data.name)
            scope.report(DataWidth(call.span, data.name, data.width, scope.visible, declared, scope.visible_span))
            return False
    fault, cells = "", call.draws * sum(data.rows.size for data in sets)
    if len({data.labels and data.labels.names for data in sets}) > 1:
        fault = f"`{call.data}` and `{call.fit}` have other labels"
    elif cells > MOST_NOISY_BITS:
        fault = f"looks at {cells:,} noisy bits, and may at {MOST_NOISY_BITS:,}; take fewer `draws`"
    elif call.fit is None and sets and len(sets[0].rows) < 2 and not sets[0].exact:
        fault = f"holds rows out, and `{call.data}` has one"
    if fault:
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
    return not fault
