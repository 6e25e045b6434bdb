"""From the tree to the checked program: every fault of a file in one run, and a flat list of operations.

First the files and their names, then a look at all names in all bodies, then values and operations, and last what holds
of the program as a whole: bounds, objectives, training, reports, and what is declared but never used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import partial
from math import lcm, prod
from typing import Any, cast

from qgl.bits.pauli_words import pauli_words_fit
from qgl.bits.regions import regions_fit
from qgl.check.calls.baselines import read_baselines
from qgl.check.calls.strategies import cma_fits
from qgl.check.circuit.elaborate import Elaborator
from qgl.check.circuit.isometries import used_qubits
from qgl.check.circuit.locality import Locality
from qgl.check.circuit.processes import Processes, inputs_of_program, without
from qgl.check.circuit.recorder import Recorder
from qgl.check.declarations.categories import columns_of, visible_variables
from qgl.check.declarations.data_sets import Loaded
from qgl.check.declarations.declarations import INPUTS, REGISTERS, Declarations
from qgl.check.declarations.maps_distribution import with_places
from qgl.check.environment import Environment
from qgl.check.limits import MAX_LABELS, MAX_MIXTURE, MAX_REQUIRED, Budget
from qgl.check.names.index import Index
from qgl.check.names.modules import Module, Parsed, Symbol, load
from qgl.check.names.recursion import report_recursion
from qgl.check.names.resolve import Resolver
from qgl.check.reporter import FaultyError, Reporter, TooLargeError
from qgl.check.settings.adversary import shared_with_critic
from qgl.check.settings.anew import anew_fits
from qgl.check.settings.bayesian import expectation_fits
from qgl.check.settings.drawn import drawn_fits
from qgl.check.settings.fit import Scope
from qgl.check.settings.layers import in_layers
from qgl.check.settings.outcomes import postselection_fits
from qgl.check.settings.report_requirements import labels_fit, probes_fit
from qgl.check.settings.reporting import read_reports
from qgl.check.settings.stages import stages_fit
from qgl.check.settings.training import read_objective, read_train
from qgl.check.stages import Settings, StageValues, same_inputs, stages_of
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.diagnostics.model import Diagnostic
from qgl.diagnostics.names import UnusedName
from qgl.diagnostics.registers import NoModel, NoVisible, VisibleUntouched
from qgl.diagnostics.size import NestedTooDeep, ValueTooLarge
from qgl.diagnostics.types import WrongParameter
from qgl.program.operations import Operation, is_kept, is_required, may_be_drawn
from qgl.program.program import GIVEN, Geometry, LocalityBound, Parameter, Program
from qgl.program.rolled import Operations, patterns, touched
from qgl.source import Source, Span
from qgl.syntax import tree


@dataclass(frozen=True)
class Checked:
    """The checked program and all faults and warnings in order of place.

    The program is None if there is a fault, or if the file is a library: only what an import brings. `given_up` says
    why a piece of the program was left out, if one was; there must then be a fault, in the syntax or here.
    """

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    given_up: FaultyError | None = None
    known: Known | None = None


@dataclass(frozen=True)
class Known:
    """What is known of a program, faulty or not, for who writes it: files, names, what they stand for.

    modules     the file itself, then those that it imports; their symbols have their values
    parameters  inputs, those of every `?` included; as far as the circuit could be built
    """

    modules: tuple[Module, ...]
    index: Index
    parameters: tuple[Parameter, ...]


def check(
    file: tree.File,
    environment: Environment,
    constants: Mapping[str, object],
    parse: Callable[[Source], Parsed],
    stale: Callable[[], bool] | None = None,
) -> Checked:
    """Check a program. `constants` override its constants; `parse` reads the files that it imports.

    Raises:
        StaleError: `stale` said that nobody waits for the answer. There is nothing else that it raises.
    """
    reporter = Reporter()
    program = whole = None
    try:
        whole = _Check(file, environment, constants, parse, reporter, stale=stale)
        program = whole.run()
        if whole.main.stages:
            program = whole.with_stages(program)
    except TooLargeError:
        pass
    except RecursionError:
        model = next((each for each in file.declarations if isinstance(each, tree.Model)), None)
        span = model.span if model is not None else Span(file.source, 0, 0)
        reporter.report(NestedTooDeep(Span(span.source, span.start, min(span.end, span.start + 5))))
    known = None if whole is None else whole.known()
    return Checked(None if reporter.has_errors else program, reporter.in_order(file.source), reporter.given_up, known)


def _listed(value: Any) -> Any:
    """Lists, and lists in them, as JSON has them."""
    return [_listed(each) for each in value] if isinstance(value, tuple | range) else value


class _Check:
    """A program under some constants. `part` is the stage that these are of; its check shares what `whole` has."""

    def __init__(
        self,
        file: tree.File,
        environment: Environment,
        constants: Mapping[str, object],
        parse: Callable[[Source], Parsed],
        reporter: Reporter,
        part: StageValues | None = None,
        whole: _Check | None = None,
        stale: Callable[[], bool] | None = None,
    ) -> None:
        self.file = file
        self.environment, self.constants, self.parse = environment, constants, parse
        self.reporter = reporter
        self.part = part
        self.budget: Budget = Budget(reporter, stale) if whole is None else whole.budget
        self.loaded: Loaded = Loaded() if whole is None else whole.loaded
        self.main, self.modules = load(file, environment, parse, reporter)
        self.declarations = Declarations(self.main, environment, constants, reporter, self.budget, self.loaded)
        self.recorder = Recorder(self.declarations, reporter, self.budget)
        self.elaborator = Elaborator(self.declarations, self.recorder, reporter, self.budget)
        self.processes = Processes(self.declarations, reporter, self.budget)
        self.resolver = Resolver(reporter)
        self._prepared = 0
        self.declarations.data_sets.process = self.processes.of
        self.declarations.data_sets.latents = self.processes.latents

    def run(self) -> Program | None:
        sound = not self.reporter.has_errors
        if self.part is None:
            self._names()
            if self._is_library():
                self.declarations.force()
                self._unreached()
                return None
            self._whole()
        self.declarations.force()
        self._again()
        operations, bounds = self._operations()
        if self.part is not None and sound and self.reporter.has_errors:
            self.reporter.report(self.part.fault())
        wires = tuple(self.declarations.wires)
        visible = tuple(wire for wire, each in enumerate(wires) if each.kind == "visible")
        parameters = self.recorder.finished_parameters()
        bits = self.recorder.bits
        place = Span(self.file.source, 0, 0)
        settings = Settings.of(self.main)
        if self.part is not None:
            settings = self.part.settings(settings, self.reporter.report)
        scope = self._scope(visible, parameters)
        objective_block, train_block = settings.objective, settings.train
        objective = read_objective(objective_block if isinstance(objective_block, tree.Objective) else None, scope)
        train = read_train(train_block if isinstance(train_block, tree.Train) else None, scope, place, objective)
        faulty = objective_block is not None and not objective
        reports = read_reports(settings.reports, objective, scope, faulty)
        columns = None if scope.visible is None else columns_of(scope.variables, scope.data.values(), scope.visible)
        baselines = read_baselines(settings.baselines, objective, scope.data, scope.bind, scope.report, faulty, columns)
        if faulty or len(reports) < len(settings.reports) or len(baselines) < len(settings.baselines):
            self.reporter.give_up(FaultyError())
        looks = self.part is not None and not self.reporter.has_errors
        picks = self.part.picks(operations, parameters, self.declarations) if self.part and looks else ()
        moved = None if self.part is None else self.part.moved(parameters, train, self.declarations, picks)
        if self.reporter.has_errors and not self.main.stages:
            self._mixture(parameters)
        if self.part is None:
            self._unreached()
        if self.reporter.has_errors or self.main.broken or self.reporter.given_up is not None:
            return None
        if self.part is None:
            self._unused(operations)
        program = Program(
            source=self.file.source,
            constants=self._constants(),
            wires=wires,
            visible=visible,
            hidden=tuple(wire for wire, each in enumerate(wires) if each.kind == "hidden"),
            operations=operations,
            bits=bits,
            parameters=parameters,
            geometries=self._geometries(),
            bounds=bounds,
            data=self.declarations.data,
            objective=objective,
            train=train,
            reports=reports,
            variables=scope.variables,
            baselines=baselines,
            prepared=self._prepared,
            outputs=self.declarations.outputs.outputs,
            moved=moved,
            stage=None if self.part is None else self.part.stage,
            picks=tuple((each.name, each.wires) for each in picks),
        )
        self._train_block = train_block
        apart = self.processes.drawn.keys(), self.processes.learnt.keys()
        return program if self.main.stages else self._finished(program, *apart)

    def _finished(self, program: Program, drawn: Set[int], learnt: Set[int]) -> Program | None:
        """The program once it is known which latents are drawn for data alone and which parameters a critic has, and
        what holds of it as a whole.
        """
        whole = program
        for number in sorted(learnt & inputs_of_program(program)):
            self.reporter.report(shared_with_critic(program.parameters[number]))
        program = without(program, drawn | learnt | _idle(program))
        for each in whole.parameters:
            if each.anew and each not in program.parameters:
                text = f"`{each.name}` is drawn with data alone, which are made once"
                self.reporter.report(WrongParameter(each.span, text, "leave out `draws` and `anew`"))
        self._mixture(program.parameters)
        places = with_places(program.parameters, program.operations, program.visible, self.reporter.report)
        program = replace(program, parameters=places)
        if self.reporter.has_errors:
            return None
        fits = [
            fit(program, self.reporter.report)
            for fit in (
                pauli_words_fit,
                regions_fit,
                probes_fit,
                labels_fit,
                stages_fit,
                cma_fits,
                expectation_fits,
                postselection_fits,
                anew_fits,
                drawn_fits,
            )
        ]
        return in_layers(program, self._train_block, self.reporter.report) if all(fits) else None

    def with_stages(self, program: Program | None) -> Program | None:
        """The program with its stages: itself, checked again with the constants of each."""
        checks, programs = [self], [program]
        faulty: set[int] = set()
        for part in stages_of(self.main, self.declarations, self.reporter):
            if id(part.node) in faulty:  # the faults of one are those of the next
                continue
            constants = {**self.constants, **part.constants}
            checks.append(_Check(self.file, self.environment, constants, self.parse, self.reporter, part, self))
            programs.append(checks[-1].run())
            if programs[-1] is None:
                faulty.add(id(part.node))
        read = [each for each in programs if each is not None]
        if program is None or len(read) < len(checks) or not same_inputs(read, self.reporter.report):
            return None
        drawn = {number for check in checks for number in check.processes.drawn}
        learnt = {number for check in checks for number in check.processes.learnt}
        finished = [check._finished(each, drawn, learnt) for check, each in zip(checks, read, strict=True)]
        sound = [each for each in finished if each is not None]
        if self.reporter.has_errors or self.reporter.given_up is not None or len(sound) < len(checks):
            return None
        data = {name: data for each in sound for name, data in each.data.items()}
        return replace(sound[0], stages=tuple(sound[1:]), data=data)

    # ------------------------------------------------------------ names

    def _names(self) -> None:
        for module in self.modules:
            self.resolver.module(module, main=module is self.main)
        report_recursion(self.resolver.calls, self.reporter)

    def known(self) -> Known:
        """What is known once it has run, to whatever end."""
        return Known(self.modules, self.resolver.index, self.recorder.finished_parameters())

    def _is_library(self) -> bool:
        """Whether the file is made for importing: layers, channels and Hamiltonians, constants, and nothing else."""
        brought = (tree.Routine, tree.Hamiltonian)
        declarations = self.file.declarations
        return any(isinstance(each, brought) for each in declarations) and all(
            isinstance(each, (*brought, tree.Const, tree.Import)) for each in declarations
        )

    def _whole(self) -> None:
        """That there are a visible register and a model."""
        end = Span(self.file.source, 0, 0)
        broken = [each.keyword for each in self.file.declarations if isinstance(each, tree.Broken)]
        visible = any(isinstance(each, tree.Register) and each.kind == "visible" for each in self.file.declarations)
        if not visible and not {"visible", ""} & set(broken):
            self.reporter.report(NoVisible(end))
        if "model" not in self.main.blocks and "" not in broken:
            self.reporter.report(NoModel(end))

    # ------------------------------------------------------------ operations

    def _operations(self) -> tuple[Operations, tuple[LocalityBound, ...]]:
        recorder, elaborator, model = self.recorder, self.elaborator, self.main.blocks.get("model")
        elaborator.registers()
        self._prepared = initial = len(recorder.operations)
        if isinstance(model, tree.Model):
            elaborator.block(model.body, Frame({}, self.main))
        operations = recorder.finished_operations()
        locality = Locality(
            self.declarations, self.reporter, self.budget, operations[initial:], tuple(recorder.channel_calls)
        )
        for fault in used_qubits(operations, recorder.wires):
            self.reporter.report(fault)
        required = list(filter(is_required, patterns(operations)))
        if len(required) > MAX_REQUIRED:
            what = f"post-selection on {len(required):,} qubits"
            self.reporter.report(ValueTooLarge(required[MAX_REQUIRED].span, what, f"{MAX_REQUIRED} qubits"))
        kept = list(filter(is_kept, patterns(operations)))
        if len(kept) > MAX_LABELS and self.declarations.outputs.outputs.declared:
            what = f"a program with outputs that keeps {len(kept):,} outcomes"
            self.reporter.report(ValueTooLarge(kept[MAX_LABELS].span, what, f"{MAX_LABELS} outcomes"))
        self._touched = touched(operations[initial:])
        return operations, locality.check(self.main.locals)

    def _again(self) -> None:
        again = self.main.blocks.get("again")
        if isinstance(again, tree.Again):
            try:
                self.declarations.again(again)
            except FaultyError as fault:
                self.reporter.give_up(fault)

    def _unreached(self) -> None:
        """Bodies that the model does not reach, and data sets that are never made."""
        self.declarations.data_sets.unreached()
        for module in self.modules:
            for symbol in module.of_kind("layer", "channel"):
                reached = self.elaborator.applier.reached | self.processes.reached
                if symbol not in reached and symbol.state != "failed":
                    with self.recorder.captured():
                        self.elaborator.dry_run(symbol)
        for symbol in self.main.of_kind("Hamiltonian"):
            if not symbol.node.arguments:
                try:
                    self.elaborator.evolver.hamiltonians.terms(symbol, [], symbol.span)
                except FaultyError as fault:
                    self.reporter.give_up(fault)

    def _mixture(self, parameters: tuple[Parameter, ...]) -> None:
        """That the mixture over all values of the latent inputs has not too many elements."""
        latents = [each for each in parameters if each.kind == "latent"]
        endless = [each for each in latents if each.draws is None and not each.distribution.finite]
        if self.reporter.has_errors:  # those that only data are drawn with are among them still
            faulty = self.declarations.data_sets.has_faults
            endless = [each for each in endless if not faulty and each.name not in self.processes.drawn.values()]
        for each in endless:
            text = f"`{each.name}` has a continuous distribution and needs a number of draws"
            self.reporter.report(WrongParameter(each.span, text, "write `draws 64` behind it"))
        if endless:
            return
        bits = sum(each.size for each in latents if each.rows is None and each.draws is None)
        draws = lcm(*(each.draws for each in latents if each.draws is not None))
        rows = prod(len(each.rows.weights) for each in latents if each.rows is not None)
        if latents and (bits > 63 or 2**bits * draws * rows > MAX_MIXTURE):
            largest = max(latents, key=lambda each: each.values)
            parts = [f"{bits} latent bits"] if bits or rows == 1 else []
            parts += [f"{count:,} {thing}" for count, thing in ((draws, "draws"), (rows, "rows")) if count > 1]
            what = f"a mixture over {' and '.join(parts)}"
            self.reporter.report(ValueTooLarge(largest.span, what, f"{MAX_MIXTURE:,} circuits"))

    # ------------------------------------------------------------ settings

    def _scope(self, visible: tuple[int, ...], parameters: tuple[Parameter, ...]) -> Scope:
        registers = list(self.main.of_kind(*REGISTERS))
        known = all(symbol.state == "done" for symbol in registers) and not self.main.broken and bool(visible)
        conditions: int | None = sum(each.size for each in parameters if each.kind == "condition")
        if any(symbol.state != "done" for symbol in self.main.of_kind("condition input")) or self.main.broken:
            conditions = None
        first = next(self.main.of_kind("visible register"), None)
        faulty = self.main.broken or any(symbol.state != "done" for symbol in self.main.of_kind("output"))
        frame = None if self.part is None else self.part.frame(self.declarations)
        return Scope(
            partial(self.declarations.settings.value, frame=frame),
            self.reporter.report,
            self.declarations.data,
            self.declarations.data_sets.spans,
            len(visible) if known else None,
            first.span if first else None,
            conditions,
            visible_variables(self.declarations.groups, self.declarations.wires, visible) if known else (),
            None if faulty else self.declarations.outputs.outputs,
            all(each.distribution != GIVEN for each in parameters if each.kind == "condition"),
            tuple(each for each in parameters if each.kind == "condition"),
            self.processes.critic,
        )

    def _constants(self) -> dict[str, Any]:
        """Numbers, truth values and strings; of lists those that were given in the place of the file's own."""
        values = {symbol.name: symbol.value for symbol in self.main.of_kind("constant")}
        plain = {name: value for name, value in values.items() if isinstance(value, int | float | str)}
        given = {name: value for name, value in values.items() if name in self.constants}
        return plain | {name: _listed(value) for name, value in given.items() if isinstance(value, tuple | range)}

    def _geometries(self) -> tuple[Geometry, ...]:
        lattices = [cast(Lattice, symbol.value) for symbol in self.main.of_kind("lattice")]
        return tuple(Geometry(each.name, each.sites, each.edges, each.positions) for each in lattices)

    # ------------------------------------------------------------ warnings

    def _unused(self, operations: Sequence[Operation]) -> None:
        declared = ("constant", "lattice", "data set", "layer", "channel", "Hamiltonian", *INPUTS)
        drawn = any(map(may_be_drawn, patterns(operations)))  # then any latent numbers elements, whatever it is
        for symbol in self.main.of_kind(*declared):
            if not symbol.used and not (drawn and symbol.kind == "latent input"):
                self.reporter.report(UnusedName(symbol.span, symbol.name, symbol.kind))
        for symbol in self.main.of_kind(*REGISTERS):
            self._untouched(symbol)

    def _untouched(self, symbol: Symbol) -> None:
        wires = [wire for wire, each in enumerate(self.declarations.wires) if each.span is symbol.span]
        missing = [wire for wire in wires if wire not in self._touched]
        if not missing:
            return
        if symbol.kind == "visible register":
            single = len(wires) == 1 and symbol.node.size is None and symbol.node.place is None
            names = tuple(f"`{symbol.name}`" if single else f"`{self.declarations.wires[k]}`" for k in missing)
            self.reporter.report(VisibleUntouched(symbol.span, names))
        elif len(missing) == len(wires):
            self.reporter.report(UnusedName(symbol.span, symbol.name, symbol.kind))


def _idle(program: Program) -> Set[int]:
    """Latents of continuous distribution that nothing depends on and that have no draws: they are no mixture."""
    used = inputs_of_program(program)
    return {
        number
        for number, each in enumerate(program.parameters)
        if each.kind == "latent" and each.draws is None and not each.distribution.finite and number not in used
    }
