"""A word on standard error while something takes longer than a second, so that nobody takes it for a hang."""

from __future__ import annotations

import sys
import threading
import time
from types import TracebackType

PATIENCE = 1.0  # seconds before anything is said
REPEATED = 30.0  # seconds between two lines where the line cannot be written over


class Waiting:
    """Says what is being done, from a second on: on a terminal in one line that is taken back, else in a line at times.

    with Waiting("planning") as waiting:
        waiting.at("objective nll, by boundary")
    """

    def __init__(self, what: str, patience: float | None = None) -> None:
        self._what, self._patience = what, PATIENCE if patience is None else patience
        self._now = what
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def at(self, detail: str) -> None:
        """What is done from now on."""
        self._now = f"{self._what}: {detail}"

    def __enter__(self) -> Waiting:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        if self._done.wait(self._patience) or sys.stderr is None:
            return
        over = sys.stderr.isatty()
        try:
            while True:
                line = f"{self._now} ({time.monotonic() - self._began:.0f} s)"
                _write(f"\r\x1b[2K{line}" if over else f"{line}\n")
                if self._done.wait(1.0 if over else REPEATED):
                    break
            if over:
                _write("\r\x1b[2K")
        except (OSError, ValueError):  # nobody listens any more
            return


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
