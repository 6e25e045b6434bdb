"""The devices that train a run: of this process, or of several processes that run the same program.

All processes compute the same numbers, whole, and take the same decisions. Process 0 leads: it alone owns the run
folder, the display and the report.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import jax
import numpy as np
from numpy.typing import NDArray

from qgl.diagnostics.devices import ProcessesDiffer, ProcessLost, TooFewDevices
from qgl.diagnostics.model import QglError

_HOST_DEVICES = "xla_force_host_platform_device_count"
# How a status of the runtime begins that can come of a lost process; JAX raises it as one of two exceptions.
_LOST = re.compile("(UNKNOWN|INTERNAL|UNAVAILABLE|ABORTED|CANCELLED|DEADLINE_EXCEEDED|FAILED_PRECONDITION): ")


def ask_for(count: int) -> None:
    """Makes JAX start with `count` host devices, but not more than there are cores; other devices are as they are.

    Nothing is done where JAX has started, or where the environment says how many host devices there are.
    """
    if "JAX_NUM_CPU_DEVICES" in os.environ or _HOST_DEVICES in os.environ.get("XLA_FLAGS", ""):
        return
    try:
        jax.config.update("jax_num_cpu_devices", min(count, cores()))  # type: ignore[no-untyped-call]
    except RuntimeError:  # it has
        return


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Team:
    """Devices that train together, `count` of each process.

    Raises:
        QglError: there are not so many devices (QGL0930).
    """

    def __init__(self, count: int | None = None) -> None:
        """Without a `count`, the first device, or all devices where there are several processes."""
        self.processes = jax.process_count()
        self.leads = jax.process_index() == 0
        here = len(jax.local_devices())
        wanted = count or (1 if self.processes == 1 else here)
        if wanted > here:
            raise QglError([TooFewDevices(None, wanted, here, jax.default_backend(), cores())])
        self.each = wanted
        groups = [[d for d in jax.devices() if d.process_index == k] for k in range(self.processes)]
        self.devices = tuple(device for group in groups for device in group[:wanted])

    def agree(self, facts: Mapping[str, str] | None, names: Sequence[str]) -> None:
        """Makes sure that all processes have the same facts of these names; None where this one cannot begin.

        Raises:
            QglError: they differ (QGL0932), or another process cannot begin (QGL0933).
        """
        if self.processes == 1:
            return
        hashes = [_number(facts[name]) if facts else 0 for name in names]
        table = self._gather([facts is not None, *hashes])
        for process in range(self.processes):
            if facts and not table[process, 0]:
                raise QglError([ProcessLost(None, f"process {process} could not begin, and says why")])
        differ = np.argwhere(table[:, 1:] != table[0, 1:])
        if facts and differ.size:
            raise QglError([ProcessesDiffer(None, names[place], int(process)) for process, place in differ])

    def decide(self, stop: bool, *plans: int) -> tuple[int, ...]:
        """Whether any process wants to stop, and what the leader plans."""
        if self.processes == 1:
            return (stop, *plans)
        table = self._gather([stop, *plans])
        return (bool(table[:, 0].any()), *(int(value) for value in table[0, 1:]))

    def of_the_leader(self, tree: Any) -> Any:
        """The leader's arrays, bit for bit, in all processes; each gives arrays of the same shapes and types."""
        if self.processes == 1:
            return tree
        from jax.experimental import multihost_utils

        leaves, structure = jax.tree.flatten(tree)
        arrays = [np.asarray(leaf) for leaf in leaves]
        with self.together():
            sent = multihost_utils.broadcast_one_to_all([np.frombuffer(a.tobytes(), np.uint8) for a in arrays])
        pairs = zip(sent, arrays, strict=True)
        received = [np.frombuffer(np.asarray(data).tobytes(), a.dtype).reshape(a.shape) for data, a in pairs]
        return jax.tree.unflatten(structure, received)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What all processes do together: it fails where one of them is gone.

        Raises:
            QglError: one is (QGL0933).
        """
        try:
            yield
        except (jax.errors.JaxRuntimeError, ValueError) as error:
            first = str(error).strip().partition("\n")[0]
            if self.processes == 1 or not _LOST.match(first):
                raise
            reason = first.rpartition("] ")[2] or "it does not answer"
            raise QglError([ProcessLost(None, reason)]) from error

    def _gather(self, values: Sequence[int]) -> NDArray[np.int32]:
        """Whole numbers of all processes, shape (processes, values)."""
        from jax.experimental import multihost_utils

        with self.together():
            return np.asarray(multihost_utils.process_allgather(np.asarray(values, np.int32)))


def _number(fact: str) -> int:
    return int.from_bytes(hashlib.sha256(fact.encode()).digest()[:4], "big", signed=True)
