"""Reports on outputs and rows of real numbers, against their formulas."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import scipy.linalg
from numpy.typing import NDArray

import qgl
from qgl.evaluate.outputs import pictures, rows
from qgl.evaluate.sampled import evaluate_samples
from qgl.objectives.model import Setting
from qgl.program.transforms import undone
from qgl.report.report import measure

RNG = np.random.default_rng(2)
PICTURES = np.clip(RNG.normal(0.5, 0.2, (40, 1, 6)) * np.linspace(0.5, 1, 6), 0, 1).reshape(40, 2, 3)
TALL = RNG.uniform(size=(30, 4, 4))
GENERATOR = """
data grey = images("grey.npz");
data main = pca(grey, 2);
data features = scaled(main, low = -1, high = 1);
latent z[2] ~ uniform(-1, 1) draws 7;
visible q[2];
param a[2] : angle;
model { ry(a[0] + z[0]) q[0]; cx q[0], q[1]; ry(a[1] + z[1]) q[1]; }
output feature[2] = list(k in q: expect(Z[k]));
output aside = expect(X[q[0]]);
objective mmd(features, gaussian(sigma = 1), of = [feature]);
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savez("grey.npz", PICTURES)
    np.savez("tall.npz", TALL)
    return tmp_path


def made(text: str) -> tuple[qgl.Model, dict[str, Any]]:
    model = qgl.loads(text)
    return model, model.init(jax.random.key(1))


