"""Sources of data sets."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, ClassVar

from qgl.program.calls.arguments import (
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVES,
    AppliedChannel,
    BitString,
    Channels,
    Choice,
    Column,
    Data,
    DrawnSpins,
    DrawnTerms,
    Flag,
    Integer,
    Interval,
    Label,
    Many,
    Number,
    Rows,
    Spins,
    SpinTerms,
    Text,
)
from qgl.program.calls.call import Call, Kind, argument, call
from qgl.record import record

if TYPE_CHECKING:
    from qgl.program.process import Process
    from qgl.program.program import Parameter

Columns = tuple[int | str, ...]
_SIZE = Integer(1, 4096)
_BIN_BITS = Many(Integer(1, 12))
_BINS = Choice(("quantile", "width"))
_BINS_DOC = "equally many rows in each bin of a column, or bins of equal width from its least number to its largest"
_FIT_DOC = "the data whose numbers, or whose bins, the bins are made by; by default its own"


@record
class DataCall(Call):
    """A call of a data source."""


@call()
class TableCall(DataCall):
    """A table in a file, whose rows are strings."""

    path: str = argument(Text(), "the file, relative to the program's folder")
    columns: Columns | None = argument(
        Many(Column()), "the columns to take, by number from 0, as a range, or by name; all by default", default=None
    )
    condition: Columns = argument(Many(Column()), "columns that are given with a row rather than generated", default=())
    categories: tuple[int, ...] = argument(
        Many(Integer(2, 4096)), "the number of categories of each column (one number for all); 2 by default", default=()
    )
    encoding: str = argument(Choice(("binary", "one_hot")), "how a category becomes bits", default="binary")
    rows: tuple[int, int] | None = argument(Rows(), "the rows to take, by number from 0; all by default", default=None)
    width: int | None = argument(
        Integer(1, 1 << 16),
        "bits of a string: the first of each row where it has more, whole rows end to end where it has less",
        default=None,
    )
    numbers: bool = argument(
        Flag(), "whether the columns are real numbers, as data of outputs, and not categories", default=False
    )
    bits: tuple[int, ...] = argument(
        _BIN_BITS, "bits of each column of real numbers, which become bins (one number for all)", default=()
    )
    bins: str = argument(_BINS, _BINS_DOC, default="quantile")
    fit: str | None = argument(Data(of="any"), f"{_FIT_DOC}; and whose labels are taken", default=None)
    missing: str = argument(
        Choice(("refuse", "drop")), "rows with a missing number or label: a fault, or left out", default="refuse"
    )
    label: int | str | None = argument(
        Column(), "the column of labels: the class of each row, a category that is given with it", default=None
    )
    classes: tuple[str, ...] = argument(
        Many(Label()),
        "the labels in the order of their categories; by default numbers by size, words by their letters",
        default=(),
    )

    @property
    def real(self) -> bool:
        """Whether its cells are real numbers."""
        return self.numbers or bool(self.bits)


@call("csv")
class CSV(TableCall):
    """A text table with one row a line, separated by commas, semicolons, tabs or spaces."""

    header: bool | None = argument(
        Flag(),
        "whether the first line names the columns; by default it does if its cells are different names",
        default=None,
    )


@call("parquet")
class Parquet(TableCall):
    """A table in a Parquet file, whose columns have names."""


_ARRAY = "the name of the array; not needed where there is only one"


@call("npz")
class NPZ(TableCall):
    """An array of whole numbers, shape (rows, columns), from a NumPy archive."""

    array: str | None = argument(Text(), _ARRAY, default=None, before="columns")


@call("bars_and_stripes")
class BarsAndStripes(DataCall):
    """The uniform distribution over the pictures whose rows are each of one colour, or whose columns are."""

    rows: int = argument(_SIZE, "rows")
    columns: int = argument(_SIZE, "columns")


@call("parity")
class Parity(DataCall):
    """The uniform distribution over the strings with an even (or odd) number of ones."""

    size: int = argument(_SIZE, "bits")
    even: bool = argument(Flag(), "even or odd", default=True)


@call("cardinality")
class Cardinality(DataCall):
    """The uniform distribution over the strings with a given number of ones."""

    size: int = argument(_SIZE, "bits")
    ones: int = argument(Integer(0, 4096), "ones in each string")


RuledCall = BarsAndStripes | Parity | Cardinality


@call("digits")
class Digits(DataCall):
    """Handwritten digits, 8x8 pixels, averaged to `size` x `size` and made black and white, or left grey."""

    classes: tuple[int, ...] = argument(Many(Integer(0, 9)), "the digits to take", default=tuple(range(10)))
    size: int = argument(Integer(1, 8), "pixels along a side", default=4)
    threshold: float = argument(
        Number(Interval(0.0, 1.0, open_low=True, open_high=True)),
        "the ink, as a fraction of the most there can be, from which a pixel is 1",
        default=0.5,
    )
    grey: bool = argument(Flag(), "whether a pixel is that fraction, a real number from 0 to 1", default=False)
    labels: bool = argument(
        Flag(), "whether the digit is given with each picture, a category numbered as in `classes`", default=False
    )


@call("mixture")
class Mixture(DataCall):
    """Normal distributions on the whole numbers from 0 to 2^bits - 1, cut off there; the first bit is the most
    significant.
    """

    bits: int = argument(Integer(1, 24), "bits of a number")
    means: tuple[float, ...] = argument(Many(Number()), "the mean of each")
    deviations: tuple[float, ...] = argument(POSITIVES, "the standard deviation of each, or one for all")
    weights: tuple[float, ...] | None = argument(
        POSITIVES, "the weight of each; made to sum to 1, equal by default", default=None
    )


@call("weights")
class Weights(DataCall):
    """A distribution on the whole numbers from 0 to 2^bits - 1 by a weight for each, as a formula gives them in a list;
    the first bit is the most significant.
    """

    bits: int = argument(Integer(1, 24), "bits of a number")
    weights: tuple[float, ...] = argument(
        Many(Number(Interval(0.0), underflows=True)), "the weight of each number; made to sum to 1"
    )


@call("strings")
class Strings(DataCall):
    """The distribution with given strings, equally probable or with given weights; repeated strings add up."""

    strings: tuple[str, ...] = argument(Many(BitString()), "strings of equal length")
    weights: tuple[float, ...] | None = argument(POSITIVES, "a weight for each string; made to sum to 1", default=None)


@call("state")
class State(DataCall):
    """A quantum state from a NumPy archive, amplitudes or a density matrix: a target of `marginals`, else its bits."""

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), _ARRAY, default=None)


@call("pauli_shots")
class PauliShots(DataCall):
    """Measurements of a quantum state, each qubit in a Pauli basis of its own, from a NumPy archive of two arrays of
    shape (shots, qubits): `strings`, bits, and `bases`, 1 to 3 for X, Y and Z.
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    rows: tuple[int, int] | None = argument(Rows(), "the shots to take, by number from 0; all by default", default=None)


