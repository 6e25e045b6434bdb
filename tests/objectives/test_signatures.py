"""The records of named calls against their implementations, and reading calls."""

from __future__ import annotations

import jax.numpy as jnp
import pytest

from qgl.check.calls.binding import bind
from qgl.program.calls.call import Call, arguments, parameters, usage
from qgl.program.calls.optimizers import LBFGS, OPTIMIZERS, Adam
from qgl.program.calls.schedules import Cosine
from qgl.program.calls.table import KINDS
from qgl.source import Source, Span
from qgl.train.optimisers import method
from tests.objectives.named_calls import Checker, evaluate, expression
from tests.train.softmax_model import settings

SPAN = Span(Source("test", "adam"), 0, 4)
EVERY = [callee for kind in KINDS.values() for callee in kind.classes]


@pytest.mark.parametrize("callee", EVERY, ids=lambda each: f"{each.__module__.rpartition('.')[2]} {each.called}")
def test_every_record_is_documented_and_takes_its_own_arguments(callee: type[Call]) -> None:
    assert callee.__doc__ is not None and callee.__doc__.strip().endswith(".")
    assert usage(callee).startswith(callee.called)
    known = parameters(callee)
    for parameter in known:
        assert parameter.doc and parameter.type.wording
    given = {parameter.name: parameter.name for parameter in known}
    assert arguments(callee(**given, span=SPAN)) == given
    assert {*callee.one_of} <= {*given}


@pytest.mark.parametrize("name", sorted({*OPTIMIZERS.table} - {LBFGS.called}))
def test_optax_takes_the_arguments_of_every_optimizer(name: str) -> None:
    state = {"a": jnp.ones(2)}
    chosen = method(settings(OPTIMIZERS.table[name](span=SPAN)))
    assert chosen.initial(state, jnp.zeros(()), {}) is not None


@pytest.mark.parametrize(
    ("text", "kind", "given"),
    [
        ('csv("a.csv", 0..2, header = true)', "data", {"path": "a.csv", "columns": (0, 1, 2), "header": True}),
        ('csv("a.csv", columns = ["x", 3])', "data", {"columns": ("x", 3), "condition": ()}),
        ("gaussian(variance = [0.5, 1])", "kernel", {"variance": (0.5, 1.0), "sigma": None, "combine": "mean"}),
        ("gaussian(sigma = 2, combine = sum)", "kernel", {"variance": None, "sigma": (2.0,), "combine": "sum"}),
        ("adam(w)", "optimizer", {"rate": 0.5, "b1": 0.9}),
        ("sgd", "optimizer", {"rate": 0.01, "momentum": None}),
        ("cmi(v[0], [], v[1])", "report", {"a": (0,), "b": (), "c": (1,), "kind": "classical"}),
        ("cmi(v[0], v[1], v[2], kind = quantum)", "report", {"a": (0,), "b": (1,), "c": (2,), "kind": "quantum"}),
        ("kl", "report", {"data": None}),
        ("mmd(d, hamming(1), samples = 2)", "objective", {"data": "d", "pauli_words": None, "samples": 2}),
        ("digits", "data", {"classes": tuple(range(10)), "size": 4}),
    ],
)
def test_good_calls(text: str, kind: str, given: dict[str, object]) -> None:
    checker = Checker()
    call = bind(expression(text), KINDS[kind], evaluate, checker.faults.append)
    assert not checker.faults and call is not None
    assert {key: getattr(call, key) for key in given} == given


def test_nested_calls_are_read_too() -> None:
    call = bind(expression("adam(rate = cosine(0.1, final = 0.5))"), OPTIMIZERS, evaluate, Checker().faults.append)
    assert isinstance(call, Adam) and call.rate == Cosine(0.1, None, 0.5, span=SPAN)


@pytest.mark.parametrize(
    ("text", "kind", "code", "place"),
    [
        ("gausian(sigma = 1)", "kernel", "QGL0701", "gausian"),
        ("tv(d)", "objective", "QGL0701", "tv"),
        ("3", "kernel", "QGL0712", "3"),
        ("gaussian(1)", "kernel", "QGL0702", "1"),
        ("gaussian()", "kernel", "QGL0702", "gaussian()"),
        ("gaussian(sigma = 1, variance = 1)", "kernel", "QGL0702", "gaussian(sigma = 1, variance = 1)"),
        ("hamming", "kernel", "QGL0702", "hamming"),
        ("hamming(1, 2)", "kernel", "QGL0702", "2"),
        ("hamming(1, sigma = 2)", "kernel", "QGL0702", "sigma"),
        ("hamming(sigma = 0)", "kernel", "QGL0703", "0"),
        ("hamming(sigma = [1, -1])", "kernel", "QGL0703", "[1, -1]"),
        ("hamming(sigma = [])", "kernel", "QGL0703", "[]"),
        ('hamming(sigma = "a")', "kernel", "QGL0703", '"a"'),
        ("hamming(sigma = true)", "kernel", "QGL0703", "true"),
        ("hamming(sigma = 1, combine = max)", "kernel", "QGL0703", "max"),
        ("mmd(d, hamming(1), samples = 1)", "objective", "QGL0703", "1"),
        ("mmd(d, hamming(1), pauli_words = 1.5)", "objective", "QGL0703", "1.5"),
        ("mmd(v, hamming(1))", "objective", "QGL0703", "v"),
        ("mmd(d, 3)", "objective", "QGL0703", "3"),
        ("mmd(d, nll(d))", "objective", "QGL0701", "nll"),
        ("adam(rate = -1)", "optimizer", "QGL0703", "-1"),
        ("adam(rate = 0)", "optimizer", "QGL0703", "0"),
        ("adam(b1 = 1)", "optimizer", "QGL0703", "1"),
        ("adam(rte = 1)", "optimizer", "QGL0702", "rte"),
        ("csv(3)", "data", "QGL0703", "3"),
        ('csv("a", columns = -1)', "data", "QGL0703", "-1"),
        ('csv("a", columns = 0..1000000000)', "data", "QGL0703", "0..1000000000"),
        ('strings(["01", "2"])', "data", "QGL0703", '["01", "2"]'),
        ("parity(3, even = 1)", "data", "QGL0703", "1"),
        ("digits(size = 9)", "data", "QGL0703", "9"),
        ("cmi([], v[1], v[0])", "report", "QGL0703", "[]"),
        ("cmi(v[0], v[1], d)", "report", "QGL0703", "d"),
        ("plateau(patience = 0)", "stop", "QGL0703", "0"),
    ],
)
def test_bad_calls(text: str, kind: str, code: str, place: str) -> None:
    checker = Checker()
    assert bind(expression(text), KINDS[kind], evaluate, checker.faults.append) is None
    assert checker.codes == [code]
    assert checker.places == [place]


def test_all_faults_of_a_call_are_reported_and_faulty_values_are_silent() -> None:
    checker = Checker()
    assert bind(expression("adam(rate = 0, b1 = 2)"), KINDS["optimizer"], evaluate, checker.faults.append) is None
    assert checker.codes == ["QGL0703", "QGL0703"]
    checker = Checker()
    assert bind(expression("adam(rate = faulty)"), KINDS["optimizer"], evaluate, checker.faults.append) is None
    assert checker.codes == []


def test_a_name_of_another_kind_is_named_as_such() -> None:
    checker = Checker()
    bind(expression("tv(d)"), KINDS["objective"], evaluate, checker.faults.append)
    assert checker.faults[0].help == "`tv` is a report, not an objective"
