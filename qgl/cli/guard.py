"""What becomes of an exception in a verb.

QglError             its diagnostics on standard error, exit status 1
typer.BadParameter   how to use the verb, exit status 2
Ctrl-C               exit status 130
a closed pipe        silence
a full disk          a line on standard error, exit status 1
no memory            QGL0811, exit status 1
anything else        a fault of qglc: what to report, exit status 70
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import sys
import tempfile
import traceback
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

from qgl.diagnostics.model import QglError
from qgl.diagnostics.shortage import lack_of_memory
from qgl.diagnostics.terminal import silence

INTERNAL = 70
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
P = ParamSpec("P")
R = TypeVar("R")


def guarded(verb: Callable[P, R]) -> Callable[P, R]:
    """The verb with its exceptions turned into messages and exit statuses."""

    @functools.wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return verb(*args, **kwargs)
        except (typer.Exit, typer.Abort, typer.BadParameter):
            raise
        except QglError as error:
            from qgl.diagnostics.render import show

            show(error.diagnostics)
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            typer.echo("\nstopped", err=True)
            raise typer.Exit(130) from None
        except BrokenPipeError:
            silence(sys.stdout)
            raise typer.Exit(0) from None
        except Exception as error:
            if wanted := lack_of_memory(error):
                _tell_of_memory(wanted)
                raise typer.Exit(1) from None
            if isinstance(error, OSError) and error.errno in NO_ROOM:
                raise typer.Exit(_no_output(error)) from None
            if os.environ.get("QGL_DEBUG"):
                raise
            _report(error)
            raise typer.Exit(INTERNAL) from None

    return wrapped


def _tell_of_memory(wanted: str) -> None:
    """QGL0811, in one plain line where there is no memory left for more."""
    try:
        from qgl.diagnostics.render import show
        from qgl.diagnostics.size import OutOfMemory

        show([OutOfMemory(None, wanted)])
    except (MemoryError, ImportError, OSError):
        typer.echo(f"error[QGL0811]: not enough memory: {wanted}", err=True)


def _no_output(error: OSError) -> int:
    """Say that what a verb shows cannot be written; files are written by `qgl.runs.files.atomic`, which explains
    itself.
    """
    silence(sys.stdout)
    typer.echo(f"cannot write the output: {error.strerror}", err=True)
    return 1


def _report(error: Exception) -> None:
    """Say that qglc is at fault, and keep what its makers need."""
    import platform

    from qgl.version import __version__

    about = f"qglc {__version__}, Python {platform.python_version()}, {platform.platform()}"
    text = f"{about}\narguments: {sys.argv[1:]}\n\n{''.join(traceback.format_exception(error))}"
    path = ""
    with contextlib.suppress(OSError):
        descriptor, path = tempfile.mkstemp(prefix="qglc-", suffix=".txt")
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
    typer.echo(f"qglc failed: {type(error).__name__}: {error}", err=True)
    typer.echo("This is a fault of qglc, not of your program. Please report it with", err=True)
    typer.echo(f"  {about}", err=True)
    typer.echo(f"  {path}" if path else text, err=True)
    typer.echo("and, if you can, the program. QGL_DEBUG=1 shows the traceback here.", err=True)
