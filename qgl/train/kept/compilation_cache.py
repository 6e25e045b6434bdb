"""What is kept of compilation, so that a second run of a program starts at once: XLA's part and JAX's own."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

KEEP = "QGL_KEEP_PROGRAMS"
"""The variable that `qglc` sets to "1", unless it is set: a process that is no command may be of changed code."""


def base() -> Path:
    """`$QGL_CACHE_DIR`, else `qgl` in the user's cache folder."""
    given = os.environ.get("QGL_CACHE_DIR")
    if given:
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qgl"


def folder() -> Path:
    """Where JAX's cache is."""
    return base() / "jax"


def switch_on() -> bool:
    """Keeps what this process compiles for later ones; returns whether JAX does. It never fails.

    A cache that the user has set up for JAX is left as it is. For the command line, which owns its process: the
    setting holds for all of it.
    """
    import jax

    from qgl.train.kept import programs as kept_programs

    try:
        if os.environ.get(KEEP) == "1":
            kept_programs.switch_on(base() / "programs")
        if jax.config.values["jax_compilation_cache_dir"]:
            return True
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, RuntimeError):  # not writable, or no home folder is known
        return False
    jax.config.update("jax_compilation_cache_dir", str(place))  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)  # type: ignore[no-untyped-call]
    return True
