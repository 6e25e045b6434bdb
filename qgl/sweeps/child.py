"""The process that trains one point of a sweep: `python -m qgl.sweeps.child`.

It reads a request, one line of JSON, from its standard input, and writes events, a line of JSON each, to its standard
output: `compiled`, `update`, `note`, and at last `end` or `fault`. When its input closes, whoever started it is gone:
it saves and ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from qgl.diagnostics.model import QglError
from qgl.diagnostics.render import to_text
from qgl.diagnostics.runs import RunLocked
from qgl.diagnostics.sweeps import SweepChanged

_SECONDS = 0.3  # between two updates
_PATIENCE = 20.0  # seconds for the process of an earlier session, which is saving, to end
_GRACE = 60.0  # seconds to save in, once the parent is gone


@dataclass(frozen=True)
class Request:
    """What is to be trained, and how.

    identity  what the point was checked as, see `qgl.sweeps.survey.Identity`
    steps     a new number of steps for a run that goes on; None: as it began
    """

    program: str
    constants: dict[str, Any]
    options: dict[str, Any]
    identity: dict[str, Any]
    folder: str
    steps: int | None
    pictures: bool

    def to_json(self) -> str:
        return json.dumps(asdict(self))


class Events:
    """The display of a run whose progress is shown elsewhere. It never fails: nobody may be listening any more."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream, self._shown = stream, 0.0

    def send(self, event: str, **facts: Any) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(json.dumps({"event": event, **facts}) + "\n")
            self._stream.flush()

    def start(self, title: str) -> None:
        self.send("start", title=title)

    def compiled(self, seconds: float) -> None:
        self.send("compiled", seconds=seconds)

    def update(self, progress: Any) -> None:
        if progress.step < progress.goal and time.monotonic() - self._shown < _SECONDS:
            return
        self._shown = time.monotonic()
        self.send(
            "update",
            step=progress.step,
            goal=progress.goal,
            best=float(progress.loss[progress.best]),
            median=progress.median,
            left=progress.seconds_left,
        )

    def note(self, text: str) -> None:
        self.send("note", text=text)

    def stop(self) -> None:
        pass


def main() -> int:
    """Trains what is asked for; the exit status is 0 if the run came to its end or was interrupted and saved."""
    with own_output() as stream:
        events = Events(stream)
        request = Request(**json.loads(sys.stdin.readline()))
        threading.Thread(target=end_with_parent, daemon=True).start()
        try:
            status, reason = _train(request, events)
        except QglError as error:
            events.send("fault", codes=[d.code for d in error.diagnostics], text=to_text(error.diagnostics))
            return 1
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            events.send("fault", codes=[], text=text, trace=traceback.format_exc())
            return 1
        events.send("end", status=status, reason=reason)
        return 0


def _train(request: Request, events: Events) -> tuple[str, str]:
    """The status and reason of the run."""
    from qgl.loading import load
    from qgl.sweeps.folder import begun
    from qgl.sweeps.survey import Identity, Options
    from qgl.train.kept import compilation_cache
    from qgl.train.loop import train

    compilation_cache.switch_on()
    folder, options = Path(request.folder), Options(**request.options)
    model = load(request.program, precision=options.precision, **request.constants)
    refuse_changes(Identity(**request.identity), Identity.of(model.program, model.files))
    how: dict[str, Any] = {"display": events, "pictures": request.pictures}
    for last in _attempts():
        try:
            if begun(folder) is not None:
                run = train(model, resume=folder, steps=request.steps, **how)
            else:
                run = train(model, settings=options.settings(model.program), out=folder, **how)
            return run.status, run.reason
        except QglError as error:
            if last or not any(isinstance(d, RunLocked) for d in error.diagnostics):
                raise
            time.sleep(0.5)
    raise AssertionError("the last attempt returns or raises")


def refuse_changes(before: Any, now: Any) -> None:
    """Makes sure that a point is trained as it was checked.

    Raises:
        QglError: with every difference (QGL0941).
    """
    compared = [("the program", before.program, now.program)]
    for name in sorted({*before.data, *now.data}):
        compared.append((f"the data set `{name}`", before.data.get(name, "absent"), now.data.get(name, "absent")))
    faults = [SweepChanged(None, what, old[:16], new[:16]) for what, old, new in compared if old != new]
    if faults:
        raise QglError(faults)


def _attempts() -> Iterator[bool]:
    """Whether each is the last, for some seconds."""
    begun = time.monotonic()
    while time.monotonic() - begun < _PATIENCE:
        yield False
    yield True


def end_with_parent() -> None:
    """Waits for the end of the input; then the run is interrupted, which saves it."""
    with contextlib.suppress(OSError):
        while os.read(sys.stdin.fileno(), 4096):
            pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE)
    os._exit(1)


@contextmanager
def own_output() -> Iterator[IO[str]]:
    """The standard output for events alone: what libraries print goes to the standard error."""
    with os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8") as stream:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        yield stream


if __name__ == "__main__":
    raise SystemExit(main())
