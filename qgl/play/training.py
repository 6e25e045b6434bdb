"""Trainings in processes of their own, one at a time: begun, heard, stopped, and ended with the server."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qgl.diagnostics.files import TrainingBusy
from qgl.diagnostics.model import QglError
from qgl.runs.folder import next_folder
from qgl.sweeps.pool import death

_COMMAND = (sys.executable, "-P", "-m", "qgl.play.child")  # -P: no module is taken from the folder that one is in
_MOST_UPDATES = 20_000
_LAST = ("end", "fault")
_TAIL = 2000  # characters of what a process that died has said
GRACE = 30.0  # seconds for a training to save itself, once the server ends


class Training:
    """A training and what was heard of it: `events` as `qgl.play.child` sends them, the last `end` or `fault`."""

    def __init__(self, program: Path, folder: Path, command: Sequence[str] = _COMMAND) -> None:
        self.run = folder.name
        self.events: list[dict[str, Any]] = []
        self.stopped = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 -- closed where its last lines are read
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,  # Ctrl-C is for the server, which passes it on
        )
        assert self._process.stdin is not None
        request = {"program": str(program), "folder": str(folder)}
        with contextlib.suppress(OSError):  # of a process that has died already
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        self._ear = threading.Thread(target=self._listen, daemon=True)
        self._ear.start()

    @property
    def runs(self) -> bool:
        """Whether more is to be heard."""
        return self._ear.is_alive() and not self._has_ended

    @property
    def _has_ended(self) -> bool:
        return bool(self.events) and self.events[-1]["event"] in _LAST

    def stop(self) -> None:
        """Has it save itself and end. Its input closes, as it would if this process were killed."""
        self.stopped = True
        self._close_input()

    def end(self, patience: float = GRACE) -> None:
        """Returns when the process is gone: it has some seconds to save itself, and is killed then."""
        self.stop()
        try:
            self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._ear.join()

    def _listen(self) -> None:
        """Takes in what the process says until it closes its output."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._take(json.loads(line, parse_constant=lambda _: None))  # browsers read no NaN
        status = self._process.wait()
        self._close_input()
        self._process.stdout.close()
        with self._errors as file:
            file.seek(0)
            said = file.read().decode(errors="backslashreplace").strip()[-_TAIL:]
        if not self._has_ended:
            text = "it was stopped before its first step" if self.stopped else f"{death(status)}\n{said}".strip()
            self._take({"event": "end" if self.stopped else "fault", "status": "interrupted", "text": text})

    def _close_input(self) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()

    def _take(self, event: dict[str, Any]) -> None:
        if len(self.events) < _MOST_UPDATES or event["event"] != "update":
            self.events.append(event)


class Trainings:
    """The training of now, or the last one."""

    def __init__(self) -> None:
        self._last: Training | None = None
        self._lock = threading.Lock()

    def begin(self, program: Path, runs: Path) -> str:
        """The name of the run that begins.

        Raises:
            QglError: another one is still running (QGL0955).
        """
        with self._lock:
            if self._last is not None and self._last.runs:
                raise QglError([TrainingBusy(None, self._last.run)])
            self._last = Training(program, next_folder(program.name, runs))
            return self._last.run

    def heard(self, since: int) -> dict[str, Any]:
        """What was heard of it from an event on."""
        last = self._last
        if last is None:
            return {"run": None, "runs": False, "events": [], "next": 0}
        runs = last.runs  # before its events: those of one that has ended are whole
        events = last.events[max(0, since) :]
        return {"run": last.run, "runs": runs, "events": events, "next": max(0, since) + len(events)}

    def stop(self) -> None:
        if self._last is not None and self._last.runs:
            self._last.stop()

    def end(self) -> None:
        """Ends what runs."""
        with self._lock:
            if self._last is not None:
                self._last.end()
