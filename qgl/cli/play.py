"""`qglc play`."""

from __future__ import annotations

import signal
import threading
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from qgl.play.server import Server


def play(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="A program, or a folder of programs; else this folder.")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes one that is free.")] = 0,
    browse: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Write, look at and train programs in the browser.

    A page on this machine alone: an editor with diagnostics, completion and hovering, and beside it the circuit with
    the light cone of the qubit that one clicks, the plan, the OpenQASM, and training as it runs. The page may read and
    write the folder of FILE alone; runs go into its folder `runs`. Ctrl-C ends it, and saves a training that runs.

    \b
    Examples:
      qglc play
      qglc play bars.qgl
      qglc play examples --open
    """
    from qgl.data.environment import open_program
    from qgl.play.folder import OpenedFolder
    from qgl.play.routes import Routes
    from qgl.play.server import Server

    chosen = Path.cwd() if file is None else file
    first = None if chosen.is_dir() else chosen.name
    if first is not None:
        open_program(chosen)  # so that a file that is not there, or cannot be read, is said at once
    folder = OpenedFolder(chosen if first is None else chosen.parent)
    if first is not None:
        folder.read(first)
    try:
        server = Server(Routes(folder, first), port)
    except OSError as error:
        raise typer.BadParameter(f"port {port}: {(error.strerror or 'cannot be had').lower()}") from None
    _serve(server, browse)


def _serve(server: Server, browse: bool) -> None:
    """Serves until Ctrl-C or SIGTERM."""
    done = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        done.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    server.run()
    typer.echo(f"the playground of {server.routes.folder.root}\n\n  {server.address}\n\nCtrl-C ends it")
    if browse:
        import webbrowser

        webbrowser.open(server.address)
    try:
        while not done.wait(0.2):  # Windows hears no signal in a wait without an end
            pass
    finally:
        server.close()
        for number, handler in before.items():
            signal.signal(number, handler)
