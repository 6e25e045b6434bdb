"""`qglc show`: trained numbers in their own units."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import qgl
from tests.command import qglc

PROGRAM = """data rows = strings(["00", "11"]);
visible v[2];
param turn[2, 10] : angle;
param p : probability ~ constant(0.25);
random field[2] ~ uniform(-1, 1);
model {
    for k in 0..9 { rx(turn[0, k]) v[0]; rx(turn[1, k]) v[1]; }
    bit_flip(p) v[0];
    for k in 0..1 { ry(field[k]) v[k]; }
}
objective nll(rows);
train { optimizer sgd(rate = 1e-9); steps 1; }
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("show") / "run"
    qgl.loads(PROGRAM).train(out=path, display="quiet", pictures=False)
    return path


def test_probabilities_are_shown_as_such_and_arrays_by_their_head(run: Path) -> None:
    status, shown, _ = qglc("show", run)
    head, probability, field = shown.splitlines()
    assert status == 0 and head.startswith("turn[2, 10]: ") and head.endswith(" and 4 more")
    assert probability == "p: 0.25" and field.startswith("field[2], drawn, not trained: ")
    status, shown, _ = qglc("show", run, "turn")
    assert status == 0 and shown.count(",") == 20 and "more" not in shown


def test_json_has_every_number(run: Path) -> None:
    status, shown, _ = qglc("show", run, "--format", "json")
    facts = {each["name"]: each for each in json.loads(shown)}
    opened = qgl.open_run(run)
    assert status == 0 and facts["p"]["values"] == pytest.approx(0.25) and facts["field"]["trained"] is False
    np.testing.assert_allclose(facts["turn"]["values"], opened.params["turn"], rtol=1e-6)


def test_an_unknown_name_is_told(run: Path) -> None:
    status, _, said = qglc("show", run, "nope")
    assert status == 2 and "there is no parameter 'nope'" in " ".join(said.split())
