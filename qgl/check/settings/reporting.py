"""Checked reports, of a program and of what its training watches."""

from __future__ import annotations

from dataclasses import replace

from qgl.check.declarations.categories import columns_of
from qgl.check.settings.fit import (
    REGION_BITS,
    Scope,
    denoising_fits,
    error_fits,
    fits,
    free_energy_fits,
    narrow_enough,
    pauli_words_agree,
    region_fits,
    transport_fits,
)
from qgl.diagnostics.kernels import NoVariables
from qgl.diagnostics.model import plural
from qgl.diagnostics.outputs import NoOutput, OutputWidth
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.training import BadArguments, ConditionalModel, OverlappingRegions, ReportNeedsData
from qgl.program.calls import objectives
from qgl.program.calls.call import usage
from qgl.program.calls.reports import (
    CMI,
    MMD,
    MSE,
    NLL,
    QUANTUM,
    REPORTS,
    Accuracy,
    Columns,
    CorrelationLength,
    DenoisingGap,
    Deployment,
    Energy,
    Entropy,
    FreeEnergy,
    LocalErrors,
    MarkovGap,
    MarkovLength,
    MeanFidelity,
    OfData,
    OfNumbers,
    Purity,
    ReportCall,
    Success,
    Wasserstein,
)
from qgl.program.program import DataSet, Term
from qgl.program.transforms import Transform, width_before
from qgl.syntax import tree


def read_reports(
    items: tuple[tree.Expression, ...], terms: tuple[Term, ...], scope: Scope, faulty: bool = False
) -> tuple[ReportCall, ...]:
    """Checked reports in order of writing; `faulty`: the objective has a fault, and what it lacks is not to be missed.

    A report of a data set that names none stands for one report for each data set of the objective `terms`; an `mmd`
    without a kernel takes that of the objective's first `mmd`, and its Pauli words; a `markov_gap` takes the radius of
    its `markov_nll`.
    """
    calls = (scope.bind(item, REPORTS) for item in items)
    return tuple(report for call in calls if call is not None for report in completed(call, terms, scope, faulty))


def completed(call: ReportCall, terms: tuple[Term, ...], scope: Scope, faulty: bool) -> tuple[ReportCall, ...]:
    """The reports that one call stands for, with what it takes from the objective; none after a fault."""
    if isinstance(call, DenoisingGap):
        return (call,) if denoising_fits(call, scope) else ()
    if isinstance(call, MMD):
        known = scope.with_variables(call)
        if known is None:
            return ()
        call = known
    used = tuple(name for name in names_of(terms) if _suits(call, scope.data.get(name)))
    call, missing = _taking_after(call, terms)
    open_ = isinstance(call, OfData) and call.data is None and (bool(used) or not isinstance(call, CorrelationLength))
    if open_ and not used and not missing:
        missing = "data set"
    if missing:
        if not faulty:
            scope.report(ReportNeedsData(call.span, call.name, missing))
        return ()
    filled = [replace(call, data=name) for name in used] if isinstance(call, OfData) and open_ else [call]
    learnt = (scope.data[name] for name in names_of(terms) if name in scope.data)
    undo = next((data.undo for data in learnt if data.numbers is not None), ())
    return tuple(report for report in filled if _report_fits(report, scope, undo))


def _columns_fit(call: Columns, scope: Scope) -> bool:
    """Whether a report of columns has variables, small enough that two of them have a distribution that is held."""
    if scope.visible is None:
        return False
    columns = columns_of(scope.variables, scope.data.values(), scope.visible)
    if columns is None:
        scope.report(NoVariables(call.span, "`columns` is"))
        return False
    pair = sum(sorted(width for _, width in columns)[-2:])
    if pair > REGION_BITS:
        fault = f"goes up to two variables of {REGION_BITS} bits together, and two here have {pair}"
        scope.report(BadArguments(call.span, call.name, fault, usage(type(call))))
    return pair <= REGION_BITS


def names_of(terms: tuple[Term, ...]) -> tuple[str, ...]:
    """The data sets of an objective, each once."""
    return tuple(dict.fromkeys(name for term in terms for name in term.call.data_sets))


