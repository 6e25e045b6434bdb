"""The `python` and `sh` blocks of the documents run as they stand, in a folder with a copy of the examples."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.docs.doc_blocks import DOCUMENTS, ROOT, blocks


def documents_with(language: str) -> list[Path]:
    return [document for document in DOCUMENTS if blocks(language, (document,))]


@pytest.fixture
def workplace(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with the examples, and the programs that the document asks to be saved."""
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    for block in blocks("qgl", (request.getfixturevalue("document"),)):
        name = block.label_after("saved")
        if name is not None:
            (tmp_path / name).write_text(block.text, encoding="utf-8")
    return tmp_path


def run(command: list[str], folder: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": python_path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


def slow_beside_others(document: Path) -> Any:
    """Pages that set programs beside those of other libraries import these, some seconds each."""
    return pytest.param(document, marks=[pytest.mark.slow] if document.parent.name == "from" else [], id=document.name)


@pytest.mark.parametrize("document", [slow_beside_others(d) for d in documents_with("python")])
def test_python_blocks_run(document: Path, workplace: Path) -> None:
    script = "\n".join(block.text for block in blocks("python", (document,)))
    run([sys.executable, "-W", "error", "-c", script], workplace)


@pytest.mark.slow
@pytest.mark.parametrize("document", documents_with("sh"), ids=lambda d: d.name)
def test_shell_blocks_run(document: Path, workplace: Path) -> None:
    script = "\n".join(block.text for block in blocks("sh", (document,)))
    run(["bash", "-eu", "-c", script], workplace)
