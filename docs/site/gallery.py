"""The gallery of the site: for each program of `examples/` a page with its words, picture, figures and text.

Pictures and figures are made when the site is built. What takes time is kept in `.cache/gallery`, under a name that is
made of all that it follows from, so that a second build is quick and never shows an old picture.
"""

from __future__ import annotations

import functools
import hashlib
import json
import logging
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CACHE = ROOT / ".cache" / "gallery"
SUFFIX = ".png"
WIRES, COLUMNS = 20, 60  # of a picture, at most
LEAD = "Every program of `examples/`, with its circuit and how it is simulated. All of them train as they are."
log = logging.getLogger("mkdocs.hooks.gallery")
PAPER = re.compile(r"\barXiv ((?:quant-ph/|cond-mat/)?\d[\d.]+\d)")
FOLDERS = {  # of examples, in the order of the gallery; the others are published systems
    "": "Kinds of models",
    "denoise": "Denoising",
    "data": "Teachers of data",
}


@functools.cache
def programs() -> tuple[Path, ...]:
    """The programs, ordered by folder and name."""
    return tuple(sorted(EXAMPLES.rglob("*.qgl"), key=lambda path: (rank(folder_of(path)), path.name)))


def folder_of(path: Path) -> str:
    return path.relative_to(EXAMPLES).parent.as_posix().strip(".")


def rank(folder: str) -> tuple[int, str]:
    """Kinds of models first, then the published systems, then the rest."""
    return (0 if not folder else 2 if folder in FOLDERS else 1), folder


def page_of(path: str) -> str | None:
    """The page of the gallery that shows a file or a folder of the repository."""
    place = ROOT / path
    if place in programs():
        return f"gallery/{place.relative_to(EXAMPLES).with_suffix('.md').as_posix()}"
    return "gallery/index.md" if place == EXAMPLES else None


def navigation() -> list[dict[str, Any]]:
    """The pages by folder, as the navigation of the site has them."""
    found: dict[str, list[str]] = {}
    for path in programs():
        found.setdefault(title_of(folder_of(path)), []).append(str(page_of(str(path.relative_to(ROOT)))))
    return [{title: pages} for title, pages in found.items()]


def title_of(folder: str) -> str:
    about = EXAMPLES / folder / "published.json"
    if folder in FOLDERS or not about.exists():
        return FOLDERS.get(folder, folder.capitalize())
    title: str = json.loads(about.read_text(encoding="utf-8"))["title"]
    return title


def pages() -> dict[str, str | bytes]:
    """All files of the gallery by their place on the site."""
    found: dict[str, str | bytes] = {"gallery/index.md": index()}
    for path in programs():
        at = str(page_of(str(path.relative_to(ROOT))))
        found[at] = page_with(path, figures(path))
        if figures(path) is not None:
            found[at.removesuffix(".md") + SUFFIX] = made(path, SUFFIX)
    return found


def index() -> str:
    """The page with a card for each program."""
    parts = ["# Gallery", "", LEAD]
    for folder in dict.fromkeys(map(folder_of, programs())):
        parts += ["", f"## {title_of(folder)}", "", *_about(folder, "../"), '<div class="grid cards" markdown>', ""]
        for path in (path for path in programs() if folder_of(path) == folder):
            place = path.relative_to(EXAMPLES).with_suffix("")
            lead = words(path)[0] if words(path) else ""
            parts += [f"-   [**{place.name}**]({place}.md)", ""]
            parts += [f"    ![The circuit of {place.name}]({place}{SUFFIX}){{ .card }}", ""] if figures(path) else []
            parts += [f"    {first_sentence(lead)}", ""]
        parts += ["</div>"]
    return "\n".join(parts) + "\n"


def page_with(path: Path, known: dict[str, Any] | None) -> str:
    """The page of one program, with its figures."""
    place = path.relative_to(EXAMPLES)
    up = "../" * len(place.parts)
    parts = [f"---\ntitle: {place.stem}\n---\n# {place.stem}", *words(path), *_about(folder_of(path), up)]
    if known:
        parts += [f"[![The circuit]({place.stem}{SUFFIX})]({place.stem}{SUFFIX})", table(known)]
    parts += [f"![What came out]({up}pictures/{picture.name})" for picture in results(place)]
    text = path.read_text(encoding="utf-8").rstrip()
    return "\n\n".join([*parts, f'## The program\n\n```qgl title="examples/{place}"\n{text}\n```\n'])


def _about(folder: str, up: str) -> list[str]:
    """Where the published system is told of, if the folder is one."""
    if not (ROOT / "docs" / "systems" / f"{folder}.md").exists() or not folder:
        return []
    return [f"[The page of the system]({up}systems/{folder}.md) sets its figures beside those of the paper.\n"]


