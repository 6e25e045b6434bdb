"""Data sets that are pushed through a channel: what is drawn, by what, and what the model does not see of it."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm

import qgl
from qgl.program.program import DataSet
from tests.check.checking import pointed, program

NEAR = 'data near = states_near("0", width = 0.5, count = 40, seed = 3);\n'
ONE = "visible v;\nmodel { ry(?) v; }\n"
X, Z = np.array([[0, 1], [1, 0]]), np.diag([1, -1])


def data_of(text: str) -> dict[str, DataSet]:
    return program(text).data


def states(data: DataSet) -> NDArray[np.complex128]:
    assert data.states is not None
    return data.states


def test_latents_are_drawn_for_each_element() -> None:
    """The mean over rx of angles from uniform(-h, h) shrinks <Z> by sin(h) / h; second moments by that of 2 h."""
    text = (
        'latent a ~ uniform(-1.5, 1.5);\ndata up = strings(["0"]);\nchannel kick(q: qubit) { rx(2 * a + 0.1) q; }\n'
        f"data turned = through(up, kick, count = 20000);\n{ONE}objective mmd(turned, fidelity(power = 2));\n"
    )
    found = states(data_of(text)["turned"])
    z = np.abs(found[:, 0]) ** 2 - np.abs(found[:, 1]) ** 2
    assert len(np.unique(np.round(z, 9))) > 19_900
    assert z.mean() == pytest.approx(np.cos(0.1) * np.sin(3) / 3, abs=5 / 200)
    assert (2 * z**2 - 1).mean() == pytest.approx(np.cos(0.2) * np.sin(6) / 6, abs=5 / 140)


def test_elements_are_those_of_the_data_in_turn() -> None:
    text = f"{NEAR}layer turn(k: real, q: qubit) {{ rx(k) q; }}\n"
    text += "data all(k) = through(near, turn(k));\ndata many = through(near, turn(0.5), count = 90);\n"
    text += (
        f"data few = through(near, turn(0.5), count = 7);\n{ONE}objective mmd(all(0.5), fidelity) + mmd(many, fidelity)"
    )
    text += " + mmd(few, fidelity);\n"
    data = data_of(text)
    expected = states(data["near"]) @ expm(-0.25j * X).T
    np.testing.assert_allclose(states(data["all(0.5)"]), expected, atol=1e-12)
    np.testing.assert_allclose(states(data["many"]), expected[np.arange(90) % 40], atol=1e-12)
    few = states(data["few"])
    places = np.abs(few[:, None] - expected[None]).max(axis=2).argmin(axis=1)
    assert len(set(places)) == 7
    np.testing.assert_allclose(few, expected[places], atol=1e-12)


def test_noise_makes_mixed_elements() -> None:
    text = (
        f"{NEAR}channel spoil(t: int, q: qubit) {{ for s in 1..t {{ depolarizing(s / 10) q; }} }}\n"
        f"data noised(t) = through(near, spoil(t));\n{ONE}objective mmd(noised(3), fidelity(power = 2)) + "
        "mmd(noised(0), fidelity);\n"
    )
    data = data_of(text)
    near, kept = states(data["near"]), 0.9 * 0.8 * 0.7
    expected = kept * near[:, :, None] * near[:, None].conj() + (1 - kept) * np.eye(2) / 2
    np.testing.assert_allclose(states(data["noised(3)"]), expected, atol=1e-12)
    np.testing.assert_allclose(states(data["noised(0)"]), near, atol=1e-12)


SCRAMBLE = """
data up = states_near("0", width = 0, count = 30);
latent f[1..4, v] ~ uniform(-1, 1);
channel scramble(t: int, q: qubit) {{ for s in 1..t {{ ry(f[s, 0]) q; }} }}
data noised(t) = through(up, scramble(t), seed = {seed});
data other = through(up, scramble(2), seed = {seed});
visible v;
model {{ ry(?) v; }}
objective mmd(noised(2), fidelity) + mmd(noised(3), fidelity) + mmd(other, fidelity);
"""


def test_draws_differ_by_arguments_and_by_seed_alone() -> None:
    first, second = data_of(SCRAMBLE.format(seed=0)), data_of(SCRAMBLE.format(seed=1))
    np.testing.assert_array_equal(states(first["noised(2)"]), states(first["other"]))
    assert first["noised(2)"].sha256 == first["other"].sha256 != first["noised(3)"].sha256
    again = data_of("// elsewhere\nconst unseen = 1;\n" + SCRAMBLE.format(seed="1 - unseen"))
    np.testing.assert_array_equal(states(first["noised(2)"]), states(again["noised(2)"]))
    assert np.abs(states(first["noised(2)"]) - states(second["noised(2)"])).min() < 0.5
    angles = [2 * np.arctan2(*states(first[name]).real.T[::-1]) for name in ("noised(2)", "noised(3)")]
    assert np.abs(angles[1] - angles[0]).max() > 1  # were the first two turns the same, they would differ by one turn
    assert np.abs(states(first["noised(2)"]) - states(second["noised(2)"])).max() > 0.1


def test_the_model_is_no_mixture_over_what_data_are_drawn_with() -> None:
    """The same model as without; a latent of the model's own keeps its place."""
    rest = "visible v;\nparam a : angle;\nmodel { rx(z) v; ry(a) v; rx(sin(z) * a) v; }\n"
    own = "latent z ~ uniform(-1, 1) draws 5;\n"
    drawn = (
        f"{NEAR}latent f ~ bernoulli(0.5);\nchannel kick(q: qubit) {{ rx(f) q; }}\ndata moved = through(near, kick);\n"
    )
    with_data = qgl.loads(drawn + own + rest + "objective mmd(moved, fidelity);\n", precision="double")
    without = qgl.loads(own + rest, precision="double")
    assert [each.name for each in with_data.program.parameters] == ["z", "a"]
    with jax.enable_x64(True):
        params = without.init(jax.random.key(0))
        assert with_data.parameters.shapes == without.parameters.shapes
        np.testing.assert_array_equal(with_data.probabilities(params), without.probabilities(params))


