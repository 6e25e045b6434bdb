"""Makes `systems.md`, all figures of the published systems beside ours, and the tables in the pages of `systems/`.

python docs/systems_page.py           # writes
python docs/systems_page.py --check   # says whether a page is out of step, and writes nothing
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from examples.published import KEPT, Ours, Published, kept, published  # noqa: E402

PAGE = DOCS / "systems.md"
SYSTEMS = (
    *("born", "iqp", "mbl", "bayes", "generalisation", "thermal", "purification", "gates3"),
    *("diffusion", "mosaiq", "eye", "denoise", "reservoir", "postselection"),
    *("maps", "local", "recurrent", "tokens", "trees", "mps", "graphstates", "walks", "search", "propagation"),
)
TABLE = re.compile(r"(<!-- figures -->\n).*?(<!-- end of figures -->)", re.DOTALL)
HEAD = """# Published systems

Each of these systems is a folder in `examples/`, a page here, and one command that measures every figure again. This
page is made by `python docs/systems_page.py` from `examples/*/published.json` and the kept results in `docs/systems/`.

Tags: **P** published, or computed from the authors' own result files; **R** a result restated in a later paper; **O** a
check of our own with small scripts, not a published figure; **M** from memory, unverified. Ours is the median where
there are several seeds, with the range in brackets.
"""


def figure(value: float | None) -> str:
    """A number as a page shows it."""
    return "" if value is None else f"{value:.4g}"


def ours_as_text(found: Ours | None) -> str:
    if found is None or found.value is None:
        return "-"
    span = "" if found.low is None else f" [{figure(found.low)}, {figure(found.high)}]"
    return figure(found.value) + span


def target(entry: Published) -> str:
    if entry.at_most is not None:
        return f"at most {figure(entry.at_most)}"
    return "" if entry.at_least is None else f"at least {figure(entry.at_least)}"


def remark(entry: Published, found: Ours | None) -> str:
    if found is None:
        return "not measured"
    wording = {True: "reached", False: "**missed**", None: ""}[entry.reached(found)]
    return ". ".join(part for part in (wording, found.note) if part)


def rows(figures: tuple[Published, ...], ours: dict[str, Ours]) -> Iterator[str]:
    yield "| quantity | published | tag | to reach | ours | |"
    yield "|---|---:|:---:|---:|---:|---|"
    for entry in figures:
        found = ours.get(entry.key)
        shown = figure(entry.value) if entry.value is not None else entry.text
        cells = (entry.what, shown, entry.tag, target(entry), ours_as_text(found), remark(entry, found))
        yield "| " + " | ".join(cells) + " |"


def table(name: str) -> str:
    """The figures of one system, and when and where ours were measured."""
    _, figures = published(name)
    found: dict[str, Any] = kept(name) or {"figures": {}}
    lines = [*rows(figures, found["figures"]), ""]
    if found["figures"]:
        lines.append(
            f"Measured on {found['date']} by `make reproduce-{name}` in {found['seconds']:.0f} s "
            f"({found['machine']}; load {found['load']} at the end)."
        )
        lines += [
            f"The figures of `--only {part}` on {about['date']} in {about['seconds']:.0f} s (load {about['load']})."
            for part, about in found.get("parts", {}).items()
        ]
    else:
        lines.append(f"Not measured yet: `make reproduce-{name}`.")
    return "\n".join(lines) + "\n"


def pages() -> Iterator[tuple[Path, str]]:
    """Every page with what it should hold."""
    parts = [HEAD]
    for name in SYSTEMS:
        if not (DOCS.parent / "examples" / name / "published.json").exists():
            continue
        about, _ = published(name)
        parts.append(f"## {about['letter']}. {about['title']} ({about['paper']})\n\n[Page](systems/{name}.md)\n")
        parts.append(table(name))
        page = KEPT / f"{name}.md"
        if page.exists():
            text = page.read_text(encoding="utf-8")
            yield page, TABLE.sub(lambda match, name=name: match[1] + table(name) + match[2], text)
    yield PAGE, "\n".join(parts)


def main() -> int:
    """0 if the pages are in step, or were written."""
    stale = [(page, text) for page, text in pages() if not page.exists() or page.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for page, _ in stale:
            print(f"{page.relative_to(DOCS.parent)} is out of step: python docs/systems_page.py")
        return 1 if stale else 0
    for page, text in stale:
        page.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