def _suits(call: ReportCall, data: DataSet | None) -> bool:
    """Whether a report is of what the rows of a data set are: of bits, of real numbers, or, as `mmd`, of both."""
    of_both = isinstance(call, MMD | MSE | Wasserstein)
    if data is not None and data.holds == "shots":
        return isinstance(call, NLL | LocalErrors)
    return data is None or of_both or isinstance(call, OfNumbers) == (data.holds == "numbers")


def _taking_after(call: ReportCall, terms: tuple[Term, ...]) -> tuple[ReportCall, str]:
    """A report with the kernel and Pauli words, or the radius, of the objective; and what is missing there."""
    if isinstance(call, MMD) and call.kernel is None:
        own = next((term.call for term in terms if isinstance(term.call, objectives.MMD)), None)
        if own is None:
            return call, "kernel"
        pauli_words = own.pauli_words if call.pauli_words is None else call.pauli_words
        samples = own.samples if call.samples is None else call.samples
        weight = own.weight if call.weight is None else call.weight
        reach = own.reach if call.reach is None else call.reach
        of = call.of or own.of
        return replace(
            call, kernel=own.kernel, pauli_words=pauli_words, samples=samples, weight=weight, reach=reach, of=of
        ), ""
    if isinstance(call, Wasserstein) and not call.of:
        compared = next((term.call for term in terms if isinstance(term.call, objectives.Wasserstein)), None)
        return (call if compared is None else replace(call, of=compared.of)), ""
    if isinstance(call, MarkovGap) and call.radius is None:
        radii = [term.call.radius for term in terms if isinstance(term.call, objectives.MarkovNLL)]
        return (replace(call, radius=radii[0]), "") if radii else (call, "radius")
    if isinstance(call, FreeEnergy):
        return _free_energy(call, terms)
    if isinstance(call, Energy) and call.hamiltonian is None:
        own_energy = next((term.call for term in terms if isinstance(term.call, objectives.Energy)), None)
        return (call, "Hamiltonian") if own_energy is None else (replace(call, hamiltonian=own_energy.hamiltonian), "")
    return call, ""


def _free_energy(call: FreeEnergy, terms: tuple[Term, ...]) -> tuple[FreeEnergy, str]:
    """A free energy with the temperature of the objective's; and with its Hamiltonian and entropy, if it names none."""
    own = next((term.call for term in terms if isinstance(term.call, objectives.FreeEnergy)), None)
    if own is not None and call.hamiltonian is None:
        call = replace(call, hamiltonian=own.hamiltonian, entropy=call.entropy or own.entropy)
    if own is not None and call.beta is None:
        call = replace(call, beta=own.beta)
    if call.hamiltonian is None:
        return call, "Hamiltonian"
    return call, "inverse temperature" if call.beta is None else ""


def _report_fits(call: ReportCall, scope: Scope, undo: tuple[Transform, ...]) -> bool:
    if scope.conditions and not (isinstance(call, OfData | Success) and call.data is not None):
        scope.report(ConditionalModel(call.span, call.name))
        return False
    regions = call.regions
    repeated = {position for position in regions if regions.count(position) > 1}
    if repeated:
        scope.report(OverlappingRegions(call.span, min(repeated), call.name))
    if repeated or not fits(call, scope):
        return False
    if isinstance(call, MSE):
        return error_fits(call, scope)
    if isinstance(call, OfNumbers):
        return _rows_agree(call, scope, undo)
    if isinstance(call, FreeEnergy):
        return free_energy_fits(call, scope)
    if isinstance(call, Accuracy):
        return _labels_fit(call, scope)
    if isinstance(call, Columns):
        return _columns_fit(call, scope)
    if isinstance(call, CMI | MarkovLength) and call.of is not None:
        return _information_fits(call, scope) if isinstance(call, CMI) else _buffers_fit(call, scope)
    if isinstance(call, Deployment) and not _is_of_strings(call, scope):
        return False
    if isinstance(call, MMD):
        way_out = "leave it out, or take a kernel of bits"
        exact = call.kernel is not None and call.kernel.of_integers
        return pauli_words_agree(call, scope) and (not exact or narrow_enough(call, scope.visible, way_out, scope))
    data = scope.data.get(call.data or "") if isinstance(call, Wasserstein) else None
    if isinstance(call, Wasserstein) and not call.of_states and not call.of and (data is None or data.numbers is None):
        return narrow_enough(call, scope.visible, "leave it out", scope)
    if isinstance(call, Wasserstein):
        return transport_fits(call, scope)
    if isinstance(call, MeanFidelity) and not _is_of_a_state(call, scope):
        return False
    if isinstance(call, Purity | MeanFidelity) or (isinstance(call, Entropy) and not regions):
        return narrow_enough(call, scope.visible, "leave it out, or take `entropy` of a region", scope)
    return narrow_enough(call, len(regions), "take smaller regions", scope)


