"""What reaches a terminal, and what `qglc` does at the ends of pipes, as any tool does."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from rich.table import Table

from qgl.diagnostics.terminal import console, json_text, one_line, visible

QGLC = [sys.executable, "-c", "from qgl.cli.main import run; run()"]
ESCAPE = "\x1b]0;pwn\x07\x1b[2K\u202e"
PROGRAM = f'const s = "{ESCAPE}";\nvisible v[2];\nmodel {{ if s == "a" {{ h v; }} else {{ x v; }} }}\n'
WRONG = 'visible v[2] = "\x1b]0;pwn\x07";\nmodel { if "\x9b31m" { h v; } }\n'
STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]")

ONE_BY_ONE = """
import json, sys
from qgl.cli.main import run
ends = []
for sys.argv in json.loads(sys.argv[1]):
    try:
        ends.append(run())
    except SystemExit as end:
        ends.append(end.code)
sys.__stdout__.write("\\n" + json.dumps(ends))
"""


def qglc(*arguments: str, text: str = "", **how: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*QGLC, *arguments], input=text, capture_output=True, text=True, timeout=120, **how)  # type: ignore[call-overload, no-any-return]


def test_characters_that_steer_are_pictures() -> None:
    assert visible("a\x1b[2Kb\x07\x7f\x9b\u202e\u00a0c\n\td") == "a␛[2Kb␇␡\ufffd\ufffd c\n\td"
    assert one_line("a\nerror\tb") == "a␊error␉b"
    assert visible("θ = 日本 π") == "θ = 日本 π"


def test_json_without_such_characters_means_the_same() -> None:
    value = {"name\u202e": ["\x1b]0;pwn\x07", "\x7f\x9b", "θ\U000e0001", 1.5, None, "\udc80"]}
    assert not STEERS.search(json_text(value))
    assert "θ" in json_text(value)
    assert json.loads(json_text(value)) == value


def test_a_console_shows_text_and_keeps_its_own_colours() -> None:
    stream = io.StringIO()
    table = Table(title=ESCAPE)
    table.add_column("said")
    table.add_row(f"the engine says {ESCAPE}", style="red")
    shown = console(file=stream, force_terminal=True, color_system="standard", width=120)
    shown.print(table)
    shown.print(ESCAPE, markup=False)
    assert "\x1b[31m" in stream.getvalue()
    plain = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    assert not STEERS.search(plain)
    assert plain.count("␛]0;pwn␇␛[2K") == 3


@pytest.mark.parametrize(
    "verb", [["check"], ["compile"], ["compile", "--emit", "tree"], ["explain"], ["fmt", "--check"], ["draw"], ["emit"]]
)
def test_no_verb_sends_them(verb: list[str], tmp_path: Path) -> None:
    """A file with such a name and such strings: good, wrong in meaning, wrong in syntax."""
    names = [f"{number}{ESCAPE}\n.qgl" for number in range(3)]
    for name, program in zip(names, (PROGRAM, WRONG, PROGRAM + "model {"), strict=True):
        (tmp_path / name).write_text(program, encoding="utf-8")
    calls = json.dumps([["qglc", *verb, name] for name in names])
    done = subprocess.run(
        [sys.executable, "-c", ONE_BY_ONE, calls], capture_output=True, text=True, timeout=120, cwd=tmp_path, check=True
    )
    ends, said = done.stdout.splitlines()[-1], done.stdout + done.stderr
    assert all(end in (None, 0, 1, 2) for end in json.loads(ends)), said
    assert not STEERS.search(said), said
    assert "␛]0;pwn␇" in said or verb == ["emit"], said  # `emit` says what its usage is


def test_on_a_terminal_data_is_shown_and_in_a_pipe_it_is_exact(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    text = f'const s = "{ESCAPE}";\n'
    assert qglc("fmt", "-", text=text).stdout == text
    (tmp_path / "s.qgl").write_text(text, encoding="utf-8")
    ours, theirs = pty.openpty()
    with (tmp_path / "s.qgl").open("rb") as given:
        subprocess.run([*QGLC, "fmt", "-"], stdin=given, stdout=theirs, stderr=subprocess.PIPE, timeout=120, check=True)
    os.close(theirs)
    assert os.read(ours, 1000).decode().replace("\r\n", "\n") == f'const s = "{visible(ESCAPE)}";\n'
    os.close(ours)


# ---------------------------------------------------------------- pipes


def test_closed_standard_input_is_a_fault_of_the_call() -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" <&-', "sh", *QGLC, "check", "-"], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert done.stderr.startswith('error[QGL0603]: cannot read "standard input": it is closed\n')


@pytest.mark.parametrize("name", ["-", "/dev/stdin", "/dev/fd/0"])
def test_a_program_from_a_pipe(name: str) -> None:
    assert qglc("check", name, text="visible v[2];\nmodel { h v; }\n").stdout == f"{name}: no faults\n"
    wrong = qglc("check", name, text="visible v[2]\nmodel { h v; }\n")
    assert wrong.returncode == 1
    assert f"--> {'<stdin>' if name == '-' else name}:1:13" in wrong.stderr


def test_a_dash_is_standard_output() -> None:
    done = qglc("emit", "-", "--free", "-o", "-", text="visible v[2];\nmodel { h v; }\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "// Made of -: open parameters.\n" in done.stdout
    assert not Path("-").exists()


@pytest.mark.parametrize("verb", [["explain"], ["check", "--format", "json"], ["compile"]])
def test_a_reader_that_has_seen_enough_ends_it_in_silence(verb: list[str]) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    program = "visible v[2];\nmodel { h v; }\n"
    done = subprocess.run(
        [*QGLC, *verb, "-"], input=program, stdout=theirs, stderr=subprocess.PIPE, text=True, timeout=120
    )
    os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_fault_stays_a_fault_when_nobody_reads_the_messages() -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([*QGLC, "check", "-"], input="model {", stderr=theirs, text=True, timeout=120)
    os.close(theirs)
    assert done.returncode == 1


def test_a_file_that_is_not_there_is_told_first() -> None:
    done = qglc("emit", "nope")
    assert done.returncode == 1
    assert done.stderr.startswith('error[QGL0601]: there is no file "nope"\n')


# ---------------------------------------------------------------- Ctrl-C

MODULE = "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(0.1)\nwhole = True\n"
IMPORTING = """\
import time
from qgl.cli.interrupts import watch
watch()
try:
    import loaded
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped after a whole import:", loaded.whole)
"""
COLLECTING = """\
import gc, os, signal, time
from qgl.cli.interrupts import watch
watch()
calls = []
def collected(*_):
    if not calls:
        calls.append(1)
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)
gc.callbacks.append(collected)
try:
    gc.collect()
    time.sleep(60)
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.parametrize(
    ("script", "said"), [(IMPORTING, "stopped after a whole import: True\n"), (COLLECTING, "stopped\n")]
)
def test_an_interruption_waits_for_an_import_and_is_never_swallowed(script: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "loaded.py").write_text(MODULE, encoding="utf-8")
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join((root, str(tmp_path)))
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, "PYTHONPATH": paths},
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")
