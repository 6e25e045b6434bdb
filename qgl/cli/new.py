"""`qglc new`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TEMPLATE = """\
// {name}: a quantum circuit Born machine on bars and stripes.
//
//   qglc check {name}.qgl                  says what is wrong with this file
//   qglc train {name}.qgl --out {name}     trains it
//   qglc sample {name} -n 100              draws bit strings from the trained model
//
// Constants can be changed from outside: qglc train {name}.qgl --set depth=8

const rows = 2, cols = 3, depth = 3;

// The data: every picture of rows x cols pixels that is made of whole columns or of whole rows.
// Your own is read by csv("file.csv") or npz("file.npz"): one row a sample, one column a qubit.
data patterns = bars_and_stripes(rows, cols);

// Qubits that are read out, one for each pixel. They start in zero.
visible pixel[rows * cols];

// A layer is a piece of circuit with a name. Its angles are its arguments.
layer turn(a: angle[3], q: qubit) {{ rz(a[0]) q; rx(a[1]) q; rz(a[2]) q; }}

// The model: what happens to the qubits. `?` is a trainable parameter of its own at each place.
model {{
    for q in pixel {{ rx(?) q; rz(?) q; }}
    repeat depth {{
        for (a, b) in ring(pixel) {{ cx a, b; }}
        for q in pixel {{ turn(?) q; }}
    }}
}}

// What training makes small: the negative log-likelihood of the data, in nats.
objective nll(patterns);

train {{
    optimizer adam(rate = 0.05);
    steps 200;
    seeds 2;
}}

// What is measured at the end.
report kl(patterns), valid_rate(patterns);
"""


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the program; the file is NAME.qgl.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite a file that is there.")] = False,
) -> None:
    """Start a new program from a template that can be checked and trained as it is.

    \b
    Examples:
      qglc new flips
      qglc new models/flips
    """
    from qgl.diagnostics.files import FileExists
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.runs import CannotWrite

    title = Path(name).name.removesuffix(".qgl")
    path = Path(name).with_name(f"{title}.qgl") if title else Path(name)
    if not title.strip(".") or not title.isprintable():
        raise typer.BadParameter(f"{name!r} cannot be the name of a program", param_hint="NAME")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(TEMPLATE.format(name=title))
    except FileExistsError:
        raise QglError([FileExists(None, str(path), "choose another name, or add --force")]) from None
    except OSError as error:
        raise QglError([CannotWrite(None, str(path), (error.strerror or str(error)).lower())]) from None
    typer.echo(f"{path} is ready: `qglc check {path}`, then `qglc train {path}`")
