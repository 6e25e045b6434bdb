"""The changes that `docs/contributing.md` shows are put into a copy of the package, and work there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.doc_blocks import ROOT, blocks

PAGE = ROOT / "docs" / "contributing.md"
PROGRAM = """data d = strings(["00", "11"]);
visible v[2];
model { h v[0]; id v[1]; dcx v[0], v[1]; zz_flip(0.1) v[0], v[1]; }
objective hellinger(d);
report collision;
"""
PASS = """
from qgl.compiler import circuit_of, diagnose
from qgl.data.environment import open_program
from pathlib import Path
from qgl.passes.pipeline import simplify

program, faults = diagnose(*open_program(Path("changed.qgl")))
print(*(operation.name for operation in simplify(circuit_of(program), False).operations))
"""


def hunks() -> list[tuple[str, str, str]]:
    """(file, text before, text after) of every hunk on the page, in order."""
    found = []
    for block in blocks("diff", (PAGE,)):
        for file, changes in re.findall(r"^\+\+\+ (\S+)\n(.*?)(?=^\+\+\+|\Z)", block.text, re.MULTILINE | re.DOTALL):
            for hunk in changes.split("@@\n")[1:]:
                lines = [(line[:1], line[1:]) for line in hunk.splitlines(keepends=True)]
                before = "".join(text for mark, text in lines if mark != "+")
                found.append((file, before, "".join(text for mark, text in lines if mark != "-")))
    return found


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as it is after all changes of the page."""
    folder = tmp_path_factory.mktemp("changed")
    for part in ("qgl", "grammar"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for name, before, after in hunks():
        path = folder / name
        if not before:
            assert not path.exists(), f"a new file, but {name} is there"
            path.write_text(after, encoding="utf-8")
            continue
        old = path.read_text(encoding="utf-8")
        assert old.count(before) == 1, f"{name} has no such place any more, or several:\n{before}"
        path.write_text(old.replace(before, after), encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_changes_work_together(changed: Path) -> None:
    (changed / "changed.qgl").write_text(PROGRAM, encoding="utf-8")
    qglc = "from qgl.cli.main import run; run()"
    assert run(changed, "-c", qglc, "check", "changed.qgl") == "changed.qgl: no faults\n"
    text = run(changed, "-c", qglc, "emit", "changed.qgl", "--free", "--profile", "plain")
    assert "cx q[0], q[1];\ncx q[1], q[0];\n" in text
    explained = run(changed, "-c", qglc, "explain", "changed.qgl")
    assert "hellinger" in explained and "collision" in explained
    assert run(changed, "-c", PASS).split() == ["h", "dcx", "zz_flip"]


def test_the_page_names_files_that_are_there(changed: Path) -> None:
    named = set(re.findall(r"`((?:qgl|tests)/[\w/]+(?:\.py|/))`", PAGE.read_text(encoding="utf-8")))
    missing = [name for name in named if not (ROOT / name).exists() and not (changed / name).exists()]
    assert [name for name in missing if "/NAME/" not in name] == []
