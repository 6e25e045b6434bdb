"""Without the packages of its extra, `qglc lsp` says what to install."""

from __future__ import annotations

import subprocess
import sys

from tests.lsp.client import ROOT


def test_what_is_missing_is_said() -> None:
    code = "import sys; sys.modules['pygls'] = None; sys.argv = ['qglc', 'lsp']; from qgl.cli.main import run; run()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert "QGL0952" in done.stderr and 'pip install "qglc[lsp]"' in done.stderr
