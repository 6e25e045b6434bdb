"""Processes of points: how they end, what becomes of the others, and what a signal does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from qgl.sweeps.child import Request
from qgl.sweeps.pool import Outcome, Pool

COMMAND = (sys.executable, str(Path(__file__).with_name("child.py")))


class Heard:
    """What a display would hear."""

    def __init__(self) -> None:
        self.running: set[int] = set()
        self.most = 0
        self.slots: set[str | None] = set()
        self.signalled = False

    def started(self, number: int) -> None:
        self.running.add(number)
        self.most = max(self.most, len(self.running))

    def heard(self, number: int, event: Mapping[str, Any]) -> None:
        assert number in self.running
        self.slots.add(event.get("slot"))

    def ended(self, number: int, outcome: Outcome) -> None:
        self.running.remove(number)

    def turn(self) -> None:
        pass


def request(do: str) -> Request:
    return Request("p.qgl", {"do": do}, {}, {}, "folder", None, False)


def run(pool: Pool, *does: str) -> tuple[bool, list[Outcome]]:
    found: dict[int, Outcome] = {}
    whole = pool.run({number: request(do) for number, do in enumerate(does)}, found.__setitem__)
    return whole, [found.get(number, Outcome("waiting")) for number in range(len(does))]


def test_every_end_is_told_and_stops_no_other() -> None:
    heard = Heard()
    pool = Pool(2, heard, lambda slot: {"SLOT": str(slot)}, COMMAND)
    whole, found = run(pool, "die", "fault", "finish", "fail", "leave", "cut", "finish")
    assert whole
    assert [outcome.status for outcome in found] == [
        *["failed", "failed", "finished", "failed", "failed", "failed", "finished"]
    ]
    assert found[0].message.startswith("its process was ended by SIGKILL")
    assert "said a library" in found[0].message
    assert found[1].message == "error[QGL0907]: the loss\nis lost"
    assert found[3].message == "loss not finite"
    assert found[4].message.startswith("its process ended with status 3")
    assert found[5].message.startswith("its process ended with status 0")
    assert heard.most == 2
    assert heard.slots - {None} == {"0", "1"}


def test_an_interruption_saves_what_runs_and_begins_no_more() -> None:
    class Interrupting(Heard):
        def heard(self, number: int, event: Mapping[str, Any]) -> None:
            if event["event"] == "update" and number == 1:
                os.kill(os.getpid(), signal.SIGINT)

    whole, found = run(Pool(2, Interrupting(), command=COMMAND), "hang", "hang", "finish")
    assert not whole
    assert [outcome.status for outcome in found] == ["interrupted", "interrupted", "waiting"]


def test_a_second_interruption_kills() -> None:
    class Impatient(Heard):
        def heard(self, number: int, event: Mapping[str, Any]) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run(Pool(2, Impatient(), command=COMMAND), "hang")


def test_a_child_whose_parent_is_gone_ends() -> None:
    """The watch of `qgl.sweeps.child`: the end of its input is a signal to itself."""
    program = (
        "import signal, sys, time; from qgl.sweeps import child\n"
        "def caught(*_): print('saved', flush=True); raise SystemExit(0)\n"
        "signal.signal(signal.SIGTERM, caught)\n"
        "import threading; threading.Thread(target=child.end_with_parent, daemon=True).start()\n"
        "print('running', flush=True); time.sleep(60)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdin is not None and process.stdout is not None
    timer = threading.Timer(50, process.kill)
    timer.start()
    with process.stdout, process.stdin:
        assert process.stdout.readline() == b"running\n"
        process.stdin.close()
        assert process.stdout.readline() == b"saved\n"
    assert process.wait() == 0
    timer.cancel()
