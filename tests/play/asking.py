"""A server of the playground, and what one asks of it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from qgl.play.folder import OpenedFolder
from qgl.play.routes import Routes
from qgl.play.server import Server

PROGRAM = """visible q[3];
data rows = strings(["000", "111"]);
model {
    ry(?) q;
    for (a, b) in chain(q) { cz a, b; }
    ry(?) q;
}
objective nll(rows);
train { optimizer adam(rate = 0.2); steps 40; }
report kl(rows);
"""
PATIENCE = 120.0  # seconds, on a machine that does other things as well


@contextmanager
def serving(folder: Path, first: str | None = None) -> Iterator[Server]:
    server = Server(Routes(OpenedFolder(folder), first))
    server.run(every=0.005)
    try:
        yield server
    finally:
        server.close()


class Asker:
    """Asks a server at an address as its page does."""

    def __init__(self, address: str) -> None:
        self.host, _, self.token = address.removeprefix("http://").rstrip("/").partition("/")

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        """Status, content and headers of one request for a path of the server."""
        connection = http.client.HTTPConnection(self.host, timeout=PATIENCE)
        try:
            connection.putrequest(method, path, skip_host="Host" in (headers or {}))
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None and "Content-Length" not in (headers or {}):
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.read(), dict(answer.getheaders())
        finally:
            connection.close()

    def status(self, question: str, given: object) -> tuple[int, dict[str, Any]]:
        body, headers = json.dumps(given).encode(), {"Content-Type": "application/json"}
        status, content, _ = self.send("POST", f"/{self.token}/{question}", body, headers)
        answer: dict[str, Any] = json.loads(content)
        return status, answer

    def ask(self, question: str, **fields: object) -> dict[str, Any]:
        """An answer that is none of a fault."""
        status, answer = self.status(question, fields)
        assert status == 200, (question, status, answer)
        return answer

    def until(self, event: str) -> list[dict[str, Any]]:
        """What was heard of a training, once such an event is among it."""
        end = time.monotonic() + PATIENCE
        while True:
            heard: list[dict[str, Any]] = self.ask("training", since=0)["events"]
            if any(each["event"] == event for each in heard):
                return heard
            assert heard[-1:] == [] or heard[-1]["event"] not in ("end", "fault"), heard[-1]
            assert time.monotonic() < end, heard
            time.sleep(0.05)
