"""Names of files are any bytes: every verb takes and writes files whose names are no UTF-8."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import qgl
from tests.command import qglc

ALL = """
import json, sys
from qgl.cli.main import run
for verb in json.loads(sys.argv[1]):
    sys.argv = ["qglc", *verb]
    try:
        run()
    except SystemExit as end:
        if end.code:
            sys.exit(f"{verb} ended with {end.code}")
"""
PROGRAM = (
    'import "{}"; visible v[2]; data d = cardinality(2, ones); model {{ ry(?) v; }} objective nll(d); report kl(d); '
    "train {{ optimizer adam(rate = 0.1); steps 2; watch nll(d), every(1); }}"
)


def name(ending: bytes) -> str:
    return os.fsdecode(b"\xffm\xfe$^" + ending)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names that are text")
def test_names_that_are_no_text_do_in_every_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    program, run = name(b".qgl"), name(b"run")
    Path("ones.qgl").write_text("const ones = 1;")
    Path(program).write_text(PROGRAM.format("ones.qgl"))
    verbs: list[tuple[str, ...]] = [
        ("check", program),
        ("fmt", program),
        ("explain", program),
        ("draw", program, "-o", name(b".svg")),
        ("compile", program),
        ("train", program, "--out", run),
        ("sample", run, "-n", "3", "-o", name(b".csv")),
        ("evaluate", run),
        ("run", run, "--on", "statevector"),
        ("jobs", run),
        ("emit", run, "-o", name(b".qasm")),
        ("train", "--resume", run, "--steps", "3"),
    ]
    done = subprocess.run(
        [sys.executable, "-c", ALL, json.dumps(verbs)],
        env={**os.environ, "PYTHONPATH": str(Path(qgl.__file__).parents[1])},
        capture_output=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode(errors="backslashreplace")
    for written in (name(b".svg"), name(b".csv"), name(b".qasm"), f"{run}/watch.png", f"{run}/report.md"):
        assert Path(written).stat().st_size, written


@pytest.mark.skipif(sys.platform != "linux", reason="other systems want names that are text")
def test_faults_in_such_files_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name(b".qgl")).write_text("visible v[2]; model { ry(?) w; }")
    for verb in ("check", "draw"):
        status, _, said = qglc(verb, name(b".qgl"))
        assert status == 1
        assert "`w`" in said
