"""Data of real numbers: pictures, tables, transforms that can be undone, pairs; and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.data.digits import pictures
from qgl.data.environment import FolderEnvironment
from qgl.program.program import DataSet
from qgl.program.transforms import undone
from qgl.runs.data import decode, encode

MODEL = "visible v[2];\nmodel { h v; }\n"
RNG = np.random.default_rng(0)
PICTURES = RNG.integers(0, 256, (12, 3, 4)).astype(np.uint8)
TABLE = RNG.normal(size=(9, 3)).round(3)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    np.savez(tmp_path / "grey.npz", pictures=PICTURES)
    np.savez(tmp_path / "shades.npz", PICTURES / 255)
    np.savez(tmp_path / "table.npz", TABLE)
    np.savetxt(tmp_path / "table.csv", TABLE, delimiter=",", header="a,b,c", comments="", fmt="%.3f")
    np.savez(
        tmp_path / "bad.npz", flat=np.zeros((3, 4)), large=np.full((2, 2, 2), 300), none=np.full((2, 2, 2), np.nan)
    )
    return tmp_path


def data(text: str) -> dict[str, DataSet]:
    return qgl.loads(text + MODEL).program.data


def numbers(found: DataSet) -> NDArray[np.float64]:
    assert found.numbers is not None
    return found.numbers


def test_pictures_and_tables(folder: Path) -> None:
    found = data(
        'data grey = images("grey.npz");\ndata some = images("shades.npz", rows = 2..4);\n'
        'data table = csv("table.csv", columns = ["c", "a"], condition = ["b"], numbers = true);\n'
        'data same = npz("table.npz", columns = [2, 0], condition = [1], numbers = true, rows = 0..3);\n'
        "data ink = digits(classes = [3], size = 8, grey = true);\n"
    )
    np.testing.assert_array_equal(numbers(found["grey"]), PICTURES.reshape(12, 12) / 255)
    np.testing.assert_array_equal(numbers(found["some"]), PICTURES[2:5].reshape(3, 12) / 255)
    assert found["grey"].picture == (3, 4) and found["grey"].holds == "numbers"
    for name, count in (("table", 9), ("same", 4)):
        np.testing.assert_allclose(numbers(found[name]), TABLE[:count, [2, 0]])
        given = found[name].conditions
        assert given is not None
        np.testing.assert_allclose(given, TABLE[:count, [1]])
    ink = numbers(found["ink"])
    assert ink.shape[1] == 64 and found["ink"].picture == (8, 8)
    assert set(np.unique(ink * 16)) == set(range(17))


def test_transforms_and_their_inverses(folder: Path) -> None:
    found = data(
        'data x = npz("table.npz", numbers = true);\n'
        "data seen = rows(x, 0..5);\ndata main = pca(x, 2, fit = seen);\n"
        "data bounded = scaled(main, low = -1, high = 1, order = [1, 0]);\n"
        "data each = scaled(x, alike = false);\ndata directions = unit(x);\n"
        "data all = pca(x, 3);\ndata further = scaled(all, low = 2, high = 5, fit = all);\n"
    )
    mean = TABLE[:6].mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(TABLE[:6].T))
    axes = vectors[:, ::-1][:, :2].T
    axes *= np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])[:, None]
    main = (TABLE - mean) @ axes.T
    np.testing.assert_allclose(numbers(found["main"]), main, atol=1e-12)
    assert values[-1] == pytest.approx(main[:6, 0].var(ddof=1))
    bounded = 2 * (main - main.min()) / (main.max() - main.min()) - 1
    np.testing.assert_allclose(numbers(found["bounded"]), bounded[:, ::-1], atol=1e-12)
    np.testing.assert_allclose(undone(numbers(found["bounded"]), found["bounded"].undo), main @ axes + mean, atol=1e-12)
    each = numbers(found["each"])
    np.testing.assert_allclose([each.min(axis=0), each.max(axis=0)], [[0] * 3, [1] * 3], atol=1e-12)
    np.testing.assert_allclose(undone(each, found["each"].undo), TABLE, atol=1e-12)
    np.testing.assert_allclose(np.linalg.norm(numbers(found["directions"]), axis=1), 1)
    np.testing.assert_allclose(undone(numbers(found["further"]), found["further"].undo), TABLE, atol=1e-12)


def test_patches_are_all_squares_of_a_picture(folder: Path) -> None:
    found = data(
        'data x = images("grey.npz");\ndata squares = patches(x, 2);\ndata middles = patches(x, 1, border = 1);\n'
    )
    high, wide = found["x"].picture or (0, 0)
    pictures = numbers(found["x"]).reshape(-1, high, wide)
    corners = [(row, column) for row in range(high - 1) for column in range(wide - 1)]
    expected = [each[r : r + 2, c : c + 2].ravel() for each in pictures for r, c in corners]
    np.testing.assert_array_equal(numbers(found["squares"]), expected)
    np.testing.assert_array_equal(numbers(found["middles"]).ravel(), pictures[:, 1:-1, 1:-1].ravel())
    assert found["squares"].picture == (2, 2)


def test_windows_blends_and_levels(folder: Path) -> None:
    found = data(
        'data x = csv("table.csv", columns = ["a"], numbers = true);\ndata y = npz("table.npz", numbers = true);\n'
        "data windows_of = windows(x, 3, step = 2);\ndata shades = scaled(y);\n"
        "data noised = blended(shades, weights = [0, 0.5, 1], mean = 0.4, deviation = 0.1, seed = 2);\n"
        "data coarse = levels(y, 2);\ndata even = levels(y, 2, quantile = 0.5);\n"
    )
    series = TABLE[:, 0]
    np.testing.assert_allclose(numbers(found["windows_of"]), [series[k : k + 3] for k in (0, 2, 4, 6)])
    clean, half, noise = np.split(numbers(found["noised"]), 3)
    np.testing.assert_allclose(clean, numbers(found["shades"]))
    np.testing.assert_allclose(half, (clean + noise) / 2, atol=1e-12)
    assert abs(noise.mean() - 0.4) < 0.1
    coarse = found["coarse"]
    codes = coarse.rows.reshape(9, 3, 2) @ [2, 1]
    assert coarse.holds == "bits" and sorted(np.bincount(codes[:, 0]).tolist()) == [2, 2, 2, 3]
    order = TABLE[:, 1].argsort()
    assert (np.diff(codes[order, 1]) >= 0).all()
    even = found["even"].rows.reshape(9, 3, 2) @ [2, 1]
    least, middle = TABLE.min(axis=0), np.median(TABLE, axis=0)
    np.testing.assert_array_equal(even, np.minimum(np.floor(4 * (TABLE - least) / (middle - least)), 3))
    assert coarse.categories == found["even"].categories == ((4, 2),) * 3


def test_rows_as_amplitudes(folder: Path) -> None:
    found = data('data x = npz("table.npz", numbers = true);\ndata s = amplitudes(x, pad = 0.5);\n')["s"]
    wanted = np.column_stack([TABLE, np.full(9, 0.5)])
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    assert found.states is not None and found.state is not None
    np.testing.assert_allclose(found.states, wanted, atol=1e-15)
    np.testing.assert_allclose(found.state, wanted.T @ wanted / 9, atol=1e-15)
    np.savez("nothing.npz", np.zeros((2, 3)))
    with pytest.raises(qgl.QglError) as caught:
        data('data none = npz("nothing.npz", numbers = true);\ndata s = amplitudes(none);\n')
    assert [each.code for each in caught.value.diagnostics] == ["QGL0613"]


def test_noise_is_added_to_amplitudes_the_same_at_every_width(folder: Path) -> None:
    text = 'data x = npz("table.npz", numbers = true);\n'
    text += "".join(f"data s{k} = amplitudes(x, width = {k / 10}, count = 2000, seed = 3);\n" for k in (0, 1, 2))
    none, some, more = (data(text)[f"s{k}"].states for k in (0, 1, 2))
    assert none is not None and some is not None and more is not None
    np.testing.assert_array_equal(none[9:18], none[:9])
    for states in (some, more):
        np.testing.assert_allclose(np.linalg.norm(states, axis=1), 1, atol=1e-14)
    # a row, and the row with once and twice the noise, lie in one plane
    assert np.linalg.svd(np.stack([none, some, more], axis=1), compute_uv=False)[:, 2].max() < 1e-14
    # each of 2 x 4 parts has a variance of 0.01 beside a row of norm 1, so that 1 / (1 + 0.08) of the state is left
    fidelity = np.mean(np.abs(np.sum(none.conj() * some, axis=1)) ** 2)
    assert fidelity == pytest.approx(1.02 / 1.08, abs=0.01)


def test_pairs_hold_numbers_states_and_bits(folder: Path) -> None:
    found = data(
        'data x = npz("table.npz", numbers = true);\ndata bits_of = levels(x, 1);\n'
        'data near = states_near("00", width = 0.2, count = 9);\n'
        "data a = pairs(input = x, target = near);\ndata b = pairs(input = near, target = x);\n"
        "data c = pairs(input = x, target = bits_of);\ndata d = pairs(input = bits_of, target = x);\n"
    )
    states = found["near"].states
    assert states is not None and found["a"].states is not None
    np.testing.assert_array_equal(found["a"].conditions, TABLE)
    np.testing.assert_array_equal(found["a"].states, states)
    given = found["b"].conditions
    assert given is not None
    np.testing.assert_array_equal(given[:, 0::2] + 1j * given[:, 1::2], states)
    np.testing.assert_array_equal(numbers(found["b"]), TABLE)
    np.testing.assert_array_equal(found["c"].rows, found["bits_of"].rows)
    np.testing.assert_array_equal(found["d"].conditions, found["bits_of"].rows)


def test_labels_are_what_is_told_of_a_row(folder: Path) -> None:
    """The place of a digit among the classes, row by row beside its picture, grey or of bits, and of a part of them."""
    found = data(
        "data ink = digits(classes = [8, 0, 3], size = 8, grey = true, labels = true);\n"
        "data label = labels(ink);\ndata both = pairs(input = ink, target = label);\n"
        "data some = subset(ink, count = 5);\ndata theirs = labels(some);\n"
        "data two = digits(classes = [8, 3], labels = true);\ndata of_bits = labels(two);\n"
    )
    _, digit = pictures()
    shown = digit[np.isin(digit, [8, 0, 3])]
    np.testing.assert_array_equal(found["label"].rows @ [2, 1], [[8, 0, 3].index(each) for each in shown])
    assert found["label"].categories == ((3, 2),) and found["label"].conditions is None
    np.testing.assert_array_equal(found["both"].conditions, numbers(found["ink"]))
    np.testing.assert_array_equal(found["both"].rows, found["label"].rows)
    given = found["some"].conditions
    assert given is not None
    np.testing.assert_array_equal(found["theirs"].rows @ [2, 1], given[:, 0])
    np.testing.assert_array_equal(found["of_bits"].rows[:, 0], shown[shown != 0] == 3)


def test_run_folders_keep_numbers_and_their_inverses(folder: Path, tmp_path: Path) -> None:
    found = data('data x = npz("table.npz", numbers = true);\ndata y = pca(x, 2);\ndata z = scaled(y);\n')
    path = tmp_path / "data.safetensors"
    path.write_bytes(encode(found))
    back = decode(path)["z"]
    np.testing.assert_array_equal(numbers(back), numbers(found["z"]))
    np.testing.assert_array_equal(undone(numbers(back), back.undo), undone(numbers(found["z"]), found["z"].undo))
    assert back.sha256 == found["z"].sha256 and back.holds == "numbers"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('data x = images("bad.npz", array = "flat");', "QGL0609"),
        ('data x = images("bad.npz", array = "large");', "QGL0609"),
        ('data x = images("bad.npz", array = "none");', "QGL0609"),
        ('data x = images("bad.npz");', "QGL0609"),
        ("data x = digits(grey = true);\ndata y = labels(x);", "QGL0613"),
        ('data x = images("../grey.npz");', "QGL0602"),
        ('data x = images("none.npz");', "QGL0601"),
        ('data x = images("grey.npz", rows = 5..12);', "QGL0613"),
        ('data x = npz("table.npz", numbers = true, categories = 3);', "QGL0613"),
        ('data x = npz("table.npz", numbers = true, columns = [7]);', "QGL0608"),
        ('data x = csv("table.csv", numbers = true, header = false);', "QGL0605"),
        ('data x = images("grey.npz");\ndata y = pca(x, 13);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = scaled(x, low = 1, high = 0);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = scaled(x, order = [0, 1]);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = rows(x, 10..12);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = windows(x, 13);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = patches(x, 9);', "QGL0613"),
        ('data x = images("grey.npz");\ndata y = patches(x, 1, border = 2);', "QGL0613"),
        ('data x = npz("table.npz", numbers = true);\ndata y = patches(x, 1);', "QGL0613"),
        ('data x = images("grey.npz");\ndata z = rows(x, 0..3);\ndata y = pairs(input = x, target = z);', "QGL0613"),
        ("data x = parity(2);\ndata y = pca(x, 1);", "QGL0617"),
        ("data x = digits(grey = true, size = 1);\nobjective kl(x);", "QGL0617"),
        (
            "data x = digits(grey = true, size = 1);\noutput y = expect(X[v[0]]);\n"
            "objective mmd(x, hamming(sigma = 1));",
            "QGL0702",
        ),
        ("data x = digits(grey = true, size = 1);\nobjective mse(x);", "QGL0332"),
        ("data x = digits(grey = true, size = 2);\noutput y[2] = prob(v[0]);\nobjective mse(x);", "QGL0333"),
        ("data x = digits(grey = true, size = 2);\noutput y = prob(v);\nobjective mse(x, of = [z]);", "QGL0332"),
        (
            "data x = digits(grey = true, size = 1);\noutput y = expect(X[v[0]]);\n"
            "objective mmd(x, gaussian(sigma = 1), samples = 9);",
            "QGL0702",
        ),
    ],
)
def test_faults(folder: Path, text: str, code: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"{text}\n{MODEL}")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics if diagnostic.code != "QGL0211"] == [code]
    assert all(diagnostic.span is not None for diagnostic in caught.value.diagnostics)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("visible v;\nmodel { h v; for (a, b) in chow_liu(x) { cz a, b; } }", "QGL0617"),
        ("visible v;\nparam a[v] ~ moments(x);\nmodel { rx(a) v; }", "QGL0316"),
    ],
)
def test_numbers_have_no_tree_and_no_moments(text: str, code: str) -> None:
    with pytest.raises(qgl.QglError) as caught:
        qgl.loads(f"data x = digits(grey = true, size = 1);\n{text}")
    assert [diagnostic.code for diagnostic in caught.value.diagnostics] == [code]


def test_the_environment_bounds_numbers(folder: Path) -> None:
    from qgl.compiler import diagnose
    from qgl.data.files import Limits
    from qgl.source import Source

    source = Source("a.qgl", f'data x = images("grey.npz");\ndata y = blended(x, weights = [0, 0.5, 1]);\n{MODEL}')
    _, found = diagnose(source, FolderEnvironment(folder, Limits(data_bytes=2000)))
    assert [diagnostic.code for diagnostic in found] == ["QGL0610"]