@call("states_near")
class StatesNear(DataCall):
    """An ensemble of states about a basis state: normalised (|center> + width times complex normal numbers), pure, or
    each depolarised by a strength of its own.
    """

    center: str = argument(BitString(), "the basis state")
    width: float = argument(NOT_NEGATIVE, "deviation of the real and of the imaginary part of the other amplitudes")
    depolarised: tuple[float, ...] = argument(
        Many(Number(Interval(0.0, 1.0))),
        "how much of each state is replaced by I/2^n: a number, or the least and the most, uniform between them",
        default=(0.0,),
    )
    count: int = argument(Integer(1, 10**6), "how many states", default=1000)
    seed: int = argument(Integer(0), "of the draw", default=0)


@call("ensemble")
class Ensemble(DataCall):
    """An ensemble of states from a NumPy archive: amplitudes, shape (states, 2^n), or density matrices, shape (states,
    2^n, 2^n).
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), _ARRAY, default=None)


@call("ground_state")
class GroundState(DataCall):
    """The ground state of a Hamiltonian on the visible qubits, as `state`: a target of `marginals`, else its bits."""

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian, which depends on no input")
    basis: str = argument(Choice(("x", "y", "z")), "the Pauli matrix that is measured on every qubit", default="z")


@call("ground_states")
class GroundStates(DataCall):
    """The ground states of a Hamiltonian on the visible qubits, whose latent inputs are drawn for each."""

    hamiltonian: DrawnTerms = argument(DrawnSpins(), "the Hamiltonian, with latent inputs")
    count: int = argument(Integer(1, 10**6), "how many states", default=1000)
    seed: int = argument(Integer(0), "of the draws", default=0)
    latents: tuple[tuple[int, Parameter], ...] = field(default=(), kw_only=True, compare=False)


@call("through")
class Through(DataCall):
    """The states of a data set, each after a layer or channel of the program, whose latent inputs and kept outcomes are
    drawn for each element.
    """

    data: str = argument(Data(), "states, or strings as basis states")
    channel: AppliedChannel = argument(Channels(), "what acts on each state")
    count: int | None = argument(
        Integer(1, 10**6),
        "how many elements: of an ensemble some, or all in turn; as many as the data have by default",
        default=None,
    )
    seed: int = argument(Integer(0), "of the draws, which differ for other arguments of the channel too", default=0)
    process: Process | None = field(default=None, kw_only=True, compare=False)


@call("gibbs")
class Gibbs(DataCall):
    """The thermal state exp(-beta H) / Z on the visible qubits, as `state`: a target of `marginals`, else its bits."""

    hamiltonian: SpinTerms = argument(Spins(), "the Hamiltonian H, which depends on no input")
    beta: float = argument(POSITIVE, "the inverse temperature")


@call()
class RunWeights(DataCall):
    """What a run handed out for a parameter: no data source of programs, but kept with a run as its data are."""

    path: str = argument(Text(), "the weights in the folder of the run")
    parameter: str = argument(Text(), "the name of the parameter")


@call("subset")
class Subset(DataCall):
    """Some strings of a distribution or rows of a table, drawn without replacement; a distribution stays one, made to
    sum to 1.
    """

    one_of: ClassVar[tuple[str, ...]] = ("fraction", "count")
    data: str = argument(Data(rule_will_do=True, of="any"), "the data set to draw from, too large to list perhaps")
    fraction: float | None = argument(
        Number(Interval(0.0, 1.0, open_low=True)), "so large a part, rounded to a whole number", default=None
    )
    count: int | None = argument(Integer(1), "or so many", default=None)
    seed: int = argument(Integer(0), "of the draw; of the same seed, a larger subset holds a smaller one", default=0)


@call("without")
class Without(DataCall):
    """What is left of a data set without a part of it: the other strings of a distribution, the other rows of a
    table.
    """

    data: str = argument(Data(rule_will_do=True, of="any"), "the data set")
    part: str = argument(Data(of="any"), "what is taken away")


@call("flipped")
class Flipped(DataCall):
    """The rows of a data set with each bit flipped by chance: a noisy draw of each row. Of a distribution, that of its
    noisy strings.
    """

    data: str = argument(Data(), "strings of bits, of up to 16 where they are a distribution")
    p: float = argument(Number(Interval(0.0, 1.0)), "the probability of a flip, of each bit by itself")
    draws: int = argument(Integer(1, 1000), "noisy draws of each row: all rows, and all again", default=1)
    seed: int = argument(
        Integer(0), "of the draws; of one seed, what is flipped at some p is flipped at any larger", default=0
    )


@call("labels")
class LabelsOf(DataCall):
    """The class of each row of data with labels, as a category: what is to be told of a row, where `pairs` gives it."""

    data: str = argument(Data(of="any"), "data with labels")


_NUMBERS = Data(of="numbers")


@call("images")
class Images(DataCall):
    """Grey pictures from a NumPy archive, shape (pictures, rows, columns): a number for each pixel, row by row.

    Whole numbers from 0 to 255 are divided by 255.
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), _ARRAY, default=None)
    rows: tuple[int, int] | None = argument(
        Rows(), "the pictures to take, by number from 0; all by default", default=None
    )


