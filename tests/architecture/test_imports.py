"""The house rules: imports point one way, and heavy libraries are loaded only where they are needed."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "qgl"

# A room may import from itself and from rooms before it.
ORDER = [
    *["collector", "source", "expression", "diagnostics", "gates", "syntax", "check", "query", "ir", "passes", "plan"],
    *["kernels", "qasm", "draw", "objectives", "data", "compiler", "questions", "parameters", "mixture", "model"],
    *["evaluate", "baselines", "hardware", "train", "jobs", "sweeps", "cli"],
]
LEAVES = {"collector", "source", "expression", "gates"}  # import nothing of the project outside of themselves
HEAVY = {
    "lark": {"syntax"},
    "networkx": {"ir", "passes"},
    "jax": {
        *[
            "kernels",
            "objectives",
            "questions",
            "parameters",
            "mixture",
            "model",
            "evaluate",
            "hardware",
            "train",
            "jobs",
            "sweeps",
        ],
        "cli",
    },
    "optax": {"train"},
    "qiskit": {"qasm", "hardware"},
    "qiskit_aer": {"hardware"},
    "qiskit_ibm_runtime": {"hardware"},
    "braket": {"hardware"},
    "mthree": {"hardware"},
    "mitiq": {"hardware"},
    "sklearn": {"baselines"},
    "hmmlearn": {"baselines"},
    "typer": {"cli"},
}
# `model.train(...)` is a convenience that users expect; it is imported inside of the call.
ALLOWED = {("model", "qgl.train.loop")}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path, for_types: bool = False) -> Iterator[tuple[int, str]]:
    """Line and dotted name of every import that runs; those for type checkers only are left out or not."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped: set[ast.AST] = set()
    for node in () if for_types else ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            skipped.update(inner for statement in node.body for inner in ast.walk(statement))
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}:{node.lineno}: a relative import"
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


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
            if any(room == allowed and name.startswith(module) for allowed, module in ALLOWED):
                continue
            if against or room in LEAVES - {"gates"} or (room == "gates" and other not in LEAVES):
                wrong.append(f"{path.name}:{line}: {room} imports {name}")
    assert not wrong


def test_no_circles_inside_of_rooms() -> None:
    """Not even of imports for type checkers: two files that need each other are one thing, or need a third."""
    names = {name_of(path) for path in modules()}
    graph = nx.DiGraph()
    for path in modules():
        room, own = room_of(path), name_of(path)
        found = {name for _, name in imports(path, for_types=True)} & names - {own, f"qgl.{room}"}
        graph.add_edges_from((own, name) for name in found if name.split(".")[1:2] == [room])
    assert [group for group in nx.strongly_connected_components(graph) if len(group) > 1] == []


def test_the_order_names_every_room() -> None:
    assert {room_of(path) for path in modules()} - {"__init__"} == set(ORDER)


def test_the_document_names_the_rooms_in_this_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `qgl/")]
    assert [room for row in rows for room in re.findall(r"`qgl/(\w+)(?:\.py|/)`", row)] == ORDER


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        ("import qgl", ("jax", "networkx", "lark", "numpy", "rich")),
        ("import qgl.cli.main", ("jax", "networkx", "lark", "numpy")),
        ("import qgl.check.checker, qgl.syntax.parser, qgl.data.environment", ("jax", "networkx", "matplotlib")),
        ("import qgl.plan.planner", ("jax",)),
        ("import qgl.qasm", ("jax", "qiskit")),
        ("import qgl.hardware.engines.engine", ("jax", "qiskit", "braket")),
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