def _is_of_strings(call: Deployment, scope: Scope) -> bool:
    """Whether strings show what a `deployment` compares."""
    if call.kernel is None or not call.kernel.of_states:
        return True
    fault = f"is measured from strings, and `{call.kernel.name}` is a kernel of states"
    scope.report(BadArguments(call.span, call.name, fault, usage(Deployment)))
    return False


def _is_of_a_state(call: MeanFidelity, scope: Scope) -> bool:
    """Whether what a `mean_fidelity` is taken with is one state of the visible register."""
    data = None if call.data is None else scope.data.get(call.data)
    fault = ""
    if call.basis is not None and scope.visible is not None and len(call.basis) != scope.visible:
        fault = f"is of {plural(len(call.basis), 'bit')}, and the visible register has {plural(scope.visible, 'qubit')}"
    if data is not None and (data.state is None or (data.states is not None and len(data.states) > 1)):
        fault = f"is taken with one state, and `{data.name}` is none"
    if fault:
        scope.report(BadArguments(call.span, call.name, fault, usage(MeanFidelity)))
    return not fault


def _labels_fit(call: Accuracy, scope: Scope) -> bool:
    """Whether the model is conditional, and has few enough labels."""
    if scope.conditions == 0:
        fault = "is of a model with `condition` inputs, each row of the data having its own"
        scope.report(BadArguments(call.span, call.name, fault, usage(Accuracy)))
        return False
    return narrow_enough(call, scope.visible, "`nll` serves at any width", scope)


def _information_fits(call: CMI, scope: Scope) -> bool:
    """Whether the information of data is that of the bits of few enough of their columns."""
    if call.kind == QUANTUM:
        fault = "is of the bits of the data, which have no quantum state"
        scope.report(BadArguments(call.span, call.name, fault, usage(CMI)))
        return False
    return region_fits(call, call.regions, scope)


def _buffers_fit(call: MarkovLength, scope: Scope) -> bool:
    """Whether there are two buffers at least, which the rows of the data are long enough for."""
    data, fault = scope.data.get(call.of), ""
    if len(set(call.buffers)) < 2:
        fault = "is fitted to two `buffers` at least"
    elif data is not None and max(call.buffers) + 2 > data.width:
        bits = plural(data.width, "bit")
        fault = f"has {max(call.buffers)} bits between two others, and the rows of `{data.name}` have {bits}"
    if fault:
        scope.report(BadArguments(call.span, call.name, fault, usage(MarkovLength)))
    return not fault


def _rows_agree(call: OfNumbers, scope: Scope, undo: tuple[Transform, ...]) -> bool:
    """Whether a row of outputs has as many numbers as one of the data, all transforms being undone."""
    data = scope.data.get(call.data or "")
    if data is None or data.numbers is None or scope.outputs is None:
        return True
    columns = width_before(data.numbers.shape[1], data.undo) or 0
    sizes = {output.name: output.size for output in scope.outputs.declared}
    unknown = [name for name in call.of if name not in sizes]
    total = sum(sizes[name] for name in call.of or sizes if name in sizes)
    before = width_before(total, undo)
    if unknown or not sizes:
        name = unknown[0] if unknown else ""
        scope.report(NoOutput(call.span, name, nearest(name, sizes)))
    elif before is None or before != columns:
        wanted = columns if before is not None else undo[-1].widths[1]
        scope.report(OutputWidth(call.span, data.name, wanted, total, scope.data_spans.get(data.name)))
    return not unknown and before == columns
