"""Hostile input through the command line: each is answered with a message and the right exit status."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qgl.cli.main import app

ROOT = Path(__file__).parents[2]
PROGRAM = """\
const n = 2;
visible v[n];
data d = cardinality(n, 1);
model { ry(?) v; cx v[0], v[1]; }
objective nll(d);
train { optimizer adam(rate = 0.1); steps 3; }
"""
HEAD = "visible v[3];\nmodel { h v; "
runner = CliRunner()


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QGL_DEBUG", raising=False)
    yield tmp_path
    assert not list(tmp_path.rglob("*.tmp")), "a temporary file is left"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    program, run = folder / "small.qgl", folder / "run"
    program.write_text(PROGRAM, encoding="utf-8")
    result = runner.invoke(app, ["train", str(program), "--out", str(run), "--quiet", "--no-pictures"])
    assert result.exit_code == 0, result.output
    return run


def refused(*arguments: str, wording: str = "error[QGL", status: int = 1) -> None:
    result = runner.invoke(app, arguments)
    assert result.exit_code == status, result.output
    assert wording in result.output, result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "QGL0401"),
        (HEAD, "QGL0103"),
        (HEAD + "if true { " * 3000 + "}" * 3000 + "}", "QGL0114"),
        (HEAD + f"rx({'(' * 5000}1{')' * 5000}) v; }}", "QGL0114"),
        (HEAD + f"rx({'1 + ' * 5000}1) v; }}", "QGL0115"),
        (HEAD + f"rx({'-' * 5000}1) v; }}", "QGL0115"),
        (HEAD + f"x v{'[0]' * 5000}; }}", "QGL0115"),
        (HEAD + "if true { x v; }" + " else if true { x v; }" * 3000 + "}", "QGL0115"),
        (HEAD + f"{'ctrl ' * 5000} x v[0], v[1]; }}", "QGL0302"),
        (HEAD + "repeat 1000000000 { x v; } }", "QGL0802"),
        (HEAD + "for k in 0..10**9 { for l in 0..10**9 { x v; } } }", "QGL0802"),
        ("visible v[1000000000];\nmodel { h v; }", "QGL0801"),
        (f"visible v[{'9' * 50000}];\nmodel {{ h v; }}", "QGL0112"),
        ("visible v\x1b[2];\nmodel { h v; }", "QGL0108"),
        ('import "bad.qgl";\n' + HEAD + "}", "QGL0210"),
        ('import "../other.qgl";\n' + HEAD + "}", "QGL0602"),
        ('import "/etc/passwd";\n' + HEAD + "}", "QGL0602"),
    ],
)
def test_programs(text: str, code: str) -> None:
    Path("bad.qgl").write_text(text, encoding="utf-8")
    for verb in (["check"], ["train", "--out", "run"]):
        refused(*verb, "bad.qgl", wording=f"error[{code}]")
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "QGL0601"),
        (b"", "QGL0607"),
        (b"0,1,1\n", "QGL0611"),
        (b"0,nan\n", "QGL0605"),
        (b"0,2\n", "QGL0605"),
        (b"0,1\n0\n", "QGL0606"),
        (b"\xff\xfe0,1\n", "QGL0603"),
        (b"0,\0\n", "QGL0603"),
    ],
)
def test_data(content: bytes | None, code: str) -> None:
    Path("bad.qgl").write_text(PROGRAM.replace("cardinality(n, 1)", 'csv("d.csv")'), encoding="utf-8")
    if content is not None:
        Path("d.csv").write_bytes(content)
    refused("train", "bad.qgl", "--out", "run", wording=f"error[{code}]")
    assert not Path("run").exists()


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["sample", "RUN", "-n", "0"], 2),
        (["sample", "RUN", "-n", "-3"], 2),
        (["sample", "RUN", "-n", "x"], 2),
        (["sample", "RUN", "--condition", "1"], 2),
        (["sample", "nothing"], 1),
        (["sample", "small.qgl"], 1),
        (["sample", "RUN", "-o", "."], 1),
        (["sample", "RUN", "-o", "nothing/x.csv"], 1),
        (["sample", "RUN", "-o", "small.qgl/x.csv"], 1),
        (["emit", "RUN", "-o", "."], 1),
        (["evaluate", "RUN", "--samples", "1"], 2),
        (["train", "small.qgl", "--out", "RUN"], 1),
        (["train", "small.qgl", "--out", "small.qgl"], 1),
        (["train", "small.qgl", "--set", "n"], 2),
        (["train", "small.qgl", "--set", "n="], 2),
        (["train", "small.qgl", "--set", "n=1e400"], 2),
        (["train", "small.qgl", "--set", "n=-1"], 1),
        (["train", "small.qgl", "--set", "n=0.5"], 1),
        (["train", "small.qgl", "--set", "n=999999999999"], 1),
        (["train", "--resume", "nothing"], 1),
        (["train"], 2),
    ],
)
def test_arguments(trained: Path, arguments: list[str], status: int) -> None:
    shutil.copytree(trained, "run")
    Path("small.qgl").write_text(PROGRAM, encoding="utf-8")
    before = {path: path.read_bytes() for path in Path("run").rglob("*") if path.is_file()}
    wording = "error[QGL" if status == 1 else "Usage"
    refused(*("run" if text == "RUN" else text for text in arguments), wording=wording, status=status)
    assert {path: path.read_bytes() for path in before} == before


def drop(*keys: str) -> Callable[[dict[str, Any]], None]:
    def change(facts: dict[str, Any]) -> None:
        for key in keys[:-1]:
            facts = facts[key]
        del facts[keys[-1]]

    return change


@pytest.mark.parametrize(
    ("change", "wording"),
    [
        (drop("format"), "no known format"),
        (drop("status"), "`status` is missing"),
        (drop("program", "sha256"), "`program.sha256` is missing"),
        (drop("program", "files", "small.qgl"), "no text of the program"),
        (drop("settings", "optimizer", "arguments", "rate"), "its checksum does not fit"),
        (lambda facts: facts.update(step="3"), "`step` cannot be '3'"),
        (lambda facts: facts.update(goal=-1), "`goal` cannot be -1"),
        (lambda facts: facts.update(goal=7), "its checksum does not fit"),
        (lambda facts: facts.update(precision="half"), "`precision` cannot be 'half'"),
        (lambda facts: facts.update(program=[]), "`program` is no object"),
        (lambda facts: facts.update(data={"d": None}), "`data.d` is no object"),
        (lambda facts: facts.update(sessions=[{}]), "`sessions[0].seconds` is missing"),
        (lambda facts: facts.update(format=99), "a later version of qgl"),
    ],
)
def test_manifests(trained: Path, change: Callable[[dict[str, Any]], None], wording: str) -> None:
    shutil.copytree(trained, "run")
    place = Path("run/manifest.json")
    facts = json.loads(place.read_text(encoding="utf-8"))
    change(facts)
    place.write_text(json.dumps(facts), encoding="utf-8")
    for verb in (["sample", "run"], ["evaluate", "run"], ["emit", "run"], ["train", "--resume", "run"]):
        refused(*verb, wording=wording)


@pytest.mark.parametrize("name", ["manifest.json", "weights.safetensors", "data.safetensors"])
@pytest.mark.parametrize("content", [b"", b"{", b"[" * 100_000, bytes(range(256)) * 8])
def test_damaged_files_of_a_run(trained: Path, name: str, content: bytes) -> None:
    shutil.copytree(trained, "run")
    Path("run", name).write_bytes(content)
    for verb in ("sample", "evaluate", "emit"):
        refused(verb, "run")


def test_a_device_is_written_to_and_never_replaced(trained: Path) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert runner.invoke(app, ["sample", str(trained), "-n", "3", "-o", "pipe"]).exit_code == 0
    assert len(os.read(reader, 100).splitlines()) == 3
    os.close(reader)
    assert Path("pipe").is_fifo()
    Path("link.csv").symlink_to("real.csv")
    assert runner.invoke(app, ["sample", str(trained), "-n", "3", "-o", "link.csv"]).exit_code == 0
    assert Path("link.csv").is_symlink()
    assert len(Path("real.csv").read_bytes().splitlines()) == 3


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the system has no /dev/full")
@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        ("code", "/dev/full"),
        ("sample RUN -n 50000", "/dev/full"),
        ("evaluate RUN", "&-"),
        *(
            pytest.param(arguments, place, marks=pytest.mark.slow)
            for arguments, place in (
                ("sample RUN -n 9", "/dev/full"),
                ("evaluate RUN", "/dev/full"),
                ("code", "&-"),
                ("sample RUN -n 9", "&-"),
                ("sample RUN -n 50000", "&-"),
            )
        ),
    ],
)
def test_no_place_for_the_output(trained: Path, arguments: str, place: str) -> None:
    wording = arguments.replace("RUN", str(trained))
    command = f"{sys.executable} -c 'from qgl.cli.main import run; run()' {wording} >{place}"
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, shell=True, capture_output=True, text=True, env=environment, timeout=120)
    assert "Traceback" not in result.stderr
    assert result.returncode == 1 or place == "&-"
    assert "cannot write the output" in result.stderr or place == "&-"


def test_a_file_name_as_a_constant_is_told_how_to_be_quoted(here: Path) -> None:
    (here / "p.qgl").write_text(
        'const file = "a.csv";\ndata d = csv(file);\nvisible v[2];\nmodel { h v; }\nreport kl(d);\n'
    )
    (here / "g.csv").write_text("0,1\n")
    result = runner.invoke(app, ["check", "p.qgl", "--set", "file=g.csv"], env={"COLUMNS": "200"})
    assert result.exit_code == 2 and """--set 'file="g.csv"'""" in result.output
    assert runner.invoke(app, ["check", "p.qgl", "--set", 'file="g.csv"']).exit_code == 0
