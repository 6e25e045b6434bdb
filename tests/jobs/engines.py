"""Engines for the tests of jobs: small, seeded, and some of them with faults."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from qgl.hardware.engines.engine import Payload, Status, Strings, Task


class UniformBits:
    """Uniform bits: an engine in one small class, which takes no texts."""

    name = "uniform"

    def samples(self, task: Task) -> list[Strings]:
        rng = np.random.default_rng(task.seed)
        return [rng.integers(0, 2, (shots, task.width), dtype=np.uint8) for shots in task.shots]


class Texts:
    """Runs texts, after a manner: strings are drawn from the seed and the text. `calls` are the texts that were run."""

    def __init__(self, name: str = "texts", pause: float = 0.0) -> None:
        self.name, self.pause, self.calls = name, pause, list[str]()

    def samples(self, task: Task) -> list[Strings]:
        return self.run(self.payload(task), task.seed)

    def payload(self, task: Task) -> Payload:
        texts = [f"OPENQASM 3.0;\n// {row.tolist()}\nbit[{task.width}] c;\nc = measure q;\n" for row in task.inputs]
        return Payload(tuple(texts), task.shots, (task.width,) * len(texts), {"level": 1}, {"width": task.width})

    def run(self, payload: Payload, seed: int) -> list[Strings]:
        found = []
        for text, shots, width in zip(payload.texts, payload.shots, payload.outputs, strict=True):
            time.sleep(self.pause)
            self.calls.append(text)
            print("ran", flush=True)
            rng = np.random.default_rng([seed, int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)])
            found.append(rng.integers(0, 2, (shots, width), dtype=np.uint8))
        return found


class Lost(BaseException):
    """What happens to a client that is killed."""


class Service:
    """A service that takes payloads, kept in a folder as it were far away."""

    name = "service"

    def __init__(self, place: Path, dies: str = "", status: Status = "done", missing: int = 0) -> None:
        """dies: "before" or "after" a payload has arrived. missing: strings of each text that do not come back."""
        self.place, self.dies, self.now, self.missing = place, dies, status, missing
        self.asked = 0
        place.mkdir(exist_ok=True)

    def payload(self, task: Task) -> Payload:
        return Texts().payload(task)

    def send(self, payload: Payload, tag: str) -> str:
        if self.dies == "before":
            raise Lost
        job = f"job-{len(self.sent)}"
        facts: dict[str, Any] = {"tag": tag, "texts": payload.texts, "shots": payload.shots, "outputs": payload.outputs}
        (self.place / f"{job}.json").write_text(json.dumps(facts))
        if self.dies == "after":
            raise Lost
        return job

    def find(self, tag: str) -> str | None:
        self.asked += 1
        return next((job for job, facts in self.sent.items() if facts["tag"] == tag), None)

    def status(self, job: str) -> tuple[Status, str]:
        return self.now, f"the service says {self.now}"

    def collect(self, job: str, payload: Payload) -> Sequence[Strings]:
        assert tuple(self.sent[job]["texts"]) == payload.texts
        return Texts().run(replace(payload, shots=tuple(shots - self.missing for shots in payload.shots)), 0)

    @property
    def sent(self) -> dict[str, dict[str, Any]]:
        return {path.stem: json.loads(path.read_text()) for path in sorted(self.place.glob("job-*.json"))}
