"""Run as a process by the tests: runs a job slowly, so that a kill can fall into the middle of it.

python job_child.py RUN SHOTS PAUSE
"""

from __future__ import annotations

import sys
from pathlib import Path

from qgl.jobs.dispatch import begin, carry_on
from qgl.jobs.draft import draft
from qgl.jobs.record import Request
from qgl.runs.reload import model_of
from qgl.runs.run import Run
from tests.jobs.engines import Texts


def main() -> None:
    folder, shots, pause = sys.argv[1:]
    engine = Texts(pause=float(pause))
    made = draft(Run.load(folder), model_of(folder), Request("texts", int(shots)), engine)
    carry_on(begin(Path(folder), made), engine)


if __name__ == "__main__":
    main()
