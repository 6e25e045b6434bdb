"""`make release-check`: what would be published is built, read as the package index reads it, and used from elsewhere.

Each Python from 3.11 on that is found here gets a bare environment, the wheel, and the way from a file to OpenQASM.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3.14")
IN_WHEEL = (
    *("qgl/grammar/qgl.lark", "qgl/py.typed", "qgl/data/digits.npz", "qgl/play/page/codemirror.js"),
    "qgl/data/library/layers.qgl",
)
IN_SDIST = ("README.md", "LICENSE", "NOTICE", "grammar/qgl.lark", "requirements.lock", "tests/conftest.py")
PROGRAM = """visible v[4];
hidden h[1];
data rows = strings(["0110", "1001", "0011"]);
model { repeat 2 { ry(?) v, h; cz h[0], v[0]; for (a, b) in chain(v) { cz a, b; } } }
objective nll(rows);
train { optimizer adam(rate = 0.1); steps 5; }
report kl(rows);
"""
COMMANDS = (
    ("--version",),
    ("check", "model.qgl"),
    ("explain", "model.qgl"),
    ("train", "model.qgl", "--out", "run"),
    ("sample", "run", "-n", "5"),
    ("emit", "run", "-o", "model.qasm"),
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder) / "dist"
        _say("building")
        _run(sys.executable, "-m", "build", "--outdir", str(built), str(ROOT))
        files = sorted(built.iterdir())
        _run(sys.executable, "-m", "twine", "check", "--strict", *map(str, files))
        (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
        _hold_contents(wheel, sdist)
        tried = [python for python in PYTHONS if _works(python)]
        for python in tried:
            _say(f"{python}: the wheel in a bare environment, from another folder")
            _use(python, wheel, Path(folder) / python)
    missing = [python for python in PYTHONS if python not in tried]
    _say(f"{', '.join(path.name for path in files)}: built and used by {', '.join(tried)}")
    if missing:
        _say(f"not tried, as they are not here: {', '.join(missing)}")
    if not tried:
        raise SystemExit("no Python was there to try the wheel with")


def _hold_contents(wheel: Path, sdist: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    _hold(wheel, [name for name in IN_WHEEL if name not in names])
    strangers = {name.split("/")[0] for name in names if not name.startswith(("qgl/", "qglc-"))}
    if strangers:
        raise SystemExit(f"{wheel.name} would install {', '.join(sorted(strangers))} beside qgl")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    _hold(sdist, [name for name in IN_SDIST if name not in inside])


def _hold(path: Path, missing: list[str]) -> None:
    if missing:
        raise SystemExit(f"{path.name} lacks {', '.join(missing)}")


def _works(python: str) -> bool:
    found = shutil.which(python)
    return found is not None and not subprocess.run([found, "-c", "import venv"], capture_output=True).returncode


def _use(python: str, wheel: Path, folder: Path) -> None:
    folder.mkdir()
    _run(python, "-m", "venv", str(folder / "venv"))
    scripts = folder / "venv" / ("Scripts" if os.name == "nt" else "bin")
    _run(str(scripts / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", str(wheel))
    (folder / "model.qgl").write_text(PROGRAM)
    for command in COMMANDS:
        _run(str(scripts / "qglc"), *command, folder=folder)


def _run(*command: str, folder: Path | None = None) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
