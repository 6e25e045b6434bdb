"""Run as a process by the tests: trains the stages of a program into a folder, or goes on, and may kill itself.

python stages_child.py PROGRAM FOLDER [STAGE STEP]: at that stage, counted from 1, and step, itself by SIGKILL
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import qgl
from qgl.report.display import Progress, Silent
from qgl.train.loop import train


class Mortal(Silent):
    """Ends the process at a step of a stage; at step 0 before the stage has begun anything."""

    def __init__(self, stage: int, step: int) -> None:
        self._end, self._stage = (stage, step), 0

    def start(self, title: str) -> None:
        self._stage = int(title.partition(" of ")[0].rpartition(" ")[2])
        self._at(0)

    def update(self, progress: Progress) -> None:
        self._at(progress.step)

    def _at(self, step: int) -> None:
        if self._stage == self._end[0] and step >= self._end[1]:
            os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    program, folder, *moment = sys.argv[1:]
    stage, step = map(int, moment or ("0", "0"))
    begun = Path(folder, "manifest.json").exists()
    out, resume = (None, folder) if begun else (folder, None)
    train(qgl.load(program), out=out, resume=resume, display=Mortal(stage, step), pictures=False)


if __name__ == "__main__":
    main()
