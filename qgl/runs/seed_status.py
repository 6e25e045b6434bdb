"""Where a seed of a run stands: the numbers in checkpoints, and the words in `metrics.jsonl`."""

from __future__ import annotations

RUNNING, TARGET, PLATEAU, FAILED, EARLY, TRUNCATED = range(6)
NAMES = ("running", "target", "plateau", "failed", "early", "truncated")
WARNED = {  # what is said where a seed ends so
    FAILED: "loss or gradient not finite",
    TRUNCATED: "the error of a truncated mean is estimated above the tolerance",
}
