"""The fenced blocks of the documents.

The word after the fence is the language. After `qgl` there may stand, in this order:

    in NAME          a fragment: it is put in place of the line `// HERE` of `preludes/NAME.qgl`
    fails CODE       checking it gives the diagnostic CODE
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRELUDES = Path(__file__).parent / "preludes"
DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
FENCE = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    document: Path
    line: int
    language: str
    labels: tuple[str, ...]
    text: str

    @property
    def name(self) -> str:
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    def label_after(self, label: str) -> str | None:
        return self.labels[self.labels.index(label) + 1] if label in self.labels else None

    @property
    def program(self) -> str:
        """The whole program that the block stands for."""
        prelude = self.label_after("in")
        if prelude is None:
            return self.text
        frame = (PRELUDES / f"{prelude}.qgl").read_text(encoding="utf-8")
        assert frame.count("// HERE") == 1, f"{prelude}.qgl has no place for a fragment"
        return frame.replace("// HERE", self.text)


def blocks(language: str, documents: tuple[Path, ...] = DOCUMENTS) -> list[Block]:
    found = []
    for document in documents:
        text = document.read_text(encoding="utf-8")
        for match in FENCE.finditer(text):
            if match[1] == language:
                line = text.count("\n", 0, match.start()) + 1
                found.append(Block(document, line, language, tuple(match[2].split()), match[3]))
    return found
