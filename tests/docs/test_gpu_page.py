"""The page of figures on a graphics card is what its script makes of the figures that are kept, failures too."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks import gpu

DOCS = Path(__file__).parents[2] / "docs"
ROWS = json.loads((DOCS / "gpu.json").read_text(encoding="utf-8"))


def test_the_page_is_what_the_figures_say() -> None:
    assert gpu.page(ROWS) == (DOCS / "gpu.md").read_text(encoding="utf-8")
    assert all(row["passed"] for row in ROWS if row["part"] == "agreement")


def test_what_failed_is_told() -> None:
    failed = [{"part": part, "case": "W1 8 4", "failure": "none in 3 s"} for part in ("agreement", "step", "kernels")]
    text = gpu.page([ROWS[0], *failed])
    assert "| W1 8 4 | none in 3 s | no |" in text and "| W1 8 4 | none in 3 s | | | | | |" in text
    assert text.endswith("The kernels' tests: none in 3 s.\n")
    assert "could not be measured: no device" in gpu.page([{"part": "rates", "case": "", "failure": "no device"}])


def test_every_task_is_a_part_of_a_known_case() -> None:
    for small in (True, False):
        for name, *texts in gpu.tasks(small):
            assert name in gpu.PARTS
            assert all(gpu.case_of(text).program for text in texts)
