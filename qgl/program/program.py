"""The checked program: what a `.qgl` file means once constants are known, loops have run and calls are expanded.

It is the only thing that later stages see of the text; the spans in it point back.

Wires. Every qubit is a wire with a number: first the visible and hidden qubits in order of declaration, then the
`fresh` ones in order of creation. Every wire starts in |0>; the initial states of registers are ordinary operations at
the head of `operations`. A fresh wire is never used again after its `discard`.

Conventions. The first declared visible qubit is the left-most bit and the most significant one of a state index.
Angles are in radians; `rx(a) = exp(-i a X / 2)`; a `PauliRotation` is exp(+i a P).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.expression import Input
from qgl.program.calls.arguments import describe
from qgl.program.calls.baselines import BaselineCall
from qgl.program.calls.gradients import Approximation, FromShots, GradientCall
from qgl.program.calls.objectives import ObjectiveCall
from qgl.program.calls.optimizers import OptimizerCall
from qgl.program.calls.reports import ReportCall
from qgl.program.calls.stops import Early, StopCall
from qgl.program.calls.strategies import BY_GRADIENT, Gradient, StrategyCall
from qgl.program.labels import Labels
from qgl.program.membership import Rule
from qgl.program.operations import Operation
from qgl.program.outputs import NO_OUTPUTS, Outputs
from qgl.program.transforms import Transform
from qgl.record import record
from qgl.source import Source, Span


@record
class Wire:
    """One qubit. `register` and `position` say where it was declared; `site` is its site on a lattice, if any.

    In a register of categorical variables each has `width` qubits, elsewhere that is 0; `lone` is one variable without
    a number.
    """

    kind: str  # "visible" | "hidden" | "fresh"
    register: str
    position: int
    site: tuple[str, int] | None  # (lattice name, site number)
    span: Span
    width: int = 0
    lone: bool = False

    def __str__(self) -> str:
        if not self.width or self.lone:
            return f"{self.register}[{self.position}]"
        variable, bit = divmod(self.position, self.width)
        return f"{self.register}[{variable}][{bit}]"


@record
class Variable:
    """A visible categorical variable: `categories` values, whose codes stand in the bits of `positions`, binary.

    positions  among the visible qubits, the most significant bit first
    """

    name: str  # "stage[3]"
    categories: int
    positions: tuple[int, ...]
    span: Span


@record(eq=False)
class StartFit:
    """Staircases of two-qubit cells, `layers` of them, that begin as a matrix product state of `bond` fitted to data.

    kind   what the numbers of a cell are, "unitary", "generator" or "isometry"
    order  the columns of the data along the chain, whose neighbours the cells act on; empty: as they are
    """

    data: DataSet
    bond: int
    layers: int
    kind: str
    order: tuple[int, ...] = ()


@record
class Cell:
    """Where an isometry acts: its first `ingoing` qubits go in; `places` are those among the visible ones, or None."""

    ingoing: int
    places: tuple[int | None, ...]


@record(eq=False)
class MapFit:
    """Isometries that begin as maps of the state of data: each prepares the state of its `cells`' visible qubits, or
    recovers it from those that go in.
    """

    data: DataSet
    cells: tuple[Cell, ...] = ()


@record(eq=False)
class Table:
    """The rows of data, one of which is what a register starts in."""

    data: DataSet


@record
class Distribution:
    """The distribution that elements of a parameter are drawn from: name and arguments as written.

    Names: `normal(mean, deviation)`, `uniform(low, high)`, `constant(value)`, `bernoulli(probability)`; and
    `about(deviation)`, which is normal about a centre of its own for each element, or about the same ones for every row
    of an array; `fitted(deviation)`, the same about what the `fit` gives, which is found when it is drawn from; and
    `rows()`, the bits of one row of a table, `fit`, which go together.
    """

    name: str
    arguments: tuple[float, ...]
    centres: tuple[float, ...] = ()
    fit: StartFit | MapFit | Table | None = None

    @property
    def finite(self) -> bool:
        """Whether it has so few values that a model is the mixture over all of them."""
        return self.name in ("bernoulli", "rows")


GIVEN = Distribution("given", ())  # of a `condition` input that has none of its own


@record
class Parameter:
    """Inputs of the model under one name.

    `kind` is "param" (trained), "random" (drawn per run, not trained), "latent" (summed or averaged over) or
    "condition" (given with each data row). `constraint` is "real", "angle" or "probability"; what is stored and
    trained for a probability is its logit, and an `Input` stands for the probability itself. `shape` is the shape of
    the array; anonymous parameters are named after the gate they stand in (`rx_1`). `draws` is the number of draws of
    a latent of continuous distribution; they are drawn `anew` at each step of training, or once for the run. Those of a
    condition with the constraint "category" are whole numbers from 0 to `categories` - 1.
    """

    kind: str
    name: str
    shape: tuple[int, ...]
    constraint: str
    distribution: Distribution
    draws: int | None
    span: Span
    anew: bool = False
    categories: int | None = None

    @property
    def size(self) -> int:
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def rows(self) -> DataSet | None:
        """The data one of whose rows it is, if it is where a register starts."""
        fit = self.distribution.fit
        return fit.data if isinstance(fit, Table) else None

    @property
    def values(self) -> int:
        """How many values a latent takes in a mixture: its draws, the rows of a table, or all strings of bits."""
        return self.draws or (2**self.size if self.rows is None else len(self.rows.weights))


@record
class Geometry:
    """A lattice: sites 0..sites-1, undirected edges, and coordinates for pictures."""

    name: str
    sites: int
    edges: tuple[tuple[int, int], ...]
    positions: tuple[tuple[float, float], ...]


@record
class LocalityBound:
    """A bound of a `local` declaration that the program was found to keep."""

    register: str
    kind: str  # "within" | "depth" | "cone" | "channel"
    argument: int | None
    limit: int
    span: Span


@record
class DataSet:
    """Rows of bits, or a distribution over bit strings; or rows of real numbers.

    rows       (count, width) of 0 and 1, first column first visible qubit
    weights    (count,) probabilities of the rows, summing to 1 (equal for samples)
    conditions (count, condition width) given with the rows, or None
    exact      True when `rows` and `weights` are the distribution itself (`bars_and_stripes`), False when they are
               samples of it
    picture    rows and columns of the picture that a row of data is, row by row, or was before `undo`; None where it
               is none
    state      amplitudes, shape (2^n,), or a density matrix, `rows` and `weights` being the distribution of its bits;
               None where
               the data are bits only
    states     elements of an ensemble, each as likely: amplitudes, shape (elements, 2^n), or density matrices, shape
               (elements, 2^n, 2^n), if one of them is mixed; `state` is their mean then
    integer    the strings are whole numbers, first bit most significant
    categories number of categories of each column, and how many bits it takes in binary code; None for plain bits
    rule       which strings there are, for sets that have a rule; where they are too many to list, `rows` are none
    numbers    real numbers, shape (count, columns), in place of bits, of which a row has none then
    given      what type of states the conditions are: "state" or "density"; empty of other numbers
    undo       what `numbers` were made by, in order, so that reports can undo it; of bits that are bins of numbers,
               what these were made by, the binning last
    columns    names of the columns of numbers, as they were before `undo`, or of a table with labels; none where they
               have none
    labels     of the rows, if they have some: `conditions` begin with their numbers
    bases      of Pauli shots, the basis of each bit, shape (count, width), 1 to 3 for X, Y and Z; else None
    guessed    how its file was read where neither the file nor the program says so, in words for the user; or empty
    """

    name: str
    rows: NDArray[np.uint8]
    weights: NDArray[np.float64]
    conditions: NDArray[np.float64] | None
    exact: bool
    sha256: str
    description: str
    picture: tuple[int, int] | None = None
    state: NDArray[np.complex128] | None = None
    states: NDArray[np.complex128] | None = None
    integer: bool = False
    categories: tuple[tuple[int, int], ...] | None = None
    rule: Rule | None = None
    guessed: str = ""
    numbers: NDArray[np.float64] | None = None
    undo: tuple[Transform, ...] = ()
    given: str = ""
    columns: tuple[str, ...] = ()
    labels: Labels | None = None
    bases: NDArray[np.uint8] | None = None

    @property
    def holds(self) -> str:
        """What its rows are: "bits", "numbers", or "shots", which are bits in bases of their own."""
        if self.bases is not None:
            return "shots"
        return "bits" if self.numbers is None else "numbers"

    @property
    def width(self) -> int:
        return int(self.rows.shape[1])

    @property
    def count(self) -> int:
        """How many elements it has: rows, or states of an ensemble."""
        return len(self.rows if self.states is None else self.states)

    @property
    def listed(self) -> bool:
        """Whether its strings are held, and not only their rule."""
        return self.rule is None or len(self.rows) > 0


@describe.register
def _(value: DataSet) -> str:
    return f"the data set `{value.name}`"


@record(eq=False)
class CriticCircuit:
    """What a layer or channel does as a critic: to wires 0..qubits-1, and to `fresh` ones after these.

    parameters: those that the critic learns, whose numbers inputs of the operations have
    """

    qubits: int
    operations: tuple[Operation, ...]
    parameters: tuple[Parameter, ...]


@record
class Term:
    """One term of the objective; `critic` is that of an objective `adversarial` if it is a circuit."""

    weight: float
    call: ObjectiveCall
    critic: CriticCircuit | None = None


@record
class TrainSettings:
    """`train { ... }` with defaults filled in."""

    optimizer: OptimizerCall
    steps: int
    seeds: int
    seed: int
    stop: tuple[StopCall, ...]
    clip: float | None
    time_limit: float | None  # seconds
    precision: str  # "single" | "double"
    checkpoint: int  # steps between checkpoints
    span: Span | None
    batch: int | None = None  # rows of data drawn at each step; None: all of them
    gradient: GradientCall | None = None  # where it comes from; None: exact, by simulation
    engine: str = "statevector"  # who gives the strings of a gradient from shots
    strategy: StrategyCall | None = None  # how parameters are moved at all; None: by the gradient
    watch: tuple[ReportCall, ...] = ()  # reports that are measured while training
    every: int = 10  # steps between two such measurements
    approximate: Approximation | None = None  # what answers may be approximated by; None: all are exact

    @property
    def from_shots(self) -> FromShots | None:
        """The rule by which the gradient is made of shots; None where it is exact."""
        return self.gradient if isinstance(self.gradient, FromShots) else None

    @property
    def strategy_name(self) -> str:
        return Gradient.called if self.strategy is None else self.strategy.name

    @property
    def by_gradient(self) -> bool:
        """Whether parameters are moved along the exact gradient of the loss."""
        return self.strategy_name in BY_GRADIENT and self.from_shots is None

    @property
    def early(self) -> Early | None:
        """The rule `early(...)`, if there is one."""
        return next((rule for rule in self.stop if isinstance(rule, Early)), None)

    @property
    def watched(self) -> tuple[ReportCall, ...]:
        """All reports that are measured while training, that of `early` first, each once."""
        first = () if self.early is None else (self.early.report,)
        return tuple(dict.fromkeys((*first, *self.watch)))


@record
class Stage:
    """Which stage of its file a program is: `number` of `count`, from 0.

    label    "t = 3"; of a stage without values, its name
    """

    number: int
    count: int
    label: str

    def __str__(self) -> str:
        return f"stage {self.number + 1} of {self.count}, {self.label}"


@record
class Program:
    """See the head of this file.

    stages  the program as each of its stages has it, in order: with other constants, other moved elements, its own
            objective, settings and reports; none: the program itself is trained
    moved   for each trained parameter, which of its elements training moves, an array of its shape; None: all
    stage   which stage of its file this is; None: it is the program itself
    picks   variables that have their most likely values from the start of the stage on, names and wires
    """

    source: Source
    constants: dict[str, Any]  # numbers, truth values, strings; lists that were given
    wires: tuple[Wire, ...]
    visible: tuple[int, ...]
    hidden: tuple[int, ...]
    operations: Sequence[Operation]  # in blocks where they are loops, see `qgl.program.rolled`
    bits: int
    parameters: tuple[Parameter, ...]
    geometries: tuple[Geometry, ...]
    bounds: tuple[LocalityBound, ...]
    data: dict[str, DataSet]
    objective: tuple[Term, ...]
    train: TrainSettings
    reports: tuple[ReportCall, ...]
    variables: tuple[Variable, ...] = ()  # registers of categories
    prepared: int = 0  # operations at the head that prepare what the registers start in
    baselines: tuple[BaselineCall, ...] = ()  # fitted to the objective's first data set; none: independent bits
    stages: tuple[Program, ...] = ()
    moved: Mapping[str, NDArray[np.bool_]] | None = None
    stage: Stage | None = None
    picks: tuple[tuple[str, tuple[int, ...]], ...] = ()

    outputs: Outputs = NO_OUTPUTS  # numbers that elements of the ensemble hand out

    @property
    def learnt(self) -> DataSet | None:
        """The first data set of the objective, if it has one whose rows are strings of bits, no pairs of states."""
        names = (name for term in self.objective for name in term.call.data_sets)
        data = self.data.get(next(names, ""))
        if data is None or data.holds != "bits" or (data.states is not None and data.conditions is not None):
            return None
        return data

    @property
    def labels(self) -> Labels | None:
        """The labels of the objective's first data set, if it has some."""
        names = (name for term in self.objective for name in term.call.data_sets)
        data = self.data.get(next(names, ""))
        return None if data is None else data.labels

    def input_name(self, atom: Input) -> str:
        """`theta[2, 0]` for an input, as a user would write it."""
        parameter = self.parameters[atom.parameter]
        if not parameter.shape:
            return parameter.name
        index = np.unravel_index(atom.element, parameter.shape)
        return f"{parameter.name}[{', '.join(str(int(i)) for i in index)}]"
