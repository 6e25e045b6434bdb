"""A document as the site shows it. Documents are written to be read in the repository, too.

- Fences bear labels for the tests (`tests/docs/doc_blocks.py`); here they become a title or nothing.
- Links out of `docs/` lead to a page of the gallery, or to a page that shows the file.
- Lists are nested as deep as Python-Markdown wants it.
- On the pages for those who come from elsewhere, two programs one after the other stand side by side.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import gallery

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(```(\w*)([^\n]*)\n.*?^```)$", re.MULTILINE | re.DOTALL)
SIDES = re.compile(r"^(```\w+[^\n]*\n(?:(?!```).*\n)*```\n\n```\w+[^\n]*\n(?:(?!```).*\n)*```)$", re.MULTILINE)
LINK = re.compile(r"(\]\()((?:\.\./)+[^)\s#]+)(#[^)\s]*)?\)")
CODE_OR_BRACKET = re.compile(r"(`+[^`]+`+)|<(?=[A-Z]\w*[_ ])")  # <Z_w> is a mean, not HTML
LANGUAGES = {".py": "python", ".qgl": "qgl", ".lark": "text", ".md": "markdown", ".toml": "toml", ".yml": "yaml"}
FIELD = re.compile(r"([a-z_]\w*) {2,}(\S.*)")
SHOWN = "files"  # the folder of pages that show files from outside of docs/


def page(text: str, at: str) -> str:
    """The document at `at`, below `docs/`, as Python-Markdown wants it."""
    parts = []
    end = 0
    for match in FENCE.finditer(text):
        parts += [prose(text[end : match.start()], at), fence(match)]
        end = match.end()
    made = "".join([*parts, prose(text[end:], at)])
    return SIDES.sub(r'<div class="sides" markdown>\n\n\1\n\n</div>', made) if at.startswith("from/") else made


def fence(match: re.Match[str]) -> str:
    """A block of code with a title in place of the labels of the tests."""
    text, language, labels = match.groups()
    words = labels.split()
    title = ""
    if "saved" in words:
        title = words[words.index("saved") + 1]
    elif "fails" in words:
        title = f"refused: {words[words.index('fails') + 1]}"
    head = f'```{language} title="{title}"' if title else f"```{language}"
    return head + text[text.index("\n") :]


def prose(text: str, at: str) -> str:
    """What stands between blocks of code, in the document `at`."""
    text = CODE_OR_BRACKET.sub(lambda match: match[1] or "&lt;", text)
    text = re.sub(r"^  - ", "    - ", text, flags=re.MULTILINE)  # the depth at which Python-Markdown nests a list
    return LINK.sub(lambda match: f"{match[1]}{led(match[2], at)}{match[3] or ''})", text)


def resolved(target: str, at: str) -> str | None:
    """The path in the repository that a link leads to, if it is outside of `docs/`."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(at), target))
    return None if path.startswith("docs/") else path


def outside(text: str, at: str) -> set[str]:
    """Files outside of `docs/` that a document links to."""
    return {path for match in LINK.finditer(text) if (path := resolved(match[2], at)) is not None}


def led(target: str, at: str) -> str:
    """The link as it is on the site: to a page of the gallery, or to one that shows the file."""
    path = resolved(target, at)
    if path is None:
        return target
    return posixpath.relpath(gallery.page_of(path) or shown_at(path), posixpath.dirname(at) or ".")


def shown_at(path: str) -> str:
    return f"{SHOWN}/{path}.md"


def shown(path: str) -> str:
    """A page that shows a file of the repository, or lists a folder."""
    place = ROOT / path
    if not place.exists():
        raise FileNotFoundError(f"a document links to {path}, which is not there")
    head = f"---\ntitle: {place.name}\nsearch: {{exclude: true}}\n---\n# `{path}`\n\n"
    if place.is_dir():
        return head + "\n".join(f"- `{each.name}`" for each in sorted(place.iterdir()) if each.name[0] not in "._")
    return f"{head}````{LANGUAGES.get(place.suffix, 'text')}\n{place.read_text(encoding='utf-8').rstrip()}\n````\n"


def sectioned(text: str) -> str:
    """A docstring, its fields in columns as a section of attributes.

    seconds    rough, on the machine that the constants were measured on
    memory     bytes of arrays
    """
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        field = FIELD.fullmatch(line)
        inside = field is not None or (inside and line.startswith("  "))
        if field is None:
            lines.append(f"        {line.strip()}" if inside else line)
            continue
        if not (lines and lines[-1].startswith("    ")):
            lines.append("Attributes:")
        lines.append(f"    {field[1]}: {field[2]}")
    return "\n".join(lines)