def test_a_latent_of_both_is_summed_over_by_the_model() -> None:
    text = f"{NEAR}latent f ~ uniform(-1, 1) draws 3;\nchannel kick(q: qubit) {{ rx(f) q; }}\n"
    text += "data moved = through(near, kick);\n"
    model = "visible v;\nmodel { rx(f) v; ry(?) v; }\nobjective mmd(moved, fidelity);\n"
    assert [each.name for each in program(text + model).parameters] == ["f", "ry_1"]
    assert pointed(text.replace(" draws 3", "") + model) == [("QGL0318", "f")]


def test_strings_are_basis_states() -> None:
    text = (
        'data texts = strings(["01", "10"], weights = [3, 1]);\nchannel flip(q: qubit) { bit_flip(0.1) q; }\n'
        "data noisy = through(texts, flip, count = 4000);\nvisible v[2];\nmodel { ry(?) v; }\nobjective nll(noisy);\n"
    )
    noisy = data_of(text)["noisy"]
    share = np.mean(states(noisy)[:, 1, 1].real > 0.5)
    assert share == pytest.approx(0.75, abs=0.035)
    p = {"".join(map(str, row)): weight for row, weight in zip(noisy.rows, noisy.weights, strict=True)}
    assert p["00"] == pytest.approx(0.09) and p["01"] == pytest.approx(0.81 * share + 0.01 * (1 - share))


def test_correlated_noise() -> None:
    """exp(-i a XX) with probability 0.8, else exp(-i a ZZ), a from U(-pi/3, pi/3), of arXiv 2310.05866: the mean state
    by quadrature, and elements that are one or the other.
    """
    text = (
        'data begun = states_near("00", width = 0.3, count = 1);\nlatent a ~ uniform(-pi / 3, pi / 3);\n'
        "latent first ~ bernoulli(0.8);\nchannel noise(q: qubit, r: qubit) {\n"
        "    rxx(2 * a * first) q, r;\n    rzz(2 * a * (1 - first)) q, r;\n}\n"
        "data noised = through(begun, noise, count = 20000);\nvisible v[2];\nmodel { ry(?) v; }\n"
        "objective mmd(noised, fidelity(power = 2));\n"
    )
    data = data_of(text)
    begun, found = states(data["begun"])[0], states(data["noised"])
    angles = np.linspace(-np.pi / 3, np.pi / 3, 401)
    pauli_words = np.kron(X, X), np.kron(Z, Z)
    means = []
    for pauli_word in pauli_words:
        turned = np.asarray([expm(-1j * a * pauli_word) @ begun for a in angles])
        rho = np.einsum("ax,ay->axy", turned, turned.conj())
        means.append(np.trapezoid(rho, angles, axis=0) / np.ptp(angles))
    mean = np.einsum("sx,sy->xy", found, found.conj()) / len(found)
    np.testing.assert_allclose(mean, 0.8 * means[0] + 0.2 * means[1], atol=5 * 0.5 / np.sqrt(20_000))
    kinds = []
    for pauli_word in pauli_words:  # exp(-i a W)|s> lies in the span of |s> and W|s>
        span, _ = np.linalg.qr(np.stack([begun, pauli_word @ begun], axis=1))
        kinds.append(np.linalg.norm(found @ span.conj(), axis=1) > 1 - 1e-12)
    assert np.all(kinds[0] | kinds[1])
    assert kinds[0].mean() == pytest.approx(0.8, abs=0.02)


