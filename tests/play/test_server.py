"""Who is let in, and what is never read or written."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qgl.play.server import MOST_BYTES, MOST_CONNECTIONS, Server
from tests.play.asking import PATIENCE, PROGRAM, Asker, serving

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The opened one, beside which lies what nobody may see."""
    (tmp_path / "outside.qgl").write_text("secret")
    (tmp_path / "outside.csv").write_text("0,1\n1,0\n")
    inside = tmp_path / "opened"
    inside.mkdir()
    (inside / "a.qgl").write_text(PROGRAM)
    return inside


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with serving(folder, "a.qgl") as server:
        yield server


@pytest.fixture
def asker(server: Server) -> Asker:
    return Asker(server.address)


# ---------------------------------------------------------------- the door


def test_only_the_loopback_address_listens(server: Server) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"


def test_the_token_is_asked_for(asker: Asker) -> None:
    for path in ("/", "/main.js", "/x/", f"/{asker.token[:-1]}/", f"/{asker.token}x/", "/%00/"):
        assert asker.send("GET", path)[0] == 403, path
    assert asker.send("POST", "/programs", b"{}", JSON)[0] == 403
    assert asker.send("GET", f"/{asker.token}/")[0] == 200
    assert asker.send("POST", f"/{asker.token}/programs", b"{}", JSON)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "example.org"},
        {"Host": "127.0.0.1"},
        {"Host": "localhost.example.org:80"},
        {"Origin": "http://example.org"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_other_pages_and_names_are_not_let_in(asker: Asker, headers: dict[str, str]) -> None:
    assert asker.send("GET", f"/{asker.token}/", headers=headers)[0] == 403
    assert asker.send("POST", f"/{asker.token}/programs", b"{}", JSON | headers)[0] == 403


def test_our_own_page_is_let_in(asker: Asker) -> None:
    own = {"Origin": f"http://{asker.host}", "Sec-Fetch-Site": "same-origin"}
    assert asker.send("POST", f"/{asker.token}/programs", b"{}", JSON | own)[0] == 200


def test_two_hosts_are_none(server: Server, asker: Asker) -> None:
    with socket.create_connection(server.socket.getsockname()) as connection:
        line = f"GET /{asker.token}/ HTTP/1.1\r\n".encode()
        connection.sendall(line + b"Host: example.org\r\nHost: " + asker.host.encode() + b"\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 403")


def test_connections_are_bounded(server: Server, asker: Asker) -> None:
    idle = [socket.create_connection(server.socket.getsockname()) for _ in range(MOST_CONNECTIONS + 5)]
    last = idle[-1]
    assert last.recv(1) == b""  # the server has closed it
    for each in idle:
        each.close()
    end = time.monotonic() + PATIENCE
    while True:
        with contextlib.suppress(OSError, http.client.HTTPException):
            assert asker.ask("programs")["first"] == "a.qgl"
            return
        assert time.monotonic() < end


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{}", {}, 415),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
        (b"", JSON | {"Content-Length": "many"}, 411),
        (b"", JSON | {"Content-Length": "-1"}, 411),
        (b"", JSON | {"Content-Length": "0", "Transfer-Encoding": "chunked"}, 411),
        (b"", JSON | {"Content-Length": str(MOST_BYTES + 1)}, 413),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b"\xff", JSON, 400),
    ],
)
def test_what_is_no_question_is_refused(asker: Asker, body: bytes, headers: dict[str, str], status: int) -> None:
    assert asker.send("POST", f"/{asker.token}/open", body, headers)[0] == status
    assert asker.ask("programs")["first"] == "a.qgl"


@pytest.mark.parametrize(
    ("question", "given"),
    [
        ("nothing", {}),
        ("open", {}),
        ("open", {"name": 3}),
        ("hover", {"name": "a.qgl", "text": "", "at": -1}),
        ("hover", {"name": "a.qgl", "text": "", "at": True}),
        ("training", {"since": "0"}),
    ],
)
def test_fields_have_types(asker: Asker, question: str, given: object) -> None:
    assert asker.status(question, given)[0] == 400


