"""`python -m qgl.cli.member train ...`: `qglc` as the child of a supervisor (see `qgl.train.processes`)."""

from __future__ import annotations

import os
import sys

from qgl.cli.main import run
from qgl.train.processes import begin_child


def main() -> None:
    """Ends without waiting: a process that fails must not stay for a farewell to others that still compute."""
    begin_child()
    sys.argv[0] = "qglc"
    status: object = 0
    try:
        run()
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else 0 if status is None else 1)


if __name__ == "__main__":
    main()
