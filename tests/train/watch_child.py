"""Run as a process by the tests: trains a small model that is watched, or goes on with it.

python watch_child.py new|resume FOLDER PAUSE
"""

from __future__ import annotations

import sys
import time

import qgl
from qgl.report.display import Progress, Silent
from qgl.train.loop import train

PROGRAM = """
visible v[4];
data valid = cardinality(4, 2);
data seen = subset(valid, count = 3);
data unseen = without(valid, seen);
model { ry(?) v; for (a, b) in chain(v) { rxx(?) a, b; } }
objective nll(seen);
train {
    optimizer adam(rate = 0.1); steps 40; seeds 3; checkpoint 7;
    watch coverage(seen, valid, queries = 20), nll(seen), every(3);
    stop early(nll(unseen), patience = 5);
}
"""


class Slow(Silent):
    """Waits after each call of the device, so that a kill can fall anywhere."""

    def __init__(self, pause: float) -> None:
        self.pause = pause

    def compiled(self, seconds: float) -> None:
        print("compiled", flush=True)

    def update(self, progress: Progress) -> None:
        time.sleep(self.pause)


if __name__ == "__main__":
    how, folder, pause = sys.argv[1:]
    out, resume = (folder, None) if how == "new" else (None, folder)
    train(qgl.loads(PROGRAM), display=Slow(float(pause)), pictures=False, out=out, resume=resume)
