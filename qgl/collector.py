"""Python's cyclic garbage collector, put off while a program is built.

A circuit of ten thousand sites is a million small values without cycles that all live to the end. Looking through them
for cycles over and over, as they grow, takes as long as making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def put_off() -> Iterator[None]:
    """No collection inside of the block, if there were any outside; blocks may be nested."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
