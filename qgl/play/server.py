"""The server: on the loopback address alone, for who has the token, for pages of its own.

Whatever is asked stands below `/TOKEN/`. A request is refused before anything is looked at if the host that it names is
another (a name that leads here, as in DNS rebinding), if another page sends it (`Origin`, `Sec-Fetch-Site`), if it is
not declared to be JSON (which other pages cannot send without being asked), or is too large. The page may load what
this server gives, and nothing else (`Content-Security-Policy`).
"""

from __future__ import annotations

import hmac
import json
import secrets
import socketserver
import sys
import threading
import traceback
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from qgl.data.files import Limits
from qgl.play.routes import BadRequestError, Routes
from qgl.version import __version__

LOOPBACK = "127.0.0.1"
MOST_BYTES = 8 * Limits().text_bytes  # of a question: JSON writes a character in six at most
SECONDS = 20.0  # that a connection may be silent
MOST_CONNECTIONS = 64  # at a time; whoever is here, with the token or without, may open them
_PAGE = Path(__file__).parent / "page"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Server(socketserver.ThreadingTCPServer):
    """Serves `routes` until `shutdown`. `port` 0 takes a free one."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_CONNECTIONS  # that wait for their turn: others try again after a second, then three

    def __init__(self, routes: Routes, port: int = 0) -> None:
        self.routes = routes
        self.token = secrets.token_urlsafe(24)
        self.nonce = secrets.token_urlsafe(16)
        self.has_ended = False
        self._room = threading.Semaphore(MOST_CONNECTIONS)
        super().__init__((LOOPBACK, port), _Handler)
        own = self.server_address[1]
        self.hosts = (f"{LOOPBACK}:{own}", f"localhost:{own}")

    @property
    def address(self) -> str:
        """What the browser opens."""
        return f"http://{self.hosts[0]}/{self.token}/"

    def process_request(self, request: Any, client_address: Any) -> None:
        """A thread for the connection, where there is room for one."""
        if self._room.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that broke off is no fault; ours are told of where a question is answered."""

    def run(self, every: float = 0.1) -> threading.Thread:
        """Serves in a thread of its own, which looks so often, in seconds, whether it is to end."""
        thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": every}, daemon=True)
        thread.start()
        return thread

    def close(self) -> None:
        """Stops serving, connections that are open too; the training that runs is saved and ended."""
        self.has_ended = True
        self.shutdown()
        self.server_close()
        self.routes.close()


class _RefusedError(Exception):
    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"qglc/{__version__}"
    sys_version = ""
    timeout = SECONDS
    server: Server

    def do_GET(self) -> None:
        self._let_in(self._file)

    def do_POST(self) -> None:
        self._let_in(self._question)

    def _file(self, place: str) -> None:
        parts = place.split("/")
        if len(parts) == 3 and parts[0] == "run":
            content = self.server.routes.picture(parts[1], parts[2])
            self._send(200 if content else 404, content, "image/png")
            return
        file = _PAGE / (place or "index.html")
        if len(parts) != 1 or file.suffix not in _KINDS or not file.is_file():
            raise _RefusedError(404)
        content = file.read_bytes()
        if file.suffix == ".html":
            content = content.replace(b"{nonce}", self.server.nonce.encode())
        self._send(200, content, f"{_KINDS[file.suffix]}; charset=utf-8")

    def _question(self, place: str) -> None:
        given = self._body()
        try:
            status, answer = self.server.routes.answer(place, json.loads(given))
        except (BadRequestError, ValueError, RecursionError) as error:
            status, answer = 400, {"error": str(error)}
        except Exception as error:  # of ours, which must not end the server
            trace = "".join(traceback.format_exception(error))
            print(f"This is a fault of qglc, not of your program; please report it.\n{trace}", file=sys.stderr)
            status, answer = 500, {"error": f"a fault of qglc: {type(error).__name__}: {error}"}
        self._send(status, json.dumps(answer).encode(), "application/json")

    # ------------------------------------------------------------ who is let in

    def _let_in(self, answer: Callable[[str], None]) -> None:
        """Answers who is let in. Others are told the status alone, and what else they sent is not read."""
        if self.server.has_ended:
            self.close_connection = True
            return
        try:
            answer(self._place())
        except _RefusedError as refused:
            self.close_connection = True
            self._send(refused.status, HTTPStatus(refused.status).phrase.encode(), "text/plain; charset=utf-8")

    def _place(self) -> str:
        """What is asked for, below the token."""
        server, headers = self.server, self.headers
        hosts = [host.lower() for host in headers.get_all("Host") or ()]
        origins = headers.get_all("Origin") or ()
        sites = headers.get_all("Sec-Fetch-Site") or ()
        strange = len(hosts) != 1 or hosts[0] not in server.hosts
        strange = strange or any(origin not in [f"http://{host}" for host in server.hosts] for origin in origins)
        strange = strange or any(site not in ("none", "same-origin") for site in sites)
        head, _, rest = self.path.partition("?")[0].removeprefix("/").partition("/")
        if strange or not hmac.compare_digest(head.encode("utf-8", "replace"), server.token.encode()):
            raise _RefusedError(403)
        return rest

    def _body(self) -> bytes:
        """What a question has, if it is JSON and not too large."""
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        length = self.headers.get("Content-Length", "")
        if kind != "application/json":
            raise _RefusedError(415)
        if not length.isdecimal() or "Transfer-Encoding" in self.headers:
            raise _RefusedError(411)
        if int(length) > MOST_BYTES:
            raise _RefusedError(413)
        return self.rfile.read(int(length))

    # ------------------------------------------------------------ what is sent

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", _POLICY.format(nonce=self.server.nonce))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name that http.server gives it
        """Nothing: the address has the token."""