def test_a_circle_of_states_needs_no_source_of_its_own() -> None:
    text = (
        'data up = strings(["0"]);\nlatent f ~ uniform(0, 2 * pi);\nlayer turn(q: qubit) { ry(2 * f) q; }\n'
        f"data circle = through(up, turn, count = 5000);\n{ONE}objective mmd(circle, fidelity(power = 2));\n"
    )
    found = states(data_of(text)["circle"])
    assert np.abs(found.imag).max() < 1e-12
    angles = np.arctan2(found[:, 1].real, found[:, 0].real)
    assert np.abs(np.exp(1j * np.outer([1, 2, 3], angles)).mean(axis=1)).max() < 5 / np.sqrt(5000)


def test_required_outcomes_make_the_ensemble() -> None:
    """The kept half of a Bell-like measurement: amplitudes are those of the success."""
    text = (
        f"{NEAR}channel look(q: qubit) {{ fresh e; ry(1.2) e; cx q, e; postselect(0) e; }}\n"
        f"data seen = through(near, look);\n{ONE}objective mmd(seen, fidelity(power = 2));\n"
    )
    data = data_of(text)
    expected = states(data["near"]) * [np.cos(0.6), np.sin(0.6)]
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(states(data["seen"]), expected, atol=1e-12)


KICK = "{}\nchannel kick(q: qubit) {{ {} }}\ndata moved = through({});\n"
NO_USE = "mmd(moved, fidelity);\n"


@pytest.mark.parametrize(
    ("declared", "body", "arguments", "expected"),
    [
        ("param a : angle;", "rx(a) q;", "near, kick", ("QGL0615", "through(near, kick)")),
        ("random a ~ uniform(0, 1);", "rx(a) q;", "near, kick", ("QGL0615", "through(near, kick)")),
        ("condition a;", "rx(a) q;", "near, kick", ("QGL0615", "through(near, kick)")),
        ("", "rx(?) q;", "near, kick", ("QGL0615", "through(near, kick)")),
        ("", "cx q, v;", "near, kick", ("QGL0615", "through(near, kick)")),
        ("", "fresh e; postselect(1) e;", "near, kick", ("QGL0616", "through(near, kick)")),
        ("", "h q;", "near, kick(3)", ("QGL0301", "kick(3)")),
        ("", "h q;", "near, near", ("QGL0703", "near")),
        ("", "h q;", "kick, kick", ("QGL0703", "kick")),
        ("", "h q;", "near, rx", ("QGL0201", "rx")),
        ("", "h q;", "near, kick, count = 0", ("QGL0703", "0")),
        ("const a = strings;", "h q;", "near, kick", ("QGL0201", "strings")),
        ("", "fresh e[30]; h e; for k in 0..29 { cx e[k], q; }", "near, kick", ("QGL0803", "through(near, kick)")),
        ("latent a ~ uniform(-2, 2);", "rx(sqrt(a)) q;", "near, kick", ("QGL0613", "through(near, kick)")),
        (
            "",
            "repeat 100000 { h q; }",
            "near, kick, count = 1000000",
            ("QGL0803", "through(near, kick, count = 1000000)"),
        ),
        ("", "hh q;", "near, kick", ("QGL0202", "hh")),
    ],
)
def test_refused(declared: str, body: str, arguments: str, expected: tuple[str, str]) -> None:
    text = NEAR + KICK.format(declared, body, arguments) + ONE + f"objective {NO_USE}"
    assert expected in [each for each in pointed(text) if each[0] != "QGL0211"]


def test_refused_for_what_it_is_pushed() -> None:
    """One state or a distribution without a number of elements, and a register of another width."""
    kick = "latent a ~ uniform(-1, 1);\nlayer kick(q: qubit) { rx(a) q; }\nlayer two(q: qubit, r: qubit) { cx q, r; }\n"
    for declared, expected in (
        ('data one = strings(["1"]);\ndata moved = through(one, kick);\n', "QGL0613"),
        (f"{NEAR}data moved = through(near, two);\n", "QGL0615"),
        (f"{NEAR}data moved = through(near, two, count = 3);\n", "QGL0615"),
    ):
        found = [code for code, _ in pointed(declared + kick + ONE + f"objective {NO_USE}") if code != "QGL0211"]
        assert found == [expected]
