"""How much memory the device that computes has to give."""

from __future__ import annotations

import jax

from qgl.plan.memory import FRACTION


def device_limit() -> int | None:
    """Bytes of an accelerator that a plan may use; None on a processor, where the system's memory counts."""
    device = jax.local_devices()[0]
    if device.platform == "cpu":
        return None
    facts = device.memory_stats() or {}
    return int(FRACTION * facts["bytes_limit"]) if "bytes_limit" in facts else None
