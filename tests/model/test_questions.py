"""What is no question to a model: refused in words that name the shapes, whether JAX traces or not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import qgl
from qgl.data.environment import FolderEnvironment
from qgl.query import Expectation, GivenPauliWords, GivenStrings, LogProb, Marginals, Probabilities, Query, Samples

TEXT = """
data seen = strings(["000", "011"]);
visible v[3];
hidden h;
param a[2, v] : angle;
model { ry(a[0]) v; cx v[0], v[1]; cx v[1], h; ry(a[1]) v; }
objective nll(seen);
"""


@pytest.fixture(scope="module")
def model() -> qgl.Model:
    return qgl.loads(TEXT)


@pytest.fixture(scope="module")
def params(model: Any) -> dict[str, Any]:
    return {"a": np.linspace(0.1, 0.9, 6, dtype=np.float32).reshape(2, 3)}


@pytest.mark.parametrize(
    ("x", "wording"),
    [
        (np.ones((1, 2), int), r"x has shape \(1, 2\), but \(rows, 3\) is wanted"),
        (np.ones((1, 4), int), r"x has shape \(1, 4\)"),
        (np.zeros(3, int), r"x has shape \(3,\)"),
        (np.zeros((1, 1, 3), int), r"x has shape \(1, 1, 3\)"),
        (np.zeros((0, 3), int), r"x has shape \(0, 3\)"),
        (np.full((1, 3), 2), "x holds 2, but only 0 and 1"),
        (-np.ones((1, 3), int), "x holds -1"),
        (np.zeros((1, 3)), "x holds float64"),
        (np.zeros((1, 3), complex), "x holds complex128"),
        ("000", "x is one string"),
        (["00"], r"x has shape \(1, 2\)"),
        (["000", "00"], "different lengths"),
        (["0a0"], "'0a0', which is no string of 0 and 1"),
        ([b"\xff00"], "no string of 0 and 1"),
        ([[0, 1], [0]], "no array of numbers"),
        (None, "no array of numbers"),
        ({"x": 1}, "no array of numbers"),
        (7, r"x has shape \(\)"),
    ],
)
def test_what_is_no_string_has_no_probability(model: Any, params: Any, x: Any, wording: str) -> None:
    with pytest.raises(ValueError, match=wording):
        model.log_prob(params, x)


def test_strings_in_every_form_that_means_them(model: Any, params: Any) -> None:
    p = np.asarray(model.probabilities(params))
    expected = np.log(p[[0b011, 0b100]])
    rows = np.array([[0, 1, 1], [1, 0, 0]])
    forms = [rows, rows.astype(bool), rows.astype(np.int8), rows.tolist(), jnp.asarray(rows), ["011", "100"]]
    for form in [*forms, [b"011", b"100"], np.array(["011", "100"]), ("011", "100")]:
        np.testing.assert_allclose(model.log_prob(params, form), expected, rtol=1e-5)


def test_traced_strings_are_of_a_shape_and_nan_if_they_are_none(model: Any, params: Any) -> None:
    traced = jax.jit(lambda x: model.log_prob(params, x))
    found = traced(jnp.array([[0, 1, 1], [2, 0, 0], [0, 0, -1]]))
    np.testing.assert_allclose(found[0], model.log_prob(params, ["011"])[0], rtol=1e-5)
    assert np.isnan(found[1:]).all()
    with pytest.raises(ValueError, match=r"\(1, 2\)"):
        traced(jnp.zeros((1, 2), int))
    with pytest.raises(ValueError, match="holds float32"):
        traced(jnp.zeros((1, 3)))


@pytest.mark.parametrize(
    ("wrong", "wording"),
    [
        ({"a": np.zeros(6)}, r"`a` has shape \(6,\), but \(2, 3\) is wanted"),
        ({"a": np.zeros((1, 2, 3))}, r"\(1, 2, 3\)"),
        ({"a": 0.3}, r"`a` has shape \(\)"),
        ({}, r"`a` is missing among the parameters; the program declares `a` \(2, 3\)"),
        ({"a": np.zeros((2, 3)), "b": np.zeros(2)}, "there is no `b`"),
        ({"a": np.full((2, 3), np.nan)}, "not finite"),
        ({"a": np.full((2, 3), 1e300)}, "not finite in float32"),
        ({"a": np.zeros((2, 3), complex)}, "complex128"),
        ({"a": np.full((2, 3), "x")}, "<U1"),
        ({"a": None}, "no array of numbers"),
        ([0.1], "a dictionary of named arrays, not list"),
    ],
)
def test_every_question_refuses_parameters_of_another_program(model: Any, wrong: Any, wording: str) -> None:
    questions: list[Callable[[Any], Any]] = [
        model.probabilities,
        model.state,
        model.loss,
        model.terms,
        model.value_and_grad,
        model.qasm,
        lambda params: model.log_prob(params, ["000"]),
        lambda params: model.sample(params, jax.random.key(0), 2),
        lambda params: model.expectation(params, ["ZZZ"]),
        lambda params: model.marginals(params, [[0]]),
        lambda params: model.answers(params, [Probabilities()]),
    ]
    for question in questions:
        with pytest.raises(ValueError, match=wording):
            question(wrong)


def test_traced_parameters_are_held_to_names_shapes_and_types(model: Any, params: Any) -> None:
    for wrong in ({"a": jnp.zeros(6)}, {}, {**params, "b": jnp.zeros(1)}, {"a": jnp.zeros((2, 3), complex)}):
        for traced in (jax.jit(model.loss), jax.jit(jax.grad(model.loss))):
            with pytest.raises((ValueError, TypeError), match=r"parameter|complex"):
                traced(wrong)
    whole = {"a": np.zeros((2, 3), int)}
    np.testing.assert_allclose(
        model.value_and_grad(whole)[1]["a"], model.value_and_grad({"a": np.zeros((2, 3), np.float32)})[1]["a"]
    )
    with pytest.raises(ValueError, match=r"`a` has shape \(4, 2, 3\)"):
        model.loss({"a": np.zeros((4, 2, 3))})
    assert jax.vmap(model.loss)({"a": jnp.zeros((4, 2, 3))}).shape == (4,)


def test_keys_and_numbers_of_shots(model: Any, params: Any) -> None:
    key = jax.random.key(3)
    raw = jax.random.key_data(key)
    np.testing.assert_array_equal(model.sample(params, raw, np.int64(4)).shape, (4, 3))
    wrong_keys: list[Any] = [
        0,
        None,
        "key",
        np.zeros(2),
        jax.random.split(key),
        jax.random.split(raw, 2),
        np.zeros(3, np.uint32),
    ]
    for wrong in wrong_keys:
        for ask in (model.init, lambda k: model.sample(params, k, 2), lambda k: model.init(k)):
            with pytest.raises(ValueError, match="one key is wanted"):
                ask(wrong)
    for shots in (0, -1, 2.0, True, "4", None, np.array([4])):
        with pytest.raises(ValueError, match=r"shots is .* a whole number of at least 1"):
            model.sample(params, key, shots)
    with pytest.raises(ValueError, match="static"):
        jax.jit(lambda shots: model.sample(params, key, shots))(3)
    with pytest.raises(ValueError, match="one key"):
        model.loss(params, 5)


def test_words_and_regions(model: Any, params: Any) -> None:
    wrong_pauli_words: list[Any] = ["ZZZ", [], ["ZZ"], ["zzz"], [b"ZZZ"], [3], None, {"ZZZ": 1}]
    for wording in wrong_pauli_words:
        with pytest.raises(ValueError, match="word"):
            model.expectation(params, wording)
    wrong_regions: list[Any] = [
        [0, 1],
        [],
        [[]],
        [[3]],
        [[0, 0]],
        [[-1]],
        [[0.0]],
        [[True]],
        ["01"],
        None,
        [[None]],
        [{0: 1}],
    ]
    for regions in wrong_regions:
        with pytest.raises(ValueError, match="region"):
            model.marginals(params, regions)
    first, second = model.marginals(params, np.array([[0, 1], [1, 2]])), model.marginals(params, [[0, 1], (1, 2)])
    np.testing.assert_array_equal(np.stack(list(first)), np.stack(list(second)))


@pytest.mark.parametrize(
    ("query", "wording"),
    [
        (LogProb.of(np.zeros((1, 4), np.uint8)), "have 4 bits, but the model has 3"),
        (LogProb(b"\x02\x00\x00", 3), "LogProb holds 2"),
        (GivenStrings(2), "leaves its rows open"),
        (GivenStrings(0), "at least 1"),
        (GivenPauliWords(2, 1), "at least 2"),
        (GivenPauliWords(2, 5), "give `key`"),
        (Samples(5), "give `key`"),
        (Samples(0), "at least 1"),
        (Expectation.of(["IIIIZ"]), "beyond positions 0 to 3"),
        (Expectation.of([]), "no Pauli word"),
        (Marginals(((4,),)), "not a region of positions 0 to 3"),
        ("probabilities", "no query"),
        (Probabilities, "no query"),
    ],
)
def test_queries_that_cannot_be_asked(model: Any, params: Any, query: Any, wording: str) -> None:
    with pytest.raises(ValueError, match=wording):
        model.answers(params, [query])


def test_arrays_that_come_with_queries(model: Any, params: Any) -> None:
    query = GivenStrings(2)
    for wrong in (np.zeros((3, 3), int), np.zeros((2, 2), int), np.full((2, 3), 2)):
        with pytest.raises(ValueError, match=r"given\[GivenStrings\(count=2\)\]"):
            model.answers(params, [query], given={query: wrong})
    with pytest.raises(ValueError, match="takes none or was not asked"):
        model.answers(params, [Probabilities()], given={query: np.zeros((2, 3), int)})
    with pytest.raises(ValueError, match="takes none"):
        model.answers(params, [Probabilities()], given={Probabilities(): np.zeros((2, 3), int)})
    assert model.answers(params, []) == {}
    with pytest.raises(ValueError, match="queries is"):
        model.answers(params, Probabilities())


def test_conditions_are_given_where_there_are_any(model: Any, params: Any) -> None:
    with pytest.raises(ValueError, match="declares no `condition`"):
        model.probabilities(params, condition=np.zeros(1))
    conditional = qgl.loads("condition c[2]; visible v[1]; model { ry(c[0] + c[1]) v[0]; }")
    for wrong in (None, 0.3, np.zeros((1, 2)), np.full(2, np.nan), np.zeros(2, complex)):
        with pytest.raises(ValueError, match="`condition`"):
            conditional.probabilities({}, wrong)
    np.testing.assert_allclose(conditional.probabilities({}, np.array([1, 0]))[1], np.sin(0.5) ** 2, rtol=1e-5)


TWO = """
visible v[2];
param a[2] : angle ~ constant(0.4);
{declared}
model {{ ry(a[0] + {extra}) v[0]; ry(a[1]) v[1]; cx v[0], v[1]; }}
objective {objective};
"""


def _loss_of(p: Any) -> float:
    """nll + 0.1 mmd of "00", "11" under hamming(sigma = 1), by hand."""
    differences = p - np.array([0.5, 0, 0, 0.5])
    distance = np.array([[bin(i ^ j).count("1") for j in range(4)] for i in range(4)])
    kernel = np.exp(-distance / 2)
    return float(-(np.log(p[0]) + np.log(p[3])) / 2 + 0.1 * differences @ kernel @ differences)


def test_a_mixture_answers_two_kinds_of_question() -> None:
    """A dictionary of two kinds of query went through JAX, which sorts keys, and queries have no order."""
    text = TWO.format(
        declared='latent z ~ bernoulli(0.3); data d = strings(["00", "11"]);',
        extra="z",
        objective="nll(d) + 0.1 * mmd(d, hamming(sigma = 1))",
    )
    model = qgl.loads(text)
    params = model.init(jax.random.key(0))
    asked: list[Query] = [
        Probabilities(),
        LogProb.of(np.array([[0, 1]], np.uint8)),
        Expectation.of(["ZZ"]),
        Marginals(((0,),)),
    ]
    answers = model.answers(params, asked)
    p = np.asarray(answers[asked[0]], np.float64)
    np.testing.assert_allclose(answers[asked[1]], np.log(p[1:2]), rtol=1e-5)
    np.testing.assert_allclose(answers[asked[2]], [p[0] - p[1] - p[2] + p[3]], atol=1e-6)
    np.testing.assert_allclose(np.diagonal(answers[asked[3]][0]).real, [p[0] + p[1], p[2] + p[3]], atol=1e-6)
    value, gradient = model.value_and_grad(params)
    np.testing.assert_allclose(value, _loss_of(p), rtol=1e-5)
    step = np.array([1e-3, 0], np.float32)
    p_up, p_down = (np.asarray(model.probabilities({"a": params["a"] + s * step}), np.float64) for s in (1, -1))
    np.testing.assert_allclose(gradient["a"][0], (_loss_of(p_up) - _loss_of(p_down)) / 2e-3, atol=1e-3)


def test_two_conditional_sets_in_one_objective(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("c,x,y\n0,0,0\n1,1,1\n")
    (tmp_path / "b.csv").write_text("c,x,y\n0.5,0,0\n2,1,1\n2,0,1\n")
    text = TWO.format(
        declared='condition c[1]; data A = csv("a.csv", condition = [0]); data B = csv("b.csv", condition = [0]);',
        extra="c[0]",
        objective="nll(A) + nll(B)",
    )
    model = qgl.loads(text, FolderEnvironment(tmp_path))
    params = model.init(jax.random.key(0))

    def log_p(c: float, x: str) -> float:
        return float(model.log_prob(params, [x], np.array([c]))[0])

    expected = -(log_p(0, "00") + log_p(1, "11")) / 2 - (log_p(0.5, "00") + log_p(2, "11") + log_p(2, "01")) / 3
    np.testing.assert_allclose(model.value_and_grad(params)[0], expected, rtol=1e-5)
