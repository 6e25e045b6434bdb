"""`qglc show`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qgl.cli.options import Format, FormatOption, trained

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_MOST = 16  # numbers of a parameter that are shown as text


def show(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Parameters, whole; by default the head of all.")
    ] = None,
    output: FormatOption = Format.TEXT,
) -> None:
    """Show the numbers that a training came to, by parameter, as gates take them: a probability, not its logit.

    Of a run with several seeds, those of the best one. A `random` parameter is marked: it was drawn, not trained.

    \b
    Examples:
      qglc show runs/bars
      qglc show runs/bars couple
      qglc show runs/bars --format json > numbers.json
    """
    from qgl.diagnostics.terminal import json_text, one_line

    opened, model = trained(run)
    numbers = model.parameters.numbers(opened.params)
    unknown = [name for name in names or () if name not in numbers]
    if unknown:
        known = ", ".join(numbers) or "none"
        raise typer.BadParameter(f"there is no parameter {unknown[0]!r}; there are: {known}", param_hint="NAME")
    chosen = {name: numbers[name] for name in names or numbers}
    trainable = model.parameters.trainable
    if output is Format.JSON:
        facts = [
            {"name": name, "trained": trainable[name], "shape": list(values.shape), "values": values.tolist()}
            for name, values in chosen.items()
        ]
        typer.echo(json_text(facts))
        return
    for name, values in chosen.items():
        shape = str(list(values.shape)) if values.ndim else ""
        drawn = "" if trainable[name] else ", drawn, not trained"
        typer.echo(one_line(f"{name}{shape}{drawn}: {_told(values, whole=bool(names))}"))
    if not chosen:
        typer.echo("the program has no parameters")


def _told(values: NDArray[np.float64], whole: bool) -> str:
    flat: list[Any] = values.ravel().tolist()
    shown = flat if whole else flat[:_MOST]
    rest = f" and {len(flat) - len(shown):,} more" if len(flat) > len(shown) else ""
    return ", ".join(f"{value:.6g}" for value in shown) + rest
