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

# A package may import from itself and from packages before it.
ORDER = [
    *[
        "version",
        "collector",
        "record",
        "source",
        "expression",
        "gates",
        "diagnostics",
        "syntax",
        "program",
        "bits",
        "check",
    ],
    *["query", "ir", "passes", "plan", "kernels", "qasm", "draw", "data"],
    *["compiler", "observables", "questions", "known_keys", "parameters"],
    *[
        "mixture",
        "postselection",
        "readout",
        "drawn",
        "readings",
        "replies",
        "objectives",
        "answers",
        "model",
        "loading",
        "evaluate",
        "baselines",
        "hardware",
        "runs",
        "report",
        "train",
        "jobs",
    ],
    *["sweeps", "editor", "lsp", "play", "cli", "notebook", "api"],
]
LEAVES = {
    "version",
    "collector",
    "record",
    "source",
    "expression",
    "gates",
}  # import nothing of the project outside of themselves, but for each other where they stand in that order
HEAVY = {
    "lark": {"syntax"},
    "networkx": {"check", "ir", "passes", "plan", "data", "hardware"},
    "jax": {
        *[
            "kernels",
            "objectives",
            "drawn",
            "known_keys",
            "parameters",
            "mixture",
            "postselection",
            "readout",
            "readings",
            "replies",
            "questions",
            "answers",
            "model",
            "loading",
            "evaluate",
            "hardware",
            "runs",
        ],
        *["report", "train", "jobs", "sweeps", "cli"],
    },
    "optax": {"train"},
    "qiskit": {"qasm", "hardware"},
    "qiskit_aer": {"hardware"},
    "qiskit_ibm_runtime": {"hardware"},
    "braket": {"hardware"},
    "mthree": {"hardware"},
    "mitiq": {"hardware"},
    "sklearn": {"baselines", "evaluate"},
    "skimage": {"evaluate"},
    "hmmlearn": {"baselines"},
    "typer": {"cli"},
    "pygls": {"lsp"},
    "pygments": {"editor"},
    "lsprotocol": {"lsp"},
}
MOST_FILES = 15  # of a folder, beside its sub-folders
ONE_KIND = {"cli", "diagnostics"}  # verbs, and families of diagnostics: a file more is no hall


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def package_of(path: Path) -> str:
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


@pytest.mark.parametrize("package", [*ORDER, "__init__"])
def test_imports_point_one_way(package: str) -> None:
    wrong = []
    for path in (path for path in modules() if package_of(path) == package):
        for line, name in imports(path):
            top, _, rest = name.partition(".")
            if top in HEAVY and package not in HEAVY[top]:
                wrong.append(f"{path.name}:{line}: {package} imports {top}")
            other = rest.split(".")[0]
            if top == "qgl" and other in ORDER and package in ORDER and other != package:
                against = ORDER.index(other) > ORDER.index(package)
                if against or (package in LEAVES and other not in LEAVES):
                    wrong.append(f"{path.name}:{line}: {package} imports {name}")
    assert not wrong


def test_no_circles() -> None:
    """Not even of imports for type checkers or inside of functions: two files that need each other are one thing, or
    need a third."""
    names = {name_of(path) for path in modules()} - {"qgl"}
    graph = nx.DiGraph()
    for path in modules():
        own = name_of(path)
        wanted = {name for _, name in imports(path, for_types=True)} & names - {own}
        # `from qgl.evaluate import estimates` needs the file `estimates`, not what the package itself gives.
        files = {name for name in wanted if not any(other.startswith(f"{name}.") for other in wanted)}
        graph.add_edges_from((own, name) for name in files)
    assert [group for group in nx.strongly_connected_components(graph) if len(group) > 1] == []


def test_no_flat_hall() -> None:
    """A folder holds about fifteen files at most beside its sub-folders, and says in its docstring what is in it."""
    for folder in {path.parent for path in modules()}:
        files = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
        if folder == PACKAGE or str(folder.relative_to(PACKAGE)) in ONE_KIND:
            continue
        assert len(files) <= MOST_FILES, folder
        doc = ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
        assert doc, f"{folder} does not say what is in it"


def test_a_method_of_simulation_has_one_name() -> None:
    """A folder in `plan` and one of the same name in `kernels`; what is for all methods stands beside these."""
    in_plan, in_kernels = (
        {path.name for path in (PACKAGE / package).iterdir() if path.is_dir() and path.name != "__pycache__"}
        for package in ("plan", "kernels")
    )
    assert in_plan == in_kernels - {"devices"}


def test_gates_are_not_compared_by_their_names() -> None:
    """Operations are typed classes and gates are records: a misspelt name would never be found."""
    named = re.compile(r"\.gate\b *(==|!=|in|not in) *[(\"\']")
    assert [path.name for path in modules() if named.search(path.read_text(encoding="utf-8"))] == []


def test_the_order_names_every_package() -> None:
    assert {package_of(path) for path in modules()} - {"__init__"} == set(ORDER)


def test_the_document_names_the_packages_in_this_order() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `qgl/")]
    assert [package for row in rows for package in re.findall(r"`qgl/(\w+)(?:\.py|/)`", row)] == ORDER


CHECK = "import contextlib; sys.argv = ['qglc', 'check', 'examples/hidden.qgl']; import qgl.cli.main; " + (
    "exec('with contextlib.redirect_stdout(None), contextlib.suppress(SystemExit): qgl.cli.main.run()')"
)


@pytest.mark.parametrize(
    ("code", "banned"),
    [
        (CHECK, ("jax", "networkx", "matplotlib", "pydantic", "scipy", "rich.table", "unittest")),
        ("import qgl", ("jax", "networkx", "lark", "numpy", "rich")),
        ("import qgl.cli.main", ("jax", "networkx", "lark", "numpy")),
        ("import qgl.check.checker, qgl.syntax.parser, qgl.data.environment", ("jax", "networkx", "matplotlib")),
        ("import qgl.lsp.server", ("jax", "networkx", "matplotlib", "scipy", "rich")),
        ("import qgl.plan.planner", ("jax",)),
        (
            "import qgl.loading, qgl.train.loop",
            ("networkx", "scipy", "qgl.plan.planner", "qgl.kernels.simulator", "qgl.qasm"),
        ),
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


def test_processes_of_ours_take_no_module_from_the_folder_that_one_is_in() -> None:
    """`python -m` looks there first, and what lies there may be anybody's; -P keeps it from that."""
    started = re.compile(r'sys\.executable, ("[^"]*"), ("[^"]*")')
    options = [each.groups() for path in modules() for each in started.finditer(path.read_text(encoding="utf-8"))]
    assert len(options) >= 3 and set(options) == {('"-P"', '"-m"')}
