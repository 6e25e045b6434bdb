"""What the package imports is what it declares."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
FOR_DEVELOPERS = {"test", "benchmark"}
NAMED_OTHERWISE = {
    "IPython": "ipython",
    "sklearn": "scikit-learn",
    "braket": "amazon-braket-sdk",
    "ot": "POT",
    "skimage": "scikit-image",
}
COMES_WITH = {"rustworkx": "qiskit"}  # a part of the interface of what is declared


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[><=~!;]", requirement)[0].strip() for requirement in requirements}


def libraries(statements: Iterator[ast.AST] | list[ast.stmt]) -> set[str]:
    """The distributions that these statements import from, outside of the standard library."""
    names: set[str] = set()
    for node in statements:
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    names -= {"qgl", *sys.stdlib_module_names}
    return {NAMED_OTHERWISE.get(name) or COMES_WITH.get(name) or name.replace("_", "-") for name in names}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted((ROOT / "qgl").rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def test_a_plain_install_can_import_every_file() -> None:
    """The head of a file imports what all users get; optional libraries are imported where they are used. A package
    that an extra of its name is for, such as `qgl/lsp`, is imported only where that extra is wanted.
    """
    extras = PROJECT["optional-dependencies"]
    wrong = {}
    for path, tree in trees():
        package = path.relative_to(ROOT / "qgl").parts[0]
        known = declared([*PROJECT["dependencies"], *extras.get(package, ())])
        wrong[str(path.relative_to(ROOT))] = libraries(tree.body) - known
    assert {path: names for path, names in wrong.items() if names} == {}


def test_every_library_is_declared_for_users_and_every_declared_one_is_imported() -> None:
    extras = [names for extra, names in PROJECT["optional-dependencies"].items() if extra not in FOR_DEVELOPERS]
    known = declared([*PROJECT["dependencies"], *(name for names in extras for name in names)])
    used = set().union(*(libraries(ast.walk(tree)) for _, tree in trees()))
    assert used <= known
    assert declared(PROJECT["dependencies"]) <= used