@call()
class NumbersCall(DataCall):
    """Data made of other data of real numbers, row by row."""

    data: str = argument(_NUMBERS, "data of real numbers")


@call("rows")
class RowsOf(NumbersCall):
    """Some of the rows of data of real numbers."""

    rows: tuple[int, int] = argument(Rows(), "the rows, by number from 0")


@call("pca")
class PCA(NumbersCall):
    """Principal components: the coordinates of largest variance about the mean. Reports undo it."""

    components: int = argument(Integer(1, 4096), "how many")
    fit: str | None = argument(
        _NUMBERS, "the data whose mean and components are taken; by default `data`", default=None
    )


@call("scaled")
class Scaled(NumbersCall):
    """Numbers moved and stretched so that they lie between two bounds. Reports undo it."""

    low: float = argument(Number(), "the least number", default=0.0)
    high: float = argument(Number(), "the largest number", default=1.0)
    alike: bool = argument(Flag(), "whether all columns are treated alike; else each by itself", default=True)
    order: tuple[int, ...] = argument(
        Many(Integer(0)), "the columns in a new order, by number from 0; as they are by default", default=()
    )
    fit: str | None = argument(_NUMBERS, "the data whose bounds are taken; by default `data`", default=None)


@call("unit")
class Unit(NumbersCall):
    """Each row divided by its norm."""


