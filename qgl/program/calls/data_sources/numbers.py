"""Data of real numbers, and what is made of them row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgl.program.calls.arguments import NOT_NEGATIVE, Data, Flag, Integer, Interval, Many, Number, Rows, Text
from qgl.program.calls.call import argument, call
from qgl.program.calls.data_sources.source import ARRAY, BIN_BITS, BINS, BINS_DOC, FIT_DOC, DataCall

if TYPE_CHECKING:
    pass

_NUMBERS = Data(of="numbers")


@call("images")
class Images(DataCall):
    """Grey pictures from a NumPy archive, shape (pictures, rows, columns): a number for each pixel, row by row.

    Whole numbers from 0 to 255 are divided by 255.
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    array: str | None = argument(Text(), ARRAY, default=None)
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
        BIN_BITS, "bits of a number, most significant first, of each column or one number for all"
    )
    quantile: float | None = argument(
        Number(Interval(0.0, 1.0, open_low=True)),
        "levels are of equal width, from the least number to this quantile, beyond which is the last level too",
        default=None,
    )
    fit: str | None = argument(Data(of="any"), FIT_DOC, default=None)
    bins: str = argument(BINS, BINS_DOC, default="quantile")


@call("pairs")
class Pairs(DataCall):
    """Rows of two data sets together: what a `condition` is given, and what comes with it."""

    input: str = argument(Data(of="any"), "what the `condition` inputs are given: numbers, states, or bits as numbers")
    target: str = argument(Data(of="any"), "what is to come of it, row by row")


@call()
class RunWeights(DataCall):
    """What a run handed out for a parameter: no data source of programs, but kept with a run as its data are."""

    path: str = argument(Text(), "the weights in the folder of the run")
    parameter: str = argument(Text(), "the name of the parameter")
