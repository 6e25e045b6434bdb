"""Membership rules against enumeration; parts of data sets, uniform draws, and what is left."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qgl.bits.distribution import indices, strings
from qgl.compiler import diagnose
from qgl.data.environment import FolderEnvironment
from qgl.data.files import Limits
from qgl.data.parts import subset, without
from qgl.diagnostics.model import QglError
from qgl.program.calls import data_sources
from qgl.program.membership import BarsAndStripes, Cardinality, Listed, Parity, Rule, Without, count_text
from qgl.program.program import DataSet
from qgl.source import Source
from tests.data.data_calls import SPAN, load

RULES: list[tuple[Rule, DataSet]] = [
    (BarsAndStripes(3, 3), load("bars_and_stripes", rows=3, columns=3)),
    (BarsAndStripes(2, 4), load("bars_and_stripes", rows=2, columns=4)),
    (BarsAndStripes(1, 4), load("bars_and_stripes", rows=1, columns=4)),
    (BarsAndStripes(1, 1), load("bars_and_stripes", rows=1, columns=1)),
    (Cardinality(6, 2), load("cardinality", size=6, ones=2)),
    (Parity(5, True), load("parity", size=5, even=True)),
    (Parity(5, False), load("parity", size=5, even=False)),
]


@pytest.mark.parametrize(("rule", "data"), RULES)
def test_rules_are_the_sets(rule: Rule, data: DataSet) -> None:
    everything = strings(np.arange(2**rule.width), rule.width)
    inside = everything[rule.contains(everything)]
    assert rule.count == len(inside) and rule.width == data.width
    assert set(indices(inside)) == set(indices(data.rows))
    assert data.rule is not None and data.rule.count == rule.count and data.listed


@pytest.mark.parametrize(
    "rule", [rule for rule, _ in RULES] + [Without(Cardinality(5, 2), Listed.of(strings(np.array([3, 5]), 5)))]
)
def test_draws_are_members_and_uniform(rule: Rule) -> None:
    number = 400 * rule.count
    drawn = rule.draw(number, np.random.default_rng(1))
    assert drawn.shape == (number, rule.width) and rule.contains(drawn).all()
    counts = np.bincount(np.unique(indices(drawn), return_inverse=True)[1])
    assert len(counts) == rule.count
    chi = float(((counts - 400.0) ** 2 / 400.0).sum())  # mean count - 1, deviation sqrt(2 (count - 1))
    assert chi < rule.count - 1 + 5 * math.sqrt(2 * max(rule.count - 1, 1)) + 1e-9


def made(source: str, declared: dict[str, DataSet], **arguments: Any) -> DataSet:
    if source == "subset":
        return subset("part", data_sources.Subset(**arguments, span=SPAN), declared, Limits())
    return without("part", data_sources.Without(**arguments, span=SPAN), declared)


@pytest.mark.parametrize("listed", [True, False])
def test_every_subset_is_drawn_as_often_as_any_other(listed: bool) -> None:
    whole = load("cardinality", size=4, ones=1)
    if not listed:
        whole = load("cardinality", limits=Limits(cells=1), size=4, ones=1)
    pairs = [
        tuple(sorted(indices(made("subset", {"d": whole}, data="d", count=2, seed=seed).rows).tolist()))
        for seed in range(600)
    ]
    counts = np.array([pairs.count(pair) for pair in itertools.combinations([1, 2, 4, 8], 2)])
    assert counts.sum() == 600 and float(((counts - 100.0) ** 2 / 100.0).sum()) < 5 + 5 * math.sqrt(10)


def test_a_larger_subset_holds_a_smaller_one() -> None:
    for whole in (load("parity", size=7, even=True), load("cardinality", size=60, ones=30)):
        small, large = (made("subset", {"d": whole}, data="d", count=count, seed=3) for count in (10, 40))
        assert large.exact and len(Listed.of(large.rows).keys) == 40
        assert Listed.of(small.rows).keys < Listed.of(large.rows).keys
        other = made("subset", {"d": whole}, data="d", count=40, seed=4)
        assert Listed.of(other.rows).keys != Listed.of(large.rows).keys and other.sha256 != large.sha256


def test_a_distribution_keeps_its_ratios_and_the_rest_is_the_rest() -> None:
    whole = load("strings", strings=("00", "01", "10", "11"), weights=(1.0, 2.0, 3.0, 4.0))
    part = made("subset", {"d": whole}, data="d", fraction=0.5)
    rest = made("without", {"d": whole, "p": replace(part, name="p")}, data="d", part="p")
    distribution = dict(zip(indices(whole.rows).tolist(), whole.weights.tolist(), strict=True))
    for data in (part, rest):
        own = np.array([distribution[index] for index in indices(data.rows).tolist()])
        np.testing.assert_allclose(data.weights, own / own.sum())
    assert sorted([*indices(part.rows), *indices(rest.rows)]) == [0, 1, 2, 3]


def test_a_table_is_split_by_rows_which_may_be_alike() -> None:
    rows = strings(np.array([0, 0, 0, 1, 1, 2, 3, 3]), 2)
    conditions = np.repeat(np.arange(4.0), 2)[:, None]
    table = DataSet("d", rows, np.full(8, 1 / 8), conditions, False, "", "")
    train = made("subset", {"d": table}, data="d", count=5, seed=1)
    test = made("without", {"d": table, "t": replace(train, name="t")}, data="d", part="t")
    assert not train.exact and len(train.rows) == 5 and len(test.rows) == 3
    together = np.concatenate([np.column_stack([each.rows, np.array(each.conditions)]) for each in (train, test)])
    whole = np.column_stack([rows, conditions])
    assert sorted(map(tuple, together.tolist())) == sorted(map(tuple, whole.tolist()))


def test_what_is_left_of_a_rule_is_a_rule() -> None:
    whole = load("cardinality", size=60, ones=30)
    part = made("subset", {"d": whole}, data="d", count=100)
    rest = made("without", {"d": whole, "p": part}, data="d", part="p")
    assert not rest.listed and rest.rule is not None and rest.rule.count == math.comb(60, 30) - 100
    assert not rest.rule.contains(part.rows).any()
    held_out = made("subset", {"d": rest}, data="d", count=50)
    assert rest.rule.contains(held_out.rows).all()
    assert count_text(rest.rule.count) == "about 2^56"


@pytest.mark.parametrize(
    ("source", "arguments", "code"),
    [
        ("subset", {"data": "d", "count": 21}, "QGL0613"),
        ("subset", {"data": "d", "fraction": 0.01}, "QGL0607"),
        ("subset", {"data": "wide", "fraction": 0.5}, "QGL0610"),
        ("without", {"data": "d", "part": "d"}, "QGL0607"),
        ("without", {"data": "d", "part": "odd"}, "QGL0613"),
        ("without", {"data": "wide", "part": "odd60"}, "QGL0613"),
        ("without", {"data": "d", "part": "wide"}, "QGL0613"),
    ],
)
def test_parts_that_cannot_be(source: str, arguments: dict[str, Any], code: str) -> None:
    declared = {
        "d": load("cardinality", size=6, ones=3),
        "odd": load("strings", strings=("000001",)),
        "odd60": load("strings", strings=("0" * 60,)),
        "wide": load("cardinality", size=60, ones=30),
    }
    with pytest.raises(QglError) as caught:
        made(source, declared, **arguments)
    assert [each.code for each in caught.value.diagnostics] == [code]


PROGRAM = """
const n = 40;
visible v[n];
data valid = cardinality(n, 20);
data seen = subset(valid, count = 30);
data unseen = subset(without_seen, count = 30, seed = 1);
data without_seen = without(valid, seen);
model { ry(?) v; }
"""


def test_a_set_too_large_to_list_serves_as_a_rule_and_nowhere_else(tmp_path: Path) -> None:
    def codes(more: str) -> list[str]:
        return [each.code for each in diagnose(Source("p", PROGRAM + more), FolderEnvironment(tmp_path))[1]]

    assert codes("objective nll(seen); report fidelity(seen, valid), nll(unseen);") == []
    assert codes("objective nll(valid); report nll(unseen);") == ["QGL0610"]
    assert codes("objective nll(seen); report kl(valid), nll(unseen);") == ["QGL0610"]
    assert codes("objective nll(seen); report fidelity(valid, seen), nll(unseen);") == ["QGL0610"]
