"""What is said of the package in several places is said once: names, versions, requirements."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import yaml

from qgl.version import __version__

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
OF_POSIX = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "termios", "tty"}
OTHER_NAMES = {"matplotlib": "matplotlib-base", "opt-einsum": "opt_einsum"}  # of packages for conda


def test_conda_asks_for_what_the_wheel_asks_for() -> None:
    recipe = yaml.safe_load((ROOT / ".github/conda/recipe.yaml").read_text())
    wanted = {f"python {PROJECT['requires-python']}"}
    for requirement in PROJECT["dependencies"]:
        name, bounds = re.fullmatch(r"([\w-]+)(?:\[\w+\])?([^;]*).*", requirement).groups()  # type: ignore[union-attr]
        wanted.add(f"{OTHER_NAMES.get(name, name)} {bounds.strip()}")
    assert set(recipe["requirements"]["run"]) == wanted
    assert (recipe["package"]["name"], recipe["package"]["version"]) == (PROJECT["name"], PROJECT["version"])
    assert recipe["build"]["python"]["entry_points"] == [f"{k} = {v}" for k, v in PROJECT["scripts"].items()]


def test_the_version_is_one() -> None:
    assert PROJECT["version"] == __version__
    assert f"\nversion: {__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_workflows_call_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        runs = [
            step["run"]
            for job in yaml.safe_load(path.read_text())["jobs"].values()
            for step in job["steps"]
            if "run" in step
        ]
        assert runs and all(run.split()[0] == "make" and run.split()[1] in targets for run in runs), path.name


def test_no_module_needs_a_posix_system_to_be_imported() -> None:
    """Windows has none of these; inside of a function they may stand, where their absence is expected."""
    for path in (ROOT / "qgl").rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not OF_POSIX & set(names), f"{path.relative_to(ROOT)}, line {node.lineno}"


def test_no_text_tells_to_install_a_package_that_is_not_ours() -> None:
    """`qgl` on the package index is another project; ours is published as `qglc`."""
    texts = [
        ROOT / "README.md",
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "qgl").rglob("*.py"),
        *(ROOT / "editors").rglob("*.md"),
    ]
    for path in texts:
        assert not re.search(r"\bqgl\[|pip install ['\"]?qgl\b(?!c)", path.read_text()), path.relative_to(ROOT)
