"""Run as a process by the tests: trains an example into a folder, and kills itself in the middle of its last stage.

python -m tests.examples.life_child PROGRAM FOLDER CONSTANTS, the last in JSON
"""

from __future__ import annotations

import json
import os
import signal
import sys
from dataclasses import replace

import qgl
from qgl.program.program import TrainSettings
from qgl.report.display import Progress, Silent
from qgl.train.loop import train


class Mortal(Silent):
    """Ends the process in the middle of the last of so many stages."""

    def __init__(self, stages: int) -> None:
        self.left = stages

    def start(self, title: str) -> None:
        self.left -= 1

    def update(self, progress: Progress) -> None:
        if self.left <= 0 and progress.step >= 3:
            os.kill(os.getpid(), signal.SIGKILL)


def brief(model: qgl.Model) -> TrainSettings:
    """The settings of a program, but for few steps and a checkpoint at every other one."""
    settings = model.program.train
    return replace(settings, steps=6, checkpoint=2, seeds=min(settings.seeds, 2))


def main() -> None:
    program, folder, constants = sys.argv[1:]
    model = qgl.load(program, **json.loads(constants))
    train(model, brief(model), out=folder, display=Mortal(max(1, len(model.stages))), pictures=False)


if __name__ == "__main__":
    main()
