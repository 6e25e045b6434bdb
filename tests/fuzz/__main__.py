"""`make fuzz`: texts, methods, emission and the properties of all tests in turn; what fell before is tried first.

Everything that is drawn follows from the seed and the number of the round.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any
from unittest import SkipTest

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz import emission, methods, texts
from tests.fuzz.found import FOUND, ROOT, keep_traceback, kept_examples

TEXTS = 60  # in a round
EXAMPLES = 3
AGAIN = (Phase.explicit, Phase.reuse)
ANEW = (Phase.explicit, Phase.generate, Phase.shrink)


class Fuzzer:
    """Counts what was tried and what fell."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.programs = texts.small_corpus()
        self.tried: Counter[str] = Counter()
        self.fallen: Counter[str] = Counter()

    def replay(self) -> None:
        for fallen in texts.replayed():
            self._fell("texts", f"{fallen.reason}\n{fallen.path}")
        for part in ("methods", "emission"):
            self._examples(part, 0, AGAIN)

    def round(self, part: str, turn: int) -> None:
        if part == "texts":
            self._texts(turn)
        elif part == "properties":
            self._properties(turn)
        else:
            self._examples(part, turn, ANEW)

    def _texts(self, turn: int) -> None:
        random = Random(f"{self.number} {turn}")
        for _ in range(TEXTS):
            self.tried["texts"] += 1
            if fallen := texts.fall(random, self.programs):
                small = texts.shrunk(fallen)
                self._fell("texts", f"{small.reason}\n{small.keep()}")

    def _properties(self, turn: int) -> None:
        """The tests of hypothesis with new examples; the profile keeps the smallest that falls."""
        number = 1_000 * self.number + turn
        chosen = ["-m", "hypothesis and not slow", "--ignore", "tests/fuzz", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *chosen, f"--hypothesis-seed={number}"],
            cwd=ROOT,
            env={**os.environ, "QGL_HYPOTHESIS": "new"},
            capture_output=True,
            text=True,
        )
        self.tried["runs of the properties"] += 1
        if done.returncode:
            told = done.stdout + done.stderr
            self._fell("properties", f"{told[-3000:]}\n{keep_traceback('properties', number, told)}")

    def _examples(self, part: str, turn: int, phases: tuple[Phase, ...]) -> None:
        strategy, compare = PARTS[part]
        try:
            self._campaign(part, strategy, compare, turn, phases)
        except SkipTest:
            pass  # nothing is kept that could be tried again
        except Exception:
            told = traceback.format_exc()
            self._fell(part, f"{told[-3000:]}\n{keep_traceback(part, 1_000 * self.number + turn, told)}")

    def _campaign(
        self,
        part: str,
        strategy: st.SearchStrategy[Any],
        compare: Callable[[Any], Counter[str]],
        turn: int,
        phases: Any,
    ) -> None:
        @seed(1_000_003 * self.number + turn)
        @settings(
            max_examples=EXAMPLES,
            phases=phases,
            database=kept_examples(part),
            derandomize=False,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def once(case: Any) -> None:
            self.tried[part] += 1
            try:
                self.tried.update(compare(case))
            except Exception as fault:
                print(f"{part}: {type(fault).__name__}; a smaller case is looked for", flush=True)
                raise

        once()

    def _fell(self, part: str, told: str) -> None:
        self.fallen[part] += 1
        print(f"\n{part}: {told}\n", flush=True)


PARTS: dict[str, tuple[Any, Any]] = {
    "texts": (None, None),
    "methods": (methods.cases(), methods.compare),
    "emission": (emission.cases(), emission.compare),
    "properties": (None, None),
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=None, help="another one each time if there is none")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be given several times")
    options = parser.parse_args()
    number = int(time.time()) % 1_000_000 if options.seed is None else options.seed
    print(f"seed {number}; what falls is kept in {FOUND}", flush=True)
    end, turn, fuzzer = time.monotonic() + 60 * options.minutes, 0, Fuzzer(number)
    fuzzer.replay()
    while time.monotonic() < end:
        turn += 1
        for part in options.only or PARTS:
            fuzzer.round(part, turn)
        print(f"round {turn}: {_line(fuzzer.tried)}; fell: {_line(fuzzer.fallen) or 'nothing'}", flush=True)
    return 1 if fuzzer.fallen else 0


def _line(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in sorted(counts.items()))


if __name__ == "__main__":
    from tests import conftest  # noqa: F401 - the caches of the tests

    raise SystemExit(main())