@call("amplitudes")
class Amplitudes(NumbersCall):
    """An ensemble of states: the numbers of each row as the amplitudes of one, divided by their norm; complex normal
    numbers may be added to them.
    """

    pad: float = argument(Number(), "the amplitudes that are missing to 2^n", default=0.0)
    width: float = argument(
        NOT_NEGATIVE, "deviation of the real and of the imaginary part of what is added to each amplitude", default=0.0
    )
    count: int | None = argument(
        Integer(1, 10**6), "how many states, of the rows in turn; one of each row by default", default=None
    )
    seed: int = argument(Integer(0), "of what is added, which is the same for other widths but for its size", default=0)


@call("windows")
class Windows(NumbersCall):
    """Consecutive rows end to end, as the windows of a series."""

    length: int = argument(Integer(1, 1 << 16), "rows of a window")
    step: int = argument(Integer(1), "rows from one window to the next", default=1)


@call("patches")
class Patches(NumbersCall):
    """The squares of pixels of each picture, from left to right and from the top down, as a convolution sees them."""

    size: int = argument(Integer(1, 1 << 10), "pixels along a side of a square")
    border: int = argument(Integer(0, 1 << 10), "pixels along the edge of a picture that no square reaches", default=0)


@call("blended")
class Blended(NumbersCall):
    """Each row blended with noise: clip((1 - w) x + w e, 0, 1), for each weight w all rows, one weight after another.

    The noise e of a row is drawn once, normal numbers, and is the same for all weights.
    """

    weights: tuple[float, ...] = argument(Many(Number(Interval(0.0, 1.0))), "the weights of the noise")
    mean: float = argument(Number(), "of the noise", default=0.5)
    deviation: float = argument(NOT_NEGATIVE, "of the noise", default=0.2)
    seed: int = argument(Integer(0), "of the draw", default=0)


@call("levels")
class Levels(NumbersCall):
    """Each number as one of 2^bits levels: strings of bits, which baselines take as categories. Samples undo it."""

    bits: tuple[int, ...] = argument(
        _BIN_BITS, "bits of a number, most significant first, of each column or one number for all"
    )
    quantile: float | None = argument(
        Number(Interval(0.0, 1.0, open_low=True)),
        "levels are of equal width, from the least number to this quantile, beyond which is the last level too",
        default=None,
    )
    fit: str | None = argument(Data(of="any"), _FIT_DOC, default=None)
    bins: str = argument(_BINS, _BINS_DOC, default="quantile")


@call("pairs")
class Pairs(DataCall):
    """Rows of two data sets together: what a `condition` is given, and what comes with it."""

    input: str = argument(Data(of="any"), "what the `condition` inputs are given: numbers, states, or bits as numbers")
    target: str = argument(Data(of="any"), "what is to come of it, row by row")


PartCall = Subset | Without
EnsembleCall = StatesNear | Ensemble | GroundStates | Through | Amplitudes
SOURCES: Kind[DataCall] = Kind(
    "data",
    "data source",
    (
        CSV,
        Parquet,
        NPZ,
        BarsAndStripes,
        Parity,
        Cardinality,
        Digits,
        Mixture,
        Strings,
        Weights,
        State,
        PauliShots,
        StatesNear,
        Ensemble,
        GroundState,
        GroundStates,
        Through,
        Gibbs,
        Subset,
        Without,
        Flipped,
        Images,
        LabelsOf,
        RowsOf,
        PCA,
        Scaled,
        Unit,
        Amplitudes,
        Windows,
        Patches,
        Blended,
        Levels,
        Pairs,
    ),
)
