"""How much memory this machine has to give, and how much a process takes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

FRACTION = 0.8
PROCESS = 600 * 10**6  # bytes of Python, JAX and what it compiles; measured: 460 MB (a state) to 860 MB (columns)
ADDRESSES = 2 * 10**9  # of addresses; with fewer, libraries end the process without a word. Measured: 1.94 GB
_ROOT = Path("/")
_UNLIMITED = 1 << 60  # cgroups write numbers near 2^63 where there is no limit


def available() -> int:
    """Bytes that may be used: a fraction of the least that the system, its cgroups and the process's limits leave."""
    return int(FRACTION * max(0, min([_free(), *_cgroups(_ROOT), *_limits()])))


def process_bytes(arrays: float) -> int:
    """What a process takes that trains with `arrays` bytes for a value and gradient: Python and compilation too."""
    return int(PROCESS + arrays)


def for_arrays() -> int:
    """Bytes of arrays that may be planned with: the process that holds them is to fit into what is available.

    What Python and JAX hold of this process already is no longer to be found.
    """
    resident = 1024 * _numbers(_ROOT / "proc/self/status").get("VmRSS:", 0)
    return max(0, available() - max(0, PROCESS - resident))


def lacking() -> str:
    """Why this process could not compile anything, be it small, in words; "" where it could."""
    try:
        import resource
    except ImportError:  # not a Unix
        return ""
    for limit, name, least in ((resource.RLIMIT_AS, "v", ADDRESSES), (resource.RLIMIT_DATA, "d", PROCESS)):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY and soft < least:
            given, wanted = f"{soft / 1e9:.2g} GB", f"{least / 1e9:.2g} GB"
            return f"`ulimit -{name}` lets this process have {given}, where Python and JAX alone want {wanted}"
    return ""


def _free() -> int:
    """What the system says is free, or all there is where it does not say."""
    available = _numbers(_ROOT / "proc/meminfo").get("MemAvailable:")
    if available is not None:
        return 1024 * available
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 8 * 10**9


def _limits() -> Iterator[int]:
    """What the limits of the process (`ulimit -v`, `-d`) leave of addresses and of data."""
    try:
        import resource
    except ImportError:  # not a Unix
        return
    used = _numbers(_ROOT / "proc/self/status")
    for limit, field in ((resource.RLIMIT_AS, "VmSize:"), (resource.RLIMIT_DATA, "VmData:")):
        soft, _ = resource.getrlimit(limit)
        if soft != resource.RLIM_INFINITY:
            yield soft - 1024 * used.get(field, 0)


def _cgroups(root: Path) -> Iterator[int]:
    """What is left in the control groups of this process and in those around them, of either version."""
    try:
        lines = (root / "proc/self/cgroup").read_text().splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if not controllers:
            base, names = root / "sys/fs/cgroup", ("memory.max", "memory.current", "inactive_file")
        elif "memory" in controllers.split(","):
            base = root / "sys/fs/cgroup/memory"
            names = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")
        else:
            continue
        group = base / path.strip("/")
        for folder in (group, *group.parents):
            if folder == base or base in folder.parents:
                yield from _left(folder, *names)


def _left(folder: Path, limit: str, usage: str, cache: str) -> Iterator[int]:
    """Of one group, where it has a limit; files that it caches and nobody uses are given back when wanted."""
    try:
        most, used = int((folder / limit).read_text()), int((folder / usage).read_text())
    except (OSError, ValueError):  # no such group here, or "max"
        return
    if most < _UNLIMITED:
        yield most - max(0, used - _numbers(folder / "memory.stat").get(cache, 0))


def _numbers(path: Path) -> dict[str, int]:
    """The lines `name number ...` of a file of the system; none where there is none."""
    numbers = {}
    try:
        for line in path.read_text(errors="replace").splitlines():
            name, *figures = line.split()[:2]
            if figures and figures[0].isdigit():
                numbers[name] = int(figures[0])
    except (OSError, ValueError):
        return {}
    return numbers
