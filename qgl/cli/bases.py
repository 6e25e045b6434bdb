"""Pauli bases on the command line, and archives of strings with their bases, as `pauli_shots` reads them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    import numpy as np

HINT = "--bases"


def bases_of(written: str, count: int | None, width: int, seed: int) -> np.ndarray[Any, Any]:
    """The bases that `random` or a file asks for, shape (count, width), 1 to 3 for X, Y and Z.

    count: how many; of a file all of them, or so many of the first.

    Raises:
        typer.BadParameter: the file has no bases of so many qubits, or not so many.
    """
    import numpy as np

    if written == "random":
        return np.random.default_rng([seed, 3]).integers(1, 4, (count or 1000, width)).astype(np.uint8)
    try:
        with np.load(Path(written), allow_pickle=False) as archive:
            bases = np.asarray(archive["bases"])
    except KeyError:
        raise typer.BadParameter(f"{written} has no array `bases`", param_hint=HINT) from None
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{written} is no archive of NumPy: {error}", param_hint=HINT) from None
    if bases.ndim != 2 or bases.shape[1] != width or not np.isin(bases, (1, 2, 3)).all():
        text = f"{written} has no bases of {width} qubits: 1, 2 or 3 for X, Y or Z, shape (shots, {width})"
        raise typer.BadParameter(text, param_hint=HINT)
    if count is not None and count > len(bases):
        raise typer.BadParameter(f"{written} has {len(bases):,} bases, not {count:,}", param_hint=HINT)
    return bases[:count].astype(np.uint8)


def archive(strings: np.ndarray[Any, Any], bases: np.ndarray[Any, Any]) -> bytes:
    """The bytes of an archive of strings and their bases, both of shape (shots, n)."""
    import numpy as np

    buffer = io.BytesIO()
    np.savez_compressed(buffer, strings=strings, bases=bases)
    return buffer.getvalue()


def named(out: Path | None) -> Path:
    """The file that an archive goes to.

    Raises:
        typer.BadParameter: none is named.
    """
    if out is None:
        raise typer.BadParameter(
            "strings with their bases are an npz file, which needs a name: -o FILE", param_hint="-o"
        )
    return out
