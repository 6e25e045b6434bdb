"""`qglc train`, `sample` and `evaluate` on small programs: the first run and what is cut off as processes."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from qgl.cli.main import app

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import "turns.qgl";
const depth = 2;
data target = csv("rows.csv");
visible v[3];
model {
    repeat depth {
        turn(?) v;
        for (a, b) in chain(v) { cx a, b; }
    }
    turn(?) v;
}
objective nll(target) + 0.5 * mmd(target, hamming(sigma = 1));
train { optimizer adam(rate = 0.1); steps 30; seeds 2; checkpoint 5; }
report kl, moments;
"""
TERMINAL = {"NO_COLOR": "1", "COLUMNS": "110"}
LAYERS = "layer turn(a: angle[2], q: qubit) { ry(a[0]) q; rz(a[1]) q; }\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a program, its import and its data, and a run of it."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "small.qgl").write_text(PROGRAM)
    (folder / "turns.qgl").write_text(LAYERS)
    (folder / "rows.csv").write_text("0,0,1\n0,0,1\n1,1,0\n1,0,0\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **TERMINAL}
    words = command("train", "small.qgl", "--out", "run")
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (folder / "first.txt").write_text(done.stdout + done.stderr)
    return folder


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from qgl.cli.main import run; run()", *arguments]


def qglc(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in this process; what it does not catch is a fault of the test."""
    with contextlib.chdir(folder):
        done = CliRunner().invoke(app, list(arguments), env=TERMINAL, catch_exceptions=False)
    return subprocess.CompletedProcess(arguments, done.exit_code, done.stdout, done.stderr)


def test_a_run_is_a_whole_folder(home: Path) -> None:
    names = {path.relative_to(home / "run").as_posix() for path in (home / "run").rglob("*") if path.is_file()}
    assert names >= {
        "manifest.json",
        "metrics.jsonl",
        "weights.safetensors",
        "checkpoint.safetensors",
        "data.safetensors",
        "report.json",
        "report.md",
        "loss.png",
        "samples.png",
        "moments.png",
        "circuit.png",
        "program/small.qgl",
        "program/turns.qgl",
    }
    assert not any(name.endswith(".tmp") for name in names)
    assert len((home / "run/metrics.jsonl").read_text().splitlines()) == 30
    report = json.loads((home / "run/report.json").read_text())
    assert set(report["terms"]) == {"nll", "mmd"}
    assert report["metrics"][0]["name"] == "kl(target)"
    shown = (home / "first.txt").read_text()
    assert "step 30/30" in shown and "kl(target)" in shown and "independent" in shown and "the run is in run" in shown


def test_samples_need_nothing_but_the_folder(home: Path, tmp_path: Path) -> None:
    alone = tmp_path / "moved"
    subprocess.run(["cp", "-r", str(home / "run"), str(alone)], check=True)
    done = qglc(tmp_path, "sample", "moved", "-n", "400", "-o", "x.csv")
    assert done.returncode == 0, done.stderr
    rows = np.loadtxt(tmp_path / "x.csv", delimiter=",", dtype=int)
    assert rows.shape == (400, 3) and set(np.unique(rows)) <= {0, 1}
    again = qglc(tmp_path, "sample", "moved", "-n", "400")
    assert again.stdout == (tmp_path / "x.csv").read_text()
    other = qglc(tmp_path, "sample", "moved", "-n", "400", "--seed", "1")
    assert other.stdout != again.stdout
    assert qglc(tmp_path, "sample", "moved", "-n", "7", "-o", "x.npz").returncode == 0
    with np.load(tmp_path / "x.npz") as archive:
        assert archive["x"].shape == (7, 3) and archive["x"].dtype == np.uint8
    evaluated = qglc(tmp_path, "evaluate", "moved", "--format", "json")
    assert evaluated.returncode == 0, evaluated.stderr
    p = read_distribution(alone)
    frequencies = np.bincount(rows @ [4, 2, 1], minlength=8) / 400
    assert 0.5 * np.abs(frequencies - p).sum() < 0.12
    told = json.loads(evaluated.stdout)["metrics"]
    kept = json.loads((alone / "report.json").read_text())["metrics"]
    of_seeds = ("seeds", "median", "low", "high")  # the report has those beside the best seed's
    assert told == [{key: value for key, value in metric.items() if key not in of_seeds} for metric in kept]


def read_distribution(run: Path) -> np.ndarray[Any, Any]:
    """The distribution of a run from Python."""
    import qgl

    trained = qgl.open_run(run)
    return np.asarray(trained.model.probabilities(trained.params), dtype=float)


def test_evaluate_from_samples_and_as_a_table(home: Path) -> None:
    table = qglc(home, "evaluate", "run")
    assert table.returncode == 0 and "moments(target), largest" in table.stdout
    sampled = json.loads(qglc(home, "evaluate", "run", "--samples", "500", "--format", "json").stdout)
    assert sampled["samples"] == 500 and any(row["error"] for row in sampled["metrics"])


def test_the_same_command_gives_the_same_numbers(home: Path) -> None:
    done = qglc(home, "train", "small.qgl", "--out", "twin", "--no-pictures", "--quiet")
    assert done.returncode == 0 and done.stdout == done.stderr == ""
    for name in ("metrics.jsonl", "weights.safetensors", "data.safetensors", "report.md"):
        if name == "report.md":
            cut = [(home / run / name).read_text().splitlines()[2:] for run in ("run", "twin")]
            assert cut[0] == cut[1]
        else:
            assert (home / "run" / name).read_bytes() == (home / "twin" / name).read_bytes()
    assert not (home / "twin/loss.png").exists()


def test_overrides_reach_the_run(home: Path) -> None:
    arguments = (
        "train small.qgl --out other --set depth=1 --steps 4 --seed 5 --seeds 3 --precision double --no-pictures"
    )
    done = qglc(home, *arguments.split())
    assert done.returncode == 0, done.stderr
    facts = json.loads((home / "other/manifest.json").read_text())
    assert facts["constants"]["depth"] == 1 and facts["precision"] == "double" and facts["step"] == 4
    assert facts["settings"]["seed"] == 5 and facts["settings"]["seeds"] == 3
    assert read_distribution(home / "other").dtype == np.float64
    resumed = qglc(home, "train", "--resume", "other", "--steps", "6", "--no-pictures")
    assert resumed.returncode == 0, resumed.stderr
    assert len((home / "other/metrics.jsonl").read_text().splitlines()) == 6


def test_interrupt_and_resume(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    arguments = ["train", "small.qgl", "--out", "cut", "--steps", "4000", "--no-pictures"]
    with subprocess.Popen(
        command(*arguments), cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("step"):
                break
        process.send_signal(signal.SIGINT)
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "--resume cut" in rest
    sampled = qglc(home, "sample", "cut", "-n", "3")
    assert sampled.returncode == 0 and len(sampled.stdout.splitlines()) == 3
    done = qglc(home, "train", "--resume", "cut", "--steps", "200", "--no-pictures")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("change", "old", "new", "named"),
    [
        ("small.qgl", "rate = 0.1", "rate = 0.2", "program"),
        ("turns.qgl", "ry(a[0])", "rx(a[0])", "program"),
        ("rows.csv", "0,0,1\n", "1,0,1\n", "data set `target`"),
    ],
)
def test_changes_are_refused_on_resume(home: Path, change: str, old: str, new: str, named: str) -> None:
    text = (home / change).read_text()
    (home / change).write_text(text.replace(old, new))
    try:
        done = qglc(home, "train", "--resume", "run", "--steps", "31")
    finally:
        (home / change).write_text(text)
    assert done.returncode == 1
    assert "QGL0902" in done.stderr and named in done.stderr and "Traceback" not in done.stderr


def test_finished_runs_say_so(home: Path) -> None:
    done = qglc(home, "train", "--resume", "run")
    assert done.returncode == 0 and "finished" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        ("train", 2, "FILE"),
        ("train small.qgl --steps 0", 2, "steps"),
        ("train --resume run --seeds 3", 2, "--seeds"),
        ("train small.qgl --out run", 1, "QGL0900"),
        ("train small.qgl --out small.qgl", 1, "QGL0906"),
        ("train absent.qgl", 1, "QGL06"),
        ("train --resume nowhere", 1, "QGL0901"),
        ("sample nowhere", 1, "QGL0901"),
        ("sample run -n 0", 2, "-n"),
        ("sample run --format npz", 2, "-o"),
        ("sample run --condition 1", 2, "condition"),
        ("sample run -o absent/x.csv", 1, "QGL0906"),
        ("evaluate nowhere", 1, "QGL0901"),
        ("evaluate run --samples 1", 2, "samples"),
    ],
)
def test_wrong_use_is_told(home: Path, arguments: str, status: int, told: str) -> None:
    done = qglc(home, *arguments.split())
    assert done.returncode == status, done.stderr
    assert told in done.stderr and "Traceback" not in done.stderr


def test_a_program_without_an_objective_cannot_be_trained(home: Path) -> None:
    (home / "bare.qgl").write_text("visible v[2];\nmodel { h v; rx(?) v; }\n")
    done = qglc(home, "train", "bare.qgl", "--out", "bare")
    assert done.returncode == 1 and "QGL0909" in done.stderr and not (home / "bare").exists()


def test_csv_goes_to_a_closed_pipe_quietly(home: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command("sample", "run", "-n", "300000"),
        cwd=home,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        first = io.BytesIO(process.stdout.readline()).read()
        process.stdout.close()
        errors = process.stderr.read()
    assert len(first) == 6 and b"Traceback" not in errors
