"""A real browser without a window, led over the DevTools protocol by its pipes."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PATIENCE = 180.0  # seconds for anything to come true, on a machine that does other things as well
_ARGUMENTS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--mute-audio"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions"),
    *("--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--remote-debugging-pipe"),
)
_KEYS = {
    "Enter": 13,
    "Tab": 9,
    "Escape": 27,
    "Backspace": 8,
    "Home": 36,
    "End": 35,
    "ArrowDown": 40,
    "ArrowUp": 38,
    "F2": 113,
}


class Browser:
    """One page. `requests` are the addresses that it asked for, `said` what it wrote to its console."""

    def __init__(self, process: subprocess.Popen[bytes], read: int, write: int) -> None:
        self._process, self._read, self._write = process, read, write
        self._unread, self._number, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.said: list[str] = []
        target = self._send("Target.createTarget", {"url": "about:blank"})["targetId"]
        self._session = self._send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self._send(f"{domain}.enable")

    # ------------------------------------------------------------ what a user does

    def open(self, address: str, width: int = 1280, height: int = 800, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self._send("Emulation.setDeviceMetricsOverride", size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._send("Emulation.setEmulatedMedia", {"features": [scheme]})
        self._send("Page.navigate", {"url": address})

    def click(self, selector: str) -> None:
        """A click on the middle of what a selector names, once it is there."""
        place = self.until(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); if (!e || e.disabled) return null;"
            "e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
            "return r.width ? [r.x + r.width / 2, r.y + r.height / 2] : null; })()"
        )
        self.move(*place)
        for kind in ("mousePressed", "mouseReleased"):
            self._send("Input.dispatchMouseEvent", {**_at(place), "type": kind, "button": "left", "clickCount": 1})

    def move(self, x: float, y: float) -> None:
        self._send("Input.dispatchMouseEvent", {**_at((x, y)), "type": "mouseMoved"})

    def type(self, text: str) -> None:
        """Keys, one after another."""
        for character in text:
            if character == "\n":
                self.press("Enter")
                continue
            self._send("Input.dispatchKeyEvent", {"type": "keyDown", "text": character, "key": character})
            self._send("Input.dispatchKeyEvent", {"type": "keyUp", "key": character})

    def press(self, key: str, control: bool = False) -> None:
        code = _KEYS.get(key, ord(key.upper()[0]))
        event = {"key": key, "windowsVirtualKeyCode": code, "modifiers": 2 * control}
        event |= {"code": key if key in _KEYS else f"Key{key.upper()}"}
        text = {"text": "\r"} if key == "Enter" else {}
        self._send("Input.dispatchKeyEvent", {**event, **text, "type": "keyDown" if text else "rawKeyDown"})
        self._send("Input.dispatchKeyEvent", {**event, "type": "keyUp"})

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._send("Page.captureScreenshot", {"format": "png"})["data"]))

    # ------------------------------------------------------------ what a user sees

    def value(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        answer = self._send("Runtime.evaluate", {"expression": expression, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:
        """The value of an expression, once it is true."""
        end = time.monotonic() + PATIENCE
        while not (value := self.value(expression)):
            assert time.monotonic() < end, f"{expression} did not come true; the page shows:\n{self.text('body')}"
            time.sleep(0.05)
        return value

    def text(self, selector: str) -> str:
        """What is shown of an element."""
        return str(self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def shows(self, selector: str, text: str) -> None:
        """Waits for a text in an element."""
        self.until(f"(document.querySelector({json.dumps(selector)})?.innerText ?? '').includes({json.dumps(text)})")

    # ------------------------------------------------------------ the protocol

    def _send(self, method: str, parameters: dict[str, Any] | None = None) -> dict[str, Any]:
        number = self._post(method, parameters)
        while (answer := self._next()).get("id") != number:
            self._hear(answer)
        assert "error" not in answer, (method, answer["error"])
        result: dict[str, Any] = answer["result"]
        return result

    def _post(self, method: str, parameters: dict[str, Any] | None = None) -> int:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters or {}}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        return self._number

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            data = os.read(self._read, 1 << 16) if ready else b""
            assert data, "the browser says nothing"
            self._unread += data
        message, _, self._unread = self._unread.partition(b"\0")
        parsed: dict[str, Any] = json.loads(message)
        return parsed

    def _hear(self, event: dict[str, Any]) -> None:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Page.javascriptDialogOpening":
            self._post("Page.handleJavaScriptDialog", {"accept": True})
        elif method == "Runtime.consoleAPICalled":
            self.said.append(str([each.get("value", each.get("description")) for each in parameters["args"]]))
        elif method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.said.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded":
            self.said.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")


@contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser whose files are in a folder; it is gone at the end."""
    assert CHROMIUM is not None
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()
    redirected = f'exec "$0" "$@" 3<&{to_browser} 4>&{from_browser} 2>/dev/null'
    process = subprocess.Popen(
        ["bash", "-c", redirected, CHROMIUM, *_ARGUMENTS, f"--user-data-dir={folder}"],
        pass_fds=(to_browser, from_browser),
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    os.close(to_browser)
    os.close(from_browser)
    try:
        yield Browser(process, to_us, from_us)
    finally:
        os.close(from_us)
        process.kill()
        process.wait()
        os.close(to_us)


def _at(place: tuple[float, float]) -> dict[str, float]:
    return {"x": place[0], "y": place[1]}
