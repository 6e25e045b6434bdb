"""Options whose values typer need not convert mean what they meant, and wrong ones are refused in typer's words."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import qglc

PROGRAM = "const n = 1;\nconst m = 1;\nvisible v[n + m];\nmodel { h v; cx v[0], v[1]; }\n"


def test_lists_choices_and_absent_values(tmp_path: Path) -> None:
    program = tmp_path / "a.qgl"
    program.write_text(PROGRAM, encoding="utf-8")
    assert qglc("check", program, program)[:2] == (0, f"{program}: no faults\n" * 2)
    assert qglc("check", program, "--set", "n=2", "--set", "m=3")[0] == 0
    status, output, _ = qglc("check", program, "--set", "n=0", "--set", "m=1", "--format", "json")
    assert status == 1 and json.loads(output)


def test_what_is_no_choice_is_refused(tmp_path: Path) -> None:
    status, _, error = qglc("check", tmp_path / "a.qgl", "--format", "yaml")
    assert status == 2
    assert "--format" in error and "yaml" in error and "text" in error
    assert qglc("check")[0] == 2
