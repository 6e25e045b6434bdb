"""The newcomer's hour is played through: what is typed runs, and what comes back has the lines that the page shows."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.doc_blocks import ROOT, blocks

PAGE = ROOT / "docs" / "newcomer.md"


def parts() -> list[tuple[str, list[str]]]:
    """Commands in order, each with the lines that it is to show."""
    typed: list[tuple[str, list[str]]] = []
    for block in blocks("console", (PAGE,)):
        lines = iter(block.text.splitlines())
        for line in lines:
            if line.startswith("$ "):
                command = [line.removeprefix("$ ")]
                if command[0].endswith("<<'END'"):
                    while command[-1] != "END":
                        command.append(next(lines))
                typed.append(("\n".join(command), []))
            elif line.strip() and line != "...":
                typed[-1][1].append(line)
    return typed


def form(line: str) -> str:
    """A line without its numbers, which differ a little from machine to machine, and without the room around them."""
    return re.sub(r"[\s─]+", " ", re.sub(r"-?\d+(\.\d*)?(e-?\d+)?", "#", line)).strip()


def test_the_page_is_read() -> None:
    commands = [command for command, _ in parts()]
    assert len(commands) > 10
    assert any(command.startswith("cat > digit.qgl") and command.endswith("\nEND") for command in commands)


@pytest.mark.slow
def test_the_hour_is_played_through(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    python_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PATH": path, "PYTHONPATH": python_path}
    for name in ("returns.csv", "returns.qgl"):
        shutil.copy(ROOT / "examples" / "returns" / name, tmp_path)
    for command, shown in parts():
        done = subprocess.run(
            ["bash", "-euc", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        said = done.stdout + done.stderr
        assert done.returncode == 0, said
        lines = {form(line) for line in said.splitlines()}
        for line in shown:
            assert form(line) in lines, f"{command}\n{said}"
