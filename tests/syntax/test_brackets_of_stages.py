"""The items of a stage are inside of it, wherever on its line the stage begins."""

from __future__ import annotations

import pytest

from qgl.source import Source
from qgl.syntax.parser import parse


@pytest.mark.parametrize("before", ["", "/* first */ ", "visible v; "])
def test_items_of_a_stage_do_not_end_it(before: str) -> None:
    parsed = parse(Source("stage.qgl", f"{before}stage one {{\n    report kl(d);\n    train {{ steps 3; }}\n}}\n"))
    assert not parsed.diagnostics
    assert len(parsed.file.declarations) == 1 + before.startswith("visible")
