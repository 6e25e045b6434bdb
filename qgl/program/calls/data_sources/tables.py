"""Tables in files, whose rows are strings; digits; measurements of a state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qgl.program.calls.arguments import Choice, Column, Data, Flag, Integer, Interval, Label, Many, Number, Rows, Text
from qgl.program.calls.call import argument, call
from qgl.program.calls.data_sources.source import ARRAY, BIN_BITS, BINS, BINS_DOC, FIT_DOC, DataCall

if TYPE_CHECKING:
    pass

Columns = tuple[int | str, ...]


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
        BIN_BITS, "bits of each column of real numbers, which become bins (one number for all)", default=()
    )
    bins: str = argument(BINS, BINS_DOC, default="quantile")
    fit: str | None = argument(Data(of="any"), f"{FIT_DOC}; and whose labels are taken", default=None)
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


@call("npz")
class NPZ(TableCall):
    """An array of whole numbers, shape (rows, columns), from a NumPy archive."""

    array: str | None = argument(Text(), ARRAY, default=None, before="columns")


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


@call("pauli_shots")
class PauliShots(DataCall):
    """Measurements of a quantum state, each qubit in a Pauli basis of its own, from a NumPy archive of two arrays of
    shape (shots, qubits): `strings`, bits, and `bases`, 1 to 3 for X, Y and Z.
    """

    path: str = argument(Text(), "the file, relative to the program's folder")
    rows: tuple[int, int] | None = argument(Rows(), "the shots to take, by number from 0; all by default", default=None)


@call("labels")
class LabelsOf(DataCall):
    """The class of each row of data with labels, as a category: what is to be told of a row, where `pairs` gives it."""

    data: str = argument(Data(of="any"), "data with labels")
