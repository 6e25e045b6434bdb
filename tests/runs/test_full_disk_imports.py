"""A disk that is full is told when something is written, and not by a traceback out of an import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process are Unix's")
def test_nothing_is_written_to_be_imported(tmp_path: Path) -> None:
    """Some libraries look for a folder of temporary files as they load, by writing one."""
    text = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))\n"
        "import importlib, pkgutil, tempfile, qgl.api, qgl.cli, qgl.train.loop, qgl.sweeps.sweep, qgl.jobs.store\n"
        "for module in pkgutil.iter_modules(qgl.cli.__path__): importlib.import_module(f'qgl.cli.{module.name}')\n"
        "assert tempfile.tempdir is None, 'something looked for a folder of temporary files'\n"
    )
    done = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
