"""Figures beside the published: one part of them can be measured again."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from examples import published
from examples.published import Ours, kept, main


def first(quick: bool) -> dict[str, Ours]:
    return {"success_6": Ours(0.5 if quick else 0.6)}


def second(quick: bool) -> dict[str, Ours]:
    return {"success_7": Ours.of_seeds([0.1, 0.3, 0.2])}


def again(quick: bool) -> dict[str, Ours]:
    return {"success_7": Ours(0.7)}


def test_a_part_is_kept_beside_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(published, "KEPT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["reproduce"])
    main("purification", first, second)
    monkeypatch.setattr(sys, "argv", ["reproduce", "--only", "again"])
    main("purification", first, again)
    found = kept("purification")
    assert found is not None
    assert found["figures"] == {"success_6": Ours(0.6), "success_7": Ours(0.7)}
    assert list(found["parts"]) == ["again"] and found["parts"]["again"].keys() >= {"date", "load", "seconds"}
    before = json.loads((tmp_path / "purification.json").read_text())
    monkeypatch.setattr(sys, "argv", ["reproduce", "--quick"])
    main("purification", first)
    assert json.loads((tmp_path / "purification.json").read_text()) == before


def test_a_part_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["reproduce", "--only", "third"])
    with pytest.raises(SystemExit):
        main("purification", first, second)