def results(place: Path) -> list[Path]:
    """Pictures of what the program made, which are kept with the documents."""
    kept = ROOT / "docs" / "pictures"
    folder = place.parent.name
    return sorted(kept.glob(f"systems-{folder}-{place.stem}.png" if folder else f"{place.stem}-*.png"))


def words(path: Path) -> list[str]:
    """The paragraphs of the first comment, as Markdown."""
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.startswith("//"):
            break
        lines.append(line.removeprefix("//").strip())
    return [_marked(part.replace("\n", " ").strip()) for part in "\n".join(lines).split("\n\n") if part.strip()]


def _marked(text: str) -> str:
    """A paragraph of a comment: papers are links, `Source:` and `Expect:` stand out, and nothing else is markup."""
    text = re.sub(r"(`[^`]*`)|([*_\[\]<])", lambda m: m[1] or ("&lt;" if m[2] == "<" else f"\\{m[2]}"), text)
    text = PAPER.sub(lambda m: f"[arXiv {m[1]}](https://arxiv.org/abs/{m[1]})", text)
    return re.sub(r"^(Source|Data|Expect):", r"**\1:**", text)


def first_sentence(text: str) -> str:
    return re.split(r"(?<=[.:]) ", text, maxsplit=1)[0].rstrip(":.") + "." if text else ""


def table(known: dict[str, Any]) -> str:
    """The figures of a program."""
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in known.items())])


# ---------------------------------------------------------------- what is made of the programs, and kept


def figures(path: Path) -> dict[str, Any] | None:
    """Size and method of a program; None for a file of layers, and for a program whose data are not kept here."""
    if not re.search(r"^model\b", path.read_text(encoding="utf-8"), re.MULTILINE):
        return None
    found: dict[str, Any] | None = json.loads(made(path, ".json"))
    return found


def made(path: Path, suffix: str) -> bytes:
    """The picture or the figures of a program, from the cache or made now."""
    kept = CACHE / f"{key()}-{path.relative_to(EXAMPLES).with_suffix('').as_posix().replace('/', '-')}{suffix}"
    if not kept.exists():
        log.info("drawing and planning %s", path.relative_to(ROOT))
        CACHE.mkdir(parents=True, exist_ok=True)
        picture, facts = _work(path)
        kept.with_suffix(SUFFIX).write_bytes(picture)
        kept.with_suffix(".json").write_text(json.dumps(facts), encoding="utf-8")
    return kept.read_bytes()


@functools.cache
def key() -> str:
    """Of all that pictures and figures follow from: the package and the examples."""
    digest = hashlib.sha256()
    for folder in ("qgl", "grammar", "examples"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _work(path: Path) -> tuple[bytes, dict[str, str] | None]:
    """What `qglc draw` draws, and what `qglc explain` says, in short."""
    from qgl import draw
    from qgl.compiler import analyse, circuit_of
    from qgl.data.environment import open_program
    from qgl.diagnostics.model import QglError
    from qgl.diagnostics.tables import MissingFile
    from qgl.model import Model
    from qgl.report.weighing import weigh_objective

    try:
        program = analyse(*open_program(path)).program
    except QglError as error:
        if not all(isinstance(fault, MissingFile) for fault in error.diagnostics):
            raise
        return b"", None
    picture = draw.written(lambda: draw.circuit(circuit_of(program), wires=WIRES, columns=COLUMNS), SUFFIX[1:])
    kinds = [wire.kind for wire in program.wires]
    counts = ((kind, kinds.count(kind)) for kind in ("visible", "hidden", "fresh"))
    trained = sum(parameter.size for parameter in program.parameters if parameter.kind == "param")
    facts = {
        "qubits": ", ".join(f"{count:,} {kind}" for kind, count in counts if count),
        "operations": f"{len(program.operations):,}",
        "trained numbers": f"{trained:,}",
    }
    asked = [(answer, row) for answer in weigh_objective(Model(program)) for row in answer.weighed.rows if row.chosen]
    facts |= {answer.purpose(row): method(row.candidates[0]) for answer, row in asked}
    return picture, facts


def method(candidate: Any) -> str:
    """`boundary, 4 qubits at once: columns 1,000, bond 16`."""
    cost = candidate.cost
    facts = ", ".join(
        f"{name} {value:,}" if isinstance(value, int) else f"{name} {value}" for name, value in cost.facts
    )
    width = f", {cost.width:,} qubits at once" if cost.width else ""
    return f"by {candidate.method}{width}" + (f" ({facts})" if facts else "")
