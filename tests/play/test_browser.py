"""The page in a real browser: typed into, clicked and read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qgl.play.routes import NEW
from tests.play.asking import PROGRAM, serving
from tests.play.browser import CHROMIUM, Browser, browser

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium here to show the page")
STRANGE = "<img src=x onerror=document.title='taken'>"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("browser")) as shown:
        yield shown


@pytest.fixture
def shown(opened: Browser) -> Browser:
    """One browser for all tests, which knows nothing of those before."""
    opened.requests.clear()
    opened.said.clear()
    return opened


def test_typing_clicking_and_reading(tmp_path: Path, shown: Browser) -> None:
    (tmp_path / "a.qgl").write_text(PROGRAM)
    (tmp_path / f"{STRANGE}.qgl".replace("/", "")).write_text("")
    with serving(tmp_path, "a.qgl") as server:
        shown.open(server.address)
        shown.shows("#state", "no faults")
        shown.shows("#circuit", "3 qubits, 8 operations, 6 numbers")
        assert shown.value("getComputedStyle(document.querySelector('.is-keyword')).color") == "rgb(122, 62, 157)"

        shown.click("g.qubit[data-position='0'] .hit")
        shown.shows("#circuit", "q[0] depends on 2 of 3 qubits and 4 of 8 operations")
        assert shown.value("document.querySelectorAll('.mark.pale').length") == 2
        shown.press("Enter")  # the qubit has the focus
        shown.shows("#circuit", "Click a qubit")

        shown.click(".cm-content")
        shown.press("End", control=True)
        shown.type("report valid")
        shown.shows(".cm-tooltip-autocomplete", "valid_rate")
        time.sleep(0.3)  # the editor takes no key for a list that has just appeared
        shown.press("Enter")
        shown.shows(".cm-content", "report valid_rate")
        shown.shows("#state", "fault")
        shown.type("rows")
        shown.press("End")
        shown.type(f";\nvisible more[2]; // {STRANGE}\nlayer turn() {{ h mor")
        shown.press("Escape")
        shown.shows("#faults", "mor")
        assert "taken" not in shown.value("document.title")
        assert shown.value("document.querySelectorAll('img[src]').length") == 0

        assert (tmp_path / "a.qgl").read_text() == PROGRAM and shown.value("document.title").startswith("•")
        shown.open("about:blank")  # the page asks whether to leave; the browser says yes
    assert all(address.startswith((server.address, "about:", "data:")) for address in shown.requests)
    assert shown.said == []


def test_renaming(tmp_path: Path, shown: Browser) -> None:
    (tmp_path / "a.qgl").write_text(PROGRAM)
    with serving(tmp_path, "a.qgl") as server:
        shown.open(server.address)
        shown.shows("#state", "no faults")
        shown.click(".cm-content")
        shown.press("Home", control=True)
        shown.press("F2")  # a keyword, or nothing, is no name
        shown.shows("#state", "no name stands at the cursor")
        for _ in PROGRAM[: PROGRAM.index("visible q")].splitlines():
            shown.press("ArrowDown")
        for _ in "visible ":
            shown.press("ArrowRight")
        shown.press("F2")
        shown.until("document.getElementById('renaming').open")
        shown.shows("#renamed", "q")
        shown.type("pi")
        shown.press("Enter")
        shown.shows("#renaming-fault", "`pi` cannot be a name")
        shown.click("#other-name")
        shown.press("a", control=True)
        shown.type("spin")
        shown.press("Enter")
        shown.until("!document.getElementById('renaming').open")
        shown.shows("#circuit", "spin[0]")
        shown.shows("#state", "no faults")
        shown.shows(".cm-content", "visible spin")
        shown.click("#rename")
        shown.until("document.getElementById('renaming').open")
        shown.click("#renaming-no")
        shown.until("!document.getElementById('renaming').open")
        shown.open("about:blank")
    assert (tmp_path / "a.qgl").read_text() == PROGRAM and shown.said == []


@pytest.mark.slow
def test_training_in_the_page(tmp_path: Path, shown: Browser) -> None:
    (tmp_path / "a.qgl").write_text(PROGRAM)
    with serving(tmp_path, "a.qgl") as server:
        shown.open(server.address, dark=True)
        shown.shows("#state", "no faults")
        shown.click("#tab-plan")
        shown.shows("#plan", "state vector")
        shown.click("#tab-openqasm")
        shown.shows("#openqasm", "input float[64]")
        shown.click(".cm-content")
        shown.press("Home", control=True)
        shown.type("// edited\n")
        shown.click("#train")
        shown.shows("#training", "finished after 40 steps")
        shown.shows("#training", "kl(rows)")
        assert shown.value("document.querySelectorAll('.samples li').length") >= 2
        shown.until("document.querySelector('#training img')?.naturalWidth > 0")
        assert shown.value("document.querySelectorAll('.curve .best').length") == 1
        assert (tmp_path / "a.qgl").read_text() == f"// edited\n{PROGRAM}"
        assert [path.name for path in (tmp_path / "runs").iterdir()]
    shown.click("#tab-circuit")
    shown.click(".cm-content")
    shown.type("x")
    shown.shows("#state", "the server has ended")
    assert all(address.startswith((server.address, "about:", "data:")) for address in shown.requests)


def test_a_new_program_gets_a_name_and_keeps_it(tmp_path: Path, shown: Browser) -> None:
    with serving(tmp_path) as server:
        shown.open(server.address)
        shown.shows("#state", "no faults")  # of the program that a new one begins with
        shown.click(".cm-content")
        shown.press("Home", control=True)
        shown.type("// mine\n")
        shown.press("s", control=True)
        shown.until("document.getElementById('naming').open")
        shown.type("first")
        shown.press("Enter")
        shown.until("document.title.startsWith('first.qgl') && !document.getElementById('naming').open")
        saved = (tmp_path / "first.qgl").read_text()
        assert saved.startswith("// mine\n") and saved.endswith(NEW)

        (tmp_path / "first.qgl").write_text("// another's\n")
        shown.click(".cm-content")
        shown.type("// more\n")
        shown.press("s", control=True)
        shown.shows("#naming-fault", "has changed since")
        shown.type("first")
        shown.press("Enter")
        shown.shows("#naming-fault", "exists already")
        shown.click("#name")
        shown.press("End")
        shown.type("2")
        shown.press("Enter")
        shown.until("document.title.startsWith('first2.qgl')")
    assert (tmp_path / "first.qgl").read_text() == "// another's\n"
    assert "// more\n" in (tmp_path / "first2.qgl").read_text()
