"""Reading objectives, `train` and reports."""

from __future__ import annotations

import pytest

from qgl.check.settings.reporting import read_reports
from qgl.check.settings.training import default_settings, read_objective, read_train
from qgl.program.calls.call import arguments
from qgl.program.calls.optimizers import Adam
from qgl.program.calls.reports import MarkovGap
from qgl.program.calls.stops import Plateau
from tests.objectives.named_calls import Checker, declaration


def terms(text: str, checker: Checker) -> list[tuple[float, str]]:
    read = read_objective(declaration(f"objective {text};"), checker.scope)
    return [(term.weight, term.call.name) for term in read]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nll(d)", [(1, "nll")]),
        ("nll(d) + 0.1 * mmd(d, hamming(1))", [(1, "nll"), (0.1, "mmd")]),
        ("kl(d) * w - nll(d) / 4", [(0.5, "kl"), (-0.25, "nll")]),
        ("-(nll(d) - 2 * (kl(d) + w * nll(d)))", [(-1, "nll"), (2, "kl"), (1, "nll")]),
    ],
)
def test_weighted_sums(text: str, expected: list[tuple[float, str]]) -> None:
    checker = Checker()
    found = terms(text, checker)
    assert [name for _, name in found] == [name for _, name in expected]
    assert [weight for weight, _ in found] == pytest.approx([weight for weight, _ in expected])
    assert not checker.faults


@pytest.mark.parametrize(
    ("text", "codes", "place"),
    [
        ("3", ["QGL0704"], "3"),
        ("nll(d) + 3", ["QGL0704"], "3"),
        ("nll(d) * kl(d)", ["QGL0704"], "nll(d) * kl(d)"),
        ("1 / nll(d)", ["QGL0704"], "1 / nll(d)"),
        ("nll(d) / 0", ["QGL0704"], "0"),
        ('"a" * nll(d)', ["QGL0704"], '"a"'),
        ("nll(d) ** 2", ["QGL0704"], "nll(d) ** 2"),
        ("0.5 * nlll(d)", ["QGL0701"], "nlll"),
        ("nlll(d) * 0.5", ["QGL0701"], "nlll"),
        ("0.5 * tv(d)", ["QGL0701"], "tv"),
        ("nll(wide)", ["QGL0611"], "nll(wide)"),
        ("nll(given)", ["QGL0612"], "nll(given)"),
        ("faulty * nll(d)", [], ""),
    ],
)
def test_faulty_objectives(text: str, codes: list[str], place: str) -> None:
    checker = Checker()
    assert terms(text, checker) == []
    assert checker.codes == codes
    assert checker.places == [place] * len(codes)


def test_conditions_go_with_nll_only() -> None:
    checker = Checker(conditions=1)
    assert terms("nll(given)", checker) == [(1, "nll")]
    assert terms("kl(given)", checker) == []
    assert checker.codes == ["QGL0710"]


def test_exact_sums_over_too_many_strings_are_refused() -> None:
    checker = Checker(visible=30)
    assert terms("nll(wide) + kl(wide)", checker) == [(1, "nll"), (1, "kl")]
    assert terms("mmd(wide, hamming(1))", checker) == []
    assert checker.codes == ["QGL0709"]


def test_unknown_registers_silence_widths() -> None:
    checker = Checker(visible=None)
    assert terms("nll(wide)", checker) == [(1, "nll")]
    assert not checker.faults


# ---------------------------------------------------------------- train


def test_no_block_gives_defaults() -> None:
    checker = Checker()
    place = declaration("objective nll(d);").span
    settings = read_train(None, checker.scope, place)
    assert settings == default_settings(None, place)
    assert arguments(settings.optimizer) == {"rate": 0.01, "b1": 0.9, "b2": 0.999, "eps": 1e-8}


def test_all_settings() -> None:
    block = declaration(
        "train { optimizer adam(rate = 0.5); steps 7; seeds 3; seed 11; stop target(1e-3), plateau(patience = 9);"
        " clip 2; time_limit 60; precision double; checkpoint 5; batch 8; strategy gradient; }"
    )
    checker = Checker()
    settings = read_train(block, checker.scope, block.span)
    assert not checker.faults
    assert settings.optimizer == Adam(0.5, span=block.span)
    assert (settings.steps, settings.seeds, settings.seed, settings.checkpoint) == (7, 3, 11, 5)
    assert [stop.name for stop in settings.stop] == ["target", "plateau"]
    assert settings.stop[1] == Plateau(9, 1e-6, span=block.span)
    assert (settings.clip, settings.time_limit, settings.precision) == (2.0, 60.0, "double")
    assert settings.batch == 8


