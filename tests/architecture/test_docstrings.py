"""Kernels and plans say what their arrays look like, by the dimensions that `qgl.kernels` and `qgl.plan` name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("kernels", "plan", "objectives/kernel.py", "mixture.py", "parameters.py", "questions.py")
FILES = [path for place in PLACES for path in sorted({*(ROOT / "qgl" / place).rglob("*.py"), ROOT / "qgl" / place})]

ARRAY = re.compile(r"\bjax\.Array\b|\bArray\b|\bNDArray\b|\bIndices\b|\bIntegers\b|\bSigns\b|\bCodes\b")
SHAPE = re.compile(r"\b[Ss]hapes?\b|\((\w[\w^ +*/.-]*)?(, ?[\w^ +*/.-]+)*,?\)")
OF_INTERFACES = (
    "Runner",
    "Method",
    "Prepared",
    "Lowered",
    "Final",
    "Kernel",
    "Action",
    "Witness",
)  # say it once, for all


def public(body: list[ast.stmt], prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Public classes, functions and methods, with their names."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def types_of(node: ast.FunctionDef | ast.ClassDef) -> str:
    """The types of arguments and result of a function, or of the fields of a class."""
    if isinstance(node, ast.ClassDef):
        found = [part.annotation for part in node.body if isinstance(part, ast.AnnAssign)]
    else:
        found = [*(each.annotation for each in (*node.args.args, *node.args.kwonlyargs) if each.annotation)]
        found += [node.returns] if node.returns else []
    return " ".join(map(ast.unparse, found))


def documented() -> Iterator[tuple[str, str, ast.FunctionDef | ast.ClassDef]]:
    """Where each public thing stands, its docstring and itself; the methods of interfaces where these are declared."""
    for path in (path for path in FILES if path.suffix == ".py"):
        for name, node in public(ast.parse(path.read_text(encoding="utf-8")).body):
            owner, _, method = name.rpartition(".")
            if owner in OF_INTERFACES or not owner or method not in METHODS:
                yield f"{path.relative_to(ROOT)}:{node.lineno}: {name}", ast.get_docstring(node) or "", node


METHODS = {
    method
    for path in FILES
    if path.suffix == ".py"
    for name, _ in public(ast.parse(path.read_text(encoding="utf-8")).body)
    for owner, _, method in [name.rpartition(".")]
    if owner in OF_INTERFACES
}


def test_all_that_is_public_is_documented() -> None:
    assert [where for where, text, _ in documented() if not text] == []


def test_arrays_have_shapes() -> None:
    bare = [where for where, text, node in documented() if ARRAY.search(types_of(node)) and not SHAPE.search(text)]
    assert bare == [], "say the shapes of arrays, by the dimensions that `qgl.kernels` and `qgl.plan` name"


@pytest.mark.parametrize(("text", "says"), [("shape (batch, n)", True), ("angles (m,)", True), ("some rows", False)])
def test_a_shape_is_seen(text: str, says: bool) -> None:
    assert bool(SHAPE.search(text)) == says
