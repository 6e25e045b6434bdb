"""Processes that train points side by side, each started with a request and heard until it ends."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from qgl.sweeps.child import Request
from qgl.train.interrupt import Interrupts

FINISHED, INTERRUPTED, FAILED = "finished", "interrupted", "failed"
_COMMAND = (sys.executable, "-P", "-m", "qgl.sweeps.child")  # -P: no module is taken from the folder that one is in
_TURN = 0.25  # seconds between two looks at the signals
_TAIL = 6  # lines of what a process that died has said


@dataclass(frozen=True)
class Outcome:
    """How the process of a point ended: `FINISHED`, `INTERRUPTED` (and saved, if it came so far), or `FAILED`, and why.

    message  in words; of a fault the diagnostics as text
    """

    status: str
    message: str = ""


class Shown(Protocol):
    """Hears of the points by their number."""

    def started(self, number: int) -> None: ...
    def heard(self, number: int, event: Mapping[str, Any]) -> None: ...
    def ended(self, number: int, outcome: Outcome) -> None: ...
    def turn(self) -> None: ...


@dataclass
class _Child:
    number: int
    slot: int
    process: subprocess.Popen[bytes]
    errors: int  # the descriptor of a file with what it says on its standard error
    unread: bytes = b""
    asked: bool = False  # to stop
    last: dict[str, Any] = field(default_factory=dict)  # the event `end` or `fault`


class Pool:
    """At most `jobs` processes at a time; `environment` gives what a slot, counted from 0, adds to the environment.

    command  of a process that speaks as `qgl.sweeps.child`
    """

    def __init__(
        self,
        jobs: int,
        shown: Shown,
        environment: Callable[[int], Mapping[str, str]] = lambda slot: {},
        command: Sequence[str] = _COMMAND,
    ) -> None:
        self._jobs, self._shown, self._environment, self._command = jobs, shown, environment, tuple(command)
        self._running: dict[int, _Child] = {}
        self._selector = selectors.DefaultSelector()

    def run(self, requests: Mapping[int, Request], told: Callable[[int, Outcome], None]) -> bool:
        """Trains all points; `told` is called as each ends. False: interrupted, and points are left.

        On SIGINT or SIGTERM, running points save and end, and no other is begun; a second SIGINT kills them.
        """
        waiting = deque(requests.items())
        try:
            with Interrupts() as interrupts:
                while (waiting and not interrupts.requested) or self._running:
                    while waiting and len(self._running) < self._jobs and not interrupts.requested:
                        self._start(*waiting.popleft())
                    for child in self._listen():
                        outcome = self._end(child, interrupts.requested)
                        self._shown.ended(child.number, outcome)
                        told(child.number, outcome)
                    if interrupts.requested:
                        self._ask_to_stop()
                    self._shown.turn()
                return not interrupts.requested
        finally:
            for child in list(self._running.values()):
                child.process.kill()
                self._end(child, True)
            self._selector.close()

    def _start(self, number: int, request: Request) -> None:
        slot = min(set(range(self._jobs)) - {child.slot for child in self._running.values()})
        errors, name = tempfile.mkstemp()
        Path(name).unlink()
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env={**os.environ, **self._environment(slot)},
            start_new_session=True,  # Ctrl-C is for the parent, which passes it on
        )
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):  # of a process that has died already
            process.stdin.write(request.to_json().encode() + b"\n")
            process.stdin.flush()
        os.set_blocking(process.stdout.fileno(), False)
        child = _Child(number, slot, process, errors)
        self._running[number] = child
        self._selector.register(process.stdout, selectors.EVENT_READ, child)
        self._shown.started(number)

    def _listen(self) -> list[_Child]:
        """Takes in what the processes say, for a while at most; those that have closed their output."""
        done = []
        for key, _ in self._selector.select(_TURN):
            child: _Child = key.data
            data = os.read(key.fd, 1 << 16)
            if not data:
                done.append(child)
                continue
            *lines, child.unread = (child.unread + data).split(b"\n")
            for line in lines:
                event = json.loads(line)
                if event["event"] in ("end", "fault"):
                    child.last = event
                self._shown.heard(child.number, event)
        return done

    def _end(self, child: _Child, asked: bool) -> Outcome:
        """What became of a process that has closed its output; whatever it still does, it is over soon."""
        assert child.process.stdin is not None and child.process.stdout is not None
        self._selector.unregister(child.process.stdout)
        with contextlib.suppress(OSError):
            child.process.stdin.close()
        child.process.stdout.close()
        status = child.process.wait()
        del self._running[child.number]
        with os.fdopen(child.errors, "rb") as errors:
            errors.seek(0)
            said = errors.read().decode(errors="backslashreplace").strip().splitlines()
        if child.last.get("event") == "end":
            ended = child.last["status"]
            return Outcome(ended if ended in (FINISHED, INTERRUPTED) else FAILED, child.last["reason"])
        if child.last.get("event") == "fault":
            return Outcome(FAILED, child.last["text"].strip())
        if asked:
            return Outcome(INTERRUPTED)
        return Outcome(FAILED, "\n".join([death(status), *said[-_TAIL:]]))

    def _ask_to_stop(self) -> None:
        """Has every process save and end. It is told once: the second time would end it while it saves."""
        for child in self._running.values():
            if not child.asked:
                child.asked = True
                child.process.send_signal(signal.SIGTERM)


def death(status: int) -> str:
    """How a process ended that has said nothing, by its exit status."""
    if status >= 0:
        return f"its process ended with status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    return f"its process was ended by {name}" + (", often for want of memory" if -status == signal.SIGKILL else "")
