"""The supervisor of one of several processes: streams, exit statuses, and what the end of a child means."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qgl.diagnostics.devices import ProcessDied
from qgl.diagnostics.model import QglError
from qgl.train.processes import Member, is_child, join, supervise

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "import qgl.train.processes as p; p.begin_child(); import os, sys, time; "


def run(code: str, member: Member | None = None) -> int:
    return supervise(member or Member("127.0.0.1:1", 0, 2), [sys.executable, "-c", BEGIN + code])


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


def test_a_child_speaks_through_its_supervisor_and_its_libraries_do_not(capfd: pytest.CaptureFixture[str]) -> None:
    assert not is_child()
    code = "os.write(1, b'noise'); os.write(2, b'noise'); print('out'); print('err', file=sys.stderr); os._exit(7)"
    assert run(code) == 7
    assert capfd.readouterr() == ("out\n", "err\n")


def test_a_child_that_is_killed() -> None:
    with pytest.raises(QglError) as error:
        run("os.write(2, b'last words'); os.kill(os.getpid(), 9)")
    (fault,) = error.value.diagnostics
    assert isinstance(fault, ProcessDied) and "SIGKILL" in fault.message
    log = Path(fault.log)
    assert log.read_text() == "last words"
    log.unlink()


def test_a_child_ends_with_its_supervisor(tmp_path: Path) -> None:
    child = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    command = [sys.executable, "-c", BEGIN + child]
    code = f"from qgl.train.processes import Member, supervise; supervise(Member('127.0.0.1:1', 0, 2), {command})"
    supervisor = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    deadline = time.monotonic() + 30
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid = int((tmp_path / "pid").read_text())
    supervisor.send_signal(signal.SIGKILL)
    supervisor.wait()
    while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
        assert time.monotonic() < deadline, "the child lives on"
        time.sleep(0.02)


def test_signals_are_passed_on(capfd: pytest.CaptureFixture[str]) -> None:
    """A signal to the supervisor reaches the child once, which decides what comes of it."""
    code = (
        "import signal; signal.signal(signal.SIGINT, lambda *_: (print('asked'), os._exit(130))); "
        f"os.kill({os.getpid()}, signal.SIGINT); time.sleep(60)"
    )
    assert run(code) == 130
    assert capfd.readouterr().out == "asked\n"


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        member = Member(f"127.0.0.1:{server.getsockname()[1]}", 0, 2)
        with pytest.raises(QglError) as error:
            join(member)
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0931" and "cannot be opened here (address already in use)" in fault.message


@pytest.mark.slow
@pytest.mark.parametrize("process", [0, 1])
def test_nobody_comes(process: int) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        member = Member(f"127.0.0.1:{probe.getsockname()[1]}", process, 2)
    with pytest.raises(QglError) as error:
        run(f"p.JOIN_SECONDS = 3; p.join(p.{member!r})", member)
    (fault,) = error.value.diagnostics
    assert fault.code == "QGL0931" and member.coordinator in fault.message
