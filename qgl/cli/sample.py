"""`qglc sample`."""

from __future__ import annotations

import io
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import file_or_output, numbers, trained
from qgl.cli.waiting import Waiting

if TYPE_CHECKING:
    import numpy as np


class SampleFormat(StrEnum):
    CSV = "csv"
    NPZ = "npz"


def sample(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    number: Annotated[int, typer.Option("-n", "--number", min=1, max=10**7, help="How many strings.")] = 1000,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to; standard output by default.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Where randomness starts.")] = 0,
    output: Annotated[
        SampleFormat | None, typer.Option("--format", help="csv, or npz with one array x; by default from FILE's name.")
    ] = None,
    condition: Annotated[
        str | None, typer.Option("--condition", metavar="NUMBERS", help="Inputs of a conditional model, by commas.")
    ] = None,
    bits: Annotated[bool, typer.Option("--bits", help="Bits also where a program declares categories.")] = False,
) -> None:
    """Draw strings from a trained model, one a line, the first visible qubit first.

    Bits, or the numbers of categories where registers are of these.

    \b
    Examples:
      qglc sample runs/bars-2026-01-31-1 -n 1000 -o samples.csv
      qglc sample runs/bars-2026-01-31-1 -n 100000 -o samples.npz --seed 7
      qglc sample runs/digit --condition 1,0 | head
    """
    out = file_or_output(out)
    kind = output or (SampleFormat.NPZ if out is not None and out.suffix == ".npz" else SampleFormat.CSV)
    if kind is SampleFormat.NPZ and out is None:
        raise typer.BadParameter("an npz file needs a name: -o FILE", param_hint="--format")
    rows = _draw(run, number, seed, condition, bits)
    content = _csv(rows) if kind is SampleFormat.CSV else _npz(rows)
    if out is None:
        from qgl.diagnostics.terminal import write_data

        write_data(content.decode())
        return
    from qgl.runs.files.atomic import write_bytes

    write_bytes(out, content)


def _draw(folder: Path, number: int, seed: int, condition: str | None, bits: bool) -> np.ndarray[Any, Any]:
    from qgl.check.declarations.categories import in_categories
    from qgl.evaluate import in_chunks
    from qgl.train import compilation_cache

    compilation_cache.switch_on()
    run, model = trained(folder)
    given = numbers(condition, sum(p.size for p in model.program.parameters if p.kind == "condition"))
    with Waiting("drawing strings"):
        rows = in_chunks.sample(model, run.params, number, seed, given)
    return rows if bits else in_categories(rows, model.program.variables)


def _csv(rows: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    if rows.max(initial=0) > 9:
        return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist()).encode()
    text = np.full((len(rows), 2 * rows.shape[1]), ord(","), dtype=np.uint8)
    text[:, ::2] = rows + ord("0")
    text[:, -1] = ord("\n")
    return text.tobytes()


def _npz(rows: np.ndarray[Any, Any]) -> bytes:
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, x=rows)
    return buffer.getvalue()
