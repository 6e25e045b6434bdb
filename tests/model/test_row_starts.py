"""Registers that start from the rows of data, against dense density matrices that start in each row."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from numpy.typing import NDArray

import qgl
from qgl.bits.distribution import indices
from qgl.ir.circuit import Circuit
from qgl.query import Expectation, Marginals
from tests.check.checking import faults
from tests.command import qglc
from tests.qasm.readers import qiskit_distribution
from tests.reference.density import density_matrix, gradient

GATES = ("ry(a[{k}]) {q};", "rzx(a[{k}]) {q}, {r};", "crx(a[{k}]) {q}, {r};", "cx {q}, {r};", "h {q};")
NOISE = (
    "amplitude_damping(0.2) {q};",
    "bit_flip(0.1) {q};",
    "reset(0.3) {q};",
    "measure {q} -> m{k}; if m{k} {{ x {r}; }}",
)
VISIBLE = {"000": 0.1, "011": 0.4, "101": 0.3, "110": 0.2}
HIDDEN = {"01": 0.75, "10": 0.25}
REGIONS = ((0, 1), (1, 2))


def strings(rows: dict[str, float]) -> str:
    return f"strings({[*rows]}, weights = {[*rows.values()]})".replace("'", '"')


def program(seed: int, v: str = "rows(d)", h: str = "rows(e)") -> str:
    """A random program of three visible and two hidden qubits."""
    rng = np.random.default_rng(seed)
    body = []
    for k in range(12):
        q, r = rng.permutation(["v[0]", "v[1]", "v[2]", "h[0]", "h[1]"])[:2]
        kinds = NOISE if k % 4 == 3 else GATES
        body.append(kinds[rng.integers(len(kinds))].format(k=k, q=q, r=r))
    return f"""
    data d = {strings(VISIBLE)};
    data e = {strings(HIDDEN)};
    visible v[3] = {v};
    hidden h[2] = {h};
    param a[12] : angle;
    model {{ ry(a[0]) v[0]; {" ".join(body)} }}
    objective nll(d) + marginals(d, size = 2, distance = hilbert_schmidt);
    """


class Dense:
    """The mean over rows of what becomes of each, by density matrices."""

    def __init__(self, seed: int) -> None:
        starts = itertools.product(VISIBLE.items(), HIDDEN.items())
        self.parts = [
            (weight * other, Circuit.of(qgl.loads(program(seed, f'"{v}"', f'"{h}"')).program))
            for (v, weight), (h, other) in starts
        ]

    def state(self, a: NDArray[np.float64]) -> NDArray[Any]:
        return np.asarray(sum(weight * density_matrix(one, a) for weight, one in self.parts))

    def loss(self, a: NDArray[np.float64]) -> float:
        p, rows = np.diag(self.state(a)).real, np.array([[*map(int, row)] for row in VISIBLE])
        weights = np.array([*VISIBLE.values()])
        q = np.bincount(indices(rows), weights, 8)
        apart = [((p - q).reshape(2, 2, 2).sum(axis=axis) ** 2).sum() for axis in (2, 0)]
        return float(-weights @ np.log(p[indices(rows)]) + np.mean(apart))


@pytest.mark.parametrize("at_once", [True, False])
def test_answers_and_gradients_are_those_of_dense_mixtures(at_once: bool) -> None:
    """Regions and Pauli words by a table of rows, or by a circuit for each row, as likelihoods and states are."""
    seed = int(at_once)
    dense, names = Dense(seed), ["XIZ", "YZI", "ZZZ"]
    pauli_words, model = Expectation.of(names), qgl.loads(program(seed), precision="double")
    model.readings._at_once.update(dict.fromkeys([pauli_words, Marginals(REGIONS, True)], at_once))
    with jax.enable_x64(True):
        params = model.init(jax.random.key(seed))
        a = np.asarray(params["a"])
        value, found = model.value_and_grad(params)
        assert float(value) == pytest.approx(dense.loss(a), abs=1e-12)
        np.testing.assert_allclose(found["a"], gradient(dense.loss, a), atol=1e-8)
        rho = dense.state(a)
        wanted = [float(np.trace(rho @ pauli_word(name)).real) for name in names]
        np.testing.assert_allclose(model.answers(params, (pauli_words,))[pauli_words], wanted, atol=1e-12)
        if not at_once:
            np.testing.assert_allclose(model.state(params), rho, atol=1e-12)


def pauli_word(word: str) -> NDArray[Any]:
    one = {"I": np.eye(2), "X": np.eye(2)[::-1], "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
    matrix: NDArray[Any] = np.eye(1)
    for letter in word:
        matrix = np.kron(matrix, one[letter])
    return matrix


CONTROLS = """
data d = strings({rows}, weights = [0.1, 0.2, 0.3, 0.4]);
hidden y[3] = {start};
visible v[3];
param t : table(2, 2, 2);
param a[5] : angle;
model {{
    x y[2];
    prepare(t) y[0], y[1], v[0];
    cry(a[0]) y[2], v[1];
    ctrl(2) rx(a[1]) y[0], v[0], v[1];
    cx y[0], y[1];
    ccx y[1], y[2], v[2];
    cz y[1], v[0];
    ctrl rz(a[2]) y[0], v[2];
    cp(a[3]) y[1], v[2];
    h v;
    crx(a[4]) y[1], v[2];
    cy y[2], v[0];
    ch y[0], v[1];
}}
"""


def test_bits_that_only_control_join_nothing() -> None:
    """What bits of a row control is a gate to their power: but for `ch`, which stays as it is."""
    rows = ["000", "011", "101", "110"]
    model = qgl.loads(CONTROLS.format(rows=rows, start="rows(d)").replace("'", '"'), precision="double")
    with jax.enable_x64(True):
        params = model.init(jax.random.key(1))
        a = np.concatenate([np.ravel(params[name]) for name in ("t", "a")])
        starts = [qgl.loads(CONTROLS.format(rows=rows, start=f'"{row}"').replace("'", '"')).program for row in rows]
        states = [density_matrix(one, a) for one in starts]
        rho = sum(weight * state for weight, state in zip((0.1, 0.2, 0.3, 0.4), states, strict=True))
        np.testing.assert_allclose(model.state(params), rho, atol=1e-12)
    joining = [
        each.name for each in model.readings.circuit.operations if {*each.wires} & {0, 1, 2} and len(each.wires) > 1
    ]
    assert joining == ["ch"]


WIDE = """
const n = 40, classes = [0, 1, 2];
data pictures = digits(classes = classes, size = 7);
data noisy = flipped(pictures, 0.15);
lattice board = grid(7, 7);
hidden y on board = rows(noisy);
visible v on board;
param t : table(2, 2, 2);
model {
    for q in board { let near = neighbours(board, q); prepare(t) [y[q], y[near[0]]], v[q]; }
}
objective marginals(pictures, size = 2);
"""


def test_small_regions_of_wide_registers_see_the_table_of_their_bits() -> None:
    """Given a row, the outputs are independent; what far ones have in common is the row."""
    model = qgl.loads(WIDE.replace("n = 40, ", ""), precision="double")
    noisy = model.program.data["noisy"].rows
    regions = ((0, 1), (0, 48), (24, 25, 31))
    query = Marginals(regions, True)
    with jax.enable_x64(True):
        params = {"t": jnp.array([0.3, 1.1, 1.9, 2.8])}
        chance = np.sin(np.asarray(params["t"]) / 2) ** 2
        near = [neighbour(q) for q in range(49)]
        ones = chance[2 * noisy + noisy[:, near]]  # of each row and output
        for number, region in enumerate(regions):
            given = np.stack([1 - ones[:, region], ones[:, region]], axis=2)
            letters = "abc"[: len(region)]
            wanted = np.einsum(",".join(f"r{one}" for one in letters) + "->" + letters, *np.moveaxis(given, 1, 0))
            assert model.readings.sees_rows_at_once(query)
            found = model.answers(params, (query,))[query][number]
            np.testing.assert_allclose(np.ravel(found), wanted.ravel() / len(noisy), atol=1e-12)
        share = model.readings.shares((query,))[0]
        assert share.of_rows and share.weigh().rows[0].chosen == "cones"


def neighbour(site: int) -> int:
    """The first of the neighbours of a site, in the order of the lattice."""
    row, column = divmod(site, 7)
    sites = [(row - 1, column), (row, column - 1), (row, column + 1), (row + 1, column)]
    return next(7 * r + c for r, c in sites if 0 <= r < 7 and 0 <= c < 7)


def test_pauli_words_far_apart_and_two_tables_in_one_cone() -> None:
    """Of registers of their own two rows are drawn; of one, one row, whose far bits go together."""
    text = """
    data a = strings(["00000000000000", "11111111111111"], weights = [1, 3]);
    data b = strings(["0", "1"], weights = [2, 3]);
    visible v[14] = rows(a);
    visible w = rows(b);
    visible u = rows(b);
    model { cx w, v[13]; id u; }
    """
    model = qgl.loads(text, precision="double")
    pauli_words = Expectation.sparse(np.array([[0, 6], [0, 13], [14, 15], [13, 14]], np.int32))
    model.readings._at_once[pauli_words] = True
    with jax.enable_x64(True):
        # E[Z] is -1/2 of a bit of `a` and -1/5 of one of `b`; cx makes of v[13] the product with that of w
        np.testing.assert_allclose(
            model.answers({}, (pauli_words,))[pauli_words], [1, -1 / 5, 1 / 25, -1 / 2], atol=1e-12
        )


def test_wide_starts_are_mixtures_for_strings_and_samples() -> None:
    """What no table answers is row by row: likelihoods, and samples that are rows after noise."""
    text = """
    data rare = cardinality(16, 8);
    data d = subset(rare, count = 10);
    visible v[16] = rows(d);
    model { bit_flip(0.1) v; for (a, b) in brick(v, 0) { cx a, b; } }
    objective nll(d);
    """
    model = qgl.loads(text, precision="double")
    rows = model.program.data["d"].rows
    with jax.enable_x64(True):
        drawn = np.asarray(model.sample({}, jax.random.key(3), 200))
        flips = drawn.copy()
        flips[:, 1::2] ^= flips[:, ::2]  # undo the cx
        wrong = (flips[:, None] != rows[None]).sum(axis=2)
        chances = (0.1**wrong * 0.9 ** (16 - wrong)).mean(axis=1)
        np.testing.assert_allclose(model.log_prob({}, drawn[:5]), np.log(chances[:5]), rtol=1e-9)
        nearest = np.bincount(wrong.argmin(axis=1), minlength=10)
        assert abs(wrong.min(axis=1).mean() - 1.6) < 0.3 and (nearest > 5).all()


@pytest.mark.parametrize(
    ("start", "text"),
    [
        ("rows(wide)", "`wide` has 3 bits a row, and `v` 2 qubits"),
        ("rows(labelled)", "gives conditions with its rows"),
        ("rows(grey)", "has no rows of bits"),
        ("rows(3)", "a data set belongs here, not the whole number 3"),
        ("rows(pair, pair)", "`rows` takes one data set"),
        ("rows(huge)", "draw some of them"),
    ],
)
def test_what_no_register_starts_from(start: str, text: str) -> None:
    declared = """
    data wide = parity(3);
    data pair = parity(2);
    data labelled = digits(classes = [0, 1], size = 1, labels = true);
    data grey = digits(size = 1, grey = true);
    data huge = parity(64);
    """
    assert text in messages(f"{declared}visible v[2] = {start};\nmodel {{ h v; }}\n")


def messages(text: str) -> str:
    return " ".join(f"{each.message} {each.help}" for each in faults(text))


def test_fresh_qubits_and_categories_and_the_size_of_a_mixture() -> None:
    start = 'data d = strings(["00", "11"]);\n'
    assert "a `fresh` qubit does not" in messages(f"{start}visible v;\nmodel {{ fresh e[2] = rows(d); cx e[0], v; }}\n")
    assert "3 categories" in messages(f"{start}visible v : category(3) = rows(d);\nmodel {{ levels(?) v; }}\n")
    many = "data d = digits(size = 8);\nvisible v[64] = rows(d);\nhidden h[64] = rows(d);\nmodel { cx h, v; }\n"
    assert "a mixture over 3,229,209 rows" in messages(many)


def test_emitted_with_a_row_or_with_open_bits(tmp_path: Path) -> None:
    """The distribution that Qiskit reads is that of the program that starts in the row."""
    place, one = tmp_path / "start.qgl", tmp_path / "one.qgl"
    model = "model { ry(0.7) v; cx v[0], v[1]; bit_flip(0.2) v[2]; }\n"
    place.write_text(f'data d = strings(["011", "101"]);\nvisible v[3] = rows(d);\n{model}')
    one.write_text(f'visible v[3] = "101";\n{model}')
    drawn = "--seed", "4", "--profile", "qiskit"
    code, text, _ = qglc("emit", place, *drawn, "--row", "1")
    wanted = qiskit_distribution(qglc("emit", one, *drawn)[1])
    assert code == 0 and "// From row 1 of `d`, 101." in text
    np.testing.assert_allclose(qiskit_distribution(text), wanted, atol=1e-9)
    code, text, _ = qglc("emit", place, *drawn)
    assert code == 0 and "`rows_1` is the bits of a row of `d`: --row picks one" in text
    found = qiskit_distribution(text, {"rows_1_0": 1.0, "rows_1_1": 0.0, "rows_1_2": 1.0})
    np.testing.assert_allclose(found, wanted, atol=1e-9)
    assert "has 2 rows, numbered from 0" in qglc("emit", place, *drawn, "--row", "2")[2]
    assert "there are 1, and 2 rows" in qglc("emit", place, *drawn, "--row", "1", "--row", "0")[2]


def test_runs_keep_their_rows_and_go_on(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n0,1\n1,1\n")
    (tmp_path / "m.qgl").write_text(
        'const p = 0.1;\ndata d = csv("table.csv");\ndata noisy(p) = flipped(d, p, draws = 3);\n'
        "visible v[2] = rows(noisy(p));\nmodel { ry(?) v; cx v[0], v[1]; }\nobjective nll(d);\n"
        "stage t { set p = 0.2; train { steps 1; } }\n"
    )
    assert qglc("train", tmp_path / "m.qgl", "-o", tmp_path / "run")[0] == 0
    (tmp_path / "table.csv").unlink()
    code, out, err = qglc("sample", tmp_path / "run", "-n", "5")
    assert code == 0 and len(out.split()) >= 5, err
