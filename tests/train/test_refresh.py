"""Words of truncated answers that are kept for some steps: what is trained, what is told, and going on after a kill."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.diagnostics.model import QglError
from qgl.report.truncation import LossError, loss_error
from qgl.train.strategies.patterns import Patterns
from qgl.train.strategies.strategy import run_key
from qgl.train.trainable import Params, number_type
from tests.check.checking import faults

Real = NDArray[np.float64]
GRID = """
lattice field = grid(2, 3);
visible v on field;
param turn[3, 6] : angle ~ normal(0, 0.3);
model {{ repeat 2 as l {{ rx(turn[l]) v; for (a, b) in edges(field) {{ rzz(0.3) a, b; }} }} rx(turn[2]) v; }}
objective energy(sum((a, b) in edges(field): Z[a] * Z[b]));
train {{ approximate propagation(smallest = 1e-2{refresh}); optimizer adam(rate = 0.05); steps 7; seeds 2;
    precision double; }}
"""


@pytest.fixture(autouse=True)
def nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few qubits are quicker by other methods, which are exact."""
    monkeypatch.setattr("qgl.plan.planner.METHODS", ())


def column(folder: Path, name: str) -> Real:
    """Of each step and seed."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return np.array([row[name] if name in row else row["terms"][name] for row in rows])


def test_words_are_kept_for_some_steps_and_estimates_told(tmp_path: Path) -> None:
    model, whole, parts = qgl.loads(GRID.format(refresh=", refresh = 3")), tmp_path / "whole", tmp_path / "parts"
    run = model.train(out=whole, display="quiet", pictures=False)
    model.train(out=parts, steps=2, display="quiet", pictures=False)
    again = qgl.loads(GRID.format(refresh=", refresh = 3")).train(
        resume=parts, steps=7, display="quiet", pictures=False
    )
    for name in ("loss", "truncation"):
        assert column(parts, name).tobytes() == column(whole, name).tobytes()
    assert all(np.array_equal(again.all_params[name], value) for name, value in run.all_params.items())
    with number_type(model):
        start = model.init(run_key(0, 0, 0))
        error, estimates = loss_error(model, start), column(whole, "truncation")
    assert error is not None and np.allclose(estimates[:3, 0], error.loss)
    assert np.allclose(column(whole, "loss")[0, 0], model.loss(start))
    assert all(len(np.unique(stretch)) == 2 for stretch in (estimates[:3], estimates[3:6], estimates[6:]))


def test_the_words_of_the_anchor_make_the_loss(tmp_path: Path) -> None:
    """With `refresh = 1` training is that without, up to the rounding of another order of sums."""
    for name, refresh in (("anew", ""), ("kept", ", refresh = 1")):
        model = qgl.loads(GRID.format(refresh=refresh))
        model.train(out=tmp_path / name, steps=2, display="quiet", pictures=False)
    anew, kept = (column(tmp_path / name, "loss") for name in ("anew", "kept"))
    assert np.allclose(kept, anew, atol=1e-9)


def test_a_pattern_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qgl.plan.propagation.program.MOST_NODES", 100)
    with pytest.raises(QglError) as error:
        qgl.loads(GRID.format(refresh=", refresh = 3")).train(display="quiet")
    assert [fault.code for fault in error.value.diagnostics] == ["QGL0918"]


def test_a_seed_beyond_the_tolerance_ends_where_words_are_found_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    estimates = iter([0.3, 0.1, 0.2, 0.1, 0.6])  # of means: where it begins, then of both seeds at steps 0 and 2

    def told(*_: Any) -> LossError:
        return LossError(0.01, next(estimates, 0.1))

    monkeypatch.setattr("qgl.report.truncation.loss_error", told)
    run = qgl.loads(GRID.format(refresh=", tolerance = 0.5, refresh = 2")).train(
        out=tmp_path / "run", steps=5, display="quiet", pictures=False
    )
    status = [json.loads(line)["status"] for line in (tmp_path / "run" / "metrics.jsonl").read_text().splitlines()]
    assert status == [["running", "running"]] * 2 + [["running", "truncated"]] * 3
    losses = column(tmp_path / "run", "loss")
    assert np.all(losses[2:, 1] == losses[2, 1]) and len(np.unique(losses[:, 0])) == 5
    assert run.losses[1] == losses[:, 1].min()


def test_latents_that_are_drawn_anew_keep_no_words() -> None:
    text = GRID.format(refresh=", refresh = 3").replace("rzz(0.3)", "rzz(0.3 * h)")
    anew = text.replace("param turn", "latent h ~ normal(0, 1) draws 4 anew;\nparam turn")
    assert [fault.code for fault in faults(anew)] == ["QGL0733"]


SEVERAL = """
data given = npz("given.npz", numbers = true);
data wanted = npz("wanted.npz", numbers = true);
data both = pairs(given, wanted);
{condition}
latent h ~ normal(0, 1) draws 2;
latent bit ~ bernoulli(0.3);
visible v[3];
param turn[3] : angle ~ normal(0, 0.3);
model {{
    ry({x}) v[0];
    ry(h) v[1];
    rx(pi * bit) v[2];
    for (a, b) in ring(v) {{ rzz(0.3 + 0.2 * h) a, b; }}
    rx(turn) v;
}}
output y[3] = list(q in v: expect(Z[q]));
objective {objective};
train {{ {approximate} precision double; }}
"""
MIXTURE = {"condition": "", "x": "0.2", "objective": "energy(Z[v[0]] * Z[v[1]] + Z[v[2]])"}
CONDITIONS = {"condition": "condition x;", "x": "x", "objective": "mse(both)"}


@pytest.mark.parametrize("parts", [MIXTURE, CONDITIONS], ids=["mixture", "conditions"])
def test_circuits_of_mixtures_and_conditions_keep_words_of_their_own(
    parts: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where next to nothing is dropped, value and gradient are those by the state vector, beside the anchor too. Where
    much is, they are those without `refresh` at the anchor.
    """
    monkeypatch.chdir(tmp_path)
    np.savez("given.npz", np.array([[0.1], [0.7], [0.1]]))
    np.savez("wanted.npz", np.linspace(-1, 1, 9).reshape(3, 3))
    fine, coarse, exact = (
        qgl.loads(SEVERAL.format(approximate=each, **parts))
        for each in ("approximate propagation(smallest = 1e-9);", "approximate propagation(smallest = 5e-2);", "")
    )
    with number_type(exact):
        anchor = exact.init(run_key(0, 0, 0))
        beside = {**anchor, "turn": anchor["turn"] + 0.2}
        held = [kept(model, anchor) for model in (fine, coarse)]
        results = [fine.value_and_grad({**beside, **held[0]}), coarse.value_and_grad({**anchor, **held[1]})]
        results.append(coarse.value_and_grad(anchor))
        others = {**anchor, "h": anchor["h"] + 0.1, **held[0]}
        assert np.isnan(fine.value_and_grad(others)[0])  # circuits without words of their own
    monkeypatch.undo()
    with number_type(exact):
        for place, params in ((0, beside), (2, anchor)):
            results.insert(place, exact.value_and_grad(params))
    pairs = [(float(loss), np.asarray(gradient["turn"])) for loss, gradient in results]
    assert alike(pairs[0], pairs[1], 1e-7)
    assert alike(pairs[3], pairs[4], 1e-9)
    assert not alike(pairs[2], pairs[3], 1e-3)


def kept(model: qgl.Model, anchor: Params) -> dict[str, Any]:
    """The tables of the words that are kept at an anchor."""
    tables = Patterns(model, 1).tables({name: value[None] for name, value in anchor.items()})
    return {name: {part: table[0] for part, table in own.items()} for name, own in tables.items()}


def alike(one: tuple[float, Real], other: tuple[float, Real], tolerance: float) -> bool:
    return bool(np.allclose(one[0], other[0], atol=tolerance) and np.allclose(one[1], other[1], atol=tolerance))
