"""Files at the root that other tools read say what the project says."""

from __future__ import annotations

import re
import tomllib

from qgl.cli.main import VERBS
from qgl.version import __version__
from tests.docs.doc_blocks import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def values(name: str, key: str) -> list[str]:
    """What a YAML file says after `key:`, quotes left out."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return [value.strip('"') for value in re.findall(rf"^[ -]*{key}: (.+)$", text, re.MULTILINE)]


def test_the_citation_names_this_version_and_license() -> None:
    assert values("CITATION.cff", "version") == [__version__] == [PROJECT["version"]]
    assert values("CITATION.cff", "license") == [PROJECT["license"]]
    assert values("CITATION.cff", "name") == [author["name"] for author in PROJECT["authors"]]


def test_hooks_call_verbs_that_there_are_for_programs_only() -> None:
    entries = values(".pre-commit-hooks.yaml", "entry")
    assert entries == ["qglc fmt", "qglc check"]
    assert {entry.removeprefix("qglc ") for entry in entries} <= set(VERBS)
    (pattern,) = set(values(".pre-commit-hooks.yaml", "files"))
    assert re.search(pattern, "examples/hidden.qgl") and not re.search(pattern, "README.md")