def test_the_page_may_load_from_here_alone(asker: Asker) -> None:
    _, content, headers = asker.send("GET", f"/{asker.token}/")
    policy = dict(each.strip().partition(" ")[::2] for each in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert (policy["script-src"], policy["connect-src"]) == ("'self'", "'self'")
    assert all(each == "'none'" for each in (policy["base-uri"], policy["form-action"], policy["frame-ancestors"]))
    assert "unsafe" not in headers["Content-Security-Policy"] and "http" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff" and headers["Referrer-Policy"] == "no-referrer"
    assert b"http" not in content and b"{nonce}" not in content


@pytest.mark.parametrize("path", ["../server.py", "..%2fserver.py", "page/main.js", ".", "..", "main.py", "run/x/y"])
def test_of_our_own_files_those_of_the_page_are_given(asker: Asker, path: str) -> None:
    assert asker.send("GET", f"/{asker.token}/{path}")[0] == 404


def test_a_fault_of_ours_ends_nothing(
    server: Server, asker: Asker, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("qgl.editor.project.Project.analyse", broken)
    status, answer = asker.status("check", {"name": "a.qgl", "text": PROGRAM, "page": "p"})
    assert status == 500 and "by nothing" in answer["error"]
    monkeypatch.undo()
    assert asker.ask("check", name="a.qgl", text=PROGRAM, page="p")["program"]
    assert "fault of qglc" in capsys.readouterr().err


# ---------------------------------------------------------------- the folder

OUTSIDE = ("../outside.qgl", "/etc/passwd", "x/../../outside.qgl", "linked.qgl", "away/outside.qgl", "..\\outside.qgl")


@pytest.fixture
def linked(folder: Path) -> Path:
    """The opened folder with links that lead out of it."""
    (folder / "linked.qgl").symlink_to(folder.parent / "outside.qgl")
    (folder / "away").symlink_to(folder.parent, target_is_directory=True)
    (folder / "table.csv").symlink_to(folder.parent / "outside.csv")
    return folder


@pytest.mark.parametrize("name", OUTSIDE)
def test_nothing_outside_is_read_or_written(linked: Path, asker: Asker, name: str) -> None:
    assert asker.status("open", {"name": name})[0] == 422
    before = {path: path.read_text() for path in linked.parent.iterdir() if path.is_file()}
    for digest in (None, "0" * 64):
        assert asker.status("save", {"name": name, "text": "mine", "digest": digest})[0] == 422
    assert {path: path.read_text() for path in linked.parent.iterdir() if path.is_file()} == before
    assert (linked / "linked.qgl").is_symlink()
    assert asker.status("train", {"name": name})[0] == 422


def test_the_outside_is_not_told_of(linked: Path, asker: Asker) -> None:
    assert "secret" not in json.dumps([asker.status("open", {"name": name}) for name in OUTSIDE])
    text = 'visible q[2]; data d = csv("table.csv"); model { h q; } objective nll(d);'
    faults = asker.ask("check", name="a.qgl", text=text, page="p")["faults"]
    assert any("leaves the folder" in each["message"] for each in faults)
    for question in ("check", "hover", "complete", "circuit"):
        given = {"name": "../outside.qgl", "text": PROGRAM, "page": "p", "at": 0}
        assert asker.status(question, given)[0] == 422, question


@pytest.mark.parametrize(
    "name", ["a.txt", "runs/x", ".qgl", ".hidden.qgl", ".git/a.qgl", "", "a\0.qgl", "a.qgl/", "no/a.qgl"]
)
def test_programs_alone_are_saved(folder: Path, asker: Asker, name: str) -> None:
    assert asker.status("save", {"name": name, "text": "x", "digest": None})[0] == 422
    assert [path.name for path in folder.iterdir()] == ["a.qgl"]


def test_saving_sees_what_others_have_done(folder: Path, asker: Asker) -> None:
    opened = asker.ask("open", name="a.qgl")
    digest = asker.ask("save", name="a.qgl", text="// one\n", digest=opened["digest"])["digest"]
    (folder / "a.qgl").write_text("// another's\n")
    status, answer = asker.status("save", {"name": "a.qgl", "text": "// two\n", "digest": digest})
    assert (status, answer["codes"]) == (422, ["QGL0953"])
    assert (folder / "a.qgl").read_text() == "// another's\n"
    (folder / "a.qgl").unlink()
    assert asker.status("save", {"name": "a.qgl", "text": "// two\n", "digest": digest})[0] == 422
    assert asker.ask("save", name="b.qgl", text="// new\n", digest=None)
    assert asker.status("save", {"name": "b.qgl", "text": "// mine\n", "digest": None})[1]["codes"] == ["QGL0950"]
    assert asker.ask("programs")["programs"] == ["b.qgl"]


def test_a_text_is_saved_as_it_was_ended_and_is_text(folder: Path, asker: Asker) -> None:
    (folder / "a.qgl").write_bytes(b"// one\r\n")
    digest = asker.ask("open", name="a.qgl")["digest"]
    asker.ask("save", name="a.qgl", text="// \ud800 two \U0001f600\n", digest=digest)
    assert (folder / "a.qgl").read_bytes() == "// \ufffd two \U0001f600\r\n".encode()


def test_runs_are_not_put_through_a_link(folder: Path, asker: Asker) -> None:
    (folder / "runs").symlink_to(folder.parent, target_is_directory=True)
    assert asker.status("train", {"name": "a.qgl"})[1]["codes"] == ["QGL0911"]
    (folder.parent / "samples.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert asker.send("GET", f"/{asker.token}/run/opened/samples.png")[0] == 404


def test_of_a_run_pictures_alone_are_given(folder: Path, asker: Asker) -> None:
    run = folder / "runs" / "one"
    run.mkdir(parents=True)
    (run / "samples.png").write_bytes(b"\x89PNG\r\n\x1a\nx")
    (run / "watch.png").symlink_to(folder / "a.qgl")
    (run / "pictures.png").write_text("no picture")
    (run / "manifest.json").write_text("{}")
    path = f"/{asker.token}/run/one"
    assert asker.send("GET", f"{path}/samples.png")[:2] == (200, b"\x89PNG\r\n\x1a\nx")
    for name in ("watch.png", "pictures.png", "manifest.json", "moments.png"):
        assert asker.send("GET", f"{path}/{name}")[0] == 404, name
    assert asker.send("GET", f"/{asker.token}/run/../samples.png")[0] == 404
