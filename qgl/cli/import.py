"""`qglc import`."""  # noqa: N999 -- a verb's module has its name

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def import_(
    circuit: Annotated[str, typer.Argument(metavar="CIRCUIT.qasm", help="An OpenQASM 3 text (- for standard input).")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="The program; standard output if not given.")
    ] = None,
    bits: Annotated[
        str | None,
        typer.Option("--bits", metavar="NAME,...", help="Registers of bits that make up a string; all by default."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option("--data", metavar="ROWS.csv", help="Strings that the program is to learn, beside the program."),
    ] = None,
) -> None:
    """Turn an OpenQASM 3 circuit into a program with the same distribution.

    Inputs become parameters that can be trained, definitions of gates layers, and the bits of a string are those of the
    circuit in order of declaration (all qubits if none is measured). With --data, the program can be trained as it is.

    \b
    Examples:
      qglc import ansatz.qasm -o ansatz.qgl
      qglc import ansatz.qasm --data rows.csv -o ansatz.qgl
    """
    from qgl.cli.fmt import formatted
    from qgl.cli.options import open_file, warn
    from qgl.compiler import analyse
    from qgl.data.environment import FolderEnvironment
    from qgl.diagnostics.terminal import write_data
    from qgl.qasm.reading import program_of
    from qgl.runs.files.atomic import write_bytes
    from qgl.source import Source

    source, _ = open_file(circuit)
    name = str(output) if output is not None else "<import>"
    program = Source(
        name,
        formatted(Source(name, program_of(source, data, [part.strip() for part in bits.split(",")] if bits else ()))),
    )
    if output is None:
        write_data(program.text)
        return
    write_bytes(output.resolve(), program.text.encode())
    warn(analyse(program, FolderEnvironment(output.resolve().parent), {}).warnings)
    typer.echo(f"wrote {output}")
