"""`qglc draw`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qgl.cli.options import FileArgument, SetOption, constants, open_file, warn

PICTURES = (".png", ".svg", ".pdf")


def draw(
    file: FileArgument,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="A picture: .png, .svg or .pdf.")
    ] = None,
    text: Annotated[bool, typer.Option("--text", help="Draw with characters; the default without -o.")] = False,
    wires: Annotated[int, typer.Option("--wires", min=1, help="Most declared qubits to show.")] = 40,
    columns: Annotated[int, typer.Option("--columns", min=1, help="Most columns to show.")] = 120,
    unroll: Annotated[bool, typer.Option("--unroll", help="Draw every layer, and none once with its number.")] = False,
    settings: SetOption = None,
) -> None:
    """Draw the circuit of a program. Layers that come three times or more are drawn once, with their number.

    \b
    Examples:
      qglc draw bars.qgl
      qglc draw bars.qgl -o bars.png --set depth=2
      qglc draw chain.qgl -o chain.svg --wires 8 --columns 30
    """
    from qgl.compiler import analyse, circuit_of

    as_text = text or out is None
    if not as_text and out is not None and out.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"the name of a picture ends in {', '.join(PICTURES)}: {out}", param_hint="-o")
    source, environment = open_file(file)
    analysed = analyse(source, environment, constants(settings))
    warn(analysed.warnings)
    circuit = circuit_of(analysed.program)
    if as_text:
        from qgl.draw import text as typeset

        content = typeset(circuit, wires=wires, columns=columns, unroll=unroll).encode()
    else:
        from qgl.draw import circuit as paint
        from qgl.draw import written

        assert out is not None
        title = Path(source.name).name
        how: dict[str, Any] = {"wires": wires, "columns": columns, "title": title, "unroll": unroll}
        content = written(lambda: paint(circuit, **how), out.suffix.lower()[1:])
    if out is None:
        typer.echo(content.decode(), nl=False)
        return
    from qgl.runs.files.atomic import write_bytes

    write_bytes(out, content)
