"""What a page may ask: a name for each question, the fields that it has, and who answers it."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from qgl.check.limits import StaleError
from qgl.diagnostics.model import QglError
from qgl.diagnostics.registers import NoModel
from qgl.diagnostics.render import to_text
from qgl.play import circuit
from qgl.play.desk import Answer, Desk
from qgl.play.folder import OpenedFolder
from qgl.play.training import Trainings
from qgl.program.program import Program
from qgl.source import Span

_ALONE = re.compile("[\ud800-\udfff]")  # halves of characters, which no file can hold
NEW = """// A new model: strings of four bits of which neighbours are equal.
data rows = strings(["0000", "1111", "0011", "1100"]);
visible q[4];

model {
    repeat 3 {
        ry(?) q;
        for (a, b) in chain(q) { cz a, b; }
    }
}

objective nll(rows);
train { optimizer adam(rate = 0.1); steps 300; }
report kl(rows);
"""


class BadRequestError(Exception):
    """The argument says what is wrong with what a page asks; our own page never does so."""


class Fields:
    """The fields of a question."""

    def __init__(self, given: object) -> None:
        if not isinstance(given, dict):
            raise BadRequestError("a question is an object")
        self._given: Mapping[str, Any] = given

    def text(self, name: str) -> str:
        value = self._given.get(name)
        if not isinstance(value, str):
            raise BadRequestError(f"`{name}` is no text")
        return _ALONE.sub("\ufffd", value)

    def text_or_none(self, name: str) -> str | None:
        return None if self._given.get(name) is None else self.text(name)

    def number(self, name: str) -> int:
        value = self._given.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
            raise BadRequestError(f"`{name}` is no count")
        return value

    def number_or_none(self, name: str) -> int | None:
        return None if self._given.get(name) is None else self.number(name)


class Routes:
    """All questions about an opened folder; `first` is the program that is shown first, None for a new one."""

    def __init__(self, folder: OpenedFolder, first: str | None) -> None:
        self.folder, self._first = folder, first
        self._desk, self._trainings = Desk(folder), Trainings()
        self._painting, self._planning = threading.Lock(), threading.Lock()
        self._plans: dict[str, int] = {}
        self._answers: dict[str, Callable[[Fields], Answer]] = {
            "programs": self._programs,
            "open": self._open,
            "save": self._save,
            "check": lambda f: self._desk.check(f.text("name"), f.text("text"), f.text("page")),
            "format": lambda f: self._desk.format(f.text("text")),
            "complete": lambda f: self._desk.complete(f.text("name"), f.text("text"), f.number("at")),
            "hover": lambda f: self._desk.hover(f.text("name"), f.text("text"), f.number("at")),
            "rename": lambda f: self._desk.rename(f.text("name"), f.text("text"), f.number("at"), f.text_or_none("to")),
            "signature": lambda f: self._desk.signature(f.text("name"), f.text("text"), f.number("at")),
            "circuit": self._circuit,
            "plan": self._plan,
            "openqasm": self._openqasm,
            "train": self._train,
            "training": lambda f: self._trainings.heard(f.number("since")),
            "stop": self._stop,
        }

    def answer(self, question: str, given: object) -> tuple[int, Answer]:
        """The status of HTTP and what is answered: `stale` where nobody waits any more, 422 with faults in words.

        Raises:
            BadRequestError: there is no such question, or not of that form.
        """
        asked = self._answers.get(question)
        if asked is None:
            raise BadRequestError("there is no such question")
        try:
            return 200, asked(Fields(given))
        except StaleError:
            return 200, {"stale": True}
        except QglError as error:
            codes = [each.code for each in error.diagnostics]
            return 422, {"codes": codes, "error": to_text(error.diagnostics).strip()}

    def picture(self, run: str, name: str) -> bytes:
        """A picture of a run; nothing where there is none."""
        try:
            return self.folder.picture(run, name)
        except QglError:
            return b""

    def close(self) -> None:
        """Ends the training that runs, which is saved."""
        self._trainings.end()

    # ------------------------------------------------------------ files

    def _programs(self, _: Fields) -> Answer:
        return {"folder": self.folder.root.name, "first": self._first, "programs": self.folder.programs(), "new": NEW}

    def _open(self, fields: Fields) -> Answer:
        text, digest = self.folder.read(fields.text("name"))
        return {"text": text, "digest": digest}

    def _save(self, fields: Fields) -> Answer:
        return {"digest": self.folder.save(fields.text("name"), fields.text("text"), fields.text_or_none("digest"))}

    # ------------------------------------------------------------ a program without faults

    def _program(self, fields: Fields) -> Program | None:
        return self._desk.analysis(fields.text("name"), fields.text("text")).inspected.program

    def _circuit(self, fields: Fields) -> Answer:
        program, qubit = self._program(fields), fields.number_or_none("qubit")
        if program is None:
            return {"none": True}
        with self._painting:
            return circuit.picture(program, qubit)

    def _plan(self, fields: Fields) -> Answer:
        page = fields.text("page")
        number = self._plans[page] = self._plans.get(page, 0) + 1

        def told(_: str) -> None:
            if self._plans.get(page) != number:
                raise StaleError

        program = self._program(fields)
        if program is None:
            return {"none": True}
        with self._planning:
            told("")
            return circuit.plan(program, told)

    def _openqasm(self, fields: Fields) -> Answer:
        program, profile = self._program(fields), fields.text("profile")
        if program is None:
            return {"none": True}
        with self._painting:
            return circuit.openqasm(program, profile)

    # ------------------------------------------------------------ training

    def _train(self, fields: Fields) -> Answer:
        """Trains a program as it is saved."""
        name = fields.text("name")
        known = self._desk.analysis(name, self.folder.read(name)[0])
        if known.inspected.program is None:
            raise QglError(known.diagnostics or [NoModel(Span(known.source, 0, 0))])
        return {"run": self._trainings.begin(self.folder.path(name), self.folder.runs())}

    def _stop(self, _: Fields) -> Answer:
        self._trainings.stop()
        return {}
