"""The house rules: imports point one way, and heavy libraries are loaded only where they are needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "qgl"

# A room may import from itself and from rooms before it.
ORDER = [
    *["source", "expression", "diagnostics", "gates", "syntax", "check", "query", "ir", "passes", "plan", "kernels"],
    *["qasm", "draw", "objectives", "data", "compiler", "parameters", "model", "evaluate", "train", "hardware", "cli"],
]
LEAVES = {"source", "expression", "gates"}  # import nothing of the project outside of themselves
HEAVY = {
    "lark": {"syntax"},
    "networkx": {"ir", "passes"},
    "jax": {"kernels", "objectives", "parameters", "model", "train", "evaluate", "cli"},
    "optax": {"train"},
    "qiskit": {"qasm"},
    "typer": {"cli"},
}
# `model.train(...)` is a convenience that users expect; it is imported inside of the call.
ALLOWED = {("model", "qgl.train.loop")}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import that runs (those for type checkers only are left out)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            skipped.update(inner for statement in node.body for inner in ast.walk(statement))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.lineno, node.module


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    wrong = []
    for line, name in imports(path):
        top, _, rest = name.partition(".")
        if top in HEAVY and room not in HEAVY[top]:
            wrong.append(f"{path.name}:{line}: {room} imports {top}")
        other = rest.split(".")[0]
        if top == "qgl" and other in ORDER and other != room:
            against = ORDER.index(other) > ORDER.index(room)
            if (room, name) in ALLOWED:
                continue
            if against or room in LEAVES - {"gates"} or (room == "gates" and other not in LEAVES):
                wrong.append(f"{path.name}:{line}: {room} imports {name}")
    assert not wrong


def test_every_room_is_in_the_order() -> None:
    rooms = {room_of(path) for path in modules()} - {"__init__", "__main__"}
    assert rooms <= set(ORDER)


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import qgl", ("jax", "networkx", "lark", "numpy", "rich")),
        ("import qgl.cli.main", ("jax", "networkx", "lark", "numpy")),
        ("import qgl.check.checker, qgl.syntax.parser, qgl.data.environment", ("jax", "networkx", "matplotlib")),
        ("import qgl.plan.planner", ("jax",)),
        ("import qgl.qasm", ("jax", "qiskit")),
    ],
)
def test_start_up_loads_no_more_than_it_needs(code: str, banned: tuple[str, ...]) -> None:
    program = f"import sys; {code}; print(*[m for m in {banned!r} if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.split() == []


def test_importing_the_model_changes_no_setting_of_jax() -> None:
    program = (
        "import jax; before = dict(jax.config.values); import qgl.model, qgl.train.loop, qgl.kernels.simulator; "
        "print(before == dict(jax.config.values))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, check=True)
    assert result.stdout.strip() == "True"
