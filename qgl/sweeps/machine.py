"""What a machine has for a sweep: accelerators, cores and memory."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qgl.plan.memory import available, process_bytes
from qgl.sweeps.survey import Surveyed


@dataclass(frozen=True)
class Machine:
    """accelerators: their names as CUDA takes them; none on a machine that computes on its processor."""

    accelerators: tuple[str, ...]
    cores: int
    memory: int

    @classmethod
    def here(cls) -> Machine:
        """This machine."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return cls(_accelerators(), cores, available())

    def jobs(self, found: Sequence[Surveyed], wanted: int | None, points: int) -> int:
        """Processes at a time: as `wanted`, or one for each accelerator, or as many as cores and memory allow."""
        if wanted is not None:
            return max(1, min(wanted, points))
        if self.accelerators:
            return min(len(self.accelerators), points)
        largest = max((one.memory for one in found), default=process_bytes(0))
        return max(1, min(points, self.cores, self.memory // largest))

    def environment(self, slot: int) -> Mapping[str, str]:
        """What the process in a slot, counted from 0, gets: one accelerator, of whose memory it takes what it needs."""
        if not self.accelerators:
            return {}
        own = self.accelerators[slot % len(self.accelerators)]
        return {"CUDA_VISIBLE_DEVICES": own, "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


def _accelerators() -> tuple[str, ...]:
    import jax

    count = sum(device.platform == "gpu" for device in jax.local_devices())
    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    names = tuple(named.split(",")) if named else tuple(map(str, range(count)))
    return names[:count]
