"""Verbs that are killed, interrupted or may write no more at a random moment, and called again: nothing is lost.

python -m tests.fuzz.kills --count 30 --seed 1

Each trial ends a verb early in a copy of a folder, then goes on as a user would, and holds the files that come out
against those of an unbroken call. Every end but SIGKILL comes with a message, and none is a fault of qglc.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

PROGRAM = (
    "const depth = 2; data d = cardinality(4, 2); visible v[4]; model { ry(?) v; repeat depth { for k in 0..2 { "
    "cx v[k], v[k+1]; } ry(?) v; } } objective nll(d); train { optimizer adam(rate = 0.02); steps 200; "
    "checkpoint 20; } report kl(d), tv(d);"
)
KILLED, INTERRUPTED, NO_ROOM = "killed", "interrupted", "no room"
ENDS = (KILLED, INTERRUPTED, NO_ROOM)
ROOM = (0, 1, 500, 5_000, 20_000)  # bytes of a file
Found = dict[str, Any]


@dataclass(frozen=True)
class Verb:
    """What is called, how a user goes on where `begun` is there, and the files that count."""

    name: str
    call: tuple[str, ...]
    again: tuple[str, ...]
    begun: str
    files: tuple[str, ...]


SAMPLE = ("sample", "r", "-n", "4000", "-o", "x.csv")
EVALUATE = ("evaluate", "r", "--no-pictures")
SWEEP = ("sweep", "p.qgl", "--set", "depth=1,2", "--out", "s", "--jobs", "1", "-q", "--no-pictures")
RESUME = ("sweep", "--resume", "s", "-q", "--no-pictures")
VERBS = (
    Verb("sweep", SWEEP, RESUME, "s/sweep.json", ("s/*/weights.safetensors", "s/*/metrics.jsonl", "s/*/report.json")),
    Verb("run", ("run", "r", "--on", "statevector"), ("fetch", "r"), "r/jobs/*/job.json", ("r/jobs/*/*.npz",)),
    Verb("evaluate", EVALUATE, EVALUATE, "r", ("r/report.json",)),
    Verb("sample", SAMPLE, SAMPLE, "r", ("x.csv",)),
)


def command(verb: tuple[str, ...]) -> list[str]:
    return [sys.executable, "-c", "from qgl.cli.main import run; run()", *verb]


def ended(verb: tuple[str, ...], folder: Path, end: str, random: Random, longest: float) -> tuple[int, str]:
    """Exit status and standard error of a verb that is ended early, unless it was quicker."""
    room = random.choice(ROOM)
    limits = functools.partial(resource.setrlimit, resource.RLIMIT_FSIZE, (room, room)) if end == NO_ROOM else None
    process = subprocess.Popen(
        command(verb), cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=limits
    )
    if end != NO_ROOM:
        try:
            process.wait(random.uniform(0.3, 1.05) * longest)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL if end == KILLED else signal.SIGINT)
    _, said = process.communicate(timeout=600)
    return process.returncode, said


def files(folder: Path, patterns: tuple[str, ...]) -> Found:
    """The files that count: arrays of archives, reports but for the time that they took, bytes of others."""
    found: Found = {}
    for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
        name = str(path.relative_to(folder))
        if path.name == "report.json":
            facts = json.loads(path.read_bytes())
            found[name] = {key: value for key, value in facts.items() if key not in ("seconds", "sha256")}
            continue
        if path.suffix != ".npz":
            found[name] = path.read_bytes()
            continue
        with np.load(path) as archive:
            found |= {f"{name}/{key}": archive[key].tobytes() for key in archive.files if archive[key].ndim > 1}
    return found


def trial(verb: Verb, end: str, whole: Found, start: Path, random: Random, longest: float) -> str:
    """What is wrong after an early end, or ""."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "trial")
        shutil.copytree(start, folder)
        status, said = ended(verb.call, folder, end, random, longest)
        if "fault of qglc" in said or "Traceback" in said:
            return f"{status}: {said[-1500:]}"
        if end != KILLED and status and not said:
            return f"{status} without a word"
        going_on = verb.again if any(folder.glob(verb.begun)) else verb.call
        done = subprocess.run(command(going_on), cwd=folder, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode:
            return f"{going_on} after {status} ({said[-300:]}): {done.returncode} {done.stderr[-1000:]}"
        found = files(folder, verb.files)
        return "" if found == whole else f"other files: {[k for k in whole | found if whole.get(k) != found.get(k)]}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.kills", description=__doc__)
    parser.add_argument("--count", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    random, tried, fallen = Random(options.seed), Counter[str](), 0
    with tempfile.TemporaryDirectory() as place:
        start = Path(place, "start")
        start.mkdir()
        (start / "p.qgl").write_text(PROGRAM, encoding="utf-8")
        subprocess.run(command(("train", "p.qgl", "--out", "r", "-q", "--no-pictures")), cwd=start, check=True)
        wholes, lengths = {}, {}
        for verb in VERBS:
            folder = Path(place, verb.name)
            shutil.copytree(start, folder)
            began = time.monotonic()
            subprocess.run(command(verb.call), cwd=folder, check=True, capture_output=True)
            wholes[verb.name], lengths[verb.name] = files(folder, verb.files), time.monotonic() - began
            assert wholes[verb.name], verb.name
        for number in range(options.count):
            verb, end = VERBS[number % len(VERBS)], ENDS[random.randrange(len(ENDS))]
            if wrong := trial(verb, end, wholes[verb.name], start, random, lengths[verb.name]):
                fallen += 1
                print(f"{verb.name} {end}: {wrong}", flush=True)
            tried[f"{verb.name} {end}"] += 1
            print(f"{number + 1}: {dict(tried)}; fell: {fallen}", flush=True)
    return 1 if fallen else 0


if __name__ == "__main__":
    os.environ.setdefault("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
    raise SystemExit(main())
