"""Ctrl-C that reaches us wherever it falls.

A `KeyboardInterrupt` that is raised while a compiled library initialises itself comes out as an `ImportError`, and one
in a callback of the garbage collector is printed and forgotten. So it is put off while a module is being imported, and
raised again where it was swallowed.
"""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import Any

_AGAIN = 0.02  # seconds


def watch() -> None:
    """From here on Ctrl-C is a KeyboardInterrupt outside of imports and callbacks. For the main thread of a command."""
    if not hasattr(signal, "setitimer") or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        return
    told = sys.unraisablehook

    def unraisable(unraised: Any) -> None:
        if issubclass(unraised.exc_type, KeyboardInterrupt):
            _try_later()
        else:
            told(unraised)

    sys.unraisablehook = unraisable
    signal.signal(signal.SIGINT, _interrupt)
    signal.signal(signal.SIGALRM, _again)


def _interrupt(_: int, frame: FrameType | None) -> None:
    if _is_importing(frame):
        _try_later()
    else:
        raise KeyboardInterrupt


def _try_later() -> None:
    signal.setitimer(signal.ITIMER_REAL, _AGAIN)


def _again(_: int, __: FrameType | None) -> None:
    """Whoever handles Ctrl-C by now, such as a training that saves itself, is told."""
    signal.raise_signal(signal.SIGINT)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
