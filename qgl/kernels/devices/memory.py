"""How much memory the device that computes has to give, and what runs on it at the same time."""

from __future__ import annotations

import jax

from qgl.diagnostics.model import QglError
from qgl.diagnostics.size import OutOfMemory
from qgl.plan.memory import FRACTION, lacking

_TOGETHER = 64  # candidates at the same time, however small they are
# Bytes that those at the same time may take, on a processor and elsewhere. It is not what happens to be free: the size
# of a batch must not change the last digits of a run that is resumed.
_BYTES, _ACCELERATOR_BYTES = 2**28, 2**32


def ensure_process() -> None:
    """To be called before JAX is used: its libraries end a process without a word that has too little to begin with.

    Raises:
        QglError: the limits of this process are too low for anything.
    """
    if wording := lacking():
        raise QglError([OutOfMemory(None, wording)])


def device_limit() -> int | None:
    """Bytes of an accelerator that a plan may use; None on a processor, where the system's memory counts.

    Raises:
        QglError: see `ensure_process`.
    """
    ensure_process()
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return None
    facts = device.memory_stats() or {}
    return int(FRACTION * facts["bytes_limit"]) if "bytes_limit" in facts else None


def candidates_together(memory: int, seeds: int) -> int:
    """How many candidates of each of so many seeds are judged at the same time, where one loss takes `memory` bytes."""
    limit = _BYTES if jax.devices()[0].platform == "cpu" else _ACCELERATOR_BYTES
    return max(1, min(_TOGETHER, limit // max(1, memory)) // seeds)
