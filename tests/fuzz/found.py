"""What fell, kept in a folder that git ignores; the next run of `make fuzz` tries it first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from hypothesis.database import DirectoryBasedExampleDatabase

ROOT = Path(__file__).parents[2]
FOUND = Path(__file__).with_name("found")


@dataclass(frozen=True)
class Fallen:
    """A text that was not answered as it must be: `reason` in words, `folder` of what it opens, from the root."""

    text: str
    folder: str
    reason: str

    @property
    def path(self) -> Path:
        name = sha256(f"{self.folder}\n{self.text}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return FOUND / "texts" / f"{name}.json"

    def keep(self) -> Path:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        return self.path


def kept_texts() -> Iterator[Fallen]:
    for path in sorted((FOUND / "texts").glob("*.json")):
        yield Fallen(**json.loads(path.read_text(encoding="utf-8")))


def kept_examples(part: str) -> DirectoryBasedExampleDatabase:
    """Programs that fell in a part of the fuzzer, in the form of hypothesis, which replays them."""
    return DirectoryBasedExampleDatabase(FOUND / part)


def keep_traceback(part: str, number: int, text: str) -> Path:
    FOUND.mkdir(exist_ok=True)
    path = FOUND / f"{part}-{number}.txt"
    path.write_text(text, encoding="utf-8")
    return path
