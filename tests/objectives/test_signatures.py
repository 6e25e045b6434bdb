"""The tables of named calls against their implementations, and reading calls."""

from __future__ import annotations

import inspect

import optax
import pytest

from qgl.check.calls.callables import KIND_WORDS, SIGNATURES
from qgl.check.calls.signature_types import Signature
from qgl.check.calls.signatures import bind
from qgl.data.parts import PARTS
from qgl.data.sources import SOURCES
from tests.objectives.named_calls import Checker, evaluate, expression

EVERY = [signature for table in SIGNATURES.values() for signature in table.values()]


def test_data_sources_of_the_tables_are_those_that_load() -> None:
    assert set(SOURCES) | set(PARTS) == set(SIGNATURES["data"])


def test_every_kind_has_words_and_every_entry_a_documentation() -> None:
    assert set(KIND_WORDS) == set(SIGNATURES)
    for signature in EVERY:
        assert signature.doc.endswith(".") and signature.usage.startswith(signature.name)
        for parameter in signature.parameters:
            assert parameter.doc and parameter.type.words
            assert not (parameter.required and parameter.default is not None)


@pytest.mark.parametrize("signature", [s for s in EVERY if s.kind in ("optimizer", "schedule")], ids=lambda s: s.name)
def test_arguments_are_those_of_the_optax_factory(signature: Signature) -> None:
    factory = getattr(optax, signature.factory)
    accepted = inspect.signature(factory).parameters
    targets = [parameter.target or parameter.name for parameter in signature.parameters]
    assert set(targets) <= set(accepted)
    needed = {name for name, p in accepted.items() if p.default is inspect.Parameter.empty}
    assert needed <= set(targets)


@pytest.mark.parametrize("signature", [s for s in EVERY if s.kind in ("optimizer", "schedule")], ids=lambda s: s.name)
def test_defaults_are_taken_by_the_optax_factory(signature: Signature) -> None:
    needed = {"rate": 0.1, "decay": 0.5, "warmup": 5}
    given = {}
    for parameter in signature.parameters:
        value = needed[parameter.name] if parameter.required else parameter.default
        if parameter.name == "steps":
            value = 20
        if value is not None:
            given[parameter.target or parameter.name] = value
    getattr(optax, signature.factory)(**given)


@pytest.mark.parametrize(
    ("text", "kind", "arguments"),
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
        ("mmd(d, hamming(1), samples = 2)", "objective", {"data": "d", "words": None, "samples": 2}),
        ("digits", "data", {"classes": tuple(range(10)), "size": 4}),
    ],
)
def test_good_calls(text: str, kind: str, arguments: dict[str, object]) -> None:
    checker = Checker()
    call = bind(expression(text), kind, evaluate, checker.faults.append)
    assert not checker.faults and call is not None
    table = SIGNATURES[kind][call.name]
    assert list(call.arguments) == [parameter.name for parameter in table.parameters]
    assert {key: call.arguments[key] for key in arguments} == arguments


def test_nested_calls_are_read_too() -> None:
    call = bind(expression("adam(rate = cosine(0.1, final = 0.5))"), "optimizer", evaluate, Checker().faults.append)
    assert call is not None
    assert call.arguments["rate"].name == "cosine"
    assert call.arguments["rate"].arguments == {"rate": 0.1, "steps": None, "final": 0.5}


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
        ("mmd(d, hamming(1), words = 1.5)", "objective", "QGL0703", "1.5"),
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
    assert bind(expression(text), kind, evaluate, checker.faults.append) is None
    assert checker.codes == [code]
    assert checker.places == [place]


def test_all_faults_of_a_call_are_reported_and_faulty_values_are_silent() -> None:
    checker = Checker()
    assert bind(expression("adam(rate = 0, b1 = 2)"), "optimizer", evaluate, checker.faults.append) is None
    assert checker.codes == ["QGL0703", "QGL0703"]
    checker = Checker()
    assert bind(expression("adam(rate = faulty)"), "optimizer", evaluate, checker.faults.append) is None
    assert checker.codes == []


def test_a_name_of_another_kind_is_named_as_such() -> None:
    checker = Checker()
    bind(expression("tv(d)"), "objective", evaluate, checker.faults.append)
    assert checker.faults[0].help == "`tv` is a report, not an objective"
