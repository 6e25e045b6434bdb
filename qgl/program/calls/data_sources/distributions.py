"""Distributions over strings, by a rule, a formula or a list; parts of data."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qgl.program.calls.arguments import POSITIVES, BitString, Data, Flag, Integer, Interval, Many, Number
from qgl.program.calls.call import argument, call
from qgl.program.calls.data_sources.source import DataCall

if TYPE_CHECKING:
    pass

_SIZE = Integer(1, 4096)


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


@call("beside")
class Beside(DataCall):
    """Rows of two data sets side by side: the bits of a row of the first, then those of the same row of the second."""

    first: str = argument(Data(), "rows of bits")
    second: str = argument(Data(), "as many rows of bits")


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


@call("diffused")
class Diffused(DataCall):
    """Paths of diffusion: each row with more and more of its bits flipped, side by side, the noisiest first and the row
    itself last.
    """

    data: str = argument(Data(), "rows of bits")
    p: tuple[float, ...] = argument(
        Many(Number(Interval(0.0, 0.5, open_low=True))),
        "how likely a bit differs from the row's after each step of noise, ascending, at most 1/2",
    )
    draws: int = argument(Integer(1, 1000), "paths of each row: of all rows, and of all again", default=1)
    seed: int = argument(Integer(0), "of the draws", default=0)
