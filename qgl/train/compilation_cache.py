"""JAX's persistent compilation cache, so that a second run of a program starts at once."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def folder() -> Path:
    """`$QGL_CACHE_DIR/jax`, else `qgl/jax` in the user's cache folder."""
    given = os.environ.get("QGL_CACHE_DIR")
    if given:
        return Path(given) / "jax"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "qgl" / "jax"


def switch_on() -> bool:
    """Keeps what this process compiles for later ones; returns whether it does. It never fails.

    A cache that the user has set up for JAX is left as it is. For the command line, which owns its process: the
    setting holds for all of it.
    """
    import jax

    if jax.config.values["jax_compilation_cache_dir"]:
        return True
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=place):
            pass
    except (OSError, RuntimeError):  # not writable, or no home folder is known
        return False
    jax.config.update("jax_compilation_cache_dir", str(place))  # type: ignore[no-untyped-call]
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)  # type: ignore[no-untyped-call]
    return True
