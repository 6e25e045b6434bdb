"""Run as a process by the tests: trains the stand-in model into a folder, or goes on with it.

python train_child.py new|resume FOLDER STEPS PAUSE OPTIMISER
"""

from __future__ import annotations

import sys
import time

from qgl.report.display import Progress, Silent
from qgl.train.loop import train
from tests.train.softmax_model import SoftmaxModel, call, settings


class Slow(Silent):
    """Waits after each call of the device, so that a kill can fall anywhere."""

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def compiled(self, seconds: float) -> None:
        print("compiled", flush=True)

    def update(self, progress: Progress) -> None:
        time.sleep(self.pause)


def main() -> int:
    how, folder, steps, pause, optimiser = sys.argv[1:]
    chosen = {
        "adam": call("adam", rate=call("cosine", rate=0.05, steps=None, final=0.0), b1=0.9, b2=0.999, eps=1e-8),
        "lbfgs": call("lbfgs", memory=4),
    }[optimiser]
    model = SoftmaxModel(noise=0.0 if optimiser == "lbfgs" else 0.1)
    run = train(
        model,
        settings(chosen, steps=int(steps), checkpoint=7) if how == "new" else None,
        out=folder if how == "new" else None,
        resume=folder if how == "resume" else None,
        display=Slow(float(pause)),
        pictures=False,
    )
    return 130 if run.status == "interrupted" else 0


if __name__ == "__main__":
    sys.exit(main())
