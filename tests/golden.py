"""Golden texts: what was shown before stands in a file, and a change of it is seen in the diff.

To renew all of them after a wanted change: make golden
"""

from __future__ import annotations

import os
from pathlib import Path


def assert_golden(path: Path, text: str) -> None:
    """`text` is what `path` holds; with QGL_SNAPSHOTS=1 it is written there first."""
    if os.environ.get("QGL_SNAPSHOTS"):
        path.write_text(text, encoding="utf-8")
    assert path.exists(), f"{path} is missing: renew it with `make golden`"
    assert text == path.read_text(encoding="utf-8")
