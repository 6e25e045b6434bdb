"""What the page is told of a text: places in UTF-16 units, faults, what fits, pictures, plans."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from qgl.check.limits import StaleError
from qgl.play.desk import Desk
from qgl.play.folder import OpenedFolder
from qgl.play.positions import Units
from qgl.play.routes import NEW, Fields, Routes
from tests.play.asking import PROGRAM

ROOT = Path(__file__).parents[2]


@pytest.fixture
def routes(tmp_path: Path) -> Routes:
    return Routes(OpenedFolder(tmp_path), None)


def ask(routes: Routes, question: str, text: str, **fields: object) -> dict[str, Any]:
    status, answer = routes.answer(question, {"name": "a.qgl", "text": text, "page": "p", **fields})
    assert status == 200, answer
    return answer


@pytest.mark.parametrize("text", ["plain", "über", "a\U0001f600b\U0001f600", "\U0001f600"])
def test_places_are_those_of_utf_16(text: str) -> None:
    units = Units(text)
    for offset in range(len(text) + 1):
        expected = len(text[:offset].encode("utf-16-le")) // 2
        assert units.units(offset) == expected
        assert units.offset(expected) == offset


def test_a_new_program_is_one(routes: Routes) -> None:
    checked = ask(routes, "check", NEW)
    assert (checked["faults"], checked["program"], checked["trains"]) == ([], True, True)
    assert ask(routes, "format", NEW)["text"] == NEW


def test_faults_stand_at_their_places(routes: Routes) -> None:
    text = "// \U0001f600 <img src=x>\n" + PROGRAM.replace("q", "spins").replace("ry(?) spins;", "ry(?) spin;", 1)
    (fault,) = ask(routes, "check", text)["faults"]
    units = text.encode("utf-16-le")
    assert units[2 * fault["from"] : 2 * fault["to"]].decode("utf-16-le") == "spin"
    assert (fault["code"], fault["severity"], fault["line"]) == ("QGL0201", "error", 5)
    mend = fault["mends"][0]
    assert units[2 * mend["from"] : 2 * mend["to"]].decode("utf-16-le") == "spin"
    assert mend["insert"] == "spins"


def test_every_beginning_of_a_program_is_answered(routes: Routes) -> None:
    """Half-typed, with the cursor at the end: nothing fails, whatever is asked."""
    text = (ROOT / "examples" / "feedforward.qgl").read_text()
    text = text[text.index("\n\n") :]
    for end in range(0, len(text), 19):
        begun = text[:end]
        for question in ("check", "complete", "hover", "signature", "format"):
            ask(routes, question, begun, at=end)


def test_what_fits_and_what_a_name_is(routes: Routes) -> None:
    at = PROGRAM.index("ry(?)") + 1
    answer = ask(routes, "complete", PROGRAM, at=at)
    assert answer["from"] == at - 1
    assert {"ry", "rx"} <= {item["label"] for item in answer["items"]}
    at = PROGRAM.index("q;")
    hovered = ask(routes, "hover", PROGRAM, at=at)
    assert "visible q[3]" in hovered["about"]["code"]
    assert hovered["declared"] == PROGRAM.index("q[3]")
    signature = ask(routes, "signature", PROGRAM, at=PROGRAM.index("0.2"))
    assert "rate" in str(signature["text"]) and signature["active"] == 0


def test_a_check_that_is_overtaken_is_given_up(tmp_path: Path) -> None:
    desk = Desk(OpenedFolder(tmp_path))
    first = desk.waits("p")
    assert not first()
    other = desk.waits("another page")
    second = desk.waits("p")
    assert first() and not second() and not other()
    with pytest.raises(StaleError):
        desk.analysis("a.qgl", PROGRAM, first)
    status, answer = Routes(OpenedFolder(tmp_path), None).answer("check", {"name": "a.qgl", "text": "", "page": "p"})
    assert (status, answer["program"]) == (200, False)


def test_questions_at_the_same_time(routes: Routes) -> None:
    answers: list[Any] = []
    texts = [PROGRAM.replace("q[3]", f"q[{n}]").replace('"000", "111"', f'"{"0" * n}"') for n in range(2, 8)]
    threads = [
        threading.Thread(target=lambda text=text: answers.append(ask(routes, "circuit", text)["counts"]))
        for text in texts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each["qubits"] for each in answers) == [2, 3, 4, 5, 6, 7]


def test_a_cone_on_the_picture(routes: Routes) -> None:
    text = "visible q[4]; hidden h[1]; model { ry(?) q, h; cz q[0], q[1]; ry(?) q[1]; cz h[0], q[3]; }"
    whole = ask(routes, "circuit", text)
    assert whole["counts"] == {"qubits": 5, "visible": 4, "fresh": 0, "operations": 8, "numbers": 6}
    rows = whole["rows"]
    assert [row["position"] for row in rows] == [0, 1, 2, 3, None]
    cone = ask(routes, "circuit", text, qubit=1)
    assert cone["cone"] == {"of": "q[1]", "qubit": 1, "qubits": 2, "operations": 4}
    pale = {row["label"]: row["pale"] for row in cone["rows"]}
    assert not pale["q[0]"] and not pale["q[1]"] and pale["q[3]"]
    assert ask(routes, "circuit", text, qubit=9)["cone"] is None  # of a text that was longer
    assert ask(routes, "circuit", text[:-1]) == {"none": True}


def test_the_plan_and_the_openqasm(routes: Routes) -> None:
    plan = ask(routes, "plan", PROGRAM)
    objective = plan["queries"][0]
    assert objective["for"] == "objective nll"
    assert [each["method"] for each in objective["methods"] if each["chosen"]] == ["state vector"]
    assert plan["steps"] == 40 and plan["training"] and not plan["refusals"]
    text = ask(routes, "openqasm", PROGRAM, profile="qiskit")
    assert str(text["text"]).startswith("OPENQASM 3") and "input float[64]" in str(text["text"])
    assert "ibm" not in text["profiles"]
    status, answer = routes.answer("openqasm", {"name": "a.qgl", "text": PROGRAM, "profile": "nobody"})
    assert status == 422 and "nobody" in answer["error"]


def test_a_field_may_be_absent() -> None:
    assert Fields({}).text_or_none("digest") is None
    assert Fields({"qubit": 3}).number_or_none("qubit") == 3


def test_a_name_is_changed_everywhere_or_not_at_all(routes: Routes, tmp_path: Path) -> None:
    text = "// \U0001f600\n" + PROGRAM
    at = len(text[: text.index("visible q") + len("visible ")].encode("utf-16-le")) // 2
    assert ask(routes, "rename", text, at=at, to=None) == {"name": "q"}
    changes = ask(routes, "rename", text, at=at, to="spin")["changes"]
    units = text.encode("utf-16-le")
    for each in sorted(changes, key=lambda each: -each["from"]):
        units = units[: 2 * each["from"]] + each["insert"].encode("utf-16-le") + units[2 * each["to"] :]
    changed = units.decode("utf-16-le")
    assert "visible spin" in changed and ask(routes, "check", changed)["faults"] == []
    assert ask(routes, "rename", text, at=0, to=None) == {}
    assert "cannot be a name" in ask(routes, "rename", text, at=at, to="for")["refused"]

    layers = "layer turn(a: angle, q: qubit) { ry(a) q; }\n"
    (tmp_path / "a.qgl").write_text(layers)
    (tmp_path / "b.qgl").write_text('import "a.qgl";\nvisible v;\nmodel { turn(?) v; }\n')
    assert "b.qgl uses it too" in ask(routes, "rename", layers, at=layers.index("turn"), to="tilt")["refused"]
    assert len(ask(routes, "rename", layers, at=layers.index("a:"), to="tilt")["changes"]) == 2
    user = (tmp_path / "b.qgl").read_text()
    _, answer = routes.answer(
        "rename", {"name": "b.qgl", "text": user, "page": "p", "at": user.index("turn"), "to": "tilt"}
    )
    assert "declared in a.qgl" in answer["refused"]
    shipped = 'import "qgl:layers";\nvisible v[2];\nmodel { fourier v; }\n'
    assert "declared in layers.qgl" in ask(routes, "rename", shipped, at=shipped.index("fourier"), to="tilt")["refused"]
