"""The extension for VS Code names files, commands and versions that there are. It is packed by npm, not here."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from qgl.cli.main import VERBS
from qgl.editor.hints import lenses
from qgl.editor.project import Project
from qgl.version import __version__

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "editors" / "vscode"
CODE = (EXTENSION / "src" / "extension.ts").read_text(encoding="utf-8")


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_versions_are_ours() -> None:
    lock = read(EXTENSION / "package-lock.json")
    assert read(EXTENSION / "package.json")["version"] == __version__ == lock["version"]
    assert read(ROOT / "editors" / "tree-sitter-qgl" / "tree-sitter.json")["metadata"]["version"] == __version__
    assert (EXTENSION / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_the_lock_is_of_these_dependencies() -> None:
    package, locked = read(EXTENSION / "package.json"), read(EXTENSION / "package-lock.json")["packages"][""]
    assert package["dependencies"] == locked["dependencies"]
    assert package["devDependencies"] == locked["devDependencies"]


def test_contributed_files_are_there() -> None:
    contributed = read(EXTENSION / "package.json")["contributes"]
    paths = [each["path"] for kind in ("grammars", "snippets") for each in contributed[kind]]
    paths += [each["configuration"] for each in contributed["languages"]]
    for path in paths:
        assert read(EXTENSION / path)
        assert f"!{path.removeprefix('./')}" in (EXTENSION / ".vscodeignore").read_text().splitlines()


def test_commands_are_verbs_and_lenses_are_commands() -> None:
    contributed = read(EXTENSION / "package.json")["contributes"]
    commands = {each["command"].removeprefix("qgl.") for each in contributed["commands"]}
    listed = re.search(r"const VERBS = \[(.*?)\]", CODE)
    assert listed is not None
    verbs = set(re.findall(r'"(\w+)"', listed[1]))
    assert verbs <= set(VERBS) and commands == verbs | {"restart"} == verbs | set(re.findall(r'"qgl\.(restart)"', CODE))
    path = ROOT / "examples" / "hidden.qgl"
    shown = {lens.command.removeprefix("qgl.") for lens in lenses(Project().analyse(path, path.read_text()))}
    assert shown <= verbs


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no Node.js")
def test_the_grammar_for_tree_sitters_generator_is_one() -> None:
    """`grammar.js` runs, and names no rule that it lacks."""
    script = """
        const made = (...members) => ({ members });
        for (const name of ["seq", "choice", "repeat", "repeat1", "optional", "token"]) global[name] = made;
        global.grammar = (given) => given;
        const made_of = require(process.argv[1]);
        const missing = [];
        const $ = new Proxy({}, { get: (_, name) => (name in made_of.rules ? {} : missing.push(name) && {}) });
        Object.values(made_of.rules).forEach((rule) => rule($));
        made_of.extras($);
        made_of.word($);
        console.log(JSON.stringify([Object.keys(made_of.rules)[0], missing]));
    """
    path = ROOT / "editors" / "tree-sitter-qgl" / "grammar.js"
    done = subprocess.run(["node", "-e", script, str(path)], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == ["file", []]
