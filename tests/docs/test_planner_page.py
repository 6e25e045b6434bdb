"""What the page on the planner shows is what `qglc explain` says, figures aside."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.docs.doc_blocks import ROOT


@pytest.mark.slow
def test_the_page_is_in_step() -> None:
    command = [sys.executable, "-W", "ignore", "docs/planner_page.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
