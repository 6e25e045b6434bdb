"""The values of what a file declares: constants, lattices, registers, data sets, inputs; each when it is needed."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import prod

from qgl.check.declarations.categories import register_of_variables
from qgl.check.declarations.data_sets import DataSets, Loaded
from qgl.check.declarations.distributions import DEFAULTS, OF_STATES, Distributions
from qgl.check.declarations.geometry import read_lattice
from qgl.check.declarations.hamiltonians import Hamiltonians
from qgl.check.declarations.outputs import OutputReader
from qgl.check.declarations.registers import categories_of, sites_of
from qgl.check.declarations.setting_values import SettingValues
from qgl.check.environment import Environment
from qgl.check.limits import MAX_INPUTS, MAX_QUBITS, Budget
from qgl.check.names.modules import EXPORTED, Module, Symbol
from qgl.check.reporter import FaultyError, Reporter
from qgl.check.values.evaluate import Evaluator
from qgl.check.values.frame import Frame
from qgl.check.values.lattices import Lattice
from qgl.check.values.operators import Operator, scale, total
from qgl.check.values.types import Types
from qgl.check.values.values import Array, Dimension, Group, Qubit, Site, Value, describe, key_of
from qgl.diagnostics.categories import WrongVariables
from qgl.diagnostics.names import DefinitionCycle, UnknownOverride, WrongOverride
from qgl.diagnostics.registers import SiteWithoutQubit, WrongRegisterSize
from qgl.diagnostics.size import TooManyQubits, ValueTooLarge
from qgl.diagnostics.suggest import nearest
from qgl.diagnostics.types import WrongParameter, WrongType
from qgl.expression import Input, Real
from qgl.gates.codes import code_bits
from qgl.program.program import DataSet, Parameter, Wire
from qgl.source import Span
from qgl.syntax import tree

INPUTS = ("parameter", "random input", "latent input", "condition input")
REGISTERS = ("visible register", "hidden register")


def _tupled(value: object) -> object:
    """Lists, and lists in them, as the evaluator has them."""
    return tuple(map(_tupled, value)) if isinstance(value, list) else value


class Declarations:
    """All declared values of a program. `wires` and `parameters` are in order of declaration."""

    def __init__(
        self,
        main: Module,
        environment: Environment,
        overrides: Mapping[str, object],
        reporter: Reporter,
        budget: Budget,
        loaded: Loaded,
    ) -> None:
        self.main = main
        self.reporter = reporter
        self.environment = environment
        self.overrides = overrides
        self.wires: list[Wire] = []
        self.groups: list[Group] = []
        self.parameters: list[Parameter | None] = [None for _ in main.of_kind(*INPUTS)]
        self.evaluator = Evaluator(reporter, budget, self, self.visible_wires, self.qubit_name)
        self.types = Types(reporter, self.evaluator)
        self.distributions = Distributions(
            reporter, self.evaluator, self.types, lambda call: self.data_sets.weights(call)
        )
        self.hamiltonians = Hamiltonians(self.evaluator, reporter, self.wires)
        self.settings = SettingValues(main, self.evaluator, self.hamiltonians, self.wires, self.visible_wires, reporter)
        self.data_sets = DataSets(
            main, environment, self.evaluator, self.types, reporter, budget, self.settings, loaded
        )
        self.data = self.data_sets.made
        self.outputs = OutputReader(
            self.evaluator,
            self.wires,
            self.settings.read_out,
            self.settings.wires_of,
            lambda node: self._dimension(node, Frame({}, self.main)).extent,
        )
        self._on_site: dict[Hashable, list[int]] = {}
        self._keys_kept: dict[int, tuple[Value, int, Mapping[Hashable, int]]] = {}
        self._active: list[Symbol] = []
        self._inputs = 0
        self._methods = {
            "constant": self._constant,
            "lattice": self._lattice,
            "visible register": self._register,
            "hidden register": self._register,
            "data set": self.data_sets.declared,
            "output": self._output,
            **dict.fromkeys(INPUTS, self._input),
        }
        self._numbers = {id(symbol): k for k, symbol in enumerate(main.of_kind(*INPUTS))}
        self._check_overrides()

    def force(self) -> None:
        """Compute all values, so that all their faults are found. Registers come first, in order: they number wires."""
        for kinds in (REGISTERS, ("constant", "lattice", "data set", *INPUTS), ("output",)):
            for symbol in self.main.of_kind(*kinds):
                try:
                    self.value_of(symbol)
                except FaultyError:
                    continue

    # ------------------------------------------------------------ for the evaluator

    def value_of(self, symbol: Symbol) -> Value:
        """The value of a declared name.

        Raises:
            FaultyError: it has none, which has been reported.
        """
        if symbol.state == "done":
            return symbol.value
        if symbol.state == "active":
            cycle = self._active[self._active.index(symbol) :]
            names = tuple(each.name for each in (*cycle, symbol))
            self.reporter.report(DefinitionCycle(symbol.span, names))
        method = self._methods.get(symbol.kind)
        foreign = symbol.module is not self.main and symbol.kind not in EXPORTED
        if symbol.state != "new" or method is None or foreign:
            raise FaultyError
        symbol.state = "active"
        self._active.append(symbol)
        functions = self.evaluator.functions
        outer, functions.reader = functions.reader, self.outputs if symbol.kind == "output" else None
        try:
            symbol.value = method(symbol)
        except FaultyError:
            symbol.state = "failed"
            raise
        finally:
            functions.reader = outer
            self._active.pop()
        symbol.state = "done"
        return symbol.value

    def qubit_on(self, site: Site, span: Span) -> int:
        wires = self._on_site.get(site, [])
        if len(wires) != 1:
            if any(symbol.state == "failed" for symbol in self.main.of_kind(*REGISTERS)):
                raise FaultyError
            raise self.reporter.fault(SiteWithoutQubit(span, str(site), tuple(str(self.wires[wire]) for wire in wires)))
        return wires[0]

    def wires_on(self, lattice: Lattice) -> list[int]:
        """Of each site the qubit that is on it, -1 where there is none or several."""
        on = (self._on_site.get(Site(lattice, site), ()) for site in range(lattice.sites))
        return [wires[0] if len(wires) == 1 else -1 for wires in on]

    def declared_hamiltonian(self, expression: tree.Expression, frame: Frame) -> Operator | None:
        """The Hamiltonian that an expression names, with its arguments if it has any; None if it names none.

        Raises:
            FaultyError: it is faulty, or its arguments are; reported.
        """
        name = expression.function if isinstance(expression, tree.Call) else expression
        symbol = self.settings.called_of(expression)
        if (
            symbol is None
            or symbol.kind != "Hamiltonian"
            or (isinstance(name, tree.Name) and frame.find(name.name) is not None)
        ):
            return None
        given = expression.arguments if isinstance(expression, tree.Call) else ()
        terms = self.hamiltonians.terms(symbol, self.evaluator.all_of(given, frame), expression.span)
        return total(scale(Operator({pauli_word: 1 + 0j}), coefficient) for coefficient, pauli_word in terms)

    def visible_wires(self) -> tuple[int, ...]:
        """Wires of all visible registers.

        Raises:
            FaultyError: one of them is faulty.
        """
        if any(symbol.state == "failed" for symbol in self.main.of_kind(*REGISTERS)):
            raise FaultyError
        for symbol in self.main.of_kind(*REGISTERS):
            self.value_of(symbol)
        return tuple(wire for wire, each in enumerate(self.wires) if each.kind == "visible")

    def qubit_name(self, wire: int) -> str:
        return f"`{self.wires[wire]}`"

    def data_of(self, symbol: Symbol, node: tree.Call, frame: Frame) -> DataSet:
        return self.data_sets.called(symbol, node, frame)

    # ------------------------------------------------------------ constants

    def _check_overrides(self) -> None:
        known = tuple(symbol.name for symbol in self.main.of_kind("constant"))
        hidden_by_faults = self.main.nameless
        for name in self.overrides:
            symbol = self.main.names.get(name)
            if name not in known and not hidden_by_faults and (symbol is None or symbol.kind != "broken"):
                self.reporter.report(UnknownOverride(None, name, nearest(name, known), known))

    def _constant(self, symbol: Symbol) -> Value:
        value = self.evaluator.evaluate(symbol.node, Frame({}, symbol.module))
        if isinstance(value, Real) and value.is_constant:
            value = value.constant
        if isinstance(value, Site):
            value = value.number
        if not isinstance(value, int | float | str | tuple | range):
            wanted = "a constant (a number, a truth value, a string or a list)"
            raise self.reporter.fault(WrongType(symbol.node.span, wanted, describe(value)))
        if symbol.module is self.main and symbol.name in self.overrides:
            return self._override(symbol, value, self.overrides[symbol.name])
        return value

    def _override(self, symbol: Symbol, declared: Value, value: object) -> Value:
        value = _tupled(value)
        kinds: dict[str, tuple[type, ...]] = {
            "a truth value": (bool,),
            "an integer": (int,),
            "a decimal": (float, int),
            "a string": (str,),
            "a list": (tuple, range),
        }
        wanted = next(wording for wording, types in kinds.items() if isinstance(declared, types[:1]))
        if wanted == "a list" and isinstance(declared, range):
            declared = tuple(declared)
        fits = isinstance(value, kinds[wanted]) and isinstance(value, bool) == isinstance(declared, bool)
        if not fits:
            raise self.reporter.fault(WrongOverride(symbol.span, symbol.name, wanted, describe(value)))
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = self.evaluator.arithmetic.checked(value, symbol.span)
        return float(value) if wanted == "a decimal" and isinstance(value, int) else value

    # ------------------------------------------------------------ lattices and registers

    def _lattice(self, symbol: Symbol) -> Lattice:
        return read_lattice(symbol, self.evaluator, self.environment, self.reporter)

    def _register(self, symbol: Symbol) -> Value:
        for earlier in self.main.of_kind(*REGISTERS):
            if earlier is symbol:
                break
            if earlier.state == "new":
                self.value_of(earlier)
        node: tree.Register = symbol.node
        lattice: Lattice | None = None
        sites: tuple[int, ...] = ()
        size = 1
        if node.place is not None:
            lattice, sites = sites_of(node.place, Frame({}, self.main), self.evaluator, self.reporter)
            size = len(sites)
        elif node.size is not None:
            size = self.evaluator.integer(node.size, Frame({}, self.main), "the number of qubits")
        if size < 1:
            span = (node.size or node.place or node.name).span
            raise self.reporter.fault(WrongRegisterSize(span, f"a register has at least one qubit, not {size}"))
        categories, width = None, 0
        if node.type is not None:
            categories = categories_of(node.type, Frame({}, self.main), self.evaluator, self.reporter)
            if lattice is not None:
                raise self.reporter.fault(WrongVariables(node.type.span, "a register of variables lies on no lattice"))
            width = code_bits(categories)
            size *= width
        if len(self.wires) + size > MAX_QUBITS:
            span = (node.size or node.place or node.name).span
            total = f"{len(self.wires) + size:,} qubits"
            raise self.reporter.fault(
                TooManyQubits(span, f"the program with register `{symbol.name}`", total, MAX_QUBITS)
            )
        first = len(self.wires)
        for position in range(size):
            place = (lattice.name, sites[position]) if lattice else None
            self.wires.append(
                Wire(node.kind, symbol.name, position, place, node.name.span, width, node.size is None and width > 0)
            )
        group = Group(symbol.name, tuple(range(first, first + size)), lattice, sites, node.name.span)
        if categories is not None:
            group = register_of_variables(symbol.name, group.wires, categories, node.name.span)
            if node.size is None:
                group = replace(group.members[0], name=symbol.name)
        if lattice is not None:
            for wire, site in zip(group.wires, sites, strict=True):
                self._on_site.setdefault(Site(lattice, site), []).append(wire)
        self.groups.append(group)
        single = node.size is None and node.place is None and categories is None
        return Qubit(first) if single else group

    # ------------------------------------------------------------ outputs and inputs

    def _output(self, symbol: Symbol) -> Value:
        return self.outputs.read(symbol, Frame({}, self.main))

    def again(self, node: tree.Again) -> None:
        """Read what `again` sets `condition` inputs to.

        Raises:
            FaultyError: it has a fault; reported.
        """
        given = [each for each in self.parameters if each is not None and each.kind == "condition"]
        conditions = {each.name: each.size if each.categories is None else None for each in given}
        self.evaluator.functions.reader = self.outputs
        try:
            self.outputs.again(node, conditions, Frame({}, self.main))
        finally:
            self.evaluator.functions.reader = None

    def _input(self, symbol: Symbol) -> Array | Real:
        node: tree.Parameter = symbol.node
        number = self._numbers[id(symbol)]
        frame = Frame({}, self.main)
        constraint, size = "angle" if node.kind == "param" else "real", None
        if node.type is not None:
            constraint, size = self.types.of_parameter(node.type, frame)
        categories = self._categories(node, frame) if constraint == "category" else None
        between = self.types.between(node.type, frame)
        dimensions = [self._dimension(expression, frame) for expression in node.dimensions]
        if size is not None:
            state, mixed = constraint in OF_STATES, constraint == "density"
            dimensions.append(
                Dimension(size, "the numbers of its type", amplitudes=state, mixed=mixed, between=between)
            )
        elements = prod(dimension.extent for dimension in dimensions)
        self._inputs += elements
        if self._inputs > MAX_INPUTS:
            what = f"`{symbol.name}` with {elements:,} elements"
            raise self.reporter.fault(ValueTooLarge(symbol.span, what, f"{MAX_INPUTS:,} parameters in all"))
        shape = tuple(dimension.extent for dimension in dimensions)
        distribution, draws = self.distributions.of(node, constraint, size, shape, frame)
        self.parameters[number] = Parameter(
            node.kind, symbol.name, shape, constraint, distribution, draws, symbol.span, node.anew, categories
        )
        if not dimensions:
            return Real(0.0, ((1.0, Input(number, 0)),))
        return Array(number, symbol.name, 0, tuple(dimensions), symbol.span)

    def _categories(self, node: tree.Parameter, frame: Frame) -> int:
        """The number of categories of an input of such a type.

        Raises:
            FaultyError: it is drawn or trained, or the number is out of range; reported.
        """
        assert node.type is not None
        if node.kind != "condition" or node.distribution is not None:
            text = f"`{node.name.name}` is a category, which is given: by the data, or with `--condition`"
            raise self.reporter.fault(WrongParameter(node.type.span, text, "declare it `condition`, and without `~`"))
        return categories_of(node.type, frame, self.evaluator, self.reporter)

    def categories(self, value: Real) -> int | None:
        """The number of categories of an input of such a type; None of other numbers."""
        atom = value.terms[0][1] if value.terms and value.constant == 0 else None
        known = isinstance(atom, Input) and value.terms == ((1.0, atom),) and atom.parameter >= 0
        parameter = self.parameters[atom.parameter] if known and isinstance(atom, Input) else None
        return None if parameter is None else parameter.categories

    def anonymous(self, name: str, constraint: str, shape: tuple[int, ...], span: Span) -> Parameter:
        """A parameter that `?` makes."""
        return Parameter("param", name, shape, constraint, DEFAULTS[constraint], None, span)

    def _dimension(self, expression: tree.Expression, frame: Frame) -> Dimension:
        value = self.evaluator.evaluate(expression, frame)
        wording = f"`{expression.span.text[:40]}`"
        if isinstance(value, int) and not isinstance(value, bool):
            if value < 1:
                text = f"a dimension of a parameter is at least 1, not {value}"
                raise self.reporter.fault(WrongParameter(expression.span, text))
            if value > MAX_INPUTS:
                raise self.reporter.fault(
                    ValueTooLarge(expression.span, f"a dimension of {value:,}", f"{MAX_INPUTS:,}")
                )
            return Dimension(value, f"0..{value - 1}")
        categories = self.categories(value) if isinstance(value, Real) else None
        if categories is not None:
            return Dimension(categories, f"the categories of {wording}")
        if isinstance(value, Qubit):
            value = (value,)
        if not isinstance(value, Group | Lattice | tuple | range):
            wanted = "a size, a register, a lattice or a list"
            raise self.reporter.fault(WrongType(expression.span, wanted, describe(value)))
        items = self.evaluator.functions.items(value, expression.span)
        if not items:
            raise self.reporter.fault(
                WrongParameter(expression.span, "a dimension of a parameter is at least 1, not 0")
            )
        keys = self._keys_of(value, items)
        arity = 2 if all(isinstance(item, tuple) and len(item) == 2 for item in items) else 1
        integers = not any(isinstance(item, int) for item in items)
        return Dimension(len(items), wording, keys, integers, arity)

    def _keys_of(self, value: Value, items: Sequence[Value]) -> Mapping[Hashable, int]:
        """The positions of all keys; of a register or a lattice they are found once for all parameters."""
        kept = self._keys_kept.get(id(value))
        if kept is not None and kept[0] is value and kept[1] == len(self.groups):
            return kept[2]
        keys: dict[Hashable, int] = {}
        for position, item in enumerate(items):
            for key in self._keys(item):
                keys.setdefault(key, position)
        if isinstance(value, Group | Lattice):
            self._keys_kept[id(value)] = value, len(self.groups), keys
        return keys

    def _keys(self, item: Value) -> Iterator[Hashable]:
        """`item`, and the same with sites for its qubits or qubits for its sites."""
        yield key_of(item)
        other = self._exchanged(item)
        if other is not None:
            yield key_of(other)

    def _exchanged(self, item: Value) -> Value | None:
        if isinstance(item, Qubit):
            group = next((each for each in self.groups if item.wire in range(each.wires[0], each.wires[-1] + 1)), None)
            if group is None or group.lattice is None:
                return None
            return Site(group.lattice, group.sites[item.wire - group.wires[0]])
        if isinstance(item, Site):
            wires = self._on_site.get(item, [])
            return Qubit(wires[0]) if len(wires) == 1 else None
        if isinstance(item, tuple):
            others = [self._exchanged(each) for each in item]
            return None if any(each is None for each in others) else tuple(others)
        return None