def by_formula(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    c, d = np.cov(left.T), np.cov(right.T)
    root = scipy.linalg.sqrtm(c)
    joint = scipy.linalg.sqrtm(root @ d @ root)
    return float(np.sum((left.mean(0) - right.mean(0)) ** 2) + np.trace(c + d - 2 * joint).real)


@pytest.mark.parametrize("counts", [(40, 30), (40, 5), (4, 5)])
def test_frechet_distance(counts: tuple[int, int]) -> None:
    left, right = (np.random.default_rng(n).normal(size=(n, 7)) * np.arange(1, 8) for n in counts)
    assert pictures.frechet(left, right) == pytest.approx(by_formula(left, right), rel=1e-5)
    assert pictures.frechet(left, left) == pytest.approx(0, abs=1e-9)


def test_transforms_are_undone_before_pictures_are_compared(folder: Path) -> None:
    model, params = made(
        GENERATOR + "report frechet(grey, samples = 60, of = [feature]), psnr(grey, samples = 9, of = [feature]), mmd;"
    )
    features, grey = model.program.data["features"], PICTURES.reshape(40, 6)
    found = {row.name: row for row in measure(model, params, model.program.reports)}
    generated = undone(rows.sample(model, params, 60, 2)["feature"].astype(float), features.undo)
    assert generated.shape == (60, 6)
    name = "frechet(grey, of = [feature], samples = 60)"
    value, mean, half = (
        found[key].value
        for key in (name, f"{name}, mean row of the data", f"{name}, one half of the data from the other")
    )
    assert value == pytest.approx(by_formula(generated, grey), rel=1e-4)
    assert mean == pytest.approx(np.trace(np.cov(grey.T)), rel=1e-6)
    assert half is not None and mean is not None and 0 < half < mean
    few = undone(rows.sample(model, params, 9, 2)["feature"].astype(float), features.undo)
    errors = np.min(np.mean((few[:, None] - grey) ** 2, axis=2), axis=1)
    assert found["psnr(grey, of = [feature], samples = 9)"].value == pytest.approx(
        np.mean(-10 * np.log10(errors)), rel=1e-4
    )
    discrepancy = next(row for key, row in found.items() if key.startswith("mmd"))
    assert discrepancy.value == pytest.approx(float(model.loss(params)), rel=1e-4)


def test_the_spread_of_rows_that_latents_are_drawn_anew_for(folder: Path) -> None:
    """Rows of many draws, each of a draw of its own; their total variance beside that of the data."""
    text = GENERATOR.replace("draws 7", "draws 7 anew")
    model, params = made(text + "report spread(grey, samples = 25, of = [feature]);")
    features = model.program.data["features"]
    drawn = rows.sample(model, params, 25, 2)["feature"].astype(float)
    assert len(np.unique(drawn.round(6), axis=0)) == 25
    np.testing.assert_array_equal(drawn, rows.sample(model, params, 25, 2)["feature"])
    row = measure(model, params, model.program.reports)[0]
    assert row.value == pytest.approx(np.trace(np.cov(undone(drawn, features.undo).T)), rel=1e-4)
    assert row.floor == pytest.approx(np.trace(np.cov(PICTURES.reshape(40, 6).T)), rel=1e-6)


KEPT_ANEW = """
latent z ~ uniform(0, 3) draws 4 anew;
visible v;
model { ry(z) v; fresh e; cx v, e; measure e keep; }
output y[2] = [z, expect(Z[v])];
"""


def test_rows_of_kept_outcomes_and_drawn_latents_have_their_distribution() -> None:
    """A draw gives one row; its outcome is one with probability sin^2(z / 2), on average (1 - sin(3) / 3) / 2."""
    model = qgl.loads(KEPT_ANEW)
    params = model.init(jax.random.key(0))
    found = rows.sample(model, params, 400, 5)["y"]
    assert len(np.unique(found[:, 0].round(6))) == 400
    assert np.all(np.abs(np.abs(found[:, 1]) - 1) < 1e-5)
    share, ones = (1 - np.sin(3) / 3) / 2, np.mean(found[:, 1] < 0)
    assert abs(ones - share) < 4 * np.sqrt(share * (1 - share) / 400)
    shots = rows.sample(model, params, 400, 5, shots=100)["y"]
    assert len(np.unique(shots[:, 0].round(6))) == 400


def test_too_few_rows_are_told(folder: Path) -> None:
    model, params = made(GENERATOR + "report frechet(grey, samples = 5, of = [feature]);")
    row = measure(model, params, model.program.reports)[0]
    assert row.value is not None and "5 rows do not fill 6 numbers" in row.note


def test_what_never_comes_has_no_distance(folder: Path) -> None:
    text = 'data grey = images("grey.npz");\ncondition x ~ uniform(0, 1);\nvisible v;\n'
    text += "model { ry(x) v; fresh e; x e; postselect(0) e; }\noutput shown[6] = list(k in 0..5: expect(Z[v]));\n"
    model, params = made(text + "report frechet(grey, samples = 3);")
    (row,) = measure(model, params, model.program.reports)
    assert (
        row.value is None
        and "`postselect` requires come with a probability that rounding does not tell from 0" in row.note
    )


PAIRS = """
data tall = images("tall.npz");
data both = pairs(input = tall, target = tall);
condition x[16];
visible p[4] = amplitudes(x);
param a : angle;
model { ry(a) p; fresh e; ry(0.5) e; cx e, p[0]; measure e keep; }
output shown[16] = clip(6 * prob(p), 0, 1);
objective mse(both);
report mse(both), ssim(both), psnr(both);
"""


def test_pairs_are_compared_row_by_row(folder: Path) -> None:
    metrics: Any = importlib.import_module("skimage.metrics")
    model, params = made(PAIRS)
    values = {row.name: row.value for row in measure(model, params, model.program.reports)}
    assert values["mse(both)"] == pytest.approx(float(model.loss(params)), rel=1e-4)
    similarity = ratio = 0.0
    for x in TALL[:, :, :].reshape(30, 16):
        weights = np.asarray(model.weights(params, x), float)
        for weight, shown in zip(weights, np.asarray(model.outputs(params, x)["shown"], float), strict=True):
            one = metrics.structural_similarity(shown.reshape(4, 4), x.reshape(4, 4), data_range=1, win_size=3)
            similarity += weight * one / 30
            ratio -= weight * 10 * np.log10(np.mean((shown - x) ** 2)) / 30
    assert values["ssim(both)"] == pytest.approx(similarity, rel=1e-4)
    assert values["psnr(both)"] == pytest.approx(ratio, rel=1e-4)


def test_reports_of_a_program_in_double_precision_are(folder: Path) -> None:
    program = PAIRS.replace("objective mse(both);", "objective mse(both);\ntrain { precision double; }")
    model, params = made(program.replace(", ssim(both), psnr(both)", ""))
    with jax.enable_x64(True):
        params, loss = model.init(jax.random.key(1)), float(model.loss(params))
    (row,) = measure(model, params, model.program.reports)
    assert row.value == pytest.approx(loss, rel=1e-12)


def test_small_pictures_and_missing_libraries_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model, params = made(GENERATOR + "report ssim(grey, of = [feature]), psnr(grey, of = [feature]);")
    small, _ = measure(model, params, model.program.reports)
    assert small.value is None and "no pictures of at least 3 x 3" in small.note
    monkeypatch.setitem(__import__("sys").modules, "skimage.metrics", None)
    _, missing = measure(model, params, model.program.reports)
    assert missing.value is None and "qglc[pictures]" in missing.note


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("report kl;", "QGL0708"),
        ("report frechet(grey);", "QGL0333"),
        ("report frechet(grey, of = [features]);", "QGL0332"),
        ("report kl(grey);", "QGL0617"),
        ("data other = digits(classes = [1], size = 2, grey = true);\nreport frechet(other);", "QGL0333"),
        ("data bits = parity(2);\nreport frechet(bits);", "QGL0617"),
    ],
)
def test_faults(folder: Path, text: str, code: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(GENERATOR + text)
    assert code in [diagnostic.code for diagnostic in caught.value.diagnostics]


def test_a_run_has_its_pictures_and_reports(folder: Path) -> None:
    model = qgl.loads(GENERATOR + "train { steps 2; }\nreport frechet(grey, of = [feature]);")
    run = model.train(out=folder / "run", display="quiet")
    assert (folder / "run" / "pictures.png").stat().st_size > 1000
    assert run.report["metrics"][0]["name"] == "frechet(grey, of = [feature])"


def test_strings_say_nothing_of_numbers(folder: Path) -> None:
    model = qgl.loads(GENERATOR + "report mmd, frechet(of = [feature]);")
    found = evaluate_samples(model.program.reports, Setting.of(model.program), np.zeros((5, 2), np.uint8))
    assert [row.value for row in found] == [None, None]
