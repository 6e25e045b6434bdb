"""The metrics of a run once more, as TensorBoard reads them: `tensorboard/events.out.tfevents.qgl` in its folder.

    tensorboard --logdir runs

Nothing is read back from that file. Lines are added to it as to the metrics, and a run that goes on from a checkpoint
first cuts off what came after it, so that every step is there once. A record of the format is a length, the message,
and a checksum of each; the messages and checksums are those of the library tensorboardX.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.model import QglError
from qgl.diagnostics.runs import LogNotInstalled
from qgl.runs.files.atomic import append, explained, put
from qgl.runs.files.plain import own_folder
from qgl.runs.history import History
from qgl.runs.watched import Watched

LOGS = ("tensorboard",)
_PARTS: dict[str, Callable[..., Any]] = {
    "median": np.median,
    "least": np.min,
    "largest": np.max,
}  # of a figure over several seeds


def ready(log: str) -> str:
    """`log`, if it can be written.

    Raises:
        QglError: the library that it takes is not installed (QGL0917).
        ValueError: there is no such log.
    """
    if log not in LOGS:
        raise ValueError(f"there is no log {log!r}; there is {', '.join(LOGS)}")
    if find_spec("tensorboardX") is None:
        raise QglError([LogNotInstalled(None, log)])
    return log


class Events:
    """The writer of that file, for the folder of one run.

    Raises:
        QglError: the library is not installed (QGL0917), or the folder is a link (QGL0911).
    """

    def __init__(self, run: Path) -> None:
        ready("tensorboard")
        folder = own_folder(run, "tensorboard")
        with explained(folder):
            folder.mkdir(exist_ok=True)
        self.path = folder / "events.out.tfevents.qgl"

    @property
    def size(self) -> int:
        """Bytes that there are."""
        return self.path.lstat().st_size if self.path.exists() else 0

    def begin(self, past: History, watched: Watched) -> None:
        """A new file, with what the run has done already."""
        put(self.path, _records([{"file_version": "brain.Event:2"}]))
        self.measured(watched)
        self.steps(past, 0)

    def steps(self, rows: History, first: int) -> None:
        """Adds steps, the first of them of that number: loss, its terms where there are several, and gradient norm."""
        figures = {"loss": rows.loss, "gradient norm": rows.gradient_norm}
        if len(rows.terms) > 1:
            figures |= {f"terms/{name}": values for name, values in rows.terms.items()}
        self._add(np.arange(first, first + rows.steps), figures)

    def measured(self, watched: Watched) -> None:
        """Adds measurements of reports."""
        self._add(watched.steps, {f"reports/{name}": values for name, values in watched.values.items()})

    def _add(self, steps: NDArray[Any], figures: Mapping[str, NDArray[np.float64]]) -> None:
        now = time.time()
        rows = ({name: values[place] for name, values in figures.items()} for place in range(len(steps)))
        events = (
            {"step": int(step), "summary": {"value": list(_scalars(row))}}
            for step, row in zip(steps, rows, strict=True)
        )
        if len(steps):
            append(self.path, _records([{"wall_time": now, **event} for event in events]))


def _scalars(figures: Mapping[str, NDArray[np.float64]]) -> Iterator[dict[str, Any]]:
    """What is shown of figures of all seeds: the one, or median, least and largest of those that are finite."""
    for name, values in figures.items():
        finite = values[np.isfinite(values)]
        parts = {f"{name}/{part}": of for part, of in _PARTS.items()} if values.size > 1 else {name: np.min}
        if finite.size:
            yield from ({"tag": tag, "simple_value": float(of(finite))} for tag, of in parts.items())


def _records(events: list[dict[str, Any]]) -> bytes:
    from tensorboardX.proto.event_pb2 import Event
    from tensorboardX.record_writer import masked_crc32c

    written = []
    for event in events:
        body = Event(**{"wall_time": time.time(), **event}).SerializeToString()
        head = struct.pack("<Q", len(body))
        sums = [struct.pack("<I", masked_crc32c(part)) for part in (head, body)]
        written.append(head + sums[0] + body + sums[1])
    return b"".join(written)