@pytest.mark.parametrize(
    ("objective", "conditions", "codes"),
    [
        ("nll(d)", 0, []),
        ("kl(d) + mmd(d, hamming(1))", 0, []),
        ("mmd(d, hamming(1))", 0, ["QGL0713"]),
        ("nll(given)", 1, []),
    ],
)
def test_a_batch_needs_an_objective_that_is_a_mean_over_rows(objective: str, conditions: int, codes: list[str]) -> None:
    checker = Checker(conditions=conditions)
    read = read_objective(declaration(f"objective {objective};"), checker.scope)
    block = declaration("train { batch 2; }")
    assert read_train(block, checker.scope, block.span, read).batch == 2
    assert checker.codes == codes
    assert checker.places == ["batch"] * len(codes)


@pytest.mark.parametrize(
    ("setting", "code", "place"),
    [
        ("steps -1", "QGL0703", "-1"),
        ("steps 1.5", "QGL0703", "1.5"),
        ("steps 1, 2", "QGL0703", "2"),
        ("seeds 0", "QGL0703", "0"),
        ("precision half", "QGL0703", "half"),
        ("clip 0", "QGL0703", "0"),
        ("batch 0", "QGL0703", "0"),
        ("step 5", "QGL0705", "step"),
        ("optimizer adm", "QGL0701", "adm"),
        ("stop never", "QGL0701", "never"),
        ("seed 1; seed 2", "QGL0706", "seed"),
        ("strategy adversarial", "QGL0702", "adversarial"),
        ("strategy gradien", "QGL0701", "gradien"),
        ("engine dense", "QGL1161", "engine"),
        ("gradient spsa(shots = 10); engine 3", "QGL0703", "3"),
        ("gradient parameter_shift", "QGL0702", "parameter_shift"),
        ("gradient parameter_shift(shots = 1)", "QGL0703", "1"),
        ("gradient spsa(shots = 10); optimizer lbfgs", "QGL0908", "lbfgs"),
    ],
)
def test_faulty_settings(setting: str, code: str, place: str) -> None:
    block = declaration(f"train {{ {setting}; }}")
    checker = Checker()
    read_train(block, checker.scope, block.span)
    assert checker.codes == [code]
    assert checker.places == [place]


# ---------------------------------------------------------------- reports


def reports(text: str, checker: Checker, objective: str = "nll(d) + mmd(d, hamming(2))") -> list[tuple[str, object]]:
    read = read_objective(declaration(f"objective {objective};"), checker.scope)
    found = read_reports(declaration(f"report {text};").items, read, checker.scope)
    return [(call.name, getattr(call, "data", None)) for call in found]


def test_reports_without_data_take_those_of_the_objective() -> None:
    checker = Checker()
    assert reports("kl, tv(d), entropy(), mmd", checker) == [("kl", "d"), ("tv", "d"), ("entropy", None), ("mmd", "d")]
    assert not checker.faults


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("kl(wide)", ["QGL0611"]),
        ("klx", ["QGL0701"]),
        ("nll(d, d)", ["QGL0702"]),
        ("cmi(v[0], v[1], v[0])", ["QGL0711"]),
        ("kl, faulty(d)", ["QGL0701"]),
        ("markov_gap", ["QGL0708"]),
    ],
)
def test_faulty_reports(text: str, codes: list[str]) -> None:
    checker = Checker()
    reports(text, checker)
    assert checker.codes == codes


def test_reports_that_can_do_without_data() -> None:
    checker = Checker()
    read = read_reports(declaration("report correlation_length, entropy(v);").items, (), checker.scope)
    assert [getattr(call, "data", None) for call in read] == [None, None] and not checker.faults
    assert reports("correlation_length", checker) == [("correlation_length", "d")]
    objective = read_objective(declaration("objective markov_nll(d, radius = 2);"), checker.scope)
    (gap,) = read_reports(declaration("report markov_gap;").items, objective, checker.scope)
    assert gap == MarkovGap(2, span=gap.span) and not checker.faults


def test_reports_of_the_whole_register_are_for_narrow_ones() -> None:
    checker = Checker(visible=30)
    read = read_reports(
        declaration("report entropy(), purity(), entropy(v), nll(wide), moments(wide);").items, (), checker.scope
    )
    assert [call.name for call in read] == ["entropy", "nll", "moments"]
    assert checker.codes == ["QGL0709", "QGL0709"]


def test_a_report_of_data_needs_some() -> None:
    checker = Checker()
    assert read_reports(declaration("report kl, mmd(d);").items, (), checker.scope) == ()
    assert checker.codes == ["QGL0708", "QGL0708"]


def test_a_report_misses_nothing_of_a_faulty_objective() -> None:
    checker = Checker()
    items = declaration("report kl, mmd(d), markov_gap, entropy(v);").items
    (left,) = read_reports(items, (), checker.scope, faulty=True)
    assert left.name == "entropy"
    assert checker.codes == []


def test_a_family_of_distributions_has_no_entropy() -> None:
    checker = Checker(conditions=1)
    assert reports("entropy(), nll(given)", checker, "nll(given)") == [("nll", "given")]
    assert checker.codes == ["QGL0710"]
