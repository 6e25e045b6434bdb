"""`qglc sample`."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import ConditionOption, condition_of, file_or_output, trained
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    import numpy as np

    from qgl.model import Model
    from qgl.program.program import DataSet
    from qgl.runs.run import Run

TOLD_SECONDS = 5.0  # of drawing strings, from which on it is said beforehand


@dataclass(frozen=True, eq=False)
class Drawn:
    """Rows by the names of their arrays; the names of their columns, if they have some; and the label of each, if any,
    whose column is the last one.
    """

    arrays: dict[str, np.ndarray[Any, Any]]
    names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


class SampleFormat(StrEnum):
    CSV = "csv"
    NPZ = "npz"


def sample(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    number: Annotated[
        int | None,
        typer.Option("-n", "--number", min=1, max=10**7, help="How many strings; 1000, or as many as FILE has bases."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to; standard output by default.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = 0,
    output: Annotated[
        SampleFormat | None, typer.Option("--format", help="csv, or npz with one array x; by default from FILE's name.")
    ] = None,
    condition: ConditionOption = None,
    bits: Annotated[
        bool, typer.Option("--bits", help="Bits also where a program declares categories, or its data are bins.")
    ] = False,
    inside: Annotated[
        bool, typer.Option("--inside", help="Of bins, numbers drawn inside of each by itself; by default its centre.")
    ] = False,
    shots: Annotated[
        int | None,
        typer.Option("--shots", min=1, max=10**9, help="Draws behind each mean of an `output`; exact by default."),
    ] = None,
    bases: Annotated[
        str | None,
        typer.Option(
            "--bases", metavar="random|FILE", help="Measure each qubit in a Pauli basis of its own, for `pauli_shots`."
        ),
    ] = None,
    every: Annotated[
        bool,
        typer.Option(
            "--every-iteration", help="The rows of every iteration of `again`, one after another, not the last."
        ),
    ] = False,
) -> None:
    """Draw strings from a trained model, one a line, the first visible qubit first.

    Bits, or the numbers of categories where registers are of these. Of data that are bins of numbers, the columns
    that these had, in their units and under their names. Of data with labels, the label that is given as the last
    column; without --condition, labels as often as the data have them. Of a program with `output` declarations, rows
    of its numbers.

    \b
    Examples:
      qglc sample runs/bars-2026-01-31-1 -n 1000 -o samples.csv
      qglc sample runs/bars-2026-01-31-1 -n 100000 -o samples.npz --seed 7
      qglc sample runs/digit --condition 1,0 | head
      qglc sample runs/digit --condition label=2
      qglc sample runs/iris --condition label=setosa
      qglc sample runs/generator -n 500 --shots 1000 -o features.npz
      qglc sample runs/chain -n 2000 --bases random -o shots.npz
    """
    out = file_or_output(out)
    if bases is not None:
        _in_bases(run, bases, number, seed, condition, out)
        return
    number = 1000 if number is None else number
    kind = output or (SampleFormat.NPZ if out is not None and out.suffix == ".npz" else SampleFormat.CSV)
    if kind is SampleFormat.NPZ and out is None:
        raise typer.BadParameter("an npz file needs a name: -o FILE", param_hint="--format")
    drawn = _draw(run, number, seed, condition, bits, inside, shots, every)
    content = _csv(drawn, 1 + every) if kind is SampleFormat.CSV else _npz(drawn)
    if out is None:
        from qgl.diagnostics.terminal import write_data

        write_data(content.decode())
        return
    from qgl.runs.files.atomic import write_bytes

    write_bytes(out, content)


def _draw(
    folder: Path,
    number: int,
    seed: int,
    condition: list[str] | None,
    bits: bool,
    inside: bool,
    shots: int | None,
    every: bool,
) -> Drawn:
    """Strings as `x`, or the rows of each output by its name."""
    import numpy as np

    from qgl.check.declarations.categories import in_categories
    from qgl.data.numbers import in_units
    from qgl.diagnostics.size import duration
    from qgl.evaluate import in_chunks
    from qgl.evaluate.outputs import rows as rows_of_numbers
    from qgl.report.truncation import sampling_error
    from qgl.train.kept import compilation_cache

    compilation_cache.switch_on()
    run, model = trained(folder)
    outputs = model.program.outputs
    drawn = condition is None and outputs.declared and model.parameters.draws_conditions
    learnt = None if bits else model.program.learnt
    of_each = condition is None and learnt is not None and learnt.labels is not None
    alone = of_each and model.parameters.condition_width == 1 and not outputs.declared
    given = None if drawn or alone else condition_of(condition, model.program)
    if outputs.declared:
        names = ", ".join(f"{output.name} {list(output.shape) or ''}".strip() for output in outputs.declared)
        how = "exact means and probabilities" if shots is None else f"{shots:,} shots behind each mean and distribution"
        times = f"; the model is asked {outputs.again} times for a row" if outputs.updates else ""
        typer.echo(f"rows of numbers: {names}; {how}{times}", err=True)
        draw = rows_of_numbers.iterations if every else rows_of_numbers.sample
        with Waiting("drawing numbers"):
            numbers = draw(model, run.params, number, seed, given, shots)
        lacking = sum(int(np.isnan(each).sum()) for each in numbers.values())
        if lacking:
            why = "roots of negative ones, say, or probabilities given what does not come"
            typer.echo(f"{lacking:,} numbers are none, and written as nan: {why}", err=True)
        return Drawn(numbers)
    if every:
        raise typer.BadParameter("there is no `output` in the program", param_hint="--every-iteration")
    if shots is not None:
        raise typer.BadParameter("there is no `output` in the program: strings are shots", param_hint="--shots")
    with Waiting("planning"):
        expected = in_chunks.sampling_seconds(model, number)
    if expected > TOLD_SECONDS:
        typer.echo(
            f"{number:,} strings take about {duration(expected)} on two cores, compilation not counted", err=True
        )
    with Waiting("drawing strings"):
        if alone and learnt is not None:
            rows, classes = _of_each_label(model, run, learnt, number, seed)
        else:
            rows = in_chunks.sample(model, run.params, number, seed, given)
            classes = np.zeros(number) if given is None else np.full(number, given[0])
        asked = [[float(each)] for each in np.unique(classes)] if alone else [given]
        error = sampling_error(model, run.params, asked, number)
    if error is not None:
        typer.echo(f"strings are approximate, by {error}", err=True)
    units = None if learnt is None else in_units(rows, learnt, np.random.default_rng(seed) if inside else None)
    shown = units if units is not None else rows if bits else in_categories(rows, model.program.variables)
    if learnt is None or (units is None and learnt.labels is None):
        return Drawn({"x": shown})
    columns = learnt.columns if len(learnt.columns) == shown.shape[1] else ()
    if learnt.labels is None:
        return Drawn({"x": shown}, columns)
    labels = tuple(learnt.labels.names[number] for number in classes.astype(int).tolist())
    return Drawn({"x": shown}, (*columns, learnt.labels.column) if columns else (), labels)


def _of_each_label(
    model: Model, run: Run, data: DataSet, number: int, seed: int
) -> tuple[np.ndarray[Any, np.dtype[np.uint8]], np.ndarray[Any, Any]]:
    """Strings, each under a label that is drawn as often as it is among the data, and the numbers of the labels."""
    import numpy as np

    from qgl.evaluate import in_chunks

    assert data.labels is not None and data.conditions is not None
    shares = np.bincount(data.conditions[:, 0].astype(int), data.weights, minlength=len(data.labels.names))
    classes = np.random.default_rng([seed, 3]).choice(len(shares), size=number, p=shares / shares.sum())
    most = int(np.bincount(classes).max())  # of each as many, so that one compiled program draws them all
    rows = np.empty((number, model.width), np.uint8)
    for each in np.unique(classes):
        own = classes == each
        rows[own] = in_chunks.sample(model, run.params, most, seed, np.array([float(each)]))[: own.sum()]
    return rows, classes


def _in_bases(
    folder: Path, written: str, number: int | None, seed: int, condition: list[str] | None, out: Path | None
) -> None:
    """Writes strings with the bases that they are measured in."""
    from qgl.cli.bases import archive, bases_of, named
    from qgl.evaluate import in_chunks
    from qgl.runs.files.atomic import write_bytes
    from qgl.train.kept import compilation_cache

    file = named(out)
    compilation_cache.switch_on()
    run, model = trained(folder)
    bases = bases_of(written, number, model.width, seed)
    given = condition_of(condition, model.program)
    with Waiting("drawing strings"):
        strings = in_chunks.sample_in_bases(model, run.params, bases, seed, given)
    write_bytes(file, archive(strings, bases))


def _csv(drawn: Drawn, axes: int) -> bytes:
    """A line for each row, of which there are as many as the first `axes` axes have; above them names, if any."""
    import numpy as np

    parts = drawn.arrays.values()
    rows = np.concatenate([each.reshape(int(np.prod(each.shape[:axes])), -1) for each in parts], axis=1)
    body = _lines(rows)
    if drawn.labels:
        ends = {label: b"," + _csv_line((label,)) for label in set(drawn.labels)}
        body = b"".join(line + ends[label] for line, label in zip(body.splitlines(), drawn.labels, strict=True))
    return (_csv_line(drawn.names) if drawn.names else b"") + body


def _csv_line(cells: tuple[str, ...]) -> bytes:
    import csv

    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode()


def _lines(rows: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    if rows.dtype.kind == "f":
        return "".join(",".join(f"{number:.9g}" for number in row) + "\n" for row in rows.tolist()).encode()
    if rows.max(initial=0) > 9:
        return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    text = np.full((len(rows), 2 * rows.shape[1]), ord(","), dtype=np.uint8)
    text[:, ::2] = rows + ord("0")
    text[:, -1] = ord("\n")
    return text.tobytes()


def _npz(drawn: Drawn) -> bytes:
    import numpy as np

    arrays = drawn.arrays
    if drawn.labels:
        arrays = arrays | {"label": np.array(drawn.labels)}
    buffer = io.BytesIO()
    write: Callable[..., None] = np.lib.format.write_array  # which is untyped
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:  # an output may have any name, `file` too
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w") as member:
                write(member, array)
    return buffer.getvalue()
