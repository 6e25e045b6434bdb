"""Which exceptions say that there was no memory left."""

from __future__ import annotations

import errno

NO_MEMORY = ("RESOURCE_EXHAUSTED", "Out of memory", "out of memory", "std::bad_alloc")
NOT_MAPPED = ("failed to map segment", "annot allocate memory")  # libraries that do not fit are not loaded
NO_THREAD = "can't start new thread"  # its stack does not fit


def lack_of_memory(error: BaseException) -> str:
    """What an allocation that failed asked for, in the words of who made it; "" for any other exception."""
    wording = str(error)
    if isinstance(error, MemoryError):
        return wording or "Python got no more"
    if isinstance(error, ImportError):
        return next((line.strip() for line in wording.splitlines() if any(mark in line for mark in NOT_MAPPED)), "")
    if (isinstance(error, OSError) and error.errno == errno.ENOMEM) or wording == NO_THREAD:
        return wording
    lines = [line for line in wording.splitlines() if any(mark in line for mark in NO_MEMORY)]
    return lines[0].strip() if lines and type(error).__name__ in ("JaxRuntimeError", "XlaRuntimeError") else ""
