"""One of several processes that train a run: how it joins the others, and how its end is told.

JAX ends a process at once, with a stack trace, when its coordinator or another process is lost; Python is not asked. So
the command that the user sees is a supervisor, and the process that trains is its child: what native libraries print
goes into a log, and the way the child ended becomes a diagnostic. If the supervisor is killed, the child ends too.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

from qgl.diagnostics.devices import NotTogether, ProcessDied, ProcessLost
from qgl.diagnostics.model import QglError
from qgl.diagnostics.terminal import protect

JOIN_SECONDS = 300  # for the others to come
HEARTBEAT_SECONDS = 15  # without a sign of life, a process is lost; most that are killed are missed at once
_LEAVE_SECONDS = 7 * 24 * 3600  # the leader writes reports while the others wait for it
_CHILD = "QGL_MEMBER"  # in a child: descriptors of the output, the errors and the line to its supervisor
_TOGETHER = b"together"


@dataclass(frozen=True, slots=True)
class Member:
    """Process number `process` of `processes`; `coordinator` is HOST:PORT, a port that process 0 opens."""

    coordinator: str
    process: int
    processes: int


def is_child() -> bool:
    return _CHILD in os.environ


def supervise(member: Member, command: Sequence[str]) -> int:
    """Runs `command` as a child that calls `begin_child`, and returns its exit status.

    Raises:
        QglError: the processes did not find each other (QGL0931), another one was lost (QGL0933), or this one was
            ended by a signal (QGL0934).
    """
    ours, theirs = socket.socketpair()
    with tempfile.NamedTemporaryFile("w+", prefix="qglc-", suffix=".log", delete=False) as log:
        out, err = os.dup(1), os.dup(2)
        handles = (out, err, theirs.fileno())
        child = subprocess.Popen(
            command,
            stdout=log,
            stderr=log,
            pass_fds=handles,
            process_group=0,
            env={**os.environ, _CHILD: ",".join(map(str, handles)), "PYTHONUNBUFFERED": "1"},
        )

        def pass_on(number: int, frame: FrameType | None) -> None:
            child.send_signal(number)

        before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            status = child.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            theirs.close()
            for handle in (out, err):
                os.close(handle)
        told = ours.recv(64)
        ours.close()
        if status < 0:
            _explain(member, -status, told, log)
        Path(log.name).unlink(missing_ok=True)
        return status


def begin_child() -> None:
    """Sets the streams of a child, and ends it when its supervisor ends."""
    out, err, line = (int(handle) for handle in os.environ[_CHILD].split(","))
    sys.stdout = os.fdopen(out, "w", buffering=1, encoding="utf-8")
    sys.stderr = os.fdopen(err, "w", buffering=1, encoding="utf-8")
    protect()
    supervisor = socket.socket(fileno=os.dup(line))

    def watch() -> None:
        with contextlib.suppress(OSError):
            supervisor.recv(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def join(member: Member) -> None:
    """Meets the other processes; from here on JAX sees the devices of all. To be called before JAX starts.

    Raises:
        QglError: they do not come, or the port is taken (QGL0931). In a child, JAX may end the process instead, which
            its supervisor tells.
    """
    import jax

    if member.process == 0:
        _try_port(member)
    logging.getLogger("jax._src.distributed").setLevel(logging.ERROR)  # it warns of variables for proxies
    for name, value in {"cpu_collectives_implementation": "gloo", "cpu_enable_async_dispatch": False}.items():
        jax.config.update(f"jax_{name}", value)  # type: ignore[no-untyped-call]
    try:
        jax.distributed.initialize(
            member.coordinator,
            member.processes,
            member.process,
            cluster_detection_method="deactivate",
            initialization_timeout=JOIN_SECONDS,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=_LEAVE_SECONDS,
        )
        jax.devices()
    except RuntimeError as error:
        raise QglError([_not_together(member, str(error).strip().partition("\n")[0])]) from error
    if is_child():
        with contextlib.suppress(OSError):
            os.write(int(os.environ[_CHILD].split(",")[2]), _TOGETHER)


def _try_port(member: Member) -> None:
    """JAX ends the process where it cannot open the port."""
    port = int(member.coordinator.rpartition(":")[2])
    try:
        if socket.has_dualstack_ipv6():
            socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True).close()
        else:
            socket.create_server(("", port)).close()
    except OSError as error:
        reason = os.strerror(error.errno).lower() if error.errno else type(error).__name__
        raise QglError([_not_together(member, f"port {port} cannot be opened here ({reason})")]) from error


def leave() -> None:
    """Waits until all processes are done."""
    import jax

    jax.distributed.shutdown()  # type: ignore[no-untyped-call]


def _explain(member: Member, number: int, told: bytes, log: IO[str]) -> None:
    """Raises what the end of a child by a signal means."""
    log.seek(0)
    fatal = number == signal.SIGABRT and "JAX distributed service detected fatal errors" in log.read()
    if fatal:
        Path(log.name).unlink(missing_ok=True)
        if told != _TOGETHER:
            raise QglError([_not_together(member, f"not all came within {JOIN_SECONDS} s")])
        raise QglError([ProcessLost(None, "it ended, or does not answer any more")])
    raise QglError([ProcessDied(None, signal.Signals(number).name, log.name)])


def _not_together(member: Member, reason: str) -> NotTogether:
    return NotTogether(None, member.coordinator, member.processes, reason)
