"""How much memory this machine has to give."""

from __future__ import annotations

import os
from pathlib import Path

FRACTION = 0.8
_MEMINFO = Path("/proc/meminfo")


def available() -> int:
    """Bytes that may be used: a fraction of what the system says is free, or of all there is where it does not say."""
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(FRACTION * 1024 * int(line.split()[1]))
    except OSError:
        pass
    try:
        return int(FRACTION * os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return int(FRACTION * 8 * 10**9)
