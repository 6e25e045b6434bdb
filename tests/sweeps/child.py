"""A process that speaks as `qgl.sweeps.child` and does what its request says, in no time."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any


def send(**event: Any) -> None:
    sys.stdout.write(json.dumps(event) + "\n")
    sys.stdout.flush()


def interrupted(number: int, frame: object) -> None:
    time.sleep(0.2)  # a second signal would end it here
    send(event="end", status="interrupted", reason="signal")
    raise SystemExit(0)


signal.signal(signal.SIGTERM, interrupted)
request = json.loads(sys.stdin.readline())
send(event="update", step=1, goal=2, best=0.5, median=0.75, left=1.0, slot=os.environ.get("SLOT"))
match request["constants"]["do"]:
    case "finish":
        send(event="end", status="finished", reason="steps")
    case "fault":
        send(event="fault", codes=["QGL0907"], text="error[QGL0907]: the loss\nis lost\n")
    case "fail":
        send(event="end", status="failed", reason="loss not finite")
    case "die":
        print("out of memory, said a library", file=sys.stderr)
        os.kill(os.getpid(), signal.SIGKILL)
    case "leave":
        sys.exit(3)
    case "cut":
        sys.stdout.write('{"event": "en')
    case "hang":
        sys.stdin.read()  # as long as the parent lives
