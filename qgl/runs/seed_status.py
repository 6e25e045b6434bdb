"""Where a seed of a run stands: the numbers in checkpoints, and the words in `metrics.jsonl`."""

from __future__ import annotations

RUNNING, TARGET, PLATEAU, FAILED, EARLY = range(5)
NAMES = ("running", "target", "plateau", "failed", "early")
